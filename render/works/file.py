"""A finished file and the record beside it: how works that are one file are found, judged and written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.errors import DataError, SceneError
from render.film import record
from render.film.timeline import timeline_of
from render.scene.language.problem import SceneProblem
from render.scene.output import Film, Still
from render.scene.shot import Shot
from render.scene.spec import Scene
from render.scene.typefaces import drawable
from render.storage.files import is_whole, sweep
from render.works.ball_chronicle_work import ball_chronicles_in
from render.works.chronicle_work import chronicles_of
from render.works.line_work import lines_shown
from render.works.order import Order
from render.works.series_work import shown_work
from render.works.work import Finding, Work

BYTES_PER_PIXEL = 1.45  # of a PNG with grain, measured on the first scene


@dataclass(frozen=True)
class KeptFile:
    """A finished file."""

    path: Path
    key: str
    record: dict[str, Any]


class OneFile:
    """What works that are one file, with a record beside it, have in common."""

    @property
    def place(self: Work) -> Path:
        """Its file."""
        return self.path

    def load(self: Work) -> KeptFile | None:
        """Returns it from disk."""
        return load_file(self.path, self.key)

    def state(self: Work) -> Finding:
        """Returns what it is worth on disk."""
        return file_finding(self.kind, self.name, self.path, self.key)

    def told(self, made: KeptFile) -> dict[str, Any]:
        """Returns nothing more."""
        return {}


def load_file(target: Path, key: str) -> KeptFile | None:
    """Returns a finished file under a key, or None; raises DataError where its bytes are not those of its record."""
    found = record.read(target)
    if found is None or found["key"] != key or not target.exists():
        return None
    if not is_whole(target, found["sha256"]):
        raise DataError(f"{target}: its bytes are not those of its record")
    return KeptFile(target, key, found)


def write_file(
    order: Order,
    target: Path,
    key: str,
    draw: Callable[[], tuple[Mapping[str, Any], Mapping[str, float]]],
) -> KeptFile:
    """Writes a file, which draw does, and its record; returns both.

    draw returns what the record says of the file, and the seconds that its timing tells; those of the whole are added.
    """
    sweep(target.parent, [target.stem, target.name, f"{target.name}.timing"])
    start = time.perf_counter()
    details, seconds = draw()
    timing = {"total": time.perf_counter() - start, **seconds}
    return KeptFile(target, key, record.write(target, order.scene, key, {"quality": order.quality, **details}, timing))


def file_finding(kind: str, name: str, target: Path, key: str) -> Finding:
    """Returns a finding on a finished file by the record beside it; "" is a key of any."""
    if not target.exists():
        return Finding(kind, name, str(target), "not made")
    found = record.read(target)
    if found is None:
        return Finding(kind, name, str(target), "damaged", f"{record.beside(target, '.json')} is missing or damaged")
    if not is_whole(target, found["sha256"]):
        return Finding(kind, name, str(target), "damaged", "its bytes are not those of its record")
    return Finding(kind, name, str(target), "whole" if key in ("", found["key"]) else "outdated")


def require_letters(scene: Scene) -> None:
    """Raises SceneError where the words of a scene, not read from a file perhaps, cannot be drawn."""
    faults = [str(SceneProblem(location, sentence)) for location, _, sentence in drawable.faults(scene)]
    if faults:
        raise SceneError(faults)


def surfaces_shown(order: Order, moment: float | None = None, film: Film | None = None) -> dict[str, Work]:
    """Returns the surfaces, series and lines of shots of a scene, and what their runs tell.

    Of all shots, or those of a film, or the one at a moment of the scene's clock, seconds.
    """
    scene = order.scene
    if moment is not None:
        return surfaces_of_shot(order, timeline_of(scene.shots, 1.0).locate(moment).shot)
    return _shown_by(order, [scene.shots[number] for number in scene.shots_of(film)] if film else scene.shots)


def surfaces_of_shot(order: Order, shot: int) -> dict[str, Work]:
    """Returns the same of one shot, by its number, and of the line that it unfolds out of."""
    shots, timeline = order.scene.shots, timeline_of(order.scene.shots, 1.0)
    bound = timeline.unfolds_from(shot), shot, timeline.unfolds_into(shot)
    return _shown_by(order, [shots[number] for number in bound if number is not None])


def _shown_by(order: Order, shots: Sequence[Shot]) -> dict[str, Work]:
    shown: dict[str, Work] = {name: shown_work(order, name) for shot in shots for name in shot.surfaces}
    lines = {shot.line for shot in shots}
    told = {each.name: each for each in chronicles_of(order) if each.surface in (lines if each.line else shown)}
    at_balls = {each.name: each for shot in shots if shot.line for each in ball_chronicles_in(order, shot)}
    return {**shown, **told, **at_balls, **lines_shown(order, shots)}


def picture_key(order: Order, output: Film | Still) -> str:
    """Returns the key of everything that a still, or an export of a film's shots, depends on."""
    surfaces = {name: work.key for name, work in surfaces_shown(order).items()}
    return record.picture_key(order.scene, output, surfaces)


def megabytes_of(size: tuple[int, int], count: int = 1) -> float:
    """Returns about how much room so many PNG files of a size take."""
    return size[0] * size[1] * BYTES_PER_PIXEL * count / 1e6
