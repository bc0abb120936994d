"""Points per second: the plain loop (load_state_dict, model, criterion) against every strategy that fits a network.

Both ways run in turn in the same process; a rate is the median of several repeats. Run it as
`python tests/benchmarks/measure_points.py [perceptron] [scene] [convnet] [resnet20] [--threads N] [--skip compiled]
[--bfloat16]`;
on a machine that others use, one thread is measured more truly, since torch's threads wait for each other.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from cases import CASES, Case, plain_loop

from render.errors import ThalwegError
from render.loss.measurement import Evaluator
from render.loss.objective import Objective
from render.loss.precision import check, probes
from render.loss.ways.loop import LoopPlane
from render.loss.ways.strategies import STRATEGIES

REPEATS = 7
SECONDS = 1.0  # of one repeat


def rate(measure: Callable[[], object], points: int) -> float:
    """Returns points per second of one call."""
    start = time.perf_counter()
    measure()
    return points / (time.perf_counter() - start)


def compare(case: Case, skipped: list[str]) -> None:
    """Prints one table: every way's rate, how many times the plain loop's, and its largest difference from it."""
    objective = Objective(case.model, case.inputs, case.targets, case.criterion)
    plane, coordinates = case.plane(), np.random.default_rng(2).uniform(-0.5, 0.5, (2**16, 2))
    few = coordinates[:4]
    plain = rate(lambda: plain_loop(case, torch.from_numpy(plane.lift(few)).float()), 4)
    count = int(np.clip(SECONDS * plain, 4, 2000))
    thetas = torch.from_numpy(plane.lift(coordinates[:count])).float()
    expected = plain_loop(case, thetas)
    ways: dict[str, Callable[[], object]] = {"plain loop": lambda: plain_loop(case, thetas)}
    counts, notes = {"plain loop": count}, {"plain loop": ""}
    for strategy in (name for name in STRATEGIES if name not in skipped):
        start = time.perf_counter()
        try:
            evaluator = objective.on(plane.origin, plane.u, plane.v, strategy)
        except ThalwegError:
            continue
        evaluator.measure(few)
        prepared = time.perf_counter() - start
        difference = np.abs(evaluator.measure(coordinates[:count]).loss / expected - 1).max()
        counts[strategy] = worth(evaluator, coordinates)
        ways[strategy] = lambda e=evaluator, part=coordinates[: counts[strategy]]: e.measure(part)
        notes[strategy] = f"{difference:9.1e}   {prepared:6.2f} s"
    rates = [[rate(way, counts[name]) for name, way in ways.items()] for _ in range(REPEATS)]
    medians = dict(zip(ways, np.median(rates, axis=0), strict=True))
    print(f"\n{case.name}, loss {expected.min():.3g} to {expected.max():.3g}, {torch.get_num_threads()} threads")
    print(f"{'':16}{'points/s':>10}{'× plain':>10}{'difference':>12}   prepared in (not in the rate)")
    for name, median in medians.items():
        print(
            f"{name:16}{median:10,.{0 if median >= 100 else 2}f}{median / medians['plain loop']:10.1f}   {notes[name]}"
        )


def reduced(case: Case, precision: str = "bfloat16", side: int = 1000) -> None:
    """Prints the rate of a reduced precision, and whether its check passes on a fine grid and on a coarse one."""
    exact, rough = (
        Objective(case.model, case.inputs, case.targets, case.criterion, precision=kind).problem
        for kind in ("float32", precision)
    )
    plane = case.plane()
    rows = torch.from_numpy(np.stack([plane.origin, plane.u, plane.v]))
    loops = [LoopPlane(problem, rows) for problem in (exact, rough)]
    places = np.random.default_rng(2).uniform(-0.5, 0.5, (4, 2))
    rates = [[rate(lambda loop=loop: loop.measure(places), len(places)) for loop in loops] for _ in range(3)]
    plain, fast = np.median(rates, axis=0)
    print(f"{precision}: {fast:,.2f} points/s by the loop, {fast / plain:.2f} times float32's")
    for points in (side, 10):
        axis = np.linspace(-1, 1, points)
        found = check(*(loop.measure(probes(axis, axis)) for loop in loops))
        print(f"  {points} × {points}: {found}, {'kept' if found.passes else 'refused'}")


def worth(evaluator: Evaluator, coordinates: np.ndarray) -> int:
    """Returns how many points take about SECONDS, in whole batches."""
    size = max(1, evaluator.batch)
    batches = int(SECONDS * rate(lambda: evaluator.measure(coordinates[:size]), size) / size)
    return min(len(coordinates), size * max(1, batches))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), help=", ".join(CASES))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--skip", action="append", default=[], help="a strategy that is not measured")
    parser.add_argument("--bfloat16", action="store_true", help="also tells what reduced precision comes to")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.cases:
        case = CASES[name]()
        compare(case, options.skip)
        if options.bfloat16:
            reduced(case)
