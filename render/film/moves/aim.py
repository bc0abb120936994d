"""The aim: which point of the terrain a word or a place of the plane means, at every moment of a shot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from render.errors import SceneError
from render.film.moves.passage import Passage, smoothed, ticks_in, ticks_of
from render.film.moves.scenery import Scenery
from render.stage.body import mesh

CALM = 0.8  # seconds over which a head that is looked at is smoothed

Point = Callable[[float], np.ndarray]  # (3,) picture widths, from the share of a shot


def still(point: np.ndarray) -> Point:
    """Returns a point that does not move."""
    return lambda share: point


def point_of(target: Any, setting: Scenery, auto: Point) -> Point:
    """Returns what a target means; auto is what the kind of camera looks at by itself.

    Raises SceneError where it means nothing: a path that is not there, a place beyond the surface.
    """
    if target == "auto":
        return auto
    if isinstance(target, str):
        return WORDS[target](setting)
    return still(on_ground(setting, (float(target[0]), float(target[1]))))


def point_at_rest(target: Any, setting: Scenery, auto: np.ndarray) -> np.ndarray:
    """Returns what a target means at the end of the shot."""
    return point_of(target, setting, still(auto))(1.0)


def on_ground(setting: Scenery, place: tuple[float, float]) -> np.ndarray:
    """Returns the point (3,) of the leading relief at a place (α, β) of its plane; raises SceneError beyond it."""
    x, y = place_of(setting, place)
    depth = setting.relief.depth
    if not (abs(x) <= 0.5 and abs(y) <= 0.5 * depth):
        (a0, a1), (b0, b1) = setting.extents
        sides = f"α {a0:.4g} to {a1:.4g} and β {b0:.4g} to {b1:.4g}"
        raise SceneError([f"camera: [{place[0]:g}, {place[1]:g}] lies beyond the surface; take a place in {sides}"])
    return np.array([x, y, float(mesh.height_at(setting.relief, np.array([x]), np.array([y]))[0])])


def place_of(setting: Scenery, place: tuple[float, float]) -> tuple[float, float]:
    """Returns where a place (α, β) of the plane lies, picture widths from the middle of the leading relief."""
    shares = [(value - low) / (high - low) - 0.5 for value, (low, high) in zip(place, setting.extents, strict=True)]
    return shares[0], shares[1] * setting.relief.depth


def _way(setting: Scenery, word: str) -> np.ndarray:
    """Returns what is shown of the first path (n, 3)."""
    descent = setting.descent
    if descent is None or not descent.shown.any():
        sentence = f"camera: {word} is a place of the path, and no path lies on this surface"
        raise SceneError([f"{sentence}; look at lowest, or at a place [α, β] of the plane"])
    return descent.points[descent.shown]


def _start(setting: Scenery) -> Point:
    return still(_way(setting, "start")[0])


def _end(setting: Scenery) -> Point:
    return still(_way(setting, "end")[-1])


def _lowest(setting: Scenery) -> Point:
    return still(mesh.lowest(setting.relief, setting.look.body))


def _head(setting: Scenery) -> Point:
    _way(setting, "head")
    shares, heads = heads_of(setting)
    calm = ticks_in(CALM, setting.duration, len(shares))
    return Passage(shares, smoothed(heads, calm)).at


WORDS: dict[str, Callable[[Scenery], Point]] = {"start": _start, "end": _end, "head": _head, "lowest": _lowest}


def heads_of(setting: Scenery) -> tuple[np.ndarray, np.ndarray]:
    """Returns the shares (n,) of a shot at its ticks, and where the head of the first path is at each, (n, 3)."""
    assert setting.descent is not None
    shares = ticks_of(setting.duration)
    return shares, setting.descent.at(np.array([setting.head(share) for share in shares]))
