"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import SceneError, ThalwegError
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
from render.interrupts import finishing
from render.scene.body import CLEAR
from render.scene.encoders.encoder import EncoderPart
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.outputs import files_of
from render.storage.files import file_digest

CLEAR_FRAMES = (
    "look.background.colour: transparent is nothing that H.264 knows; {count:,} frames with straight alpha are whole "
    "in {folder}, and with a colour in its place, or an output that knows it, such as vp9, there is a film"
)

TRIES = 2  # to draw a frame

Failed = dict[int, str]  # the numbers of frames, and why each could not be drawn


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


@dataclass(frozen=True)
class Draft:
    """Frames of a film that are to be drawn, and where to."""

    shooting: Shooting
    store: FrameStore
    pool: Pool
    programme: Programme


def draw_frames(
    draft: Draft,
    missing: Sequence[int],
    advance: Callable[[int], None],
    times_asked: Callable[[], int],
    *,
    all_of_it: bool = False,
    stay: bool = False,
) -> Failed:
    """Draws frames of a film, of pictures that are kept where they are; returns those that failed, and why.

    What a frame lacks of the machine or of its scene is lacking to all, and raised. times_asked: how often this was
    asked to end. all_of_it: whether these are all that is to be drawn, so that what every one of several fails by is a
    mistake of ours, and raised too. stay: whether the stages of the last shot stay, for frames that come later.
    """
    failed: Failed = {}
    with PoolWriter(draft.pool) as pictures, FrameWriter(draft.store) as writer:
        there = draft.pool.find({part.key for index in missing for part in draft.programme.frames[index].parts})
        shooting = replace(draft.shooting, kept=KeptPictures(draft.programme, pictures, there))
        left = sorted(missing)
        while left:
            try:
                for moment, pixels in shooting.pictures(list(map(draft.programme.moment, left)), stay=stay):
                    if times_asked() > 1:  # in the middle of this picture
                        return failed
                    writer.write(moment.number, pixels, draft.programme.frames[moment.number].key, pictures.waiting)
                    left.pop(0)
                    advance(1)
                    if times_asked():
                        return failed
            except (ThalwegError, OSError, MemoryError):
                raise
            except Exception as error:  # whatever a driver, a font or a picture of its own makes of one frame
                failed[left.pop(0)] = f"{type(error).__name__}: {error}"
                if all_of_it and len(failed) == len(missing) > 1:
                    raise
    return failed


def draw_here(draft: Draft, missing: Sequence[int], name: str, total: int) -> Failed:
    """Draws frames of a film in this process, each twice where it fails; returns those that failed, and why.

    total: how many are asked for, of which the others are there.
    Ctrl-C waits for the picture that is being drawn, and a second one for that alone.
    """
    film = draft.shooting.output
    opaque = isinstance(film, Film) and not all(file.encoder.keeps_alpha for file in files_of(film))
    if opaque and draft.shooting.scene.look.background.colour == CLEAR:
        draft.shooting.reporter.say(
            f"film {name}: one of its files has no transparency; its frames will be there, and that file will not"
        )
    with (
        finishing() as times_asked,
        draft.shooting.reporter.task(
            f"drawing film {name}", total=total, unit="frames", done=total - len(missing)
        ) as task,
    ):
        failed = draw_frames(draft, missing, task.advance, times_asked, all_of_it=True)
        for _ in range(TRIES - 1):
            failed = draw_frames(draft, list(failed), task.advance, times_asked) if failed else {}
    return failed


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
