"""The easel: a picture in linear light that things are laid on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from render.film.words.ink import Ink


@dataclass(frozen=True)
class Easel:
    """A picture in linear light that things are laid on, in place."""

    light: np.ndarray  # (H, W, 3)

    def lay(self, ink: Ink, colour: np.ndarray, share: float = 1.0) -> None:
        """Mixes a colour (3,) in where ink covers."""
        ink = ink.within(self.light.shape[1], self.light.shape[0])
        under = self.light[ink.rows, ink.columns]
        self.light[ink.rows, ink.columns] = under + (colour - under) * (share * ink.coverage)[:, None]

    def shine(self, box: tuple[slice, slice], light: np.ndarray) -> None:
        """Adds light (h, w, 3) to a part, which never grows whiter than white."""
        self.light[box] = 1 - (1 - self.light[box]) * (1 - np.clip(light, 0, 1))

    def around(self, x: float, y: float, reach: float) -> tuple[tuple[slice, slice], np.ndarray]:
        """Returns the part within a reach of a place, pixels, and the distance (h, w) of its pixels from there."""
        height, width = self.light.shape[:2]
        rows = slice(max(0, int(y - reach)), min(height, int(y + reach) + 2))
        columns = slice(max(0, int(x - reach)), min(width, int(x + reach) + 2))
        across = np.arange(columns.start, max(columns.start, columns.stop)) + 0.5 - x
        down = np.arange(rows.start, max(rows.start, rows.stop)) + 0.5 - y
        return (rows, columns), np.hypot(down[:, None], across)
