"""Apple ProRes in QuickTime, 10 bits: 422 HQ, or 4444 with straight alpha of 16 bits (by prores_ks)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.container import ContainerCall, write_film, yuv
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import ProRes


def write_prores(
    stream: FrameStream, target: Path, settings: ProRes, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as ProRes."""
    call = ContainerCall(
        codec=("-c:v", "prores_ks", "-profile:v", settings.profile, "-vendor", "apl0", *_alpha_of(stream)),
        filters=yuv(_given(stream, settings)),
        pixels=(_read(stream, settings),),
    )
    return write_film(stream, target, call, titles, sound)


def _alpha_of(stream: FrameStream) -> tuple[str, ...]:
    return ("-alpha_bits", "16") if stream.alpha else ()


def _given(stream: FrameStream, settings: ProRes) -> str:
    """Returns the pixels that the encoder takes."""
    if settings.profile == "hq":
        return "yuv422p10le"
    return "yuva444p10le" if stream.alpha else "yuv444p10le"


def _read(stream: FrameStream, settings: ProRes) -> str:
    """Returns the pixels as the decoder calls them, which gives 4444 with the twelve bits that it may have."""
    return _given(stream, settings).replace("444p10", "444p12")
