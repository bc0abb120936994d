"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from render.film.encode import encode
from render.film.frames import FrameStore, FrameWriter
from render.film.shooting import Moment, Shooting
from render.film.sound.soundtrack import soundtrack, track_record
from render.film.take import records_of
from render.film.timeline import Timeline
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.spec import Scene
from render.scene.written import tail_of
from render.storage.files import content_key, file_digest


def frame_keys(scene: Scene, film: Film, picture: str) -> list[str]:
    """Returns the key of every frame of a film whose picture has a key."""
    timeline = Timeline(tuple(shot.duration for shot in scene.shots), film.fps, tail_of(scene, film))
    return [content_key({"picture": picture, "frame": index}) for index in range(timeline.frame_count)]


def draw_frames(shooting: Shooting, store: FrameStore, missing: list[int], keys: list[str], name: str) -> None:
    """Draws the frames that are missing, and removes any beyond."""
    if missing:
        _draw(shooting, store, keys, missing, name)
    store.trim(len(keys))


def _draw(shooting: Shooting, store: FrameStore, keys: list[str], missing: list[int], name: str) -> None:
    if shooting.scene.look.background.colour == "transparent":
        shooting.reporter.say(f"film {name}: H.264 has no transparency, so there will be frames and no film")
    moments = [Moment(index, shooting.timeline.time(index)) for index in missing]
    done = len(keys) - len(missing)
    with (
        finishing() as times_asked,
        shooting.reporter.task(f"drawing film {name}", total=len(keys), unit="frames", done=done) as task,
        FrameWriter(store) as writer,
    ):
        for moment, pixels in shooting.pictures(moments):
            if times_asked() > 1:  # in the middle of this picture
                break
            writer.write(moment.index, pixels, keys[moment.index])
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
    track = soundtrack(shooting.takes, shooting.timeline, film, target.with_suffix(".wav"))
    encoded = encode(frames, target, film.fps, film.encoder.crf, film.encoder.preset, titles, track)
    heard = {"sound": track_record(track, film), "files": {track.name: file_digest(track)}} if track else {}
    return {
        **heard,
        "size": list(encoded.size),
        "fps": plain(film.fps),
        "frames": encoded.frames,
        "seconds": encoded.duration,
        "caption": [caption_of(shooting.scene, take) for take in takes],
        "surfaces": records_of(takes),
    }
