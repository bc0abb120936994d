"""The plate: the linear light of a whole print, in a file that is mapped into memory, and its glow, coarsely.

What shines is gathered at a fraction of the resolution, for its haloes are wide; so they are those of the whole
picture, and no tile has an edge in them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from render.film.prints.keeping import KeptPlate, kept_beside
from render.stage.lens.lens import Exposure
from render.stage.lens.tiles import CanvasBox, CanvasTile

COARSE = 3000  # rows that the glow keeps at least where it is coarser; its haloes are then right to 0.3 %
PLAIN = ("own",)  # what is kept of a pixel beside its light
FURTHER = {"alpha": 1.0, "defocus": 0.0, "own": 1.0}  # what may be kept, and what it is where it is not


def reduction(height: int) -> int:
    """Returns how many times fewer rows the glow of a print has, a power of two."""
    factor = 1
    while height // (2 * factor) >= COARSE:
        factor *= 2
    return factor


def plate_bytes(size: tuple[int, int], further: Sequence[str] = PLAIN) -> int:
    """Returns the bytes of light of a print."""
    return size[0] * size[1] * (3 + len(further)) * 4


@dataclass(frozen=True)
class Plate:
    """The light of a print of H × W pixels."""

    light: np.ndarray  # (3 + N, H, W) float32: linear light of the screen, and the N further planes
    glow: np.ndarray  # (3, ⌈H/f⌉, ⌈W/f⌉) float32 linear
    factor: int  # f
    further: tuple[str, ...] = PLAIN  # of FURTHER
    kept: KeptPlate | None = None  # where finished tiles are, for a print that is stopped
    layered: bool = False  # takes light alone

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.light.shape[2], self.light.shape[1]

    def planes(self, rows: range) -> Tensor:
        """Returns light, alpha, how far out of focus and what is drawn of some rows, (6, h, W)."""
        part = self.light[:, rows.start : rows.stop]
        made = torch.empty(6, *part.shape[1:])
        made[:3] = torch.from_numpy(part[:3])
        for row, (name, usual) in enumerate(FURTHER.items(), 3):
            index = 3 + self.further.index(name) if name in self.further else None
            made[row] = usual if index is None else torch.from_numpy(part[index])
        return made

    def is_sharp(self, rows: range) -> bool:
        """Whether nothing in some rows is out of focus."""
        if "defocus" not in self.further:
            return True
        return not self.light[3 + self.further.index("defocus"), rows.start : rows.stop].any()

    def put(self, tile: CanvasTile, exposure: Exposure) -> None:
        """Lays the pixels that a tile gives onto the plate; every pixel is to be given once."""
        inner, kept = tile.inner, tile.kept.slices
        self.light[(slice(0, 3), *kept)] = exposure.picture[(slice(None), *inner)].numpy()
        for index, name in enumerate(self.further, 3):
            plane = getattr(exposure, name)
            self.light[(index, *kept)] = FURTHER[name] if plane is None else plane[inner].numpy()
        shining = exposure.glow[(slice(None), *inner)]
        means = self._means(tile.kept, shining) if bool(shining.any()) else None
        if means is not None:
            self._add(tile.kept, means)
        if self.kept is not None:
            self.kept.note(tile.kept, self.light[(slice(None), *kept)], means)

    def take_up(self, tile: CanvasTile) -> bool:
        """Whether a tile is there from an earlier start, whole; its glow is then gathered."""
        if self.kept is None:
            return False
        box, f = tile.kept, self.factor
        coarse = 3, -(-box.bottom // f) - box.top // f, -(-box.right // f) - box.left // f
        found = self.kept.find(box, self.light[(slice(None), *box.slices)], coarse)
        self.forget()
        if found is None:
            return False
        if found.size:
            self._add(box, found)
        return True

    def _means(self, box: CanvasBox, glow: Tensor) -> np.ndarray:
        """Returns the means of squares of pixels, of which a tile may hold a part only."""
        f = self.factor
        left, top = box.left % f, box.top % f
        whole = F.pad(glow, (left, -(left + box.width) % f, top, -(top + box.height) % f))
        return np.asarray(F.avg_pool2d(whole[None], f)[0].numpy())

    def _add(self, box: CanvasBox, means: np.ndarray) -> None:
        row, column = box.top // self.factor, box.left // self.factor
        self.glow[:, row : row + means.shape[1], column : column + means.shape[2]] += means

    def forget(self) -> None:
        """Lets mapped pages go from memory; what was put is on its way to the disk."""
        if self.kept is not None:
            self.kept.forget()


@contextlib.contextmanager
def plate_for(size: tuple[int, int], target: Path, key: str = "", further: tuple[str, ...] = PLAIN) -> Iterator[Plate]:
    """Gives the plate of a print of a size in pixels, kept beside a file with what was finished for the same key.

    Raises MachineError where the disk has no room for it.
    """
    width, height = size
    factor = reduction(height)
    glow = np.zeros((3, -(-height // factor), -(-width // factor)), np.float32)
    with kept_beside(target, key, plate_bytes(size, further)) as kept:
        light = np.frombuffer(kept.file, np.float32).reshape(3 + len(further), height, width)
        yield Plate(light, glow, factor, further, kept)


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
