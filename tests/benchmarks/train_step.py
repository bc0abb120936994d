"""A step of training: the built-in loop against one that is written out by hand, and what logging every step costs.

    python tests/benchmarks/train_step.py [ROUNDS]

The network is a convolutional one of about a million parameters on made-up images of 64 px, batches of 128. Rounds of
the three ways take turns; what is told are medians over rounds of the seconds of a step, after one round of warm-up.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from render.data import Dataset, Examples
from render.descent import networks
from render.descent.log import TrajectoryLog
from render.descent.parameters import parameters_of
from render.descent.training import Course, train
from render.progress import Reporter
from render.scene import network as network_spec
from render.scene import training as spec

STEPS, BATCH, SEED = 4, 128, 1  # of one round
NETWORK = network_spec.Convnet(depth=4, width=64, widest=384)


def plain(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> None:
    """Trains as anyone would write it."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(SEED))
    model.train()
    for step in range(STEPS):
        batch = order[step * BATCH : (step + 1) * BATCH]
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs[batch]), targets[batch])
        loss.backward()
        optimiser.step()


def ours(model: nn.Module, dataset: Dataset, every: int) -> None:
    """Trains with the built-in loop, and logs every so many steps."""
    settings = spec.Training(optimiser=spec.Momentum(lr=0.01), batch=BATCH, steps=STEPS, every=every)
    with tempfile.TemporaryDirectory() as folder, Reporter.silent().task("t", STEPS, "steps") as task:
        log = TrajectoryLog(Path(folder), model, every)
        train(model, Course(dataset.train, 10, settings, None, SEED), task, log, None, lambda *_: None)
        log.finish()


def seconds_of(way: Callable[[], None]) -> float:
    start = time.perf_counter()
    way()
    return (time.perf_counter() - start) / STEPS


def main() -> None:
    """Times and prints."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rng = np.random.default_rng(0)
    images = rng.normal(size=(STEPS * BATCH, 3, 64, 64)).astype(np.float32)
    examples = Examples(images, rng.integers(0, 10, STEPS * BATCH))
    dataset = Dataset("made-up", 10, examples, examples)
    inputs, targets = torch.from_numpy(images), torch.from_numpy(examples.targets)
    model = networks.build(NETWORK, dataset, SEED)
    ways = {
        "plain loop": lambda: plain(model, inputs, targets),
        "built-in, first and last step logged": lambda: ours(model, dataset, STEPS),
        "built-in, every step logged": lambda: ours(model, dataset, 1),
    }
    print(f"{networks.describe(NETWORK, (3, 64, 64), 10)}: {parameters_of(model).size:,} parameters, batch {BATCH}")
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            taken[name] += [seconds_of(way)] if number else []
    base, silent, logged = (statistics.median(values) for values in taken.values())
    for name, values in taken.items():
        print(f"{name:40} {statistics.median(values):.3f} s a step (of {min(values):.3f} to {max(values):.3f})")
    print(f"built-in loop against the plain one: {base / silent:.3f}× its rate")
    print(f"logging every step: {100 * (logged - silent) / silent:+.1f} % of a step")


if __name__ == "__main__":
    main()
