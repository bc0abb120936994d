"""The height rule: a staff on an upright edge of the body, with ticks at losses, from its lowest to its highest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.film.furniture.plot import Plot
from render.film.ticks import ticks
from render.film.words.figures import short_loss
from render.film.words.layout import CAPITAL
from render.stage.body.corner import corners
from render.stage.body.mesh import radii_of

AWAY = 0.012  # picture widths between the edge and the staff
LONG = 0.7  # length of a tick / size


@dataclass(frozen=True)
class TickMark:
    """A tick and what is written at it."""

    place: np.ndarray  # (3,) picture widths
    words: str


def foot_of(plot: Plot) -> np.ndarray:
    """Returns where the staff stands (x, y): beside that outer edge of the body which is nearer to the camera."""
    relief, away = plot.panel.relief, AWAY
    if plot.take.look.body == "disc":
        across, up = radii_of(relief)
        right = plot.view.level[0][:2]
        feet = np.array([sign * right * (across + away, up + away) for sign in (-1, 1)])
    else:
        ends = corners(relief)
        places = plot.at(np.column_stack([ends, np.zeros(len(ends))]))[:, 0]
        outer = ends[[int(places.argmin()), int(places.argmax())]]
        feet = outer + away * np.sign(outer)
    distances = np.linalg.norm(plot.view.position[:2] - feet, axis=1)
    return np.asarray(feet[int(distances.argmin())])


def marks_of(plot: Plot, foot: np.ndarray) -> list[TickMark]:
    """Returns the ticks of the staff at a foot (x, y), from below."""
    relief = plot.panel.relief
    return [TickMark(_over(foot, _height(plot, loss)), short_loss(loss)) for loss in ticks(relief.scale)]


def staff_of(plot: Plot, foot: np.ndarray) -> np.ndarray:
    """Returns the two ends (2, 3) of the staff: the lowest and the highest loss that the relief tells apart."""
    return np.array([_over(foot, 0.0), _over(foot, plot.panel.relief.exaggeration)])


def _over(foot: np.ndarray, height: float) -> np.ndarray:
    return np.array([foot[0], foot[1], height])


def _height(plot: Plot, loss: float) -> float:
    """Returns the drawn height of a loss, picture widths."""
    relief = plot.panel.relief
    return float(relief.scale.level(np.array([loss]))[0]) * relief.exaggeration


def side_of(plot: Plot, foot: np.ndarray) -> int:
    """Returns the side of the staff on which its words keep off the body: −1 left, 1 right."""
    middle, place = plot.at(np.array([[0.0, 0.0, 0.0], [foot[0], foot[1], 0.0]]))[:, 0]
    return 1 if place >= middle else -1


def thinned(rows: np.ndarray, size: float) -> list[int]:
    """Returns which ticks at rows (n,), from below, are written so that their words keep off each other."""
    kept: list[int] = []
    for number, row in enumerate(rows):
        if not kept or abs(rows[kept[-1]] - row) >= 1.6 * CAPITAL * size:
            kept.append(number)
    return kept
