"""A still: one moment of a scene as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import PIL.Image
import PIL.PngImagePlugin

from render.film import record
from render.film.made import Made, once_recorded, suffix
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.progress import Reporter
from render.scene.output import Still
from render.scene.spec import Scene
from render.stage.window.gl import require_gl
from render.storage.files import replacing


def target_of(name: str, quality: str, output: Path) -> Path:
    """Returns where a still lies."""
    return output / "stills" / f"{name}{suffix(quality)}.png"


def make(scene: Scene, name: str, quality: str, output: Path, reporter: Reporter, metadata: bool = True) -> Made:
    """Returns a scene's still, from disk where it is current.

    metadata: whether the file has title and caption in it; the record beside it tells everything in any case.
    """
    still, target = scene.stills[name], target_of(name, quality, output)
    key = record.file_key(scene, still, metadata)

    def draw() -> tuple[dict[str, Any], dict[str, float]]:
        return _taken(scene, still, target, output, reporter, metadata), {}

    return once_recorded(scene, quality, (target, key), reporter, draw)


def _taken(
    scene: Scene, still: Still, target: Path, output: Path, reporter: Reporter, metadata: bool
) -> dict[str, Any]:
    """Writes a still; returns what its record says of it."""
    require_gl()  # before a surface is measured for nothing
    shooting = Shooting(scene, still, output, reporter)
    take = shooting.take(shooting.timeline.locate(still.at).shot)
    with finishing():
        [(_, pixels)] = shooting.pictures([Moment(0, still.at)])
    words = caption_of(scene, take)
    notes = PIL.PngImagePlugin.PngInfo()
    if metadata:
        notes.add_itxt("Title", scene.title)
        notes.add_itxt("Description", words)
    with replacing(target) as temporary:
        PIL.Image.fromarray(pixels).save(temporary, pnginfo=notes)
    return {"size": list(still.size), "at": still.at, "caption": words, "surfaces": records_of([take])}
