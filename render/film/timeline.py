"""The timeline: which shot a frame belongs to, and how far along its path the descent is by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from render.film.easing import clamp, smooth

ROUNDING = 1e-9  # seconds; a frame this close before a cut is after it


class ShotTime(NamedTuple):
    """A time of the film, seen from the shot that is on then."""

    shot: int
    time: float  # seconds from the beginning of the shot


@dataclass(frozen=True)
class Timeline:
    """Shots one after the other, sampled at a frame rate."""

    durations: tuple[float, ...]  # seconds, each above 0
    fps: float | Fraction  # frames per second
    tail: float = 0.0  # seconds after the last shot, in which its last picture stands

    @property
    def total(self) -> float:
        """The length of the film in seconds."""
        return sum(self.durations) + self.tail

    @property
    def frame_count(self) -> int:
        """The number of frames, at least one."""
        return max(1, round(self.total * float(self.fps)))

    def after(self, time: float) -> float:
        """Returns how long after the last shot a time of the film is, seconds; 0 before its end."""
        return max(0.0, time + ROUNDING - sum(self.durations)) if self.tail else 0.0

    def time(self, frame: int) -> float:
        """Returns the time of a frame in seconds; frame 0 is at 0."""
        return float(frame / self.fps)

    def locate(self, time: float) -> ShotTime:
        """Returns where a time of the film lies; a cut belongs to the shot that begins, the end to the last one."""
        ends = np.cumsum(self.durations)
        shot = min(int(np.searchsorted(ends, time + ROUNDING, side="right")), len(ends) - 1)
        duration = self.durations[shot]
        local = min(max(time - float(ends[shot] - duration), 0.0), duration)
        return ShotTime(shot, local)


def head_progress(local_time: float, duration: float, hold: float, lead: float = 0.6) -> float:
    """Returns how much of its way the head has gone, 0 to 1, at a time of a shot; all times in seconds.

    It waits for lead (an eighth of the shot at most), moves gently, and rests from duration − hold on.
    """
    end = duration - hold
    if local_time >= end:
        return 1.0
    start = min(lead, duration / 8, end)
    return float(smooth((local_time - start) / (end - start))) if local_time > start else 0.0


def path_position(pace: str, progress: float, steps: Sequence[int] | np.ndarray, lengths: np.ndarray) -> float:
    """Returns the fractional index into a trajectory (T,) at a progress of 0 to 1; 0 at 0, T − 1 at 1.

    The pace says what grows evenly: steps, log (of 1 + step), or arc, the length (T,) of the drawn path so far.
    """
    last = len(steps) - 1
    share = float(clamp(progress))
    if share in (0.0, 1.0):
        return share * last
    way = PACES[pace](np.asarray(steps, np.float64), np.asarray(lengths, np.float64))
    whole = way[-1] - way[0]
    if not whole > 0:
        return share * last
    return float(np.interp(share, (way - way[0]) / whole, np.arange(last + 1)))


PACES = {
    "steps": lambda steps, lengths: steps,
    "log": lambda steps, lengths: np.log1p(steps),
    "arc": lambda steps, lengths: lengths,
}
