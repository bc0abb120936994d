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
from render.film import contact_sheet
from render.film.shooting import Shooting
from render.film.take import records_of
from render.film.timeline import Moment
from render.film.vision import EYES, seen_as
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.scene.language.document import Document
from render.scene.language.load import check
from render.scene.language.nearest import nearest
from render.scene.language.setting import change, read_setting
from render.scene.look import preset_names
from render.scene.output import Still
from render.scene.quality import apply_quality, qualities
from render.scene.spec import Scene
from render.storage.files import replacing

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
class Photograph:
    """A picture of a scene on a sheet, and what its record tells of it."""

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


def draw_sheet(
    shootings: Mapping[str, Shooting], name: str, target: Path, wish: Wish, metadata: bool = True
) -> tuple[dict[str, Any], dict[str, float]]:
    """Writes the sheet of a scene by its name in several looks.

    Returns what its record says of it, and the seconds that each look took. metadata: whether the file has the title in
    it; the record beside it tells everything in any case.
    """
    pictures: dict[str, Photograph] = {}
    first = next(iter(shootings.values()))
    with first.reporter.task(f"drawing looks of {name}", total=len(shootings), unit="pictures") as task:
        for look, shooting in shootings.items():
            with finishing():
                pictures[look] = photograph(shooting)
            task.advance(1)
    details = _write(target, first.scene, wish, pictures, metadata)
    return details, {look: picture.seconds for look, picture in pictures.items()}


def photograph(shooting: Shooting) -> Photograph:
    """Returns the still of a shooting as a picture for a sheet."""
    assert isinstance(shooting.output, Still)
    start, moment = time.perf_counter(), Moment(0, shooting.output.at)
    [(_, pixels)] = shooting.pictures([moment])
    take = shooting.shown(shooting.timeline.locate(moment.time).shot)
    return Photograph(pixels, caption_of(shooting.scene, take), records_of([take]), time.perf_counter() - start)


def _write(
    target: Path, scene: Scene, wish: Wish, pictures: Mapping[str, Photograph], metadata: bool
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
