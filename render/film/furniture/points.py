"""The points of a path that are named: where it starts, where it turns, where it ends, with their step and loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from render.film.panel import Panel, Walk
from render.film.take import Take
from render.film.words.wording import unit_of, value_of
from render.scene.words import say

FADE = 0.4  # seconds in which a label appears once the head has come to its point
SAME = 0.01  # picture widths; starts of several paths that lie no farther apart are one


@dataclass(frozen=True)
class NamedPoint:
    """A point on a path and what is written beside it."""

    point: np.ndarray  # (3,) picture widths
    words: str
    reached: float  # seconds of the shot at which the head comes to it


def named_points(
    take: Take, panel: Panel, kinds: list[str], names: list[str], language: Mapping[str, str]
) -> list[NamedPoint]:
    """Returns the named points of the paths of a panel that lie over its terrain.

    Of several paths only starts and ends are named, by what the paths are called (names), and one start for all that
    begin at the same place.
    """
    if not take.shot.path.show or panel.stop:  # on a terrain that changes, points are nowhere for long
        return []
    several = len(panel.walks) > 1
    found: list[NamedPoint] = []
    for walk, name in zip(panel.walks, names, strict=True):
        for kind in kinds:
            place = PLACES[kind](walk)
            corner = int(walk.corners[place])
            if (several and kind == "turn") or not walk.descent.shown[corner]:
                continue
            point = walk.descent.points[corner]
            if kind == "start" and any(np.linalg.norm(point - other.point) < SAME for other in found):
                continue
            words = " · ".join(_said(take, panel, walk, place, name if several and kind == "end" else "", language))
            found.append(NamedPoint(point, words, _reached(take, walk, place)))
    return found


def _said(take: Take, panel: Panel, walk: Walk, place: int, name: str, language: Mapping[str, str]) -> Iterator[str]:
    """Gives the words beside a logged point: the path's name or its step, and its own loss there."""
    if name:
        yield name
    elif panel.is_ready:
        yield f"{say(language, 'point')} {place + 1:,}"
    else:
        yield f"{say(language, 'step')} {int(walk.path.steps[place]):,}"
    yield f"{unit_of(panel, language)} {value_of(panel, float(walk.path.true_loss[place]), language)}"


def turning_point(walk: Walk) -> int:
    """Returns the logged point that lies farthest from the straight way between start and end, as the path is drawn."""
    points = walk.descent.points[walk.corners]
    way = points[-1] - points[0]
    length = max(float(np.linalg.norm(way)), 1e-12)
    away = np.linalg.norm(np.cross(points - points[0], way / length), axis=1)
    return int(away.argmax())


PLACES = {"start": lambda walk: 0, "turn": turning_point, "end": lambda walk: len(walk.path) - 1}


def _reached(take: Take, walk: Walk, place: int) -> float:
    """Returns the time of a shot at which a head comes to a logged point, seconds."""
    low, high = 0.0, take.shot.duration
    if place == 0:
        return -FADE
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if walk.head(take.progress(middle)) >= place - 1e-6 else (middle, high)
    return high


def opacity(named: NamedPoint, time: float) -> float:
    """Returns how much of a label is there at a time of the shot, seconds."""
    share = min(1.0, max(0.0, (time - named.reached) / FADE))
    return share * share * (3 - 2 * share)
