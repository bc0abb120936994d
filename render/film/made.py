"""A finished file: taken from disk where it is current, else made, by one process at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.errors import SceneError
from render.film import record
from render.progress import Reporter
from render.scene.language.problem import Problem
from render.scene.spec import Scene
from render.scene.typefaces import lettering
from render.storage.files import locked, sweep


@dataclass(frozen=True)
class Made:
    """A finished file."""

    path: Path
    key: str
    reused: bool


def suffix(quality: str) -> str:
    """Returns what a quality adds to a file's name: nothing for final."""
    return "" if quality == "final" else f".{quality}"


def once(scene: Scene, target: Path, key: str, place: Path, reporter: Reporter, make: Callable[[], None]) -> Made:
    """Returns a scene's file, which make writes with its record where it is not current.

    place: what is kept from other processes meanwhile, the file itself or the folder that it is made in.
    """
    if record.is_current(target, key):
        return Made(target, key, True)
    faults = [str(Problem(location, sentence)) for location, _, sentence in lettering.faults(scene)]
    if faults:  # of a scene that was not read from a file
        raise SceneError(faults)
    with locked(place, reporter.say):
        if record.is_current(target, key):  # whoever was there before has made it
            return Made(target, key, True)
        sweep(target.parent, [target.stem, target.name, f"{target.name}.timing"])
        make()
    return Made(target, key, False)


def once_recorded(
    scene: Scene,
    quality: str,
    where: tuple[Path, str],
    reporter: Reporter,
    draw: Callable[[], tuple[Mapping[str, Any], Mapping[str, float]]],
) -> Made:
    """Returns a scene's file that lies at a path under a key, which draw writes where it is not current.

    draw returns what the record says of the file, and the moments by time.perf_counter that its timing tells.
    """
    target, key = where

    def make() -> None:
        start = time.perf_counter()
        details, moments = draw()
        seconds = {name: end - start for name, end in {**moments, "total": time.perf_counter()}.items()}
        record.write(target, scene, key, {"quality": quality, **details}, seconds)

    return once(scene, target, key, target, reporter, make)
