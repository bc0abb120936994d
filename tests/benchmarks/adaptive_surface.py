"""A million points by adaptive measuring: wall time against the plain loop's rate in the same run.

Timed from the call to the finished store: measuring, refining, the check on held-out cells, the fill and the writing.
What a strategy takes to compile is left out, and said. Run it as
`python tests/benchmarks/adaptive_surface.py [perceptron] [convnet] [--exact]`; --exact measures every cell too, and
tells the true error, which takes hours for all but the perceptron.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from cases import CASES, Case, plain_loop

import render
from render.sampling.surface import Surface

TOLERANCES = {"perceptron": 0.001, "scene": 0.001, "convnet": 0.005, "resnet20": 0.005}
SIDE, REPEATS = 1000, 3


def plain_rate(case: Case, seconds: float = 6.0) -> float:
    """Returns the plain loop's points per second over so many seconds, after a first point."""
    plane = case.plane()
    thetas = torch.from_numpy(plane.lift(np.random.default_rng(0).uniform(-0.5, 0.5, (8, 2)))).float()
    plain_loop(case, thetas[:1])
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        plain_loop(case, thetas)
        count += len(thetas)
    return count / (time.perf_counter() - start)


def timed(case: Case, tolerance: float, folder: Path, choices: Path) -> tuple[Surface, float]:
    """Returns the surface of a case in a new store, and the seconds that it took."""
    objective = render.Objective(case.model, case.inputs, case.targets, case.criterion)
    shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    surface = render.sample(
        objective, case.plane(), render.Grid.square(1.0, SIDE), folder, "adaptive", tolerance=tolerance, choices=choices
    )
    return surface, time.perf_counter() - start


def compare(name: str, exact: bool) -> None:
    """Prints what one case took, and what the plain loop would take at its rate."""
    case, tolerance = CASES[name](), TOLERANCES[name]
    with tempfile.TemporaryDirectory() as temporary:
        folder, choices = Path(temporary, "surface.zarr"), Path(temporary, "strategies.json")
        small = render.Grid.square(1.0, 3)
        start = time.perf_counter()
        objective = render.Objective(case.model, case.inputs, case.targets, case.criterion)
        render.sample(objective, case.plane(), small, choices=choices)
        prepared = time.perf_counter() - start
        repeats = REPEATS if name in ("perceptron", "scene") else 1
        before = plain_rate(case)
        runs = [timed(case, tolerance, folder, choices) for _ in range(repeats)]
        plain = float(np.median([before, plain_rate(case)]))
    surface, seconds = runs[-1][0], float(np.median([took for _, took in runs]))
    told = surface.record["adaptive"]
    print(f"\n{case.name}, {SIDE} × {SIDE} to {100 * tolerance:g} % of the range, {surface.record['strategy']}")
    error = f"error {100 * told['error']:.3g} % at {told['held_out']:,} held-out cells"
    print(f"  {surface.counts['measured']:,} measured, {error}, {told['rounds']} rounds")
    print(f"  {seconds:.2f} s, {SIDE**2 / seconds:,.0f} points/s; choosing and compiling {prepared:.1f} s, left out")
    print(
        f"  plain loop {plain:,.2f} points/s: {SIDE**2 / plain:,.0f} s, {SIDE**2 / plain / seconds:,.0f} times as long"
    )
    if exact:
        loss = render.sample(objective, case.plane(), surface.grid).loss
        print(f"  true largest error {100 * np.abs(surface.loss - loss).max() / np.ptp(loss):.3g} %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=["perceptron", "convnet"], help=", ".join(TOLERANCES))
    parser.add_argument("--exact", action="store_true")
    options = parser.parse_args()
    for chosen in options.cases:
        compare(chosen, options.exact)
