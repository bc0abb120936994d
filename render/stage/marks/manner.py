"""The manner of a line: how wide, how opaque and how bright it is along its way, where that tells something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

THREAD, THIN = 0.28, 0.45  # opacity and width of what has faded / those of the line, so that the way can still be read
AHEAD = 0.55  # width of the way still to come / that of the line
GAIN = 9.0  # light of the strongest halo, where it tells something along a line / that of a plain one
CAST = 2.5  # light that it throws on the ground / that of a plain line
SWELL = (0.4, 2.6)  # width of a line in the plane, and where it is farthest from it / its width


@dataclass(frozen=True)
class Manner:
    """Factors (n,) at the points of a line; None where it is as it always is."""

    opacity: np.ndarray | None = None
    width: np.ndarray | None = None
    halo: np.ndarray | None = None  # in 0..1 of the strongest

    def widened(self, half: np.ndarray) -> np.ndarray:
        """Returns widths (n,) by its factors."""
        return half if self.width is None else half * self.width

    @property
    def told(self) -> np.ndarray | None:
        """What a line carries along (n,) in 0..1: its opacity, or how strong its halo is."""
        return self.halo if self.opacity is None else self.opacity

    @property
    def lit(self) -> np.ndarray | None:
        """The light of the line (n,) / that of a plain one, where it is not even."""
        return self.opacity if self.halo is None else CAST * self.halo


def faded(walked: np.ndarray, whole: float, part: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns opacity and width (n,) of a line that fades behind its head, at the lengths walked (n,) so far.

    It fades to a thread over a part of the whole way, so that a film's tail is of one length.
    """
    left = np.clip(1 - (walked[-1] - walked) / max(part * whole, 1e-9), 0, 1)
    fresh = left * left * (3 - 2 * left)
    return THREAD + (1 - THREAD) * fresh, THIN + (1 - THIN) * fresh


def swollen(apart: np.ndarray) -> np.ndarray:
    """Returns the width (n,) of a line at distances from the plane, in 0..1 of its largest."""
    return SWELL[0] + (SWELL[1] - SWELL[0]) * apart
