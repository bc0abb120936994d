"""The path as a lamp: the light that it throws on the terrain around it, and how far from it each place lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree
from torch import Tensor

from render.stage.body.mesh import axes, height_at
from render.stage.body.relief import Relief
from render.stage.light import bake
from render.stage.marks.trail import Trail

GLOW_SIDE = 128  # texels of the map of light along an axis
AWAY_SIDE = 1024  # texels of the map of distances along an axis
BLOCK = 8  # texels of that map along a side, that are asked for or left out together
AWAY_FAR = 0.035  # picture widths; farther than this no distance is told apart
RAISED = 0.008  # picture widths that the light stands above the line, so that the ground beside it is lit
FALLOFF = 0.06  # picture widths; the light is nothing within a tenth of the width
LAMPS = 100  # points of a path that shine
END = 3.0  # light of the end, beside 1 for a hundredth of a picture width of path
STRENGTH = 0.00033  # of a hundredth of a width, so that the ground beside a line is about as bright as under the sun

Colours = Sequence[np.ndarray]


class Lamp:
    """The places of a relief that paths may light, made once."""

    def __init__(self, relief: Relief):
        """Reads heights and normals at the texels of the maps."""
        self._relief = relief
        self._places = _texels(relief, GLOW_SIDE)
        normal = bake.normals(relief.heights, relief.cells, relief.holes)
        rows, columns = relief.level.shape
        row = np.linspace(0, rows - 1, GLOW_SIDE).round().astype(int)
        column = np.linspace(0, columns - 1, GLOW_SIDE).round().astype(int)
        self._normals = normal[np.ix_(row, column)].reshape(-1, 3)
        self._flat = _texels(relief, AWAY_SIDE)[:, :2]

    def lit_by(
        self, trails: Sequence[Trail], colours: Colours, marked: np.ndarray | None, *, bare: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Returns the light of paths, and the distance from the nearest or from a mark (2,), which stands out alike.

        Bare ground does not stand back beside any path.
        """
        return self.glow(trails, colours), self.away([] if bare else trails, marked)

    def glow(self, trails: Sequence[Trail], colours: Colours) -> Tensor:
        """Returns the light (GLOW_SIDE², 3) that paths of linear colours throw on the terrain, without shadows."""
        light = np.zeros((GLOW_SIDE**2, 3), np.float32)
        for trail, colour in zip(trails, colours, strict=False):
            points, amounts = _lamps(trail)
            if len(points) and colour.any():
                light += self._lit(points, amounts)[:, None] * colour.astype(np.float32)
        return torch.from_numpy(light)

    def _lit(self, points: np.ndarray, amounts: np.ndarray) -> np.ndarray:
        """Returns the light (GLOW_SIDE²,) of lamps (m, 3) of amounts (m,)."""
        near, _ = cKDTree(points[:, :2]).query(self._places[:, :2], distance_upper_bound=4 * FALLOFF)
        chosen = np.flatnonzero(np.isfinite(near))
        lit = np.zeros(len(self._places), np.float32)
        lamps = torch.from_numpy((points + np.array([0, 0, RAISED])).astype(np.float32))
        places = torch.from_numpy(self._places[chosen].astype(np.float32))
        normals = torch.from_numpy(self._normals[chosen])
        power = torch.from_numpy(amounts.astype(np.float32))
        away2 = torch.cdist(places, lamps) ** 2
        facing = (normals @ lamps.T - (normals * places).sum(1, keepdim=True)).clamp(min=0)
        reach2 = away2 + RAISED**2
        lit[chosen] = ((facing / reach2**1.5 * torch.exp(-away2 / FALLOFF**2)) @ power).numpy()
        return lit

    def away(self, trails: Sequence[Trail], marked: np.ndarray | None = None) -> Tensor:
        """Returns the distance (AWAY_SIDE², 1) from the nearest path or a mark (2,), picture widths, up to AWAY_FAR."""
        pieces = [piece[:, :2] for trail in trails for piece in trail.pieces()]
        pieces += [] if marked is None else [marked[None]]
        if not pieces:
            return torch.full((AWAY_SIDE**2, 1), 2 * AWAY_FAR)
        points = np.concatenate(pieces)
        away = np.full(AWAY_SIDE**2, 2 * AWAY_FAR, np.float32)
        near = np.flatnonzero(self._near(points))
        far, _ = cKDTree(points).query(self._flat[near], distance_upper_bound=AWAY_FAR)
        away[near] = np.where(np.isfinite(far), far, 2 * AWAY_FAR)
        return torch.from_numpy(away[:, None])

    def _near(self, points: np.ndarray) -> np.ndarray:
        """Returns which texels (AWAY_SIDE²,) lie at most about AWAY_FAR from points (n, 2): few have to be asked."""
        side = AWAY_SIDE // BLOCK
        place = ((points / (1, self._relief.depth) + 0.5) * side).astype(int).clip(0, side - 1)
        empty = np.ones((side, side), bool)
        empty[place[:, 1], place[:, 0]] = False
        size = np.array([self._relief.depth, 1.0]) / side
        near = distance_transform_edt(empty, sampling=size) < AWAY_FAR + np.hypot(*size)
        return near.repeat(BLOCK, 0).repeat(BLOCK, 1).ravel()


def _texels(relief: Relief, side: int) -> np.ndarray:
    """Returns the points (side², 3) of the terrain at a map's texels."""
    x, y = axes(relief)
    px, py = np.meshgrid(np.linspace(x[0], x[-1], side), np.linspace(y[0], y[-1], side))
    return np.column_stack([px.ravel(), py.ravel(), height_at(relief, px.ravel(), py.ravel())])


def _lamps(trail: Trail) -> tuple[np.ndarray, np.ndarray]:
    """Returns places (m, 3) along a trail and how much each shines, in hundredths of a width of path times STRENGTH."""
    points, amounts = [], []
    lit = trail.manner.lit
    for stretch in trail.stretches():
        piece = trail.points[stretch]
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(piece, axis=0), axis=1))])
        count = max(2, min(LAMPS, round(walked[-1] / 0.004)))
        stops = np.linspace(0, walked[-1], count)
        points.append(np.stack([np.interp(stops, walked, piece[:, k]) for k in range(3)], 1))
        even = np.full(count, walked[-1] / count * 100)
        amounts.append(even if lit is None else even * np.interp(stops, walked, lit[stretch]))
    if trail.head is not None:
        points.append(trail.head[None])
        amounts.append(np.array([END]))
    if not points:
        return np.zeros((0, 3)), np.zeros(0)
    return np.concatenate(points), STRENGTH * np.concatenate(amounts)
