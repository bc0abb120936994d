"""The record beside every finished file: what it was made from, well enough to make it again.

<file>.json          resolved scene, keys, versions, caption, counts, and the file's own hash
<file>.timing.json   wall times, which are not part of the promise of same bytes
"""

from __future__ import annotations

import functools
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from render import __version__, compiler
from render.errors import SceneError
from render.film.sound import soundtrack
from render.scene.colours import palette
from render.scene.encoders.encoder import EncoderPart
from render.scene.key import counted
from render.scene.output import Film, Still
from render.scene.spec import Scene, resolved
from render.scene.typefaces import fonts
from render.scene.typefaces.typeface import Typeface
from render.scene.written import WRITTEN, told
from render.storage.files import content_key, file_digest
from render.storage.records import read_record, write_json, write_record

ALGORITHM = 10  # raise it when the same settings would draw other pixels
VERSIONED = ("torch", "numpy", "scipy", "pyvista", "vtk", "pillow", "imageio-ffmpeg")


def picture_key(scene: Scene, output: Film | Still, surfaces: Mapping[str, str]) -> str:
    """Returns the key of everything that a still, or an export of a film's shots, depends on.

    surfaces: the keys of all surfaces of its shots, by name.
    """
    return content_key(
        {
            "stage": "picture",
            "algorithm": ALGORITHM,
            "title": scene.title,
            "words": scene.words.model_dump(mode="json"),
            "labels": labels_of(scene),
            "seed": scene.seed,
            "look": scene.look.model_dump(mode="json"),
            "tracks": [[list(track.location), track.plain] for track in scene.tracks],
            "fonts": fonts_of(scene),
            "palette": palette_of(scene),
            "kernels": compiler.strategy(),  # compiled and eager frames differ in their last digits
            "shots": [shot.model_dump(mode="json", exclude=set(WRITTEN)) for shot in scene.shots],
            **({"written": said} if (said := told(scene, output)) else {}),
            "paths": {name: scene.measured[name].paths for name in sorted(surfaces) if name in scene.measured},
            "surfaces": dict(sorted(surfaces.items())),
            "output": counted(output),
        }
    )


def labels_of(scene: Scene) -> dict[str, dict[str, str | None]]:
    """Returns what surfaces and runs are called on pictures."""
    series = {"series": {name: one.label for name, one in scene.series.items()}} if scene.series else {}
    return {
        **series,
        "surfaces": {name: surface.label for name, surface in scene.surfaces.items()},
        "runs": {name: run.label for name, run in scene.runs.items()},
    }


def fonts_of(scene: Scene) -> list[dict[str, Any]]:
    """Returns the fonts that a scene names: file, face in it, and SHA-256; raises SceneError where one is not there."""
    try:
        found = [fonts.find(name) for name in scene.look.font]
    except LookupError as error:
        raise SceneError([f"look.font: {error.args[0]}"]) from error
    return [{"file": face.file.name, "face": face.index, "sha256": _digest(face)} for face in found]


def palette_of(scene: Scene) -> list[str]:
    """Returns the colours that a scene's palette has by name or in a file, each after its position; else none."""
    named = scene.look.palette
    stops = palette.stops_of(named) if isinstance(named, str) else []
    return [f"{position:.6g} {colour}" for position, colour in stops]


@functools.cache
def _digest(face: Typeface) -> str:
    return file_digest(face.file)


def file_key(picture: str, encoder: EncoderPart | None, metadata: bool = True, film: Film | None = None) -> str:
    """Returns the key of a finished film or still of a picture's key, with its title and caption in it or without.

    encoder: of a film; what is not asked of it has no part in the key, so that a new option makes no old film anew.
    film: whose sound is in it, where it has any.
    """
    asked = encoder and {key: each for key, each in counted(encoder).items() if each is not None and each is not False}
    heard = _sound_of(film) if film is not None and encoder is not None and encoder.hears else {}
    bare = {} if metadata else {"metadata": False}
    return content_key({"stage": "file", "picture": picture, "encoder": asked, **heard, **bare})


def _sound_of(film: Film) -> dict[str, Any]:
    """Returns what the sound of a film depends on beside its picture; raises SceneError where a file is not there."""
    if film.sonify:
        return {"sonify": film.sonify, "synthesis": soundtrack.ALGORITHM}
    if not film.sound:
        return {}
    if not Path(film.sound).is_file():
        raise SceneError([f"films: sound: there is no file {film.sound}; name one in the working directory"])
    return {"sound": file_digest(Path(film.sound))}


def beside(target: Path, ending: str) -> Path:
    """Returns the path of a file that belongs to another one: film.mp4 and .json give film.mp4.json."""
    return target.with_name(target.name + ending)


def read(target: Path) -> dict[str, Any] | None:
    """Returns the record beside a finished file, or None where it is missing or damaged."""
    return read_record(beside(target, ".json"), {"key": str, "sha256": str})


def forget(target: Path) -> None:
    """Removes the record of a finished file that is about to be made anew."""
    beside(target, ".json").unlink(missing_ok=True)


def write(
    target: Path, scene: Scene, key: str, details: Mapping[str, Any], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Writes the record and the timing of a finished file; returns the record."""
    record = {
        "key": key,
        "sha256": file_digest(target),
        **details,
        "scene": resolved(scene),
        "fonts": fonts_of(scene),
        "palette": palette_of(scene),
        "kernels": compiler.strategy(),
        "seed": scene.seed,
        "versions": {"thalweg": __version__, **{name: importlib.metadata.version(name) for name in VERSIONED}},
    }
    write_json(beside(target, ".timing.json"), {name: round(value, 3) for name, value in seconds.items()})
    return write_record(beside(target, ".json"), record)
