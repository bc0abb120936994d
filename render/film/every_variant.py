"""The variants of a scene on one sheet: each with its values beneath, words left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.PngImagePlugin

from render.film import contact_sheet
from render.film.every_look import Photograph, photograph
from render.film.shooting import Shooting
from render.interrupts import finishing
from render.storage.files import replacing


def draw_variants(
    shootings: Mapping[str, Shooting], name: str, target: Path, metadata: bool = True
) -> tuple[dict[str, Any], dict[str, float]]:
    """Writes the sheet of a scene by its name in several variants, by what stands under each.

    Returns what its record says of it, and the seconds that each picture took. metadata: whether the file has the title
    in it; the record beside it tells everything in any case.
    """
    pictures: dict[str, Photograph] = {}
    first = next(iter(shootings.values()))
    with first.reporter.task(f"drawing variants of {name}", total=len(shootings), unit="pictures") as task:
        for label, shooting in shootings.items():
            with finishing():
                pictures[label] = photograph(shooting)
            task.advance(1)
    details = _write(target, pictures, first.scene.title if metadata else "")
    return details, {label: picture.seconds for label, picture in pictures.items()}


def _write(target: Path, pictures: Mapping[str, Photograph], title: str) -> dict[str, Any]:
    """Writes a sheet; returns what its record says of it."""
    height, width = next(iter(pictures.values())).pixels.shape[:2]
    sheet = contact_sheet.arranged(len(pictures), (width, height))
    notes = PIL.PngImagePlugin.PngInfo()
    if title:
        notes.add_itxt("Title", title)
    with replacing(target) as temporary:
        pixels = contact_sheet.drawn(sheet, [each.pixels for each in pictures.values()], list(pictures))
        PIL.Image.fromarray(pixels).save(temporary, pnginfo=notes)
    told = [
        {"variant": label, "box": sheet.box(index), "caption": each.caption, "surfaces": each.surfaces}
        for index, (label, each) in enumerate(pictures.items())
    ]
    return {"size": list(sheet.size), "pictures": told}
