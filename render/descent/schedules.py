"""Schedules: the learning rate of each step as a factor of the one that the scene names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from render.scene import training as spec


def _step_down(settings: spec.StepDown, step: int, steps: int) -> float:
    return float(settings.factor ** (step // settings.every))


def _cosine(settings: spec.Cosine, step: int, steps: int) -> float:
    return settings.floor + (1 - settings.floor) * _falling(step / steps)


def _one_cycle(settings: spec.OneCycle, step: int, steps: int) -> float:
    share = step / steps
    if share < settings.peak:
        return settings.start + (1 - settings.start) * (1 - _falling(share / settings.peak))
    return settings.end + (1 - settings.end) * _falling((share - settings.peak) / (1 - settings.peak))


def _falling(share: float) -> float:
    """Returns half a cosine, from 1 to 0 over a share of 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * share))


SCHEDULES: dict[type, Callable[[Any, int, int], float]] = {
    spec.Constant: lambda settings, step, steps: 1.0,
    spec.StepDown: _step_down,
    spec.Cosine: _cosine,
    spec.OneCycle: _one_cycle,
}


def factor(settings: spec.AnySchedule, step: int, steps: int) -> float:
    """Returns the factor of a step, counted from 0, of so many steps; the schedule begins behind the warm-up."""
    warmup = 0 if isinstance(settings, spec.OneCycle) else min(settings.warmup, steps)
    if step < warmup:
        return (step + 1) / warmup
    return SCHEDULES[type(settings)](settings, step - warmup, max(1, steps - warmup))
