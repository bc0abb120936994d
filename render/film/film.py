"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import SceneError
from render.film.attempts import Failed, each_in_turn
from render.film.encoders import encode
from render.film.encoders.watching import watching
from render.film.frames import FrameStore, FrameWriter
from render.film.pool import Pool, Pooled, PoolWriter
from render.film.programme import Programme
from render.film.reel import reel_of
from render.film.shooting import Shooting
from render.film.sound.soundtrack import soundtrack, track_record
from render.film.take import records_of
from render.film.timeline import Slice
from render.film.words.wording import caption_of
from render.scene.body import CLEAR
from render.scene.encoders.encoder import EncoderPart
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.outputs import files_of
from render.scene.spec import Scene
from render.storage.files import file_digest

CLEAR_FRAMES = (
    "look.background.colour: transparent is nothing that H.264 knows; {count:,} frames with straight alpha are whole "
    "in {folder}, and with a colour in its place, or an output that knows it, such as vp9, there is a film"
)


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


def kept_pictures(programme: Programme, writer: PoolWriter, numbers: Sequence[int]) -> KeptPictures:
    """Returns the pictures of some frames in a writer's pool, and those that their shots are looked at by."""
    shown = {*numbers, *programme.looked_at(numbers)}
    keys = {part.key for number in shown for part in programme.frames[number].parts}
    return KeptPictures(programme, writer, writer.pool.find(keys))


def draw_bare(shooting: Shooting, pool: Pool, programme: Programme, numbers: Sequence[int]) -> None:
    """Draws and keeps pictures of frames without their words; one that fails is left to whoever draws its frame."""
    with PoolWriter(pool) as pictures:
        taking = replace(shooting, kept=kept_pictures(programme, pictures, numbers))
        try:
            for number in numbers:
                for part in programme.frames[number].parts:
                    taking.bare(part.slice._replace(share=1.0))
        except Exception:  # in which a driver may have lost what its stages hold
            taking.leave(())


@dataclass(frozen=True)
class Draft:
    """Frames of a film that are to be drawn, and where to."""

    shooting: Shooting
    store: FrameStore
    pool: Pool
    programme: Programme

    def draw(
        self,
        numbers: Sequence[int],
        advance: Callable[[int], None],
        times_asked: Callable[[], int],
        *,
        all_of_it: bool = False,
        stay: bool = False,
    ) -> Failed:
        """Draws frames, of pictures that are kept where they are; returns those that failed, and why."""
        with PoolWriter(self.pool) as pictures, FrameWriter(self.store) as writer:
            shooting = replace(self.shooting, kept=kept_pictures(self.programme, pictures, numbers))

            def one(number: int) -> None:
                [(moment, pixels)] = shooting.pictures([self.programme.moment(number)], stay=True)
                if times_asked() > 1:  # in the middle of this picture
                    raise KeyboardInterrupt
                writer.write(moment.number, pixels, self.programme.frames[number].key, pictures.waiting)

            try:
                return each_in_turn(one, numbers, advance, times_asked, all_of_it=all_of_it)
            finally:
                if not stay:
                    self.leave()

    def leave(self) -> None:
        """Gives back all stages."""
        self.shooting.leave(())


def opaque_file_of(film: Film, scene: Scene) -> str:
    """Returns a sentence on the files of a transparent film that will not be made, or "" where all will."""
    if scene.look.background.colour != CLEAR or all(file.encoder.keeps_alpha for file in files_of(film)):
        return ""
    return "one of its files has no transparency; its frames will be there, and that file will not"


def encode_film(
    shooting: Shooting, frames: list[Path], target: Path, encoder: EncoderPart, metadata: bool = True
) -> dict[str, Any]:
    """Writes a film of frames; returns what its record says of it.

    metadata: whether the file has the title in it; the record beside it tells everything in any case.
    """
    film, takes = shooting.output, shooting.takes()
    assert isinstance(film, Film)
    reel = reel_of(frames, film.fps)
    if reel.alpha and not encoder.keeps_alpha:
        raise SceneError([CLEAR_FRAMES.format(count=len(frames), folder=frames[0].parent)])
    watch = watching(reel, encoder.loop, shooting.timeline.leads if encoder.loop else ())
    wave = target.with_name(f"{target.name}.wav") if film.outputs else target.with_suffix(".wav")
    track = soundtrack(shooting.takes, shooting.timeline, film, wave) if encoder.hears else None
    encoded = encode(watch.watched, target, encoder, {"title": shooting.scene.title} if metadata else {}, track)
    heard = {"sound": track_record(track, film), "files": {track.name: file_digest(track)}} if track else {}
    for sentence in watch.sentences():
        shooting.reporter.say(f"film {target.name}: {sentence}")
    return {
        **heard,
        "size": list(encoded.size),
        "fps": plain(film.fps),
        "frames": encoded.frames,
        "seconds": encoded.duration,
        "encoded": encoded.as_dict(),
        **watch.as_dict(),
        "caption": [caption_of(shooting.scene, take) for take in takes],
        "surfaces": records_of(takes),
    }
