"""A sheet: what a writer has to know of a picture before its first row comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

INCH = 0.0254  # metres


@dataclass(frozen=True)
class PrintSheet:
    """A picture whose rows come in bands, (h, width, channels) uint8 or uint16, from the top."""

    width: int  # pixels
    height: int
    channels: int  # 3, or 4 with straight alpha
    depth: int  # bits of a channel, 8 or 16
    dpi: float | None = None
    texts: dict[str, str] = field(default_factory=dict)  # Title, Description

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, not compressed."""
        return self.width * self.channels * self.depth // 8


def checked(bands: Iterable[np.ndarray], sheet: PrintSheet) -> Iterator[np.ndarray]:
    """Gives the bands of a sheet on; raises ValueError where they are not those that it tells of."""
    wanted, rows = np.dtype(f"uint{sheet.depth}"), 0
    for band in bands:
        if band.shape[1:] != (sheet.width, sheet.channels) or band.dtype != wanted:
            raise ValueError(f"a band {band.shape} {band.dtype} is not of {sheet}")
        rows += len(band)
        yield band
    if rows != sheet.height:
        raise ValueError(f"{rows} rows came, not the {sheet.height} of {sheet}")
