"""The press: a still as a print, from the scene to the file.

Every panel is drawn tile by tile onto one plate, the plate is developed in bands, and a writer takes them as they come;
so a print needs room on the disk and time, and no more memory than a few tiles.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from render.errors import MachineError
from render.film import record
from render.film.made import Made, once_recorded, suffix
from render.film.preflight import require_writable
from render.film.prints.developing import Development, developed, linear
from render.film.prints.exposing import expose
from render.film.prints.exr import LinearSheet, openimageio, write_exr
from render.film.prints.inking import inked
from render.film.prints.keeping import bytes_there, discard
from render.film.prints.plate import Plate, plate_bytes, plate_for
from render.film.prints.png import write_png
from render.film.prints.sheet import Sheet
from render.film.prints.tiff import write_tiff
from render.film.shooting import Shooting
from render.film.take import Take, records_of, redrawn
from render.film.words.wording import caption_of
from render.progress import Reporter
from render.scene.body import CLEAR
from render.scene.look import LookPreset
from render.scene.output import Still
from render.scene.printing import Asked, Print, print_of
from render.scene.quality import qualities
from render.scene.spec import Scene
from render.stage.body.refine import fineness, refined
from render.stage.colour import linear_of
from render.stage.stage import lens_of
from render.stage.window.gl import require_gl
from render.storage.files import content_key

ALGORITHM = 2  # raise it when the same settings would print other pixels
WORST = 1.02  # a file that cannot be compressed / its plain bytes
WRITERS = {"png": write_png, "tiff": write_tiff}


@dataclass(frozen=True)
class Press:
    """Makes stills as prints, in place of film/still.py."""

    asked: Asked

    def look_ahead(self, scene: Scene, quality: str, output: Path) -> None:
        """Raises what would end a print after all else is done: UsageError for its size, MachineError for the disk."""
        for name in scene.stills:
            printed, target = self.plan(scene, name, quality, output)
            if record.is_current(target, self.key(scene, name, quality, True)):
                continue
            if printed.format == "exr":
                openimageio()
            require_gl()
            require_writable(target.parent)
            refuse_beyond_disk(printed, further_of(scene.look.resolved), target)

    def plan(self, scene: Scene, name: str, quality: str, output: Path) -> tuple[Print, Path]:
        """Returns what a still becomes, and where it lies."""
        printed = print_of(self.asked, scene.stills[name].size, qualities()[quality].width)
        return printed, output / "stills" / f"{name}{suffix(quality)}{printed.ending}"

    def key(self, scene: Scene, name: str, quality: str, metadata: bool) -> str:
        """Returns the key of everything that a print depends on."""
        return key_of(scene, name, self.plan(scene, name, quality, Path())[0], metadata)

    def make(
        self, scene: Scene, name: str, quality: str, output: Path, reporter: Reporter, metadata: bool = True
    ) -> Made:
        """Returns a still's print, from disk where it is current."""
        printed, target = self.plan(scene, name, quality, output)
        key = self.key(scene, name, quality, metadata)

        def draw() -> tuple[dict[str, Any], dict[str, float]]:
            shooting = Shooting(scene, sized(scene.stills[name], printed), output, reporter)
            details, drawn = _printed(shooting, printed, (target, key), metadata)
            return details, {"drawing": drawn}

        made = once_recorded(scene, quality, (target, key), reporter, draw)
        discard(target)
        return made


def key_of(scene: Scene, name: str, printed: Print, metadata: bool, of: str = "print") -> str:
    """Returns the key of everything that a print of a still depends on, or something else that is made of it."""
    picture = record.picture_key(scene, sized(scene.stills[name], printed))
    told = {"stage": of, "algorithm": ALGORITHM, "picture": picture, "print": printed.as_dict()}
    return content_key(told if metadata else {**told, "metadata": False})


def sized(still: Still, printed: Print) -> Still:
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


def _printed(
    shooting: Shooting, printed: Print, where: tuple[Path, str], metadata: bool
) -> tuple[dict[str, Any], float]:
    """Writes a print, where it has its key; returns what its record says of it, and when it was all drawn."""
    target, key = where
    require_gl()
    still = shooting.output
    assert isinstance(still, Still)
    place = shooting.timeline.locate(still.at)
    take = refined_for(shooting.take(place.shot), place.time, printed)
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
    view, picture = take.view(time), (width // len(take.pictures), height)
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
    shooting.tell_what_is_left_out(take)
    ink = inked(shooting, take, time, printed)
    dpi = printed.dpi if printed.is_on_paper else None
    channels = channels_of(shooting.scene)
    ground = None if channels == 4 else tuple(linear_of(take.look.background.colour))
    sheet = Sheet(width, height, channels, printed.depth, dpi, texts)
    bands: Iterator[Any] = developed(plate, Development(lens, shooting.scene.seed, printed.depth, ink, ground))
    WRITERS[printed.format](target, sheet, bands)
