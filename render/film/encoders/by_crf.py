"""Films whose loss is one number, crf: as it is asked for, or the least under which the file is small enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from render.film.encoders.container import ContainerCall, write_film
from render.film.encoders.encoded import EncodedFilm
from render.film.encoders.fitting import fitted
from render.film.encoders.stream import FrameStream


def write_by_crf(
    stream: FrameStream,
    target: Path,
    call: Callable[[int], ContainerCall],
    crfs: range,
    most: int | None,
    titles: Mapping[str, str],
    sound: Path | None,
) -> EncodedFilm:
    """Writes a stream by the call for the first of some crf, or for the first whose file has at most so many bytes."""
    if most is None:
        return write_film(stream, target, call(crfs[0]), titles, sound)

    def attempt(crf: int, place: Path) -> EncodedFilm:
        return write_film(stream, place, call(crf), titles, sound)

    film, crf = fitted(target, most, crfs, attempt)
    return replace(film, settings={"crf": crf})
