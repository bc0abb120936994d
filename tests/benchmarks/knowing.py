"""What it costs to know an objective: its digests, and watching its network at a first point.

    python tests/benchmarks/knowing.py [GIGABYTES]

Side by side: a surface of 3 × 3 points measured without a store, and with one that records what identifies the
objective; and the time of watching, in evaluations of the plain loop.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from render.descent.parameters import parameters_of
from render.loss.conduct import conduct_of
from render.loss.objective import Objective
from render.sampling.sampling import sample
from render.space.grid import Grid
from render.space.plane import Plane

FEATURES, ROUNDS = 1000, 5


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    gigabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    count = int(gigabytes * 1e9 / 4 / FEATURES)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(FEATURES, 4), nn.Tanh(), nn.Linear(4, 3))
    inputs, targets = torch.randn(count, FEATURES), torch.randint(3, (count,))
    objective = Objective(model, inputs, targets, nn.CrossEntropyLoss())
    theta = parameters_of(model)
    plane = Plane.through(theta, *np.random.default_rng(0).normal(size=(2, len(theta))))
    objective(theta[None])  # watched and warm

    def measured(store: Path | None) -> None:
        sample(objective, plane, Grid.square(1.0, 3), store, strategy="loop", progress=False)

    bare, known, digests, watching, passes = [], [], [], [], []
    for _ in range(ROUNDS):
        bare.append(seconds(lambda: measured(None)))
        with tempfile.TemporaryDirectory() as folder:
            known.append(seconds(lambda: measured(Path(folder) / "s")))
        digests.append(seconds(objective.identity))
        watching.append(seconds(lambda: conduct_of(objective.problem)))
        passes.append(seconds(lambda: objective(theta[None])))
    print(f"{inputs.nbytes / 1e9:.2f} GB of inputs, {torch.get_num_threads()} threads, medians of {ROUNDS}")
    print(f"3 × 3 points without a store {median(bare):.2f} s, with one that knows its objective {median(known):.2f} s")
    print(f"digests alone {median(digests):.2f} s")
    print(f"watching at the first use {median(watching):.2f} s, {median(watching) / median(passes):.1f} evaluations")


if __name__ == "__main__":
    main()
