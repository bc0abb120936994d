"""The relief: the height that is drawn, made from the measured loss by declared steps.

The loss itself is never altered. Heights are in picture widths (the grid's α extent is 1), the
lowest loss of the grid at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from render.errors import DataError
from render.scene import look as spec


@dataclass(frozen=True)
class Scale:
    """The monotone map from a loss to its level, 0 at the lowest of the grid and 1 at the highest."""

    floor: float | None  # nats; None for a linear scale
    low: float  # on the scale (a logarithm where there is a floor)
    high: float

    def level(self, loss: np.ndarray) -> np.ndarray:
        """Returns the level of losses; what lies outside the range is clipped, what is not finite is 1."""
        raised = self._raise(loss)
        return np.clip((raised - self.low) / max(self.high - self.low, 1e-12), 0.0, 1.0)

    def _raise(self, loss: np.ndarray) -> np.ndarray:
        finite = np.where(np.isfinite(loss), loss, np.inf).astype(np.float64)
        return np.log(np.maximum(finite, self.floor)) if self.floor is not None else finite


@dataclass(frozen=True)
class Relief:
    """What is drawn of a surface."""

    level: np.ndarray  # (n_β, n_α) float32 in 0..1; colour and contours follow it
    finite: np.ndarray  # (n_β, n_α) bool; a cell that diverged stands at level 1 and is drawn grey
    exaggeration: float  # relief height / picture width
    depth: float  # extent along β / extent along α
    scale: Scale

    @property
    def heights(self) -> np.ndarray:
        """(n_β, n_α) float32, picture widths."""
        return self.level * np.float32(self.exaggeration)

    @property
    def cells(self) -> tuple[float, float]:
        """Size of a cell along α and along β, picture widths."""
        rows, columns = self.level.shape
        return 1.0 / (columns - 1), self.depth / (rows - 1)


@dataclass(frozen=True)
class _Draft:
    """Reliefs on one scale, on their way through the steps."""

    values: tuple[np.ndarray, ...]  # of each (n_β, n_α) float64, NaN where the loss is not finite
    floor: float | None = None
    exaggeration: float = 0.3

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> _Draft:
        return replace(self, values=tuple(map(change, self.values)))


def _log(draft: _Draft, step: spec.LogStep) -> _Draft:
    floor = step.log.floor
    return replace(draft.changed(lambda values: np.log(np.maximum(values, floor))), floor=floor)


def _clip(draft: _Draft, step: spec.ClipStep) -> _Draft:
    top = float(np.nanpercentile(_joined(draft.values), step.clip.percentile))
    return draft.changed(lambda values: np.minimum(values, top))


def _smooth(draft: _Draft, step: spec.SmoothStep) -> _Draft:
    def smoothed(values: np.ndarray) -> np.ndarray:
        finite = np.isfinite(values)
        weight = gaussian_filter(finite.astype(np.float64), step.smooth.cells)
        blurred = gaussian_filter(np.where(finite, values, 0.0), step.smooth.cells) / np.maximum(weight, 1e-9)
        return np.where(finite, blurred, np.nan)

    return draft.changed(smoothed)


def _exaggerate(draft: _Draft, step: spec.ExaggerationStep) -> _Draft:
    return replace(draft, exaggeration=step.exaggeration)


def _joined(values: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([part.ravel() for part in values])


STEPS: dict[type, Callable[[_Draft, Any], _Draft]] = {
    spec.LogStep: _log,
    spec.ClipStep: _clip,
    spec.SmoothStep: _smooth,
    spec.ExaggerationStep: _exaggerate,
}


def make(loss: np.ndarray, steps: Sequence[spec.ReliefStep], depth: float) -> Relief:
    """Returns the relief of a measured loss (n_β, n_α); cells that diverged stand at its highest level."""
    return make_alike([loss], steps, [depth])[0]


def make_alike(losses: Sequence[np.ndarray], steps: Sequence[spec.ReliefStep], depths: Sequence[float]) -> list[Relief]:
    """Returns the reliefs of several losses on one scale: equal losses are equally high, and clipped alike."""
    if not all(np.isfinite(loss).any() for loss in losses):
        raise DataError("relief: every cell of this surface diverged; choose a smaller range")
    draft = _Draft(tuple(np.where(np.isfinite(loss), loss, np.nan).astype(np.float64) for loss in losses))
    for step in steps:
        draft = STEPS[type(step)](draft, step)
    finite = _joined(draft.values)
    scale = Scale(draft.floor, float(np.nanmin(finite)), float(np.nanmax(finite)))
    span = max(scale.high - scale.low, 1e-12)
    made = []
    for values, depth in zip(draft.values, depths, strict=True):
        level = np.where(np.isfinite(values), (values - scale.low) / span, 1.0).astype(np.float32)
        made.append(Relief(level, np.isfinite(values), draft.exaggeration, depth, scale))
    return made
