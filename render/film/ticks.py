"""Ticks: round losses along a scale, and what parts two contours on it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from render.film.words.figures import short_loss
from render.stage.body.relief import Scale

MOST_TICKS, FEWEST_TICKS = 6, 3
ROUND = (1.0, 2.0, 5.0)
STEPS = ((1.0,), (1.0, 3.0), ROUND, (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))  # within a decade, from coarse to fine


def losses_of(scale: Scale) -> tuple[float, float]:
    """Returns the lowest and the highest loss that a scale tells apart."""
    if scale.floor is None:
        return scale.low, scale.high
    return math.exp(scale.low), math.exp(scale.high)


def ticks(scale: Scale) -> list[float]:
    """Returns round losses within a scale, rising: by decades where it is logarithmic, else at even steps."""
    low, high = losses_of(scale)
    if high <= low:
        return [low]
    return _even(low, high) if scale.floor is None else _decades(low, high)


def _even(low: float, high: float) -> list[float]:
    rough = (high - low) / MOST_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * share for share in (*ROUND, 10.0) if power * share >= rough)
    places = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    return [float(f"{place * step:.12g}") for place in places]


def _decades(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    kinds = [[float(f"{share}e{power}") for power in powers for share in shares] for shares in STEPS]
    found = [[loss for loss in kind if low <= loss <= high] for kind in kinds]
    fitting = next((some for some in found if FEWEST_TICKS <= len(some) <= MOST_TICKS), None)
    if fitting is not None:
        return fitting
    return _even(low, high) if len(found[-1]) < FEWEST_TICKS else _thinned(found[0])


def _thinned(losses: Sequence[float]) -> list[float]:
    return list(losses[:: math.ceil(len(losses) / MOST_TICKS)])


def between_lines(scale: Scale, count: int) -> float:
    """Returns what parts two contours of a count: a factor where the scale is logarithmic, else a loss."""
    step = (scale.high - scale.low) / count
    return step if scale.floor is None else math.exp(step)


def factor_words(factor: float) -> str:
    """Returns a factor to three figures."""
    return short_loss(factor) if factor < 10 else f"{factor:,.0f}"
