"""A still: one moment of a scene as a PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import PIL.Image
import PIL.PngImagePlugin

from render.film.shooting import Shooting
from render.film.take import records_of
from render.film.timeline import Moment
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.scene.output import Still
from render.storage.files import replacing


def draw_still(shooting: Shooting, target: Path, metadata: bool = True) -> dict[str, Any]:
    """Writes a still; returns what its record says of it.

    metadata: whether the file has title and caption in it; the record beside it tells everything in any case.
    """
    still = shooting.output
    assert isinstance(still, Still)
    take = shooting.shown(shooting.timeline.locate(still.at).shot)
    with finishing():
        [(_, pixels)] = shooting.pictures([Moment(0, still.at)])
    words = caption_of(shooting.scene, take)
    notes = PIL.PngImagePlugin.PngInfo()
    if metadata:
        notes.add_itxt("Title", shooting.scene.title)
        notes.add_itxt("Description", words)
    with replacing(target) as temporary:
        PIL.Image.fromarray(pixels).save(temporary, pnginfo=notes)
    return {"size": list(still.size), "at": still.at, "caption": words, "surfaces": records_of([take])}
