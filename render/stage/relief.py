"""The relief: the height that is drawn, made from the measured loss by declared steps.

The loss itself is never altered. Heights are in picture widths (the grid's α extent is 1), the lowest drawn loss at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from render.errors import DataError
from render.scene import look as spec


@dataclass(frozen=True)
class Scale:
    """The monotone map from a loss to its level, 0 at the lowest drawn loss and 1 at the highest."""

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
    exaggeration: float  # relief height / picture width
    depth: float  # extent along β / extent along α
    scale: Scale

    @property
    def heights(self) -> np.ndarray:
        """(n_β, n_α) float32, picture widths."""
        return self.level * np.float32(self.exaggeration)

    @property
    def cell(self) -> float:
        """Size of a cell along α, picture widths."""
        return 1.0 / (self.level.shape[1] - 1)


@dataclass(frozen=True)
class _Draft:
    """A relief on its way through the steps."""

    values: np.ndarray
    floor: float | None = None
    top: float | None = None
    exaggeration: float = 0.3


def _log(draft: _Draft, step: spec.LogStep) -> _Draft:
    return _Draft(np.log(np.maximum(draft.values, step.log.floor)), step.log.floor, draft.top, draft.exaggeration)


def _clip(draft: _Draft, step: spec.ClipStep) -> _Draft:
    top = float(np.percentile(draft.values[np.isfinite(draft.values)], step.clip.percentile))
    return _Draft(np.minimum(draft.values, top), draft.floor, top, draft.exaggeration)


def _smooth(draft: _Draft, step: spec.SmoothStep) -> _Draft:
    finite = np.isfinite(draft.values)
    weight = gaussian_filter(finite.astype(np.float64), step.smooth.cells)
    blurred = gaussian_filter(np.where(finite, draft.values, 0.0), step.smooth.cells) / np.maximum(weight, 1e-9)
    return _Draft(np.where(finite, blurred, draft.values), draft.floor, draft.top, draft.exaggeration)


def _exaggerate(draft: _Draft, step: spec.ExaggerationStep) -> _Draft:
    return _Draft(draft.values, draft.floor, draft.top, step.exaggeration)


STEPS: dict[type, Callable[[_Draft, Any], _Draft]] = {
    spec.LogStep: _log,
    spec.ClipStep: _clip,
    spec.SmoothStep: _smooth,
    spec.ExaggerationStep: _exaggerate,
}


def make(loss: np.ndarray, steps: Sequence[spec.ReliefStep], depth: float) -> Relief:
    """Returns the relief of a measured loss (n_β, n_α); cells that diverged stand at its highest level."""
    draft = _Draft(loss.astype(np.float64))
    for step in steps:
        draft = STEPS[type(step)](draft, step)
    finite = draft.values[np.isfinite(draft.values)]
    if finite.size == 0:
        raise DataError("relief: every cell of this surface diverged; choose a smaller range")
    scale = Scale(draft.floor, float(finite.min()), float(finite.max()))
    span = max(scale.high - scale.low, 1e-12)
    level = np.where(np.isfinite(draft.values), (draft.values - scale.low) / span, 1.0).astype(np.float32)
    return Relief(level, draft.exaggeration, depth, scale)
