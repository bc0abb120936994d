"""A landscape: a surface with the paths on it, and the record of where both come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from render.landscape.chronicle import Chronicle
from render.sampling.surface import Surface
from render.space.path import Path


@dataclass(frozen=True)
class Landscape:
    """A finished surface with its paths."""

    folder: File
    key: str
    surface: Surface
    paths: tuple[Path, ...]  # its own run's first; none where a surface came without
    record: dict[str, Any]
    told: tuple[Chronicle | None, ...] = ()  # what the runs of its paths tell of their steps, where that is asked for

    def telling(self, told: tuple[Chronicle | None, ...]) -> Landscape:
        """Returns it with what the runs of its paths tell."""
        return replace(self, told=told)
