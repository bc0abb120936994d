"""AV1 in mp4, 10 bits, 4:2:0 (AOMedia, by SVT-AV1); grain, where asked for, is put back by the player."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from render.film.encoders.by_crf import write_by_crf
from render.film.encoders.container import ContainerCall, yuv
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.stream import FrameStream
from render.scene.encoders import Av1

WORST = 63


def write_av1(
    stream: FrameStream, target: Path, settings: Av1, titles: Mapping[str, str], sound: Path | None = None
) -> EncodedFilm:
    """Writes a stream as AV1."""
    grain = ("-svtav1-params", f"film-grain={settings.grain}") if settings.grain else ()

    def call(crf: int) -> ContainerCall:
        return ContainerCall(
            codec=("-c:v", "libsvtav1", "-crf", str(crf), "-preset", str(settings.speed), *grain),
            filters=yuv("yuv420p10le"),
            pixels=("yuv420p10le",),
            container=("-movflags", "+faststart"),
        )

    return write_by_crf(stream, target, call, range(settings.crf, WORST + 1), settings.max_size, titles, sound)
