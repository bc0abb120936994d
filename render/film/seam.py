"""The seam of a loop: whether the first frame follows the last as the frames beside it follow each other.

The step over the seam is held against the steps next to it, the last of the last shot and the first of the first one:
a cut, or a faster part in the middle of a film, says nothing of how its end and its beginning go together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

BESIDE = 3  # steps on either side that the seam is held against
ALLOWED = 1.5  # by which it may be larger than those
UNSEEN = 0.05  # codes, a mean over a picture that nobody sees


@dataclass(frozen=True)
class SeamReport:
    """How far frames are from each other, mean difference of codes of 255."""

    seam: float  # from the last to the first
    neighbours: float  # the most between two that follow each other, beside the seam and within their shot
    other_shot: bool = False  # whether the last frame is of another shot than the first

    @property
    def seamless(self) -> bool:
        """Whether the step over the seam is about as large as those beside it."""
        return self.seam <= ALLOWED * self.neighbours + UNSEEN

    @property
    def cut(self) -> bool:
        """Whether the film cuts from its last shot to its first."""
        return self.other_shot and not self.seamless

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it."""
        steps = {"seam": round(self.seam, 4), "neighbours": round(self.neighbours, 4)}
        return {"seamless": self.seamless, "cut": self.cut, **steps}

    def sentence(self) -> str:
        """Returns what a viewer has to be told of, "" where there is nothing."""
        if self.seamless:
            return ""
        steps = f"{self.seam:.2f} codes from its last frame to its first, and {self.neighbours:.2f} at most beside them"
        if self.cut:
            return f"the loop cuts from its last shot to its first ({steps}); one shot alone can close"
        return f"the loop jumps ({steps}); let the camera and the path end where they begin"


@dataclass
class SeamWatch:
    """Looks at glances of the frames of a film, one after the other."""

    shots: Sequence[int] = ()  # of every frame; all of one where there are none
    first: np.ndarray | None = None
    last: np.ndarray | None = None
    count: int = 0
    early: list[float] = field(default_factory=list)  # the first steps of the first shot
    late: deque[float] = field(default_factory=lambda: deque(maxlen=BESIDE))  # the last of the last shot

    def see(self, glance: np.ndarray) -> None:
        """Takes the next frame as codes (h, w, 3) in 0..255."""
        if self.last is None:
            self.first = glance
        elif self._shot(self.count) != self._shot(self.count - 1):
            self.late.clear()
        else:
            self._take(_step(self.last, glance))
        self.last, self.count = glance, self.count + 1

    def _take(self, step: float) -> None:
        self.late.append(step)
        if len(self.early) < BESIDE and self._shot(self.count) == self._shot(0):
            self.early.append(step)

    def _shot(self, number: int) -> int:
        return self.shots[number] if number < len(self.shots) else 0

    def report(self) -> SeamReport:
        """Returns what there is to say after the last frame."""
        if self.first is None or self.last is None:
            return SeamReport(0.0, 0.0)
        other = self._shot(self.count - 1) != self._shot(0)
        return SeamReport(_step(self.last, self.first), max([*self.early, *self.late], default=0.0), other)


def _step(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.abs(after - before).mean())
