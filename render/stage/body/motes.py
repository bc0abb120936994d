"""A body of points: every measured cell is a point of light.

Points are laid on the picture by quadratic shares of their nine pixels and softened by a Gaussian of about a pixel, so
that a grid finer than the picture has no moiré (shares of four pixels left 8 % of ripple, these leave 1 %); where they
lie denser than they are wide, each gives only its share. Those farther away are fainter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from render.stage.body.mesh import axes
from render.stage.body.relief import Relief
from render.stage.camera import View
from render.stage.lens.lens import blur

LEAST_RADIUS, MOST_RADIUS = 0.6, 2.4  # radius of a point, pixels of 1080 rows
SPREAD = 0.22  # radius / distance between points on the picture
FAR_LIGHT = 0.45  # of a point at the far end / of one at the near end
GAIN = 2.0  # brightness of a point that stands alone
DENSE = 0.5  # of that, for points that lie as densely as they are wide


@dataclass(frozen=True)
class Motes:
    """The points of a body."""

    places: np.ndarray  # (N, 3) picture widths
    colours: Tensor  # (N, 3) linear light

    @staticmethod
    def of(relief: Relief, measured: np.ndarray, sent: Tensor, offset: tuple[float, float]) -> Motes:
        """Returns the measured cells (n_β, n_α) bool of a relief, which send light (n_β, n_α, 3)."""
        rows, columns = np.nonzero(measured)
        x, y = axes(relief)
        places = np.column_stack([x[columns] + offset[0], y[rows] + offset[1], relief.heights[rows, columns]])
        return Motes(places, sent[torch.from_numpy(rows), torch.from_numpy(columns)])

    def picture(self, view: View, size: tuple[int, int], rows: float, span: tuple[float, float]) -> Tensor:
        """Returns their light and how much of each pixel they cover, (4, H, W); rows is the whole picture's / 1080."""
        width, height = size
        x, y, along = view.project(self.places).T
        column, row = (x / (width / height) + 1) / 2 * width - 0.5, (1 - y) / 2 * height - 0.5
        seen = (along > span[0] * 0.5) & (column > -1) & (column < width) & (row > -1) & (row < height)
        far = np.clip((along[seen] - span[0]) / max(1e-6, span[1] - span[0]), 0, 1)
        apart = np.sqrt(max(1.0, np.ptp(column[seen]) * np.ptp(row[seen])) / max(1, seen.sum())) if seen.any() else 1.0
        radius = float(np.clip(SPREAD * apart, LEAST_RADIUS * rows, MOST_RADIUS * rows))
        share = min(1.0, DENSE * (apart / (2 * radius)) ** 2)
        light = torch.from_numpy((share * (1 - (1 - FAR_LIGHT) * far)).astype(np.float32))
        sent = torch.cat([self.colours[torch.from_numpy(seen)], torch.ones(int(seen.sum()), 1)], 1) * light[:, None]
        laid = _laid(sent, column[seen], row[seen], size)
        soft = blur(laid, max(0.35, radius)) * (GAIN * 2 * np.pi * radius**2)  # as much light in a small picture
        cover = 1 - torch.exp(-soft[3])
        return torch.cat([soft[:3], cover[None]])


def _laid(sent: Tensor, column: np.ndarray, row: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Returns (C, H, W) of what points (n, C) at columns and rows leave on their nine pixels."""
    width, height = size
    middle, centre = np.round(column).astype(int), np.round(row).astype(int)
    picture = torch.zeros((height + 4) * (width + 4), sent.shape[1])
    for j, down in zip((-1, 0, 1), _shares(row - centre), strict=True):
        for i, across in zip((-1, 0, 1), _shares(column - middle), strict=True):
            flat = torch.from_numpy((centre + j + 2) * (width + 4) + middle + i + 2)
            picture.index_add_(0, flat, sent * torch.from_numpy((down * across).astype(np.float32))[:, None])
    return picture.T.reshape(-1, height + 4, width + 4)[:, 2:-2, 2:-2].contiguous()


def _shares(off: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns the quadratic B-spline's shares of three pixels, for places -0.5 to 0.5 off the middle one."""
    return 0.5 * (0.5 - off) ** 2, 0.75 - off**2, 0.5 * (0.5 + off) ** 2
