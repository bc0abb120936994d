"""Animated PNG: 8 or 16 bits without loss, straight alpha kept, times as exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.animated import AnimationCall, write_animation
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Apng

PIXELS = {(8, False): "rgb24", (8, True): "rgba", (16, False): "rgb48be", (16, True): "rgba64be"}
TICK = 0.001  # seconds


def write_apng(
    stream: FrameStream, target: Path, settings: Apng, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as an animated PNG."""
    pixels = PIXELS[stream.depth, stream.alpha]
    plays = "0" if settings.loop else "1"
    call = AnimationCall(
        options=("-vf", f"format={pixels}", "-c:v", "apng", "-pred", "up", "-f", "apng", "-plays", plays),
        pixels=pixels,
        tick=TICK,
        loop=settings.loop,
    )
    return write_animation(stream, target, call)
