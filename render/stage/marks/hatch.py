"""Hatching: how strokes get from a list into the shading kernel, which looks at none but those near a sample.

The plane is parted into boxes, each with the numbers of the NEAREST pieces by it; a sample reads its own box. Strokes
are as sharp as the picture is, in a print too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from render.scene import look as spec
from render.stage.body.relief import Relief
from render.stage.marks.hachures import Slopes, Strokes, share_of, strokes_of
from render.stage.shading.spot import Spot, bilinear, moves_of, smooth

NEAREST = 10  # pieces that a box knows
BOX = 0.75  # side of a box / distance of the closest strokes
BLUR = 0.4  # of that distance, within which a piece is known beside its edge: a pixel may be so wide
SHARES = 512  # texels of the map of shares along an axis
TELLING = (1.2, 2.6)  # pixels from stroke to stroke, over which strokes come out of an even tone


class Hatch(NamedTuple):
    """What the kernel reads."""

    pieces: Tensor  # (n + 1, 6) start and end in x, y, and half the width at both; the last is far away
    boxes: Tensor  # (rows · columns, NEAREST) int32
    rows: int
    columns: int
    shares: Tensor  # (SHARES², 1)


def hatch_of(relief: Relief, look: spec.LookPreset) -> Hatch | None:
    """Returns the strokes on a relief, or None where a look has none."""
    style = look.hachures
    if not style.count or not style.strength or relief.exaggeration <= 0:
        return None
    slopes = Slopes(relief, look.body, style)
    strokes = strokes_of(slopes, style, look.contours.count, relief.exaggeration)
    side = BOX / style.count
    rows, columns = int(np.ceil(relief.depth / side)) + 1, int(np.ceil(1 / side)) + 1
    half = 0.5 * strokes.widths
    known = np.concatenate([strokes.starts, strokes.ends, half], axis=1)
    nothing = np.array([[9.0, 9.0, 9.0, 9.0, 0.0, 0.0]])
    boxes = _boxes(strokes, (rows, columns), side, relief.depth, BLUR / style.count)
    shares = share_of(_thinned(slopes.tangent), style.strength).astype(np.float32).reshape(-1, 1)
    pieces = torch.from_numpy(np.concatenate([known, nothing]).astype(np.float32))
    return Hatch(pieces, torch.from_numpy(boxes), rows, columns, torch.from_numpy(shares))


def _thinned(values: np.ndarray) -> np.ndarray:
    """Returns values (R, C) at SHARES places along both axes."""
    rows, columns = (np.linspace(0, count - 1, SHARES).round().astype(int) for count in values.shape)
    return values[np.ix_(rows, columns)]


def _boxes(strokes: Strokes, shape: tuple[int, int], side: float, depth: float, blur: float) -> np.ndarray:
    """Returns the numbers (rows · columns, NEAREST) int32 of the pieces by each box; what is left holds their count."""
    count = len(strokes.starts)
    found = np.full((shape[0] * shape[1], NEAREST), count, np.int32)
    if not count:
        return found
    origin = np.array([-0.5, -0.5 * depth])
    reach = strokes.widths.max(1) / 2 + blur + 0.71 * side
    piece, box = _pairs(strokes, shape, side, origin, reach)
    middle = origin + (np.stack([box % shape[1], box // shape[1]], 1) + 0.5) * side
    away = _away(middle, strokes.starts[piece], strokes.ends[piece])
    near = away < reach[piece]
    piece, box, away = piece[near], box[near], away[near]
    order = np.lexsort((away, box))
    piece, box = piece[order], box[order]
    rank = np.arange(len(box)) - np.searchsorted(box, box)
    kept = rank < NEAREST
    found[box[kept], rank[kept]] = piece[kept]
    return found


def _pairs(
    strokes: Strokes, shape: tuple[int, int], side: float, origin: np.ndarray, reach: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns pieces and boxes (m,) each that may lie within reach of each other, every pair once."""
    way = strokes.ends - strokes.starts
    looks = np.ceil(np.linalg.norm(way, axis=1) / side).astype(int) + 1
    piece = np.repeat(np.arange(len(looks)), looks)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(looks) - looks, looks)
    share = step / np.maximum(looks[piece] - 1, 1)
    at = np.floor((strokes.starts[piece] + share[:, None] * way[piece] - origin) / side).astype(int)
    wide = int(np.ceil(reach.max() / side))
    codes = []
    for row in range(-wide, wide + 1):
        for column in range(-wide, wide + 1):
            x, y = at[:, 0] + column, at[:, 1] + row
            within = (x >= 0) & (x < shape[1]) & (y >= 0) & (y < shape[0])
            codes.append(piece[within] * (shape[0] * shape[1]) + y[within] * shape[1] + x[within])
    pairs = np.unique(np.concatenate(codes))
    return pairs // (shape[0] * shape[1]), pairs % (shape[0] * shape[1])


def _away(points: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Returns the distances (m,) of points (m, 2) from pieces."""
    way = ends - starts
    along = (((points - starts) * way).sum(1) / np.maximum((way**2).sum(1), 1e-18)).clip(0, 1)
    return np.linalg.norm(points - starts - along[:, None] * way, axis=1)


def inked(spot: Spot, hatch: Hatch, u: dict[str, Tensor]) -> Tensor:
    """Returns how much of a pixel strokes cover, (n,): an even tone where they are too close to be told apart."""
    pieces, boxes, rows, columns, shares = hatch
    count, thin, far = u["hachures"][0], u["hachures"][1], u["hachures"][2]
    x, y = spot.point[0], spot.point[1]
    side = BOX / count
    column = ((x + 0.5) / side).floor().clamp(0, columns - 1)
    row = ((y + 0.5 * u["depth"][0]) / side).floor().clamp(0, rows - 1)
    near = pieces[boxes[(row * columns + column).long()].long()]  # (n, NEAREST, 6)
    wx, wy = near[..., 2] - near[..., 0], near[..., 3] - near[..., 1]
    px, py = x[:, None] - near[..., 0], y[:, None] - near[..., 1]
    length = torch.sqrt(wx * wx + wy * wy).clamp(min=1e-9)
    far_along = (px * wx + py * wy) / length
    along = (far_along / length).clamp(0, 1)
    away, beyond = (px * wy - py * wx).abs() / length, (far_along - along * length).abs()
    step = [part for move in moves_of(spot.normal, spot, u) for part in move[:2]]  # x, y to the right, x, y up
    beside, onwards = _change(-wy, wx, step), _change(wx, wy, step)
    half = near[..., 4] * (1 - along) + near[..., 5] * along
    wide = ((half - away) / beside + 0.5).clamp(0, 1) * (2 * half / beside).clamp(max=1)
    line = (wide * (1 - beyond / onwards).clamp(0, 1)).amax(1)
    share = bilinear(shares, SHARES, SHARES, x + 0.5, y / u["depth"][0] + 0.5).unbind(1)[0]
    apart = (thin / share.clamp(min=1e-6)).clamp(min=1)
    there = (apart <= far).to(line.dtype)
    told = smooth(*TELLING, apart / count / _across(spot, step))
    return line * told + share * there * (1 - told)


def _change(x: Tensor, y: Tensor, step: list[Tensor]) -> Tensor:
    """Returns how far a pixel reaches along directions (n, k), picture widths."""
    scale = torch.rsqrt(x * x + y * y + 1e-20)
    right, up = ((x * step[k][:, None] + y * step[k + 1][:, None]) * scale for k in (0, 2))
    return torch.sqrt(right * right + up * up).clamp(min=1e-9)


def _across(spot: Spot, step: list[Tensor]) -> Tensor:
    """Returns how far a pixel reaches across the slope, picture widths."""
    flat = torch.sqrt(spot.normal[0] ** 2 + spot.normal[1] ** 2 + 1e-12)
    return _change((-spot.normal[1] / flat)[:, None], (spot.normal[0] / flat)[:, None], step)[:, 0]
