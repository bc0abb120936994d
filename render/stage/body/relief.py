"""The relief: the height that is drawn, made from the measured loss by declared steps.

The loss itself is never altered. Heights are in picture widths (the grid's α extent is 1), the
lowest loss of the grid at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from render.errors import DataError
from render.scene import relief as spec
from render.stage.body import shore
from render.stage.body.cutting import Corner
from render.stage.body.ranks import Ranks, ranks_of

MUCH = 0.05  # share of the cells that a relief may level at one height without a word


@dataclass(frozen=True)
class Scale:
    """The monotone map from a loss to its level, 0 at the lowest of the grid and 1 at the highest."""

    floor: float | None  # nats; None for a linear scale
    low: float  # on the scale (a logarithm where there is a floor, ranks where there are any)
    high: float
    ranks: Ranks | None = None

    def level(self, loss: np.ndarray) -> np.ndarray:
        """Returns the level of losses; what lies outside the range is clipped, what is not finite is 1."""
        return np.clip(self.place(loss), 0.0, 1.0)

    def place(self, loss: np.ndarray) -> np.ndarray:
        """Returns the level of losses, below 0 and above 1 beyond the range."""
        return np.asarray((self._raise(loss) - self.low) / max(self.high - self.low, 1e-12))

    def loss(self, level: np.ndarray) -> np.ndarray:
        """Returns the losses at levels."""
        raised = self.low + np.asarray(level, np.float64) * (self.high - self.low)
        raised = raised if self.ranks is None else self.ranks.value(raised)
        return np.exp(raised) if self.floor is not None else raised

    def _raise(self, loss: np.ndarray) -> np.ndarray:
        finite = np.where(np.isfinite(loss), loss, np.inf).astype(np.float64)
        raised = np.log(np.maximum(finite, self.floor)) if self.floor is not None else finite
        return raised if self.ranks is None else self.ranks.rank(raised)


@dataclass(frozen=True)
class Levelled:
    """How much of a surface a relief draws at one height though its values differ: shares of the cells with a value."""

    low: float = 0.0  # below the floor of the logarithm
    high: float = 0.0  # above a clip

    @property
    def is_much(self) -> bool:
        """Whether it has to be said."""
        return self.low + self.high > MUCH


@dataclass(frozen=True)
class Relief:
    """What is drawn of a surface; level and finite go on into holes, where nothing of them is drawn."""

    level: np.ndarray  # (n_β, n_α) float32 in 0..1; colour and contours follow it
    finite: np.ndarray  # (n_β, n_α) bool; a cell that diverged stands at level 1 and is drawn grey
    exaggeration: float  # relief height / picture width
    depth: float  # extent along β / extent along α
    scale: Scale
    inland: np.ndarray | None = None  # (n_β, n_α) float32, negative where there are no data; None where all are there
    levelled: Levelled = Levelled()
    corner: Corner | None = None  # of a block, that is cut off
    refined: int = 1  # cells drawn along an axis / cells measured; only a print has more than one

    @property
    def holes(self) -> np.ndarray | None:
        """(n_β, n_α) bool, the cells without data; None where there are none."""
        return None if self.inland is None else self.inland < 0

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
    ranks: Ranks | None = None
    exaggeration: float = 0.3
    low: tuple[float, ...] = ()  # of each, the cells that were below a floor
    high: tuple[float, ...] = ()  # of each, the cells that were above a clip

    def changed(self, change: Callable[[np.ndarray], np.ndarray]) -> _Draft:
        return replace(self, values=tuple(map(change, self.values)))


def _log(draft: _Draft, step: spec.LogStep) -> _Draft:
    floor = step.log.floor
    low = tuple(_share(values < floor, values) for values in draft.values)
    return replace(draft.changed(lambda values: np.log(np.maximum(values, floor))), floor=floor, low=low)


def _clip(draft: _Draft, step: spec.ClipStep) -> _Draft:
    top = float(np.nanpercentile(_joined(draft.values), step.clip.percentile))
    high = tuple(_share(values > top, values) for values in draft.values)
    most = tuple(map(max, high, draft.high or high))  # the cells above one clip are among those above a lower one
    return replace(draft.changed(lambda values: np.minimum(values, top)), high=most)


def _rank(draft: _Draft, step: spec.RankStep) -> _Draft:
    edge = step.rank.edge
    if edge is not None and draft.floor is not None:
        edge = math.log(max(edge, draft.floor))
    ranks = ranks_of(_joined(draft.values), edge)
    return replace(draft.changed(ranks.rank), ranks=ranks)


def _share(cells: np.ndarray, values: np.ndarray) -> float:
    """Returns the share of the cells with a value that are among some."""
    return float(cells.sum() / max(1, np.isfinite(values).sum()))


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
    spec.RankStep: _rank,
    spec.ExaggerationStep: _exaggerate,
}


def make(loss: np.ndarray, steps: Sequence[spec.ReliefStep], depth: float, holes: np.ndarray | None = None) -> Relief:
    """Returns the relief of a loss (n_β, n_α), with holes (n_β, n_α) where there are no data.

    Cells that diverged stand at its highest level.
    """
    return make_alike([loss], steps, [depth], [holes])[0]


def make_alike(
    losses: Sequence[np.ndarray],
    steps: Sequence[spec.ReliefStep],
    depths: Sequence[float],
    holes: Sequence[np.ndarray | None] | None = None,
) -> list[Relief]:
    """Returns the reliefs of several losses on one scale: equal losses are equally high, and clipped alike.

    holes: of each, the cells without data, or None where all are there.
    """
    if not all(np.isfinite(loss).any() for loss in losses):
        raise DataError("relief: every cell of this surface diverged; choose a smaller range")
    draft = _Draft(tuple(np.where(np.isfinite(loss), loss, np.nan).astype(np.float64) for loss in losses))
    for step in steps:
        draft = STEPS[type(step)](draft, step)
    nothing = (0.0,) * len(losses)
    parts = zip(
        draft.values, depths, holes or [None] * len(losses), draft.low or nothing, draft.high or nothing, strict=True
    )
    finite = _joined(draft.values)
    ends = (0.0, 1.0) if draft.ranks else (float(np.nanmin(finite)), float(np.nanmax(finite)))
    scale = Scale(draft.floor, *ends, draft.ranks)
    return [
        _relief(values, hollow, scale, (draft.exaggeration, depth), Levelled(low, high))
        for values, depth, hollow, low, high in parts
    ]


def _relief(
    values: np.ndarray, holes: np.ndarray | None, scale: Scale, size: tuple[float, float], levelled: Levelled
) -> Relief:
    """Returns the relief of values (n_β, n_α) on a scale; size is its exaggeration and its depth."""
    finite = np.isfinite(values)
    span = max(scale.high - scale.low, 1e-12)
    level = np.where(finite, (values - scale.low) / span, 1.0).astype(np.float32)
    if holes is None or not holes.any():
        return Relief(level, finite, *size, scale, None, levelled)
    known = finite[shore.nearest_known(holes)]
    return Relief(shore.carried_on(level, holes), known, *size, scale, shore.inland_of(holes), levelled)
