"""Single pictures of a film: a poster, and a sheet of frames with their times."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from PIL import Image

from render.film.contact_sheet import arranged, drawn
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.film.prints.png import write_png
from render.film.prints.print_sheet import PrintSheet
from render.scene.encoders import FrameSheet, Poster
from render.scene.encoders.encoder import EncoderPart


def frames_shown(settings: EncoderPart, count: int, fps: Fraction) -> list[int] | None:
    """Returns which of a film's frames an output shows, or None where it shows all of them."""
    if isinstance(settings, Poster):
        return [min(count - 1, int(settings.at * float(fps) + 1e-6))]
    if isinstance(settings, FrameSheet):
        return [round(place) for place in np.linspace(0, count - 1, min(settings.frames, count))]
    return None


def write_poster(
    stream: FrameStream, target: Path, settings: Poster, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes the frame that is on at a moment; after the end, the last one."""
    shown = frames_shown(settings, stream.count, stream.fps)
    return _write(target, next(stream.pictures(shown)), titles)


def write_contact_sheet(
    stream: FrameStream, target: Path, settings: FrameSheet, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes frames at even steps, the first and the last among them, on one sheet."""
    indices = frames_shown(settings, stream.count, stream.fps) or []
    width = min(settings.width, stream.width)
    size = width, max(1, round(stream.height * width / stream.width))
    pictures = [
        np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS)) for frame in stream.pictures(indices)
    ]
    names = [f"{index / float(stream.fps):.1f} s" for index in indices]
    return _write(target, drawn(arranged(len(indices), size), pictures, names), titles)


def _write(target: Path, picture: np.ndarray, titles: Mapping[str, str]) -> EncodedFilm:
    """Writes a picture (H, W, 3 or 4) as PNG and reads it back."""
    height, width, channels = picture.shape
    depth = 8 * picture.dtype.itemsize
    texts = {"Title": titles["title"]} if "title" in titles else {}
    write_png(target, PrintSheet(width, height, channels, depth, texts=texts), [picture])
    read = iio.imread(target, plugin="pillow")
    return EncodedFilm(1, (read.shape[1], read.shape[0]), 0.0, "png", {3: "rgb24", 4: "rgba"}[channels])
