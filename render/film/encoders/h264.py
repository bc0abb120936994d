"""H.264 in mp4, 8 bits, 4:2:0: what plays everywhere (ITU-T H.264, by x264)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.by_crf import write_by_crf
from render.film.encoders.container import ContainerCall, yuv
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import H264

WORST = 51


def write_h264(
    stream: FrameStream, target: Path, settings: H264, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as H.264."""

    def call(crf: int) -> ContainerCall:
        return ContainerCall(
            codec=("-c:v", "libx264", "-crf", str(crf), "-preset", settings.preset),
            filters=yuv("yuv420p"),
            pixels=("yuv420p",),
            container=("-movflags", "+faststart"),
        )

    return write_by_crf(stream, target, call, range(settings.crf, WORST + 1), settings.max_size, titles, sound)
