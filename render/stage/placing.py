"""Placing: where several bodies stand on one floor, so that one picture shows them all.

They stand in rows across the view of the camera in the middle of its move, all turned alike: equally far away, they are
drawn equally large.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

GAP = 0.25  # picture widths between neighbours in a row, as the camera sees them
ROW_GAP = 0.5  # between rows; the one in front hides what is nearer behind it
MOST_IN_A_ROW = 4


def placements(hulls: Sequence[np.ndarray], azimuth: float, aspect: float) -> tuple[np.ndarray, ...]:
    """Returns the offsets (3,) of bodies bounded by hulls (N, 3) each, centred, picture widths.

    They go from left to right and from the front row to the back for a camera at an azimuth, in a picture of an aspect
    (width / height).
    """
    angle = math.radians(azimuth)
    right = np.array([-math.cos(angle), math.sin(angle), 0.0])
    ahead = np.array([-math.sin(angle), -math.cos(angle), 0.0])
    across, along = (
        max(float(np.ptp(hull @ way)) for hull in hulls) + gap for way, gap in ((right, GAP), (ahead, ROW_GAP))
    )
    columns = in_a_row(len(hulls), aspect)
    rows = math.ceil(len(hulls) / columns)
    offsets = []
    for index in range(len(hulls)):
        row, column = divmod(index, columns)
        length = min(columns, len(hulls) - row * columns)  # the last row is centred too
        offsets.append((column - (length - 1) / 2) * across * right + (row - (rows - 1) / 2) * along * ahead)
    return tuple(offsets)


def in_a_row(count: int, aspect: float) -> int:
    """Returns how many of so many bodies stand side by side in a picture of an aspect: rows are as even as they can."""
    most = MOST_IN_A_ROW if aspect >= 1.2 else 2 if aspect >= 0.8 else 1
    return math.ceil(count / math.ceil(count / min(count, most)))
