"""Streams of frames whose values are known, and a reader of films that had no part in their making."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from render.film.encoders.stream import FrameStream, of_pictures

PRIMARIES = np.array([(r, g, b) for r in (0, 1) for g in (0, 1) for b in (0, 1)])
BARS = np.concatenate([PRIMARIES * 255, PRIMARIES * 191]).astype(np.uint8)  # 100 % and 75 %
RATE = Fraction(24000, 1001)


def colour_bars(width: int = 256, height: int = 64) -> np.ndarray:
    """Returns upright bars of the eight corners of RGB, at 100 % and at 75 %, (H, W, 3) uint8."""
    return np.broadcast_to(np.repeat(BARS, width // len(BARS), axis=0), (height, width, 3)).copy()


def bars_stream(depth: int = 8, alpha: bool = False, count: int = 6, fps: Fraction = RATE) -> FrameStream:
    """Returns bars above a block that moves; with alpha the lower half is half there."""
    pictures = []
    for index in range(count):
        picture = colour_bars()
        picture[52:, 16 * index : 16 * index + 16] = 255 - picture[52:, 16 * index : 16 * index + 16]
        if alpha:
            cover = np.full(picture.shape[:2], 255, np.uint8)
            cover[32:] = 128
            picture = np.dstack([picture, cover])
        pictures.append(picture.astype(np.uint16) * 257 if depth == 16 else picture)
    return of_pictures(pictures, fps)


def drifting(count: int, size: tuple[int, int] = (64, 48), step: int = 4, grain: int = 0) -> FrameStream:
    """Returns a ramp that drifts to the right and is where it began after size / step frames."""
    width, height = size
    ramp = 127 + 120 * np.sin(np.arange(width) / width * 2 * np.pi)
    noise = np.random.default_rng(0)
    pictures = []
    for index in range(count):
        plain = np.broadcast_to(np.roll(ramp, step * index)[None, :, None], (height, width, 3))
        pictures.append((plain + noise.integers(-grain, grain + 1, plain.shape)).clip(0, 255).astype(np.uint8))
    return of_pictures(pictures, Fraction(30))


def decoded(path: Path, size: tuple[int, int], reading: Sequence[str] = (), matrix: str = "bt709") -> np.ndarray:
    """Returns the frames of a file, (N, H, W, 4) uint8: video is read by a matrix, what is RGB is read as it is."""
    exact = "flags=accurate_rnd+full_chroma_int"  # without which the reader is 2 codes off by itself
    scaled = f"setparams=colorspace={matrix},scale=in_color_matrix={matrix}:in_range=tv:out_range=pc:{exact}"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *reading, "-i", str(path)]
    command += ["-vf", scaled] if matrix else []
    command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgba", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0], 4)
