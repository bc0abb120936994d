"""Whole prints: of what is drawn at once and not tile by tile, the chart of a line, a dome, a picture all around.

They are the still at the size and the depth of the print, with its words. The ground of a chart goes on into the bleed.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from render.film.prints.inking import least_of
from render.film.prints.patches import lettered
from render.film.prints.png import write_png
from render.film.prints.print_sheet import PrintSheet
from render.film.prints.tiff import write_tiff
from render.film.shooting import Shooting
from render.film.take import records_of
from render.film.timeline import Moment
from render.film.words.wording import caption_of
from render.scene.output import Still
from render.scene.printing import Print

WRITERS = {"png": write_png, "tiff": write_tiff}


def draw_whole(shooting: Shooting, printed: Print, target: Path, metadata: bool) -> tuple[dict[str, Any], float]:
    """Writes a print that is drawn at once; returns what its record says of it, and when it was drawn."""
    still = shooting.output
    assert isinstance(still, Still)
    shot = shooting.timeline.locate(still.at).shot
    with shooting.reporter.task("drawing the print", total=1, unit="pictures") as task:
        pixels = _line(shooting, printed) if shooting.scene.shots[shot].line else _around(shooting, printed)
        task.advance(1)
    drawn, take = time.perf_counter(), shooting.shown(shot)
    words = caption_of(shooting.scene, take)
    texts = {"Title": shooting.scene.title, "Description": words} if metadata else {}
    dpi = printed.dpi if printed.is_on_paper else None
    sheet = PrintSheet(*printed.size, pixels.shape[2], printed.depth, dpi, texts)
    WRITERS[printed.format](target, sheet, [pixels])
    said = {"print": printed.as_dict(), "refined": False, "words": True, "surfaces": records_of([take])}
    return {"size": list(printed.size), "at": still.at, "caption": words, **said}, drawn


def _line(shooting: Shooting, printed: Print) -> np.ndarray:
    """Returns the chart of a line (H, W, 3) at the depth of a print, with its bleed."""
    place = shooting.timeline.locate(shooting.output.at)  # type: ignore[union-attr]
    line = replace(shooting.line(place.shot, place.time), least=least_of(printed), first=None)
    pixels = line.bare(place.time, shooting.scene.seed, depth=printed.depth, bleed=printed.bleed)
    (width, height), edge = printed.trim, printed.bleed
    inner = slice(edge, edge + height), slice(edge, edge + width)
    pixels[inner] = lettered(np.ascontiguousarray(pixels[inner]), line.writing(place.time))
    return pixels


def _around(shooting: Shooting, printed: Print) -> np.ndarray:
    """Returns a picture (H, W, 3 or 4) that is no flat one, at the depth of a print."""
    assert isinstance(shooting.output, Still)
    deep = replace(shooting, depth=printed.depth)
    try:
        return lettered(*deep.unwritten(Moment(0, shooting.output.at)))
    finally:
        deep.leave(())
