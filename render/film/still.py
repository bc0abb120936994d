"""A still: one moment of a scene as a PNG."""

from __future__ import annotations

import time
from pathlib import Path

import PIL.Image
import PIL.PngImagePlugin

from render.files import locked, replacing, sweep
from render.film import record
from render.film.film import Made, suffix
from render.film.overlay import refuse_undrawable
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.wording import caption_of
from render.interrupts import finishing
from render.progress import Reporter
from render.scene.spec import Scene


def target_of(name: str, quality: str, output: Path) -> Path:
    """Returns where a still lies."""
    return output / "stills" / f"{name}{suffix(quality)}.png"


def make(scene: Scene, name: str, quality: str, output: Path, reporter: Reporter, metadata: bool = True) -> Made:
    """Returns a scene's still, from disk where it is current.

    metadata: whether the file has title and caption in it; the record beside it tells everything in any case.
    """
    target, key = target_of(name, quality, output), record.file_key(scene, scene.stills[name], metadata)
    if record.is_current(target, key):
        return Made(target, key, True)
    refuse_undrawable(scene.title)
    with locked(target, reporter.say):
        if record.is_current(target, key):  # whoever was there before has made it
            return Made(target, key, True)
        return _made(scene, name, quality, output, reporter, metadata)


def _made(scene: Scene, name: str, quality: str, output: Path, reporter: Reporter, metadata: bool) -> Made:
    still = scene.stills[name]
    target, key = target_of(name, quality, output), record.file_key(scene, still, metadata)
    start = time.perf_counter()
    shooting = Shooting(scene, still, output, reporter)
    take = shooting.take(shooting.timeline.locate(still.at).shot)
    with finishing():
        [(_, pixels)] = shooting.pictures([Moment(0, still.at)])
    words = caption_of(scene, take)
    notes = PIL.PngImagePlugin.PngInfo()
    if metadata:
        notes.add_itxt("Title", scene.title)
        notes.add_itxt("Description", words)
    sweep(target.parent, target.stem)
    with replacing(target) as temporary:
        PIL.Image.fromarray(pixels).save(temporary, pnginfo=notes)
    details = {
        "quality": quality,
        "size": list(still.size),
        "at": still.at,
        "caption": words,
        "surfaces": records_of([take]),
    }
    record.write(target, scene, key, details, {"total": time.perf_counter() - start})
    return Made(target, key, False)
