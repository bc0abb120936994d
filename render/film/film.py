"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from render.film.encode import encode
from render.film.frames import FrameStore, FrameWriter
from render.film.pool import Pool, Pooled, PoolWriter
from render.film.programme import Programme
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.timeline import Slice
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.scene.framerate import plain
from render.scene.output import Film


@dataclass(frozen=True)
class KeptPictures:
    """The pictures of a programme in a pool; those that are new are saved while the next are drawn."""

    programme: Programme
    writer: PoolWriter
    there: dict[str, Pooled]  # by key

    def find(self, place: Slice) -> np.ndarray | None:
        """Returns the picture of a slice, or None where it was not drawn yet, or has lost its bytes."""
        found = self.there.get(self.programme.part(place).key)
        return None if found is None else self.writer.pool.read(found)

    def keep(self, place: Slice, pixels: np.ndarray) -> None:
        """Keeps the picture of a slice."""
        self.writer.write(self.programme.part(place).key, pixels)


def draw_frames(shooting: Shooting, store: FrameStore, pool: Pool, programme: Programme, missing: list[int]) -> None:
    """Draws the frames of a film that are missing, of pictures that are kept where they are, and removes any beyond."""
    if missing:
        with PoolWriter(pool) as pictures:
            there = pool.find({part.key for index in missing for part in programme.frames[index].parts})
            _draw(replace(shooting, kept=KeptPictures(programme, pictures, there)), store, programme, missing)
    store.trim(len(programme.frames))


def _draw(shooting: Shooting, store: FrameStore, programme: Programme, missing: list[int]) -> None:
    name = store.folder.name.partition(".")[0]
    if shooting.scene.look.background.colour == "transparent":
        shooting.reporter.say(f"film {name}: H.264 has no transparency, so there will be frames and no film")
    moments = [Moment(index, programme.frames[index].time) for index in missing]
    total = len(programme.frames)
    with (
        finishing() as times_asked,
        shooting.reporter.task(f"drawing film {name}", total=total, unit="frames", done=total - len(missing)) as task,
        FrameWriter(store) as writer,
    ):
        for moment, pixels in shooting.pictures(moments):
            if times_asked() > 1:  # in the middle of this picture
                break
            writer.write(moment.index, pixels, programme.frames[moment.index].key)
            task.advance(1)
            if times_asked():
                break


def encode_film(shooting: Shooting, frames: list[Path], target: Path, metadata: bool = True) -> dict[str, Any]:
    """Writes a film of frames; returns what its record says of it.

    metadata: whether the file has the title in it; the record beside it tells everything in any case.
    """
    film, takes = shooting.output, shooting.takes()
    assert isinstance(film, Film)
    titles = {"title": shooting.scene.title} if metadata else {}
    encoded = encode(frames, target, film.fps, film.encoder.crf, film.encoder.preset, titles)
    return {
        "size": list(encoded.size),
        "fps": plain(film.fps),
        "frames": encoded.frames,
        "seconds": encoded.duration,
        "caption": [caption_of(shooting.scene, take) for take in takes],
        "surfaces": records_of(takes),
    }
