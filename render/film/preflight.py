"""The preflight: what would end a command after minutes of training and measuring is looked for before them.

Looked for are a window to draw in, an encoder, folders that can be written, and room on the disk; what a scene says is
checked when it is read. Nothing is looked for that the files on disk make unnecessary.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from render.film import film as films
from render.film import record, still
from render.film.encode import require_encoder
from render.film.frames import FrameStore
from render.progress import Reporter
from render.scene.spec import Scene
from render.stage.window.gl import require_gl
from render.storage.files import disk_errors

BYTES_PER_PIXEL = 1.45  # of a PNG frame with grain, measured on the first scene


@dataclass(frozen=True)
class Task:
    """A file that is still to be made."""

    target: Path
    frames: int  # to be drawn for it
    encodes: bool
    size: float  # megabytes that its frames take, about

    @property
    def folder(self) -> Path:
        """Where it is going to lie."""
        return self.target.parent


def tasks(scene: Scene, families: Iterable[str], quality: str, output: Path, metadata: bool = True) -> Iterator[Task]:
    """Gives the stills and films of a scene that are not on disk as they are asked for."""
    if "stills" in families:
        for name, picture in scene.stills.items():
            target = still.target_of(name, quality, output)
            if not record.is_current(target, record.file_key(scene, picture, metadata)):
                yield Task(target, 1, False, _megabytes(picture.size, 1))
    if "films" in families:
        for name, film in scene.films.items():
            target = films.target_of(name, quality, output)
            if not record.is_current(target, record.file_key(scene, film, metadata)):
                left = len(FrameStore(films.frames_of(name, quality, output)).missing(films.frame_keys(scene, film)))
                yield Task(target, left, True, _megabytes(film.size, left))


def _megabytes(size: tuple[int, int], frames: int) -> float:
    return size[0] * size[1] * BYTES_PER_PIXEL * frames / 1e6


def require(waiting: Iterable[Task], output: Path, reporter: Reporter) -> None:
    """Raises MachineError where a task cannot be ended on this machine; says where its disk is likely to fill up."""
    waiting = list(waiting)
    if any(task.frames for task in waiting):
        said = require_gl()
        if said:
            reporter.say(said)
    if any(task.encodes for task in waiting):
        require_encoder()
    for folder in {task.folder for task in waiting}:
        require_writable(folder)
    _say_of_room(sum(task.size for task in waiting), output, reporter)


def require_writable(folder: Path) -> None:
    """Raises MachineError where a folder, or the nearest one above it that is there, cannot be written."""
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    with disk_errors(folder), tempfile.TemporaryFile(dir=place) as file:
        file.write(b"x")


def _say_of_room(needed: float, output: Path, reporter: Reporter) -> None:
    place = next(path for path in (output.absolute(), *output.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e6
    if needed > free:
        reporter.say(
            f"the pictures take about {needed:,.0f} MB and {free:,.0f} MB are free in {output}; make room, or choose "
            "another folder with --out"
        )
