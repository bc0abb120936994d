"""Flashing, after WCAG 2.3.1: no more than three flashes in any second, unless what flashes is small.

A flash is a pair of opposing changes of relative luminance, each of a tenth of the whole or more, where the darker of
the two is below 0.80; a red flash a pair of opposing changes to or from a saturated red, R / (R + G + B) ≥ 0.8, each of
more than 20 in 320·max(0, R − G − B). Small is at most a quarter of any field of view of 10°, which is a third of the
width by a third of the height of a screen. Source: https://www.w3.org/TR/WCAG21/, "general flash and red flash
thresholds". A picture is first averaged over blocks, in which grain is no flash; half a flash too many is too many.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from render.scene.colours.oklab import LUMA
from render.stage.colour import light_of

CHANGE, DARK = 0.1, 0.8  # of relative luminance
REDDER, RED = 20.0, 0.8  # of 320·(R − G − B), and the share of red that is saturated
ALLOWED = 6  # changes in a second, two of which are a flash
VIEW, SMALL = 3, 0.25  # views along a side of the picture, and the share of one that may flash


@dataclass(frozen=True)
class FlashReport:
    """The worst second of a film."""

    general: float  # flashes in one second of more than a quarter of a field of view
    red: float
    area: float  # the largest share of a field of view that flashes more often than is allowed
    at: float  # seconds; when the second ends in which there are most flashes

    @property
    def passes(self) -> bool:
        """Whether the film is within what WCAG 2.3.1 allows."""
        return self.area <= SMALL

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it."""
        told = {"general": self.general, "red": self.red, "area": round(self.area, 4), "at": round(self.at, 3)}
        return {"rule": "WCAG 2.3.1", "passes": self.passes, **told}


@dataclass
class _Swings:
    """Opposing changes of a value, at every place of a picture, over the last second."""

    step: float  # the least change that counts
    low_end: bool  # whether a change counts by what is marked at its low end, or at its high one
    recent: deque[np.ndarray]  # the changes of each frame of a second
    low: np.ndarray  # the lowest value since the last fall, and the highest since the last rise
    high: np.ndarray
    marked: tuple[np.ndarray, np.ndarray]  # whether the low and the high one are
    way: np.ndarray  # 1 after a rise, −1 after a fall, 0 before any
    count: np.ndarray

    @classmethod
    def beginning(cls, value: np.ndarray, marks: np.ndarray, step: float, low_end: bool, frames: int) -> _Swings:
        """Returns the swings of a first frame: none."""
        way, count = np.zeros(value.shape, np.int8), np.zeros(value.shape, np.int16)
        return cls(step, low_end, deque(maxlen=frames), value, value, (marks, marks), way, count)

    def see(self, value: np.ndarray, marks: np.ndarray) -> None:
        """Takes the next frame: its values, and where they are of the kind that makes a change count."""
        lower, higher = (self.way <= 0) & (value < self.low), (self.way >= 0) & (value > self.high)
        low, high = np.where(lower, value, self.low), np.where(higher, value, self.high)
        at_low, at_high = np.where(lower, marks, self.marked[0]), np.where(higher, marks, self.marked[1])
        rise = (self.way <= 0) & (value - low >= self.step) & (at_low if self.low_end else marks)
        fall = (self.way >= 0) & (high - value >= self.step) & (marks if self.low_end else at_high) & ~rise
        self.low, self.high = np.where(fall, value, low), np.where(rise, value, high)
        self.marked = np.where(fall, marks, at_low), np.where(rise, marks, at_high)
        self.way = np.where(rise, 1, np.where(fall, -1, self.way)).astype(np.int8)
        if len(self.recent) == self.recent.maxlen:
            self.count = self.count - self.recent[0]
        self.recent.append(rise | fall)
        self.count = self.count + self.recent[-1]


@dataclass
class FlashWatch:
    """Looks at glances of the frames of a film, one after the other, and keeps the worst second."""

    fps: Fraction
    index: int = 0
    swings: dict[str, _Swings] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=lambda: {"general": 0, "red": 0})  # changes in a second
    area: float = 0.0
    at: float = 0.0

    def see(self, glance: np.ndarray) -> None:
        """Takes the next frame as codes (h, w, 3) in 0..255."""
        light = light_of(glance / np.float32(255))
        luminance = light @ np.array(LUMA, np.float32)
        total, redness = light.sum(axis=2), 320 * (light[..., 0] - light[..., 1] - light[..., 2]).clip(min=0)
        saturated = light[..., 0] >= RED * total.clip(min=1e-6)
        self._take("general", luminance, luminance < DARK, CHANGE, low_end=True)
        self._take("red", redness, saturated, REDDER, low_end=False)
        self.index += 1

    def _take(self, name: str, value: np.ndarray, marks: np.ndarray, step: float, low_end: bool) -> None:
        if name not in self.swings:
            self.swings[name] = _Swings.beginning(value, marks, step, low_end, max(1, round(self.fps)))
            return
        swings = self.swings[name]
        swings.see(value, marks)
        while swings.count.max() > self.most[name] and _share(swings.count > self.most[name]) > SMALL:
            self.most[name] += 1
            self.at = float(self.index / self.fps) if self.most[name] == max(self.most.values()) else self.at
        if swings.count.max() > ALLOWED:
            self.area = max(self.area, _share(swings.count > ALLOWED))

    def report(self) -> FlashReport:
        """Returns the worst second so far."""
        return FlashReport(self.most["general"] / 2, self.most["red"] / 2, self.area, self.at)


def _share(flashing: np.ndarray) -> float:
    """Returns the largest share of any field of view that is marked."""
    height, width = (max(1, side // VIEW) for side in flashing.shape)
    sums = np.pad(flashing.astype(np.int32), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    boxes = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return float(boxes.max()) / (height * width)
