"""A film: numbered frames first, each kept as soon as it is drawn, then one encoded file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.files import content_key
from render.film import record
from render.film.caption import caption
from render.film.encode import encode
from render.film.frames import FrameStore, FrameWriter
from render.film.shooting import Moment, Shooting
from render.landscape import measure
from render.progress import Reporter
from render.scene.output import Film
from render.scene.spec import Scene


@dataclass(frozen=True)
class Made:
    """A finished file."""

    path: Path
    key: str
    reused: bool
    details: dict[str, Any]


def suffix(quality: str) -> str:
    """Returns what a quality adds to a file's name: nothing for final."""
    return "" if quality == "final" else f".{quality}"


def target_of(name: str, quality: str, output: Path) -> Path:
    """Returns where a film lies."""
    return output / "films" / f"{name}{suffix(quality)}.mp4"


def frames_of(name: str, quality: str, output: Path) -> Path:
    """Returns the folder of a film's frames."""
    return output / "frames" / f"{name}.{quality}"


def frame_keys(scene: Scene, film: Film) -> list[str]:
    """Returns the key of every frame."""
    picture = record.picture_key(scene, film)
    count = max(1, round(scene.duration * film.fps))
    return [content_key({"picture": picture, "frame": index}) for index in range(count)]


def make(scene: Scene, name: str, quality: str, output: Path, reporter: Reporter) -> Made:
    """Returns a scene's film, from disk where it is current, else drawing the frames that are missing."""
    film = scene.films[name]
    target, key = target_of(name, quality, output), record.file_key(scene, film)
    if record.is_current(target, key):
        return Made(target, key, True, {})
    start = time.perf_counter()
    store = FrameStore(frames_of(name, quality, output))
    keys = frame_keys(scene, film)
    missing = store.missing(keys)
    if missing:
        _draw(Shooting(scene, film, output, reporter), store, keys, missing, name)
    store.trim(len(keys))
    drawn = time.perf_counter()
    encoded = encode(
        store.paths(len(keys)), target, film.fps, film.encoder.crf, film.encoder.preset, {"title": scene.title}
    )
    landscapes = {shot.surface: measure.load(scene, shot.surface, output).record for shot in scene.shots}
    details = {
        "quality": quality,
        "size": list(encoded.size),
        "fps": film.fps,
        "frames": encoded.frames,
        "caption": [caption(scene, shot, landscapes[shot.surface]) for shot in scene.shots],
        "surfaces": landscapes,
    }
    seconds = {"frames": drawn - start, "encoding": time.perf_counter() - drawn, "drawn": len(missing)}
    record.write(target, scene, key, details, seconds)
    return Made(target, key, False, details)


def _draw(shooting: Shooting, store: FrameStore, keys: list[str], missing: list[int], name: str) -> None:
    moments = [Moment(index, shooting.timeline.time(index)) for index in missing]
    pictures = shooting.pictures(moments)
    first = next(pictures)  # measures the surface first, which has a bar of its own
    done = len(keys) - len(missing)
    with (
        shooting.reporter.task(f"drawing film {name}", total=len(keys), unit="frames", done=done) as task,
        FrameWriter(store) as writer,
    ):
        for moment, pixels in _chained(first, pictures):
            writer.write(moment.index, pixels, keys[moment.index])
            task.advance(1)


def _chained(first: Any, rest: Any) -> Any:
    yield first
    yield from rest
