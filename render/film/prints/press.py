"""The press: a still as a print, from the plate to the file.

Every panel is drawn tile by tile onto one plate, the plate is developed in bands, and a writer takes them as they come;
so a print needs room on the disk and time, and no more memory than a few tiles.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from render.errors import MachineError
from render.film.canvas import Canvas
from render.film.preparing import redrawn
from render.film.prints.developing import Development, developed, linear
from render.film.prints.exposing import expose
from render.film.prints.exr import LinearSheet, write_exr
from render.film.prints.inking import inked
from render.film.prints.keeping import bytes_there
from render.film.prints.plate import Plate, plate_bytes, plate_for
from render.film.prints.png import write_png
from render.film.prints.print_sheet import PrintSheet
from render.film.prints.tiff import write_tiff
from render.film.shooting import Shooting
from render.film.take import Take, records_of
from render.film.words.wording import caption_of
from render.scene.body import CLEAR
from render.scene.look import LookPreset
from render.scene.output import Still
from render.scene.printing import Print
from render.scene.spec import Scene
from render.stage.body.refine import fineness, refined
from render.stage.colour import linear_of
from render.stage.lens.lens import lens_of
from render.storage.files import content_key

ALGORITHM = 2  # raise it when the same settings would print other pixels
WORST = 1.02  # a file that cannot be compressed / its plain bytes
WRITERS = {"png": write_png, "tiff": write_tiff}


def key_of(picture: str, printed: Print, metadata: bool, of: str = "print") -> str:
    """Returns the key of all that a print of a picture's key depends on, or something else made of it."""
    told = {"stage": of, "algorithm": ALGORITHM, "picture": picture, "print": printed.as_dict()}
    return content_key(told if metadata else {**told, "metadata": False})


def sized(still: Still, printed: Print) -> Still:
    """Returns a still of a print's size, without its bleed."""
    return still.model_copy(update={"size": printed.trim})


def channels_of(scene: Scene) -> int:
    """Returns 4 where a print has straight alpha, else 3."""
    return 4 if scene.look.background.colour == "transparent" else 3


def further_of(look: LookPreset) -> tuple[str, ...]:
    """Returns what is kept of a pixel beside its light, as a plate has it."""
    clear, soft = look.background.colour == CLEAR, bool(look.air.focus)
    return tuple(name for name, needed in (("alpha", clear), ("defocus", soft), ("own", True)) if needed)


def in_linear_light(take: Take) -> Take:
    """Returns a take whose pictures are light and not what a screen shows of it."""
    return replace(take, look=take.look.model_copy(update={"transform": "linear"}))


def refuse_beyond_disk(printed: Print, further: Sequence[str], target: Path) -> None:
    """Raises MachineError where a print could fill the disk that it is to lie on."""
    width, height = printed.size
    light = plate_bytes(printed.size, further) - bytes_there(target)
    needed = width * height * (3 + ("alpha" in further)) * printed.depth / 8 * WORST + max(0, light)
    place = next(path for path in (target.absolute(), *target.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise MachineError(
            f"{target}: a print of {width:,} × {height:,} pixels can need {needed / 1e9:,.1f} GB and "
            f"{free / 1e9:,.1f} GB are free; make room, choose another folder with --out, or print with fewer --dpi"
        )


def draw_print(
    shooting: Shooting, printed: Print, where: tuple[Path, str], metadata: bool
) -> tuple[dict[str, Any], float]:
    """Writes a print to a path under a key; returns what its record says of it, and when it was all drawn."""
    target, key = where
    still = shooting.output
    assert isinstance(still, Still)
    place = shooting.timeline.locate(still.at)
    take = refined_for(shooting.take(place.shot).fixed(place.time), place.time, printed)
    words = caption_of(shooting.scene, take)
    texts = {"Title": shooting.scene.title, "Description": words} if metadata else {}
    lit = in_linear_light(take) if printed.format == "exr" else take
    with plate_for(printed.size, target, key, further_of(take.look)) as plate:
        expose(plate, lit, place.time, printed, shooting.reporter)
        drawn = time.perf_counter()
        _write(shooting, take, place.time, printed, plate, (target, texts))
    said = {"print": printed.as_dict(), "refined": take.drawing.refined, "words": printed.format != "exr"}
    return {
        "size": list(printed.size),
        "at": still.at,
        "caption": words,
        **said,
        "surfaces": records_of([take]),
    }, drawn


def refined_for(take: Take, time: float, printed: Print) -> Take:
    """Returns a take whose reliefs are fine enough for a print."""
    width, height = printed.trim
    view, picture = take.view(time), Canvas(width, height, len(take.pictures)).panels[0].size
    finer = [refined(panel.relief, fineness(panel.relief, take.look.body, view, picture)) for panel in take.panels]
    if all(made is panel.relief for made, panel in zip(finer, take.panels, strict=True)):
        return take
    return redrawn(take, finer)


def _write(
    shooting: Shooting, take: Take, time: float, printed: Print, plate: Plate, where: tuple[Path, dict[str, str]]
) -> None:
    (target, texts), (width, height) = where, printed.size
    lens = lens_of(take.look)
    if printed.format == "exr":
        names = ("R", "G", "B", "A")[: channels_of(shooting.scene)]
        light = LinearSheet(width, height, names, printed.depth, printed.dpi, texts)
        write_exr(target, light, linear(plate, lens, len(names)))
        return
    shooting.words.tell_what_is_left_out(take)
    ink = inked(shooting, take, time, printed)
    dpi = printed.dpi if printed.is_on_paper else None
    channels = channels_of(shooting.scene)
    ground = None if channels == 4 else tuple(linear_of(take.look.background.colour))
    sheet = PrintSheet(width, height, channels, printed.depth, dpi, texts)
    bands: Iterator[Any] = developed(plate, Development(lens, shooting.scene.seed, printed.depth, ink, ground))
    WRITERS[printed.format](target, sheet, bands)
