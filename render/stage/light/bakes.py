"""Bakes: what was baked for a picture, each part kept until something that it depends on becomes another.

A film in which the sun moves bakes the sun anew in every frame, and neither the sky nor the meshes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from render.stage.light.bake import Sun

Stored = TypeVar("Stored")
COMPARED = (str, int, float, tuple, type(None), Sun, BaseModel)  # all else, arrays above all, is told by what it is


class Bakes:
    """Parts by their names, each with what it depends on."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def get(self, name: str, depends: tuple[Any, ...], bake: Callable[[], Stored]) -> Stored:
        """Returns a part as it was baked before, or bakes it where it depended on something else."""
        held = self._kept.get(name)
        if held is None or not alike(held[0], depends):
            held = self._kept[name] = depends, bake()
        return held[1]


def alike(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    """Whether what a part depends on is what it was."""
    return len(before) == len(now) and all(
        a is b or (isinstance(b, COMPARED) and type(a) is type(b) and a == b) for a, b in zip(before, now, strict=True)
    )
