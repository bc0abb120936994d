"""The surround: a dome master or a picture all around, put together from the faces of a cube around the eye.

Every face is exposed as a picture of its own, with distances told from the eye in place of along a view, so that lines,
haze and ground are the same on both sides of an edge. The faces are looked up by direction in linear light and
developed as one picture: bloom, grain and dither know of no edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.stage.camera import Around, View
from render.stage.lens.bearings import Projection, within
from render.stage.lens.faces import SUB, CubeFace, faces_of
from render.stage.lens.lens import Exposure, Lens, develop

REACH = 0.16  # picture heights that bloom shines, by which left and right edge go on into each other
PLANES = {"picture": 3, "alpha": 1, "glow": 3, "own": 1, "cover": 1}  # and how many channels each has
SHARP = 4  # of these channels, that are looked up by a cubic: picture and alpha


def exposed_around(expose: Callable[[View], Exposure], whole: View, size: tuple[int, int]) -> Exposure:
    """Returns what falls on the film of a view with a projection; expose does so for a view of a face."""
    projection = whole.projection
    assert projection is not None
    frame = projection.frame(whole.level[0], whole.roll)
    width, height = size
    made, ground = torch.zeros(sum(PLANES.values()), SUB * height * SUB * width), torch.zeros(3)
    for face in faces_of(replace(projection, tilt=0.0), size).faces:
        film = expose(view_of(face, frame, whole, height))
        ground = film.ground
        made[:, face.pixels] = _looked_up(film, face)
    planes = F.avg_pool2d(made.reshape(1, -1, SUB * height, SUB * width), SUB)[0]
    planes *= torch.from_numpy(within(projection, size).astype(np.float32))
    picture, alpha, glow, own, cover = planes.split(list(PLANES.values()))
    if bool((film.alpha >= 1).all()):
        alpha = torch.ones_like(alpha)
    return Exposure(picture, ground, alpha[0], own[0], glow, cover[0])


def view_of(face: CubeFace, frame: np.ndarray, whole: View, rows: int) -> View:
    """Returns the view of a face of a picture whose frame has the rows right, up and forward, (3, 3)."""
    right, _, forward = face.axes @ frame
    plain = View(whole.position, whole.position + forward, 2 * math.degrees(math.atan(face.half)))
    level = plain.level
    roll = math.degrees(math.atan2(-float(right @ level[1]), float(right @ level[0])))
    assert whole.projection is not None
    around = Around(np.cross((0.0, 0.0, 1.0), whole.level[0]), whole.projection.angle, rows)
    shift = face.middle[0] / face.half, face.middle[1] / face.half
    return replace(plain, roll=roll, shift=shift, around=around)


def _looked_up(film: Exposure, face: CubeFace) -> Tensor:
    """Returns the planes of an exposure where a face is looked up, (C, m)."""
    planes = torch.cat([getattr(film, name).reshape(-1, *film.cover.shape) for name in PLANES])
    sharp = _at(planes[:SHARP], face, "bicubic").clamp(min=0)
    soft = _at(planes[SHARP:], face, "bilinear")
    sharp[3:].clamp_(max=1)
    return torch.cat([sharp, soft])


def _at(planes: Tensor, face: CubeFace, mode: str) -> Tensor:
    """Returns planes (C, H, W) of a face where it is looked up, (C, m)."""
    grid = face.looked_up[None, None]
    found = F.grid_sample(planes[None], grid, mode=mode, padding_mode="border", align_corners=False)
    return found[0, :, 0]


def develop_around(film: Exposure, projection: Projection, lens: Lens, seed: int, depth: int = 8) -> np.ndarray:
    """Returns codes (H, W, 3), or (H, W, 4) over a transparent ground; there is no vignette, and nothing out of focus.

    Beyond the rim of a dome all is black, or transparent. depth: bits of a code, 8 or 16.
    """
    plain = replace(lens, vignette=0.0, focus=0.0)
    height, width = film.cover.shape
    if projection.is_dome:
        codes: np.ndarray = develop([film], plain, seed, depth).numpy()
        codes[within(projection, (width, height)) <= 0] = 0
        return codes
    reach = min(width, math.ceil(REACH * height))
    joined: dict[str, Any] = {name: _joined(getattr(film, name), reach) for name in PLANES}
    return develop([replace(film, **joined)], plain, seed, depth).numpy()[:, reach:-reach]


def _joined(plane: Tensor, reach: int) -> Tensor:
    """Returns a plane (..., W) with so many columns of its other edge before and behind it."""
    return torch.cat([plane[..., -reach:], plane, plane[..., :reach]], -1)
