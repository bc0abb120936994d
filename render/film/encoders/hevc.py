"""HEVC in mp4, 10 bits, 4:2:0 (ITU-T H.265, by x265), tagged hvc1, without which Apple's players refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.by_crf import write_by_crf
from render.film.encoders.container import ContainerCall, yuv
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Hevc

WORST = 51


def write_hevc(
    stream: FrameStream, target: Path, settings: Hevc, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as HEVC."""

    def call(crf: int) -> ContainerCall:
        return ContainerCall(
            codec=(
                *("-c:v", "libx265", "-crf", str(crf), "-preset", settings.preset),
                *("-tag:v", "hvc1", "-x265-params", "log-level=error"),
            ),
            filters=yuv("yuv420p10le"),
            pixels=("yuv420p10le",),
            container=("-movflags", "+faststart"),
        )

    return write_by_crf(stream, target, call, range(settings.crf, WORST + 1), settings.max_size, titles, sound)
