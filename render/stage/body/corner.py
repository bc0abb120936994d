"""The cut corner of a block: an upright plane across the corner that stands before what is to be seen.

The part beyond it is not drawn. Chosen by itself, a corner goes only where it nearly faces the camera, and hides ground
or path that is seen without it, or is high ground in front of everything; and never with any part of a path or the
lowest place on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from render.stage.body import mesh
from render.stage.body.cutting import Corner
from render.stage.body.relief import Relief

SIZES = (0.1, 0.15, 0.2, 0.25, 0.3)  # that are tried, picture widths
FACING = 30.0  # degrees between the corner's diagonal and the camera's azimuth, up to which the corner rules
STEEP = 60.0  # degrees above the ground, from which on nothing stands in front of anything
WORTH = 0.04  # of what is to be seen, that has to come to light
EACH = 0.012  # of it, that every further step of SIZES has to bring
FOREGROUND, HIGH = 0.2, 0.7  # size of a corner, and mean level of its ground, that takes the foreground for nothing
KEPT_DISTANCE = 0.02  # picture widths that paths and the lowest place stay away from a cut
SIDE, LOOKS, OF_PATH = 33, 120, 60  # of the lattice on the ground, along a line of sight, of a path
PATH = 2.0  # weight of all of a path / that of all ground, the lowest above all
LIFT = 0.006  # picture widths by which places are raised, so that their own ground does not hide them


def corners(relief: Relief) -> np.ndarray:
    """Returns the corners (k, 2) of a block."""
    every = np.array([(x, y * relief.depth) for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
    if relief.corner is None:
        return every
    return np.concatenate([every[relief.corner.inset(*every.T) > 0], relief.corner.ends(relief.depth)])


def nearest_of(relief: Relief, eye: np.ndarray) -> tuple[int, int]:
    """Returns the signs of x and y of the corner that is nearest to an eye (3,)."""
    return (1 if eye[0] >= 0 else -1), (1 if eye[1] >= 0 else -1)


def cut_off(relief: Relief, size: float, eye: np.ndarray) -> Relief:
    """Returns a relief without the corner nearest to an eye, cut off so far along both sides, picture widths."""
    size = min(size, 0.9 * relief.depth)
    return replace(relief, corner=Corner.of(nearest_of(relief, eye), size, relief.depth))


def opened(relief: Relief, paths: Sequence[np.ndarray], eye: np.ndarray) -> Relief:
    """Returns a relief without its nearest corner, where that rules the picture from an eye, or as it is.

    paths: (n, 3) each, what is shown of them.
    """
    if not _faces(relief, eye):
        return relief
    places, weights = _wanted(relief, paths)
    kept = np.concatenate([*(path[:, :2] for path in paths), mesh.lowest(relief, "block")[None, :2]])
    before = _seen(relief, places, eye)
    best, most = relief, WORTH
    for step, size in enumerate(SIZES):
        tried = cut_off(relief, size, eye)
        assert tried.corner is not None
        if tried.corner.size < size or (tried.corner.inset(*kept.T) < KEPT_DISTANCE).any():
            break
        there = mesh.covers(tried, "block", places[:, 0], places[:, 1])
        after = _seen(tried, places, eye) & there
        gained = float(weights[after & ~before].sum()) - EACH * step
        if gained > most:
            best, most = tried, gained
    return _without_foreground(relief, eye, kept) if best is relief else best


def _without_foreground(relief: Relief, eye: np.ndarray, kept: np.ndarray) -> Relief:
    """Returns a relief without a corner that is all high ground, and in front of everything, or as it is."""
    tried = cut_off(relief, FOREGROUND, eye)
    assert tried.corner is not None
    gone = mesh.inside(relief, "block") & ~mesh.inside(tried, "block")
    if not gone.any() or float(relief.level[gone].mean()) < HIGH or (tried.corner.inset(*kept.T) < KEPT_DISTANCE).any():
        return relief
    return tried


def _faces(relief: Relief, eye: np.ndarray) -> bool:
    """Whether the nearest corner's diagonal points nearly to the eye."""
    x, y = nearest_of(relief, eye)
    way, diagonal = eye[:2], np.array([x, y]) / np.sqrt(2)
    far = max(1e-9, float(np.linalg.norm(way)))
    in_front = float(eye[2]) < far * np.tan(np.radians(STEEP))
    return bool(float(way @ diagonal) / far > np.cos(np.radians(FACING)) and in_front)


def _wanted(relief: Relief, paths: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns the places (n, 3) that are to be seen, and their weights, which come to 1."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(-0.49, 0.49, SIDE), np.linspace(-0.49, 0.49, SIDE)))
    y = y * relief.depth
    drawn = mesh.covers(relief, "block", x, y)
    ground = np.column_stack([x, y, mesh.height_at(relief, x, y)])[drawn]
    low = np.maximum(0.0, 1 - ground[:, 2] / max(relief.exaggeration, 1e-9)) ** 2
    parts, weights = [ground], [low / max(low.sum(), 1e-9)]
    for path in paths:
        some = path[np.unique(np.linspace(0, len(path) - 1, OF_PATH).round().astype(int))]
        later = 1 + 3 * np.linspace(0, 1, len(some)) ** 2  # its end above all
        parts.append(some)
        weights.append(PATH / len(paths) * later / later.sum())
    joined = np.concatenate(weights)
    return np.concatenate(parts), joined / joined.sum()


def _seen(relief: Relief, places: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """Returns which of places (n, 3) no terrain hides from an eye (3,)."""
    lifted = places + np.array([0.0, 0.0, LIFT])
    away = eye - lifted
    reach = min(1.0, 1.5 / float(np.linalg.norm(away[:, :2], axis=1).min()))
    way = lifted[:, None] + np.linspace(0, reach, LOOKS)[1:, None] * away[:, None]
    x, y, high = (way[..., k].ravel() for k in range(3))
    hidden = mesh.covers(relief, "block", x, y) & (mesh.height_at(relief, x, y) > high)
    return ~hidden.reshape(len(places), -1).any(axis=1)
