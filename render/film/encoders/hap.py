"""HAP in QuickTime: blocks of 4 × 4 pixels that a graphics card reads as they are (Vidvox), as RGB, 8 bits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.container import ContainerCall, write_film
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Hap

FORMATS = {"standard": "hap", "q": "hap_q", "alpha": "hap_alpha"}


def write_hap(
    stream: FrameStream, target: Path, settings: Hap, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as HAP."""
    call = ContainerCall(
        codec=("-c:v", "hap", "-format", FORMATS[settings.profile]),
        filters="format=rgba",
        pixels=("rgba",) if settings.profile == "alpha" else ("rgb0",),
        colours="",  # it has no tags: its colours are RGB
    )
    return write_film(stream, target, call, titles, sound)
