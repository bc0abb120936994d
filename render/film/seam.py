"""The seam of a loop: whether the first frame follows the last as any frame follows the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class SeamReport:
    """How far frames are from each other, mean difference of codes of 255."""

    seam: float  # from the last to the first
    neighbours: float  # the most between two that follow each other

    @property
    def seamless(self) -> bool:
        """Whether the step over the seam is no larger than one within the film."""
        return self.seam <= self.neighbours

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it."""
        return {"seamless": self.seamless, "seam": round(self.seam, 4), "neighbours": round(self.neighbours, 4)}


@dataclass
class SeamWatch:
    """Looks at glances of the frames of a film, one after the other."""

    first: np.ndarray | None = None
    last: np.ndarray | None = None
    most: float = 0.0

    def see(self, glance: np.ndarray) -> None:
        """Takes the next frame as codes (h, w, 3) in 0..255."""
        if self.last is None:
            self.first = glance
        else:
            self.most = max(self.most, _step(self.last, glance))
        self.last = glance

    def report(self) -> SeamReport:
        """Returns what there is to say after the last frame."""
        if self.first is None or self.last is None:
            return SeamReport(0.0, 0.0)
        return SeamReport(_step(self.last, self.first), self.most)


def _step(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.abs(after - before).mean())
