"""How the value of a cell came about."""

from __future__ import annotations

import enum


class Status(enum.IntEnum):
    """How the value of a cell came about."""

    MISSING = 0
    MEASURED = 1
    INTERPOLATED = 2
    DIVERGED = 3
    NO_DATA = 5  # a ready surface has no value here: a hole in the terrain
