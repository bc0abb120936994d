"""The plate: the linear light of a whole print, in memory or in a file that is mapped into it, and its glow, coarsely.

What shines is gathered at a fraction of the resolution, for its haloes are wide; so they are those of the whole
picture, and no tile has an edge in them.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.files import disk_errors
from render.stage.lens import Exposure
from render.stage.tiles import Box, Tile

BUDGET = 2 << 30  # bytes of light that are kept in memory
PLANES = 6  # numbers that are kept of a pixel
COARSE = 3000  # rows that the glow keeps at least where it is coarser; its haloes are then right to 0.3 %


def reduction(height: int) -> int:
    """Returns how many times fewer rows the glow of a print has, a power of two."""
    factor = 1
    while height // (2 * factor) >= COARSE:
        factor *= 2
    return factor


def plate_bytes(size: tuple[int, int]) -> int:
    """Returns the bytes of light of a print."""
    return size[0] * size[1] * PLANES * 4


@dataclass(frozen=True)
class Plate:
    """The light of a print of H × W pixels."""

    light: np.ndarray  # (H, W, 6) float32: linear light of the screen, alpha, how far out of focus, and what is drawn
    glow: np.ndarray  # (3, ⌈H/f⌉, ⌈W/f⌉) float32 linear
    factor: int  # f
    file: mmap.mmap | None = None  # that the light is in

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.light.shape[1], self.light.shape[0]

    def put(self, tile: Tile, exposure: Exposure) -> None:
        """Lays the pixels that a tile gives onto the plate; every pixel is to be given once."""
        rows, columns = tile.inner
        kept = tile.kept.slices
        self.light[(*kept, slice(0, 3))] = exposure.picture[:, rows, columns].permute(1, 2, 0).numpy()
        self.light[(*kept, 3)] = exposure.alpha[rows, columns].numpy()
        if exposure.defocus is not None:
            self.light[(*kept, 4)] = exposure.defocus[rows, columns].numpy()
        self.light[(*kept, 5)] = exposure.own[rows, columns].numpy()
        if bool(exposure.glow.any()):
            self._gather(tile.kept, exposure.glow[:, rows, columns])

    def _gather(self, box: Box, glow: Tensor) -> None:
        """Adds the means of squares of pixels, of which a tile may hold a part only."""
        f = self.factor
        left, top = box.left % f, box.top % f
        whole = F.pad(glow, (left, -(left + box.width) % f, top, -(top + box.height) % f))
        means = F.avg_pool2d(whole[None], f)[0].numpy()
        row, column = box.top // f, box.left // f
        self.glow[:, row : row + means.shape[1], column : column + means.shape[2]] += means

    def forget(self) -> None:
        """Lets mapped pages go from memory; what was put is on the disk, or on its way there."""
        if self.file is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.file.flush()
            self.file.madvise(mmap.MADV_DONTNEED)


@contextlib.contextmanager
def plate_for(size: tuple[int, int], beside: Path, *, budget: int = BUDGET) -> Iterator[Plate]:
    """Gives an empty plate for a print of a size in pixels, in a file beside another where it passes the budget, bytes.

    Raises MachineError where the disk has no room for it.
    """
    width, height = size
    factor = reduction(height)
    glow = np.zeros((3, -(-height // factor), -(-width // factor)), np.float32)
    if plate_bytes(size) <= budget:
        yield Plate(np.zeros((height, width, PLANES), np.float32), glow, factor)
        return
    with _mapped(plate_bytes(size), beside) as file:
        light = np.frombuffer(file, np.float32).reshape(height, width, PLANES)
        yield Plate(light, glow, factor, file)


@contextlib.contextmanager
def _mapped(count: int, beside: Path) -> Iterator[mmap.mmap]:
    """Gives so many bytes of zeros in a file that is gone when this process is."""
    with disk_errors(beside):
        beside.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(prefix=f".{beside.stem}.", suffix=".light", dir=beside.parent) as file:
            if hasattr(os, "posix_fallocate"):  # a sparse file on a full disk would end the process at a write
                os.posix_fallocate(file.fileno(), 0, count)
            else:
                file.truncate(count)
            yield mmap.mmap(file.fileno(), count)


def enlarged(coarse: Tensor, rows: range, factor: int, width: int) -> Tensor:
    """Returns rows of planes (C, h, w) at f times their resolution, (C, len(rows), width), linear between their pixels.

    The same as an enlargement of the whole would have there.
    """
    if factor == 1:
        return coarse[:, rows.start : rows.stop, :width]
    place = ((torch.arange(rows.start, rows.stop) + 0.5) / factor - 0.5).clamp(0, coarse.shape[1] - 1)
    low = place.floor().long()
    high = (low + 1).clamp(max=coarse.shape[1] - 1)
    share = (place - low)[None, :, None]
    between = coarse[:, low] * (1 - share) + coarse[:, high] * share
    wide = (between.shape[1], coarse.shape[2] * factor)
    return F.interpolate(between[None], size=wide, mode="bilinear", align_corners=False)[0, :, :, :width]
