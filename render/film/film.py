"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from render.errors import SceneError
from render.film.encoders import encode
from render.film.encoders.watching import watching
from render.film.frames import FrameStore, FrameWriter
from render.film.reel import reel_of
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.timeline import Timeline
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.scene.body import CLEAR
from render.scene.encoders.encoder import EncoderPart
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.outputs import files_of
from render.scene.spec import Scene
from render.storage.files import content_key

CLEAR_FRAMES = (
    "look.background.colour: transparent is nothing that H.264 knows; {count:,} frames with straight alpha are whole "
    "in {folder}, and with a colour in its place, or an output that knows it, such as vp9, there is a film"
)


def frame_keys(scene: Scene, film: Film, picture: str) -> list[str]:
    """Returns the key of every frame of a film whose picture has a key."""
    timeline = Timeline(tuple(shot.duration for shot in scene.shots), film.fps)
    return [content_key({"picture": picture, "frame": index}) for index in range(timeline.frame_count)]


def draw_frames(shooting: Shooting, store: FrameStore, missing: list[int], keys: list[str], name: str) -> None:
    """Draws the frames that are missing, and removes any beyond."""
    if missing:
        _draw(shooting, store, keys, missing, name)
    store.trim(len(keys))


def _draw(shooting: Shooting, store: FrameStore, keys: list[str], missing: list[int], name: str) -> None:
    film = shooting.output
    assert isinstance(film, Film)
    if shooting.scene.look.background.colour == CLEAR and not all(file.encoder.keeps_alpha for file in files_of(film)):
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
    watch = watching(reel, encoder.loop)
    encoded = encode(watch.watched, target, encoder, {"title": shooting.scene.title} if metadata else {})
    for sentence in watch.sentences():
        shooting.reporter.say(f"film {target.name}: {sentence}")
    return {
        "size": list(encoded.size),
        "fps": plain(film.fps),
        "frames": encoded.frames,
        "seconds": encoded.duration,
        "encoded": encoded.as_dict(),
        **watch.as_dict(),
        "caption": [caption_of(shooting.scene, take) for take in takes],
        "surfaces": records_of(takes),
    }
