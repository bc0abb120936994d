"""FFV1 in Matroska: RGB without loss, a checksum in every slice (RFC 9043); 10 bits are rounded from frames of 16."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.container import ContainerCall, write_film
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Ffv1

TAGS = "setparams=range=pc:color_primaries=bt709:color_trc=iec61966-2-1:colorspace=gbr"
READ = {"gbrp": ("bgr0",), "gbrap": ("bgra",)}  # what the decoder calls pixels of 8 bits


def write_ffv1(
    stream: FrameStream, target: Path, settings: Ffv1, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as FFV1."""
    pixels = ("gbrap" if stream.alpha else "gbrp") + (f"{settings.depth}le" if settings.depth > 8 else "")
    call = ContainerCall(
        codec=("-c:v", "ffv1", "-level", "3", "-slicecrc", "1", "-g", "1"),
        filters=f"format={pixels},{TAGS}",
        pixels=READ.get(pixels, (pixels,)),
        colours="pc, gbr",
    )
    return write_film(stream, target, call, titles, sound)
