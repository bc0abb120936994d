"""Numbered pictures in a folder, NNNNNN.png, .tif or .exr, for compositing.

Alpha is straight; in EXR, as is usual there, light is times alpha. Each is whole or absent; what lay there
beyond the last one goes. They are read back as one film.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from render.errors import MachineError
from render.film.encoders.encoded import EncodedFilm, read_film
from render.film.encoders.stream import FrameStream
from render.film.prints.exr import LinearSheet, write_exr
from render.film.prints.png import write_png
from render.film.prints.print_sheet import PrintSheet
from render.film.prints.tiff import write_tiff
from render.scene.encoders import ExrSequence, PngSequence, TiffSequence
from render.scene.framerate import told
from render.stage.colour import light_of
from render.storage.files import disk_errors, sweep

WritePicture = Callable[[Path, np.ndarray], None]
READ = {  # the pixels of a format as ffmpeg calls them, by depth and alpha
    "png": {(8, False): "rgb24", (8, True): "rgba", (16, False): "rgb48be", (16, True): "rgba64be"},
    "tif": {(8, False): "rgb24", (8, True): "rgba", (16, False): "rgb48le", (16, True): "rgba64le"},
    "exr": {(16, False): "gbrpf16le", (16, True): "gbrapf16le"},
}


def write_png_sequence(
    stream: FrameStream, target: Path, settings: PngSequence, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as a folder of PNG."""
    sheet = _sheet(stream, titles)
    return _write(stream, target, "png", lambda path, picture: write_png(path, sheet, [picture]))


def write_tiff_sequence(
    stream: FrameStream, target: Path, settings: TiffSequence, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as a folder of TIFF."""
    sheet = _sheet(stream, titles)
    return _write(stream, target, "tif", lambda path, picture: write_tiff(path, sheet, [picture]))


def write_exr_sequence(
    stream: FrameStream, target: Path, settings: ExrSequence, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as a folder of OpenEXR: the light of the screen, so that sRGB gives the frames again."""
    channels = ("R", "G", "B", "A") if stream.alpha else ("R", "G", "B")
    sheet = LinearSheet(stream.width, stream.height, channels, 16, texts=_texts(titles))
    return _write(stream, target, "exr", lambda path, picture: write_exr(path, sheet, [_light(picture)]))


def _light(picture: np.ndarray) -> np.ndarray:
    """Returns codes, uint8 or uint16, as linear light, that of a pixel times its alpha, float32."""
    values = picture.astype(np.float32) / np.float32(np.iinfo(picture.dtype).max)
    light = light_of(values[..., :3]).astype(np.float32)
    if picture.shape[2] == 3:
        return light
    return np.concatenate([light * values[..., 3:], values[..., 3:]], axis=2)


def _sheet(stream: FrameStream, titles: Mapping[str, str]) -> PrintSheet:
    return PrintSheet(stream.width, stream.height, stream.shape[2], stream.depth, texts=_texts(titles))


def _texts(titles: Mapping[str, str]) -> dict[str, str]:
    """Returns what a picture's own file says of it, by the names that pictures have for it."""
    return {"Title": titles["title"]} if "title" in titles else {}


def _write(stream: FrameStream, target: Path, ending: str, write: WritePicture) -> EncodedFilm:
    names = [f"{index:06d}.{ending}" for index in range(stream.count)]
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        sweep(target)
    for name, picture in zip(names, stream.pictures(), strict=True):
        write(target / name, picture)
    with disk_errors(target):
        for path in sorted(target.glob(f"[0-9]*.{ending}")):
            if path.name not in names:
                path.unlink()
    return _read(stream, target, ending)


def _read(stream: FrameStream, target: Path, ending: str) -> EncodedFilm:
    """Decodes the pictures of a folder, all as one film; raises MachineError where they are not those of a stream."""
    pattern = f"{str(target).replace('%', '%%')}/%06d.{ending}"
    film = read_film(["-f", "image2", "-framerate", str(told(stream.fps)), "-i", pattern], told(stream.fps))
    wanted = READ[ending][stream.depth, stream.alpha]
    if (film.frames, film.size, film.pixels) != (stream.count, stream.size, wanted):
        found = f"{film.frames} pictures of {film.size}, {film.pixels}"
        raise MachineError(
            f"{target.name}: {found}, not {stream.count} of {stream.size}, {wanted}", "remove the folder"
        )
    return film
