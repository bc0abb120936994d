"""Refining: a relief with more cells than were measured, for drawing a print whose pixels are finer than its cells.

Between measured cells heights run along cubics (Catmull and Rom, 1974) through them; a cell that was measured keeps its
value to the last bit, and no new one passes the range of the four that it lies between along each axis. The loss, its
counts and its records know nothing of it.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.stage.body.mesh import axes, inside
from render.stage.body.relief import Relief
from render.stage.camera import View

COARSE = 1.5  # pixels; cells that a print shows larger are refined
MOST_CELLS = 4_500_000  # of a refined relief: light for them is baked in about the time of ten tiles
PLACES = 64  # along an axis, at which the size of cells is looked at


def refined(relief: Relief, factor: int) -> Relief:
    """Returns a relief with factor cells for each one along both axes; (n_β, n_α) become (f·(n_β − 1) + 1, …)."""
    if factor == 1:
        return relief
    level, inland = relief.level, relief.inland
    for axis in (0, 1):
        level = _cubic(level, factor, axis)
        inland = None if inland is None else _linear(inland, factor, axis)
    level = np.clip(level, 0, 1)
    level[::factor, ::factor] = relief.level
    if inland is not None:
        inland[::factor, ::factor] = relief.inland
    finite = _between(_between(relief.finite, factor, 0), factor, 1)
    return replace(relief, level=level, finite=finite, inland=inland, refined=relief.refined * factor)


def fineness(relief: Relief, shape: str, view: View, picture: tuple[int, int]) -> int:
    """Returns by how much to refine a relief so that a picture of a width and height in pixels shows no coarse cells.

    It is held to MOST_CELLS.
    """
    needed = math.ceil(cell_pixels(relief, shape, view, picture) / COARSE)
    rows, columns = relief.level.shape
    most = int((MOST_CELLS / (rows * columns)) ** 0.5)
    return max(1, min(needed, most))


def cell_pixels(relief: Relief, shape: str, view: View, picture: tuple[int, int]) -> float:
    """Returns the side of the largest cell that a picture shows, pixels, were it seen from straight above."""
    rows, columns = (np.unique(np.linspace(0, count - 1, PLACES).astype(int)) for count in relief.level.shape)
    x, y = (axis[index] for axis, index in zip(axes(relief), (columns, rows), strict=True))
    some = np.ix_(rows, columns)
    points = np.stack([*np.broadcast_arrays(x[None, :], y[:, None]), relief.heights[some]], axis=-1)
    across, up, along = view.project(points[inside(relief, shape)[some]].astype(np.float64)).T
    width, height = picture
    seen = (along > 0) & (np.abs(across) <= width / height) & (np.abs(up) <= 1)
    if not seen.any():
        return 0.0
    tangent = math.tan(math.radians(view.angle) / 2)
    return float(max(relief.cells) / (along[seen].min() * tangent) * height / 2)


def _weights(share: float) -> tuple[float, float, float, float]:
    """Returns those of four neighbours at a share of the way from the second to the third."""
    t, t2, t3 = share, share**2, share**3
    return (-t + 2 * t2 - t3) / 2, (2 - 5 * t2 + 3 * t3) / 2, (t + 4 * t2 - 3 * t3) / 2, (t3 - t2) / 2


def _cubic(values: np.ndarray, factor: int, axis: int) -> np.ndarray:
    """Returns values with more places along an axis, on cubics within the range of their four neighbours."""
    source = np.moveaxis(values, axis, 0)
    around = np.concatenate([2 * source[:1] - source[1:2], source, 2 * source[-1:] - source[-2:-1]])
    count = len(source) - 1
    four = [around[k : k + count] for k in range(4)]
    low, high = np.minimum.reduce(four), np.maximum.reduce(four)
    made = np.empty((count * factor + 1, *source.shape[1:]), values.dtype)
    made[::factor] = source
    for step in range(1, factor):
        parts = zip(_weights(step / factor), four, strict=True)
        made[step::factor] = np.clip(sum(np.float32(weight) * part for weight, part in parts), low, high)
    return np.moveaxis(made, 0, axis)


def _linear(values: np.ndarray, factor: int, axis: int) -> np.ndarray:
    """Returns values with more places along an axis, in straight lines, as the shore is cut."""
    source = np.moveaxis(values, axis, 0)
    made = np.empty(((len(source) - 1) * factor + 1, *source.shape[1:]), values.dtype)
    made[::factor] = source
    for step in range(1, factor):
        share = np.float32(step / factor)
        made[step::factor] = source[:-1] * (1 - share) + source[1:] * share
    return np.moveaxis(made, 0, axis)


def _between(known: np.ndarray, factor: int, axis: int) -> np.ndarray:
    """Returns which places along an axis lie between, or at, cells (…) bool that are all known."""
    source = np.moveaxis(known, axis, 0)
    made = np.empty(((len(source) - 1) * factor + 1, *source.shape[1:]), bool)
    made[::factor] = source
    for step in range(1, factor):
        made[step::factor] = source[:-1] & source[1:]
    return np.moveaxis(made, 0, axis)
