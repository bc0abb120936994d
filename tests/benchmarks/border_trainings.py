"""Trainings per second of a 16-16-1 tanh network: kernel, batched torch, and a plain loop, in turn in one process.

Each takes 500 full-batch steps on 16 examples, at learning rates at which none diverges, so that none ends early. A
rate is the median of several repeats. Run it as `python tests/benchmarks/border_trainings.py [--threads N]`; beside
the rates by the clock stand those by the processor's time, which others on the machine disturb less.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from render.descent.many.alone import OneByOne
from render.descent.many.natively import NativeTrainings
from render.descent.many.tiny_trial import ManyTrainings, Trial, doses_of
from render.descent.many.together import AllTogether
from render.errors import MachineError

REPEATS = 3
COUNTS = {"native": 4096, "batched": 2048, "loop": 1}
STEPS, PRECISIONS = 500, ("float32", "float64")


def timed(way: ManyTrainings, count: int) -> tuple[float, float]:
    """Returns trainings per second, and per second of the processor."""
    lot = np.random.default_rng(0)
    doses = doses_of(count, {name: 10 ** lot.uniform(-2, -1, count) for name in ("lr-1", "lr-2")})
    clock, worked = time.perf_counter(), time.process_time()
    way(doses)
    return count / (time.perf_counter() - clock), count / (time.process_time() - worked)


def compare(precision: str) -> None:
    """Prints the rates of all ways in a precision."""
    trial = Trial.drawn((16, 16, 16), 1, steps=STEPS, precision=precision)
    ways: list[ManyTrainings] = [OneByOne(trial), AllTogether(trial)]
    try:
        ways.insert(0, NativeTrainings(trial))
    except MachineError as error:
        print(error)
    for way in ways:
        timed(way, 1)
    rates = [[timed(way, COUNTS[way.name]) for way in ways] for _ in range(REPEATS)]
    medians = np.median(rates, axis=0)
    plain = medians[[way.name for way in ways].index("loop")][0]
    print(f"{precision}, {STEPS} steps, {torch.get_num_threads()} threads")
    print(f"{'':10}{'trainings/s':>14}{'× plain':>10}{'/s of CPU':>14}")
    for way, (rate, worked) in zip(ways, medians, strict=True):
        print(f"{way.name:10}{rate:14,.1f}{rate / plain:10,.0f}{worked:14,.1f}")


def main() -> None:
    """Compares all ways in both precisions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    for precision in PRECISIONS:
        compare(precision)


if __name__ == "__main__":
    main()
