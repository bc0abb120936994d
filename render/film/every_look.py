"""A scene in many looks on one sheet: each is what the scene draws with look.name set to it, words left out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.PngImagePlugin

from render.errors import SceneError, UsageError
from render.film import contact_sheet, record
from render.film.made import Made, once, suffix
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.timeline import Timeline
from render.film.vision import EYES, seen_as
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.landscape import terrain
from render.progress import Reporter
from render.scene.language.document import Document
from render.scene.language.load import check
from render.scene.language.nearest import nearest
from render.scene.language.setting import change, read_setting
from render.scene.look import preset_names
from render.scene.output import Still
from render.scene.quality import apply_quality, qualities
from render.scene.spec import Scene
from render.stage.window.gl import require_gl
from render.storage.files import content_key, replacing

WIDEST = 960  # pixels of a picture's longer side; a sheet is for comparing
USUAL = (1920, 1080)  # of a scene that asks for no picture


@dataclass(frozen=True)
class Wish:
    """What a sheet is to show."""

    looks: tuple[str, ...]
    eyes: str = ""  # of EYES, for a preview; "" are one's own

    @property
    def ending(self) -> str:
        """What it adds to a file's name."""
        return f".{self.eyes}" if self.eyes else ""


@dataclass(frozen=True)
class _Picture:
    pixels: np.ndarray
    caption: str
    surfaces: dict[str, dict[str, Any]]
    seconds: float


def wish(looks: Sequence[str] = (), eyes: str = "") -> Wish:
    """Returns the wish for some looks, or for all where none is named; raises UsageError for what is not known."""
    for name in looks:
        if name not in preset_names():
            raise UsageError(f"--look {name}: is not a look; {nearest(name, preset_names())}")
    if eyes and eyes not in EYES:
        raise UsageError(f"--as {eyes}: is not known; {nearest(eyes, EYES)}")
    return Wish(tuple(dict.fromkeys(looks)) or preset_names(), eyes)


def dressed(document: Document, looks: Sequence[str], quality: str) -> dict[str, Scene]:
    """Returns the scene of a document in looks, at a quality; raises SceneError where its own changes fit one not."""
    settings = {name: read_setting(f"look.name={name}") for name in looks}
    return {name: apply_quality(check(change(document, setting)), quality) for name, setting in settings.items()}


def still_of(scene: Scene, quality: str) -> Still:
    """Returns the picture that stands for a scene: its first still, or the middle of its film, without words.

    Raises SceneError where the scene shows nothing.
    """
    if not scene.shots:
        raise SceneError([f'"{scene.title}" has no shots, so there is nothing to draw; add one under shots'])
    found = next(iter(scene.stills.values()), None)
    film = next(iter(scene.films.values()), None)
    width = qualities()[quality].width or USUAL[0]
    size = (found or film).size if found or film else (width, round(USUAL[1] * width / USUAL[0]))  # type: ignore[union-attr]
    share = min(1.0, WIDEST / max(size))
    fitted = (max(16, round(size[0] * share)), max(16, round(size[1] * share)))
    return Still(at=found.at if found else scene.duration / 2, size=fitted, caption=False, title=False)


def _shot(scene: Scene, quality: str) -> int:
    durations = tuple(shot.duration for shot in scene.shots)
    return Timeline(durations, 1.0).locate(still_of(scene, quality).at).shot


def target_of(name: str, wish: Wish, quality: str, output: Path) -> Path:
    """Returns where the sheet of a scene, by the name of its file, lies."""
    return output / "looks" / f"{name}{wish.ending}{suffix(quality)}.png"


def make(
    document: Document, name: str, wish: Wish, quality: str, output: Path, reporter: Reporter, metadata: bool = True
) -> Made:
    """Returns the sheet of a document's scene, from disk where it is current.

    metadata: whether the file has the title in it; the record beside it tells everything in any case.
    """
    scene, scenes = apply_quality(check(document), quality), dressed(document, wish.looks, quality)
    target = target_of(name, wish, quality, output)
    key = _key(scenes, wish, quality, metadata)

    def draw() -> None:
        start = time.perf_counter()
        require_gl()  # before a surface is measured for nothing
        for surface in scene.shots[_shot(scene, quality)].surfaces:
            terrain.obtain(scene, surface, output, reporter)  # which has a bar of its own
        pictures = _pictures(scenes, name, quality, output, reporter)
        details = {"quality": quality, **_written(target, scene, wish, pictures, metadata)}
        seconds = {look: picture.seconds for look, picture in pictures.items()}
        record.write(target, scene, key, details, {**seconds, "total": time.perf_counter() - start})

    return once(scene, target, key, target, reporter, draw)


def _key(scenes: Mapping[str, Scene], wish: Wish, quality: str, metadata: bool) -> str:
    pictures = {look: record.picture_key(scene, still_of(scene, quality)) for look, scene in scenes.items()}
    order = list(wish.looks)
    return content_key(
        {"stage": "looks", "pictures": pictures, "order": order, "eyes": wish.eyes, "metadata": metadata}
    )


def _pictures(
    scenes: Mapping[str, Scene], name: str, quality: str, output: Path, reporter: Reporter
) -> dict[str, _Picture]:
    """Returns the picture of each look; what there is to say of the surfaces is said once."""
    said: set[str] = set()
    pictures: dict[str, _Picture] = {}
    with reporter.task(f"drawing looks of {name}", total=len(scenes), unit="pictures") as task:
        for look, scene in scenes.items():
            with finishing():
                pictures[look] = _taken(Shooting(scene, still_of(scene, quality), output, reporter, _said=said))
            task.advance(1)
    return pictures


def _taken(shooting: Shooting) -> _Picture:
    assert isinstance(shooting.output, Still)
    start, moment = time.perf_counter(), Moment(0, shooting.output.at)
    [(_, pixels)] = shooting.pictures([moment])
    take = shooting.take(shooting.timeline.locate(moment.time).shot)
    return _Picture(pixels, caption_of(shooting.scene, take), records_of([take]), time.perf_counter() - start)


def _written(
    target: Path, scene: Scene, wish: Wish, pictures: Mapping[str, _Picture], metadata: bool
) -> dict[str, Any]:
    """Writes a sheet; returns what its record says of it."""
    if wish.eyes:
        pictures = {look: replace(each, pixels=_seen(each.pixels, wish.eyes)) for look, each in pictures.items()}
    height, width = next(iter(pictures.values())).pixels.shape[:2]
    sheet = contact_sheet.arranged(len(pictures), (width, height))
    names = [f"{look} · {wish.eyes}" if wish.eyes else look for look in pictures]
    notes = PIL.PngImagePlugin.PngInfo()
    if metadata:
        notes.add_itxt("Title", scene.title)
    with replacing(target) as temporary:
        pixels = contact_sheet.drawn(sheet, [each.pixels for each in pictures.values()], names)
        PIL.Image.fromarray(pixels).save(temporary, pnginfo=notes)
    told = [
        {"look": look, "box": sheet.box(index), "caption": each.caption}
        for index, (look, each) in enumerate(pictures.items())
    ]
    surfaces = next(iter(pictures.values())).surfaces
    return {"size": list(sheet.size), "seen_as": wish.eyes or None, "pictures": told, "surfaces": surfaces}


def _seen(pixels: np.ndarray, eyes: str) -> np.ndarray:
    """Returns a picture as eyes see it; its alpha, if it has one, stays."""
    return np.concatenate([seen_as(pixels[..., :3], eyes), pixels[..., 3:]], axis=2)
