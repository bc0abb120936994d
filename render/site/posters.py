"""Posters: a picture of a work as an index shows it, in two widths."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

from render.errors import DataError
from render.film.ffmpeg import QUIET, ffmpeg
from render.storage.files import replacing

WIDTHS = {"poster.jpg": 1600, "poster-small.jpg": 800}  # pixels, at most
GROUND = (20, 20, 22)  # sRGB, behind what is transparent


def write_posters(picture: Image.Image, folder: Path) -> list[tuple[str, tuple[int, int]]]:
    """Writes a picture into a folder in every width; returns names and sizes."""
    made = []
    flat = Image.new("RGB", picture.size, GROUND)
    flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    for name, width in WIDTHS.items():
        share = min(1.0, width / flat.width)
        size = max(1, round(flat.width * share)), max(1, round(flat.height * share))
        with replacing(folder / name) as temporary:
            flat.resize(size, Image.Resampling.LANCZOS).save(temporary, "JPEG", quality=88, progressive=True)
        made.append((name, size))
    return made


def of_still(path: Path) -> Image.Image:
    """Returns a still."""
    with Image.open(path) as opened:
        return opened.convert("RGBA" if "A" in opened.getbands() else "RGB")


def of_film(path: Path, size: tuple[int, int], seconds: float) -> Image.Image:
    """Returns the picture of a film at a time; raises DataError where it has none."""
    command = [ffmpeg(), *QUIET, "-ss", f"{seconds:.3f}", "-i", str(path), "-frames:v", "1", "-f", "rawvideo"]
    done = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=False)
    wide, high = size
    if len(done.stdout) != 3 * wide * high:
        raise DataError(f"{path}: has no picture at {seconds:g} s; `thalweg verify` says whether it is whole")
    return Image.fromarray(np.frombuffer(done.stdout, np.uint8).reshape(high, wide, 3))
