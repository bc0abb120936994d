"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

import time
from pathlib import Path

from render.film import record
from render.film.encode import encode
from render.film.frames import FrameStore, FrameWriter
from render.film.made import Made, once, suffix
from render.film.shooting import Moment, Shooting
from render.film.take import records_of
from render.film.timeline import Timeline
from render.film.words.wording import caption_of
from render.interrupts import finishing
from render.progress import Reporter
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.spec import Scene
from render.stage.window.gl import require_gl
from render.storage.files import content_key


def target_of(name: str, quality: str, output: Path) -> Path:
    """Returns where a film lies."""
    return output / "films" / f"{name}{suffix(quality)}.mp4"


def frames_of(name: str, quality: str, output: Path) -> Path:
    """Returns the folder of a film's frames."""
    return output / "frames" / f"{name}.{quality}"


def frame_keys(scene: Scene, film: Film) -> list[str]:
    """Returns the key of every frame."""
    picture = record.picture_key(scene, film)
    timeline = Timeline(tuple(shot.duration for shot in scene.shots), film.fps)
    return [content_key({"picture": picture, "frame": index}) for index in range(timeline.frame_count)]


def make(scene: Scene, name: str, quality: str, output: Path, reporter: Reporter, metadata: bool = True) -> Made:
    """Returns a scene's film, from disk where it is current, else drawing the frames that are missing.

    metadata: whether the file has the title in it; the record beside it tells everything in any case.
    """
    film, target = scene.films[name], target_of(name, quality, output)
    key, store = record.file_key(scene, film, metadata), FrameStore(frames_of(name, quality, output))

    def shoot() -> None:
        start = time.perf_counter()
        shooting = Shooting(scene, film, output, reporter)
        count = _drawn(shooting, store, frame_keys(scene, film), name)
        drawn = time.perf_counter()
        titles = {"title": scene.title} if metadata else {}
        encoded = encode(store.paths(count), target, film.fps, film.encoder.crf, film.encoder.preset, titles)
        takes = shooting.takes()
        details = {
            "quality": quality,
            "size": list(encoded.size),
            "fps": plain(film.fps),
            "frames": encoded.frames,
            "seconds": encoded.duration,
            "caption": [caption_of(scene, take) for take in takes],
            "surfaces": records_of(takes),
        }
        record.write(target, scene, key, details, {"frames": drawn - start, "encoding": time.perf_counter() - drawn})

    return once(scene, target, key, store.folder, reporter, shoot)


def _drawn(shooting: Shooting, store: FrameStore, keys: list[str], name: str) -> int:
    """Draws the frames that are missing and removes any beyond; returns their number."""
    missing = store.missing(keys, verify=True)
    if missing:
        _draw(shooting, store, keys, missing, name)
    store.trim(len(keys))
    return len(keys)


def _draw(shooting: Shooting, store: FrameStore, keys: list[str], missing: list[int], name: str) -> None:
    require_gl()  # before a surface is measured for nothing
    if shooting.scene.look.background.colour == "transparent":
        shooting.reporter.say(f"film {name}: H.264 has no transparency, so there will be frames and no film")
    moments = [Moment(index, shooting.timeline.time(index)) for index in missing]
    shooting.takes()  # measures the surfaces first, which have bars of their own
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
