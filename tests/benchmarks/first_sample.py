"""The first render.sample of a network in a new process: seconds beyond measuring, with an empty cache and a full one.

Beyond measuring is what the first call takes more than the same call on another plane and store in the same process.
Run it as `python tests/benchmarks/first_sample.py [sigmoid] [tanh] [convnet] [--runs N] [--against CHECKOUT]`; another
checkout of this project is measured in turn, so that both meet the same noise. CPU time has the compiler's in it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import render

ROOT = Path(__file__).parents[2]
SIDE = 20  # points along each axis of the grid
Network = tuple[str, nn.Module, torch.Tensor, torch.Tensor]  # in words; its inputs and labels


def sigmoid() -> Network:
    """Returns 784-16-16-10 sigmoid on 1,024 made-up images of MNIST's size."""
    model = nn.Sequential(
        nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10)
    )  # fmt: skip
    return "784-16-16-10 sigmoid", model, torch.rand(1024, 784), torch.arange(1024) % 10


def tanh() -> Network:
    """Returns 64-24-24-24-10 tanh on 1,024 digits."""
    widths = (64, 24, 24, 24)
    layers = [part for pair in itertools.pairwise(widths) for part in (nn.Linear(*pair), nn.Tanh())]
    inputs, labels = load_digits(return_X_y=True)
    model = nn.Sequential(*layers, nn.Linear(24, 10))
    return "64-24-24-24-10 tanh", model, torch.from_numpy(inputs[:1024] / 16).float(), torch.from_numpy(labels[:1024])


def convnet() -> Network:
    """Returns two convolutions with batch norm on 256 made-up images of 16 × 16."""
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip
    return "two convolutions, norm", model.eval(), torch.randn(256, 1, 16, 16), torch.arange(256) % 10


NETWORKS: dict[str, Callable[[], Network]] = {"sigmoid": sigmoid, "tanh": tanh, "convnet": convnet}


def timed(name: str, folder: Path) -> dict[str, Any]:
    """Returns seconds and CPU seconds of two calls in this process, one after the other, each on its own plane."""
    torch.manual_seed(0)
    words, model, inputs, labels = NETWORKS[name]()
    objective = render.Objective(model, inputs, labels, functional.cross_entropy)
    origin, grid, sample = render.parameters_of(model), render.Grid.square(1.0, SIDE), render.sample
    planes = [
        render.Plane.through(origin, *(render.random_direction(model, seed) for seed in seeds))
        for seeds in ((0, 1), (2, 3))
    ]
    seconds, cpu, strategies = [], [], []
    for number, plane in enumerate(planes):
        began, used = time.perf_counter(), _cpu()
        surface = sample(objective, plane, grid, store=folder / f"surface{number}", progress=False)
        seconds.append(time.perf_counter() - began)
        cpu.append(_cpu() - used)
        strategies.append(surface.record["strategy"])
    return {"words": words, "seconds": seconds, "cpu": cpu, "strategies": strategies}


def _cpu() -> float:
    """Returns CPU seconds of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def in_a_new_process(name: str, checkout: Path, cache: Path) -> dict[str, Any]:
    """Returns what timed says in a new process that runs a checkout, with a cache."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "THALWEG_CACHE": str(cache)}
    command = [sys.executable, __file__, name, "--here"]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, env=environment, cwd=folder, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def runs_of(name: str, checkout: Path, runs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gives what each of several runs found, first with an empty cache and then with the cache that it left."""
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            for kind in ("empty", "full"):
                yield kind, in_a_new_process(name, checkout, Path(cache))


def table_of(name: str, checkouts: list[Path], runs: int) -> Iterator[str]:
    """Gives a line for each checkout and cache: medians over several new processes, the checkouts in turn."""
    found: dict[tuple[Path, str], list[dict[str, Any]]] = {}
    for turn in zip(*(runs_of(name, checkout, runs) for checkout in checkouts), strict=True):
        for checkout, (kind, told) in zip(checkouts, turn, strict=True):
            found.setdefault((checkout, kind), []).append(told)
    for (checkout, kind), several in found.items():
        seconds, cpu = (np.array([told[key] for told in several]) for key in ("seconds", "cpu"))
        beyond, strategies = seconds[:, 0] - seconds[:, 1], {told["strategies"][0] for told in several}
        yield (
            f"{several[0]['words']:24}{checkout.resolve().name:14}{kind:7}"
            f"{np.median(beyond):8.2f} s, {beyond.max():.2f} s{np.median(cpu[:, 0] - cpu[:, 1]):10.2f} s"
            f"{np.median(seconds[:, 1]):11.2f} s  {' or '.join(sorted(strategies))}"
        )


def main() -> None:
    """Prints a table of all networks that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help=", ".join(NETWORKS))
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--against", type=Path, action="append", default=[], help="another checkout")
    parser.add_argument("--here", action="store_true", help="times one network in this process, and prints JSON")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(timed(options.networks[0], Path.cwd())))
        return
    print(f"{options.runs} new processes each, {SIDE} × {SIDE} points; {torch.get_num_threads()} threads")
    print(f"{'':24}{'checkout':14}{'cache':7}{'beyond: median, most':>18}{'its CPU':>11}{'second call':>13}  strategy")
    for name in options.networks:
        for line in table_of(name, [ROOT, *options.against], options.runs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
