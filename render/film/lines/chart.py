"""The chart: where α and loss lie on a picture, and the round numbers of its axes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from render.film.lines.line_cut import LineCut
from render.film.ticks import losses_of, ticks
from render.stage.body.relief import Scale

FOOT, HEAD = 0.13, 0.06  # of the height, under the lowest and over the highest loss: the body has to be seen


@dataclass(frozen=True)
class Chart:
    """A rectangle of a picture, in pixels, and what its edges stand for."""

    left: float
    top: float
    right: float
    bottom: float
    ends: tuple[float, float]  # lowest and highest α
    scale: Scale
    unit: float  # pixels; one of a picture 1080 rows high
    shown: float | None = None  # the highest level that it shows, of a terrain whose top cuts it; None is all of 1

    @property
    def tall(self) -> float:
        """Its height, pixels."""
        return self.bottom - self.top

    def column(self, alpha: np.ndarray) -> np.ndarray:
        """Returns the columns of places of the line."""
        low, high = self.ends
        return np.asarray(self.left + (np.asarray(alpha) - low) / (high - low) * (self.right - self.left))

    def alpha(self, column: np.ndarray) -> np.ndarray:
        """Returns the places of the line at columns."""
        low, high = self.ends
        return np.asarray(low + (np.asarray(column) - self.left) / (self.right - self.left) * (high - low))

    def row(self, loss: np.ndarray) -> np.ndarray:
        """Returns the rows of losses; NaN for what is not finite."""
        finite = np.where(np.isfinite(loss), loss, np.nan)
        place = np.where(np.isnan(finite), np.nan, self.scale.place(np.nan_to_num(finite)))
        if self.shown is not None:
            place = np.clip(place, 0, 1) / self.shown
        return np.asarray(self.bottom - (FOOT + place * (1 - FOOT - HEAD)) * self.tall)

    def level(self, row: np.ndarray) -> np.ndarray:
        """Returns the levels that rows stand for, below 0 under the lowest loss."""
        place = ((self.bottom - row) / self.tall - FOOT) / (1 - FOOT - HEAD)
        return np.asarray(place if self.shown is None else place * self.shown)

    def share_row(self, share: np.ndarray) -> np.ndarray:
        """Returns the rows of shares from 0 to 1, as of accuracy."""
        return np.asarray(self.bottom - (FOOT + np.asarray(share) * (1 - FOOT - HEAD)) * self.tall)

    def moved(self, by: float) -> Chart:
        """Returns it so many pixels further to the right and down."""
        left, top, right, bottom = (edge + by for edge in (self.left, self.top, self.right, self.bottom))
        return replace(self, left=left, top=top, right=right, bottom=bottom)

    def of(self, cut: LineCut) -> Chart:
        """Returns it with the scale of a cut, and its proportion of height to width, as large as it has room."""
        tall = cut.shown * cut.exaggeration / cut.length / (1 - FOOT - HEAD)  # of a width of 1
        wide = min(self.right - self.left, self.tall / max(tall, 1e-9))
        left, spare = 0.5 * (self.left + self.right - wide), 0.5 * (self.tall - wide * tall)
        return replace(
            self,
            left=left,
            right=left + wide,
            top=self.top + spare,
            bottom=self.bottom - spare,
            scale=cut.scale,
            shown=cut.shown,
        )

    def loss_ticks(self) -> list[float]:
        """Returns round losses that lie on the chart."""
        low, high = (float(self.level(np.array(row))) for row in (self.bottom, self.top))
        span = self.scale.high - self.scale.low
        wide = Scale(self.scale.floor, self.scale.low + low * span, self.scale.low + high * span)
        nonnegative = losses_of(self.scale)[0] >= 0
        return [loss for loss in ticks(wide) if loss >= 0 or not nonnegative]

    def alpha_ticks(self) -> list[float]:
        """Returns round places of the line."""
        return ticks(Scale(None, *self.ends))
