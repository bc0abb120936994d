"""Delivering: the pictures of a sequence of layers, read back as another program reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from render.errors import MachineError
from render.film.compositing.sequence import LayerSequence
from render.film.prints.exr import SUM, openimageio
from render.film.shooting import Shooting
from render.film.take import records_of
from render.film.words.wording import caption_of
from render.scene.encoders.compositing import MatteSequence, PassSequence
from render.scene.framerate import plain
from render.scene.output import Film

OVER = "frame = words * alpha + plate * (1 - alpha), in linear light"
PARTS = "path + body + ground = 1"


def deliver(shooting: Shooting, sequence: LayerSequence) -> dict[str, Any]:
    """Reads the pictures of a sequence back; returns what its record says of them.

    Raises MachineError where they are not all alike, or of another size than was asked for.
    """
    film, takes = shooting.output, shooting.takes()
    assert isinstance(film, Film)
    paths = sequence.store.paths(len(sequence.keys))
    found = [_read_exr(path) if path.suffix == ".exr" else _read_png(path) for path in paths]
    for path, each in zip(paths, found, strict=True):
        if each != found[0] or each[0] != film.size:
            raise MachineError(f"{path}: {each[0]} pixels, {each[1]}, not as the others", "remove it")
    return {
        "size": list(film.size),
        "fps": plain(film.fps),
        "frames": len(paths),
        "seconds": float(len(paths) / film.fps),
        **_told(sequence, found[0][1]),
        "caption": [caption_of(shooting.scene, take) for take in takes],
        "surfaces": records_of(takes),
    }


def _told(sequence: LayerSequence, channels: str) -> dict[str, Any]:
    settings = sequence.settings
    if isinstance(settings, PassSequence):
        return {"passes": channels.split(), "sum": SUM}
    if isinstance(settings, MatteSequence):
        return {"matte": settings.of, "pixels": channels, "sum": OVER if settings.of == "words" else PARTS}
    return {"plate": True, "pixels": channels, "sum": OVER}


def _read_png(path: Path) -> tuple[tuple[int, int], str]:
    """Decodes a PNG; returns its size, and its channels with their bits."""
    try:
        with Image.open(path) as picture:
            picture.load()
            with path.open("rb") as file:
                bits = file.read(25)[24]
            return picture.size, f"{picture.mode.split(';')[0]} {bits}"
    except (OSError, SyntaxError, ValueError) as error:
        raise MachineError(f"{path} cannot be read back ({error})", "remove it, then run the same command") from error


def _read_exr(path: Path) -> tuple[tuple[int, int], str]:
    """Decodes an EXR; returns its size, and the names of its channels."""
    library = openimageio()
    found = library.ImageInput.open(str(path))
    if not found or found.read_image(library.FLOAT) is None:
        raise MachineError(f"{path} cannot be read back", "remove it, then run the same command")
    spec = found.spec()
    found.close()
    return (spec.width, spec.height), " ".join(spec.channelnames)
