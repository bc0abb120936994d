"""VP9 in WebM, 8 bits, 4:2:0, with straight alpha where the frames have it (by libvpx, which reads it back too)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.by_crf import write_by_crf
from render.film.encoders.container import ContainerCall, yuv
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Vp9

WORST = 63


def write_vp9(
    stream: FrameStream, target: Path, settings: Vp9, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as VP9."""
    pixels = "yuva420p" if stream.alpha else "yuv420p"

    def call(crf: int) -> ContainerCall:
        return ContainerCall(
            codec=(
                *("-c:v", "libvpx-vp9", "-crf", str(crf), "-b:v", "0", "-row-mt", "1"),
                *("-deadline", "good", "-cpu-used", str(settings.speed)),
                *(("-auto-alt-ref", "0") if stream.alpha else ()),  # the alpha of a frame that is not shown is lost
            ),
            filters=yuv(pixels),
            pixels=(pixels,),
            decoder=("-c:v", "libvpx-vp9"),
        )

    return write_by_crf(stream, target, call, range(settings.crf, WORST + 1), settings.max_size, titles, sound)
