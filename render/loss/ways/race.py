"""The race: candidates that agree with the loop are timed, and the fastest measures."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from render import compiler
from render.loss.measurement import Evaluator, Problem
from render.loss.ways.agreement import FEW, Known, agreeing
from render.loss.ways.loop import LoopPlane
from render.loss.ways.traced import is_traced
from render.progress import notice
from render.space.grid import Grid

TRIAL = 0.2  # seconds
GLANCE = 1 / 8  # of them, at first
WORTH = {"folded": 10.0, "compiled": 120.0}  # seconds of measuring; compiling a network takes up to a minute
DECISIVE = 4.0  # times the rate of the loop: more than folding or compiling gains, so they need not be tried


@dataclass(frozen=True)
class _Trial:
    way: Evaluator
    seconds: float
    rate: float  # points per second

    @staticmethod
    def of(way: Evaluator, seconds: float) -> _Trial:
        return _Trial(way, seconds, _rate(way, seconds))

    def at_length(self) -> _Trial:
        """Returns a trial of TRIAL seconds, this one if it is."""
        return self if self.seconds == TRIAL else _Trial.of(self.way, TRIAL)


def fastest(
    problem: Problem, plane: torch.Tensor, names: list[str], grid: Grid | None, known: Known
) -> tuple[Evaluator, bool]:
    """Returns the fastest of the candidates, and whether a longer measuring would choose the same.

    A glance at a candidate is enough where it is decisively faster than the best so far; else both are timed at length.
    """
    points = int(np.prod(grid.shape)) if grid else 1
    trials = {"loop": _Trial.of(LoopPlane(problem, plane), TRIAL * GLANCE)}
    best, skipped = "loop", False
    for name in _worth_trying(names):
        if points / trials[best].rate < WORTH.get(name, 0.0):
            skipped = True
        elif way := agreeing(problem, plane, name, known):
            trials[name] = _Trial.of(way, TRIAL * GLANCE)
            if trials[name].rate <= DECISIVE * trials[best].rate:
                trials |= {close: trials[close].at_length() for close in (best, name)}
            best = max(best, name, key=lambda one: trials[one].rate)
    if best == "loop" and "folded" in names and not is_traced(problem):
        notice(
            f"{type(problem.model).__name__} is measured one point at a time, by the plain loop: "
            "its code cannot be traced"
        )
    return trials[best].way, not skipped or trials[best].rate > DECISIVE * trials["loop"].rate


def _worth_trying(names: list[str]) -> list[str]:
    """Returns the candidates that this machine can run well, but the loop."""
    useless = ("dense-eager",) if compiler.strategy() == "compiled" else ("dense-compiled", "compiled", "native")
    return [name for name in names if name not in (*useless, "loop")]


def _rate(way: Evaluator, seconds: float) -> float:
    """Returns points per second, the most of ever larger measurings that take so many seconds together.

    What each measuring begins with (2 ms for a network of a million parameters) hardly counts in the largest, and one
    that another process interrupts does not count at all.
    """
    size, elapsed, best = max(way.batch, 1), 0.0, 0.0
    while elapsed <= seconds:
        row = np.stack([np.linspace(-0.05, 0.05, size), np.full(size, FEW[1, 1])], 1)
        start = time.perf_counter()
        way.measure(row)
        taken = time.perf_counter() - start
        elapsed, best = elapsed + taken, max(best, size / taken)
        size *= 2
    return best
