"""Animated WebP, with or without loss, straight alpha kept (by libwebp)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from render.film.encoders.animated import AnimationCall, write_animation
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.fitting import fitted
from render.film.encoders.stream import FrameStream
from render.scene.encoders import WebP

LOSSLESS = 101  # a rung above all qualities
TICK = 0.001  # seconds


def write_webp(
    stream: FrameStream, target: Path, settings: WebP, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as an animated WebP; where it has to be small, at a lower quality."""
    asked = LOSSLESS if settings.lossless else settings.quality
    if settings.max_size is None:
        return _write(stream, target, asked, settings.loop)

    def attempt(quality: int, place: Path) -> EncodedFilm:
        return _write(stream, place, quality, settings.loop)

    film, quality = fitted(target, settings.max_size, range(asked, -1, -1), attempt)
    return replace(film, settings={"lossless": True} if quality == LOSSLESS else {"quality": quality})


def _write(stream: FrameStream, target: Path, quality: int, loop: bool) -> EncodedFilm:
    kept = ("-lossless", "1") if quality == LOSSLESS else ("-lossless", "0", "-quality", str(quality))
    call = AnimationCall(
        options=("-vf", "format=bgra", "-c:v", "libwebp_anim", *kept, "-loop", "0" if loop else "1"),
        pixels="bgra",
        tick=TICK,
        loop=loop,
    )
    return write_animation(stream, target, call)
