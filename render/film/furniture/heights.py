"""Contour numbers: which lines are told, and in how few figures a loss is told apart from its neighbours'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from render.film.words.figures import rounded_loss, short_loss
from render.scene.look import LookPreset
from render.stage.body.mesh import height_at
from render.stage.body.relief import Relief, Scale
from render.stage.marks.isolines import isolines
from render.stage.shading.baked_field import CONTOUR_BLUR
from render.stage.shading.shade import MAJOR

OFF = 0.1  # of the way to the next contour, that a rounded loss may lie beside its line
MOST_FIGURES = 7
EVEN = 0.003  # picture widths between the points of a line


@dataclass(frozen=True)
class IsoLine:
    """A line of equal loss that every fifth contour is, and what it tells."""

    points: np.ndarray  # (n, 3) picture widths, evenly apart on the plane
    loss: float
    words: str


def index_lines(relief: Relief, look: LookPreset) -> Iterator[IsoLine]:
    """Gives the index lines of a relief as they are drawn, from the lowest; none where a look draws no contours."""
    contours = look.contours
    if not (contours.count and contours.strength and relief.exaggeration > 0) or look.body in ("points", "none"):
        return
    level = gaussian_filter(relief.level, CONTOUR_BLUR / relief.refined)
    rows, columns = level.shape
    for number in range(MAJOR, contours.count, MAJOR):
        loss = float(relief.scale.loss(np.array(number / contours.count)))
        for cells in isolines(level, number / contours.count):
            x, y = cells[:, 1] / (columns - 1) - 0.5, (cells[:, 0] / (rows - 1) - 0.5) * relief.depth
            flat = _evenly(np.stack([x, y], axis=1))
            points = np.column_stack([flat, height_at(relief, *flat.T)])
            yield IsoLine(points, loss, telling(relief.scale, loss, contours.count))


def _evenly(line: np.ndarray) -> np.ndarray:
    """Returns the points (n, 2) of a line (m, 2) at even steps."""
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    places = np.linspace(0, walked[-1], max(2, round(walked[-1] / EVEN)))
    return np.stack([np.interp(places, walked, line[:, k]) for k in range(2)], axis=1)


def telling(scale: Scale, loss: float, count: int) -> str:
    """Returns a loss in the fewest figures that lie by its own line, and not by the next of so many contours."""
    own = scale.place(np.array(loss))
    for figures in range(1, MOST_FIGURES):
        off = abs(float(scale.place(np.array(rounded_loss(loss, figures))) - own))
        if off * count <= OFF:
            return short_loss(loss, figures)
    return short_loss(loss, MOST_FIGURES)
