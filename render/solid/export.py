"""An export: a shot of a scene as a file for another program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from render.errors import UsageError
from render.film import record
from render.film.canvas import Canvas
from render.film.shooting import Shooting
from render.film.take import Take, records_of
from render.film.words.wording import caption_of
from render.scene.output import Film
from render.scene.spec import Scene
from render.solid.asked import ExportRequest
from render.solid.cut import Cut, pieces_of
from render.solid.extra import require
from render.solid.footage import camera_of, lights_of
from render.solid.formats import FORMATS, ExportSubject, Written
from render.solid.model import Model
from render.solid.sentences import sentences
from render.storage.files import content_key, file_digest, is_whole, replacing

ALGORITHM = 1  # raise it when the same settings would give other files
WITH_CAMERA = ("glb", "usd")
NEEDS = {"usd": "pxr", "stl": "trimesh"}  # of the extra scene3d


def film_of(scene: Scene) -> Film:
    """Returns the film whose frames the camera has: the scene's first, or one of the usual size and rate."""
    return next(iter(scene.films.values()), Film(size=(1920, 1080), caption=True, title=True))


def key_of(picture: str, asked: ExportRequest, metadata: bool) -> str:
    """Returns the key of everything that an export of a picture's key depends on, with words in the file or without."""
    bare = {} if metadata else {"metadata": False}
    return content_key({"stage": "export", "algorithm": ALGORITHM, "picture": picture, "asked": vars(asked), **bare})


def require_possible(scene: Scene, asked: ExportRequest) -> None:
    """Raises UsageError where a scene lacks the shot, MachineError where a package is lacking: before all the work."""
    count = len(scene.shots)
    if not 1 <= asked.shot <= count:
        there = f"the scene has {count}; give 1 to {count}" if count else "the scene has none; add one under shots"
        raise UsageError(f"--shot {asked.shot}: {there}")
    _require_terrain(scene, asked)
    if asked.form in NEEDS:
        require(NEEDS[asked.form], asked.form)


def _require_terrain(scene: Scene, asked: ExportRequest) -> None:
    """Raises UsageError where a shot has no terrain, or a camera that its format has not."""
    shot, number = scene.shots[asked.shot - 1], asked.shot
    if shot.line is not None:
        others = [str(place + 1) for place, each in enumerate(scene.shots) if each.line is None]
        remedy = f"give --shot {others[0]}, which has one" if others else "a still or a print of it is drawn"
        raise UsageError(f"--shot {number}: the chart of a line has no terrain to export; {remedy}")
    if shot.camera.projection != "flat" and asked.form in WITH_CAMERA:
        raise UsageError(
            f"--shot {number}: a camera of {asked.form} is flat, and that of the shot is {shot.camera.projection}; "
            f"add --set shots.{number - 1}.camera.projection=flat, or export stl or obj, which have no camera"
        )


def write_export(shooting: Shooting, asked: ExportRequest, target: Path, metadata: bool = True) -> dict[str, Any]:
    """Writes the files of an export; returns what its record says of it. metadata: whether words are in the file."""
    take = shooting.take(asked.shot - 1)
    cut = Cut.of(take, take.panels[0], asked.cells, asked.width)
    model = _model(shooting, asked, take, cut, metadata)
    written = FORMATS[asked.form](ExportSubject(model, cut, target.name))
    _write(target, written)
    said = [*written.said, *sentences(shooting.scene, asked, cut, model.camera)]
    files = {name: file_digest(target.with_name(name)) for name in written.beside}
    return {**_details(shooting, asked, take, written, said), "files": files}


def _model(shooting: Shooting, asked: ExportRequest, take: Take, cut: Cut, metadata: bool) -> Model:
    pieces = tuple(pieces_of(cut))
    if not pieces:
        raise UsageError("look.body: none, and no path is drawn, so there is nothing to export; set look.body=block")
    aspect = Canvas(*shooting.output.size, len(take.pictures)).aspect
    camera = camera_of(take, shooting.timeline, asked.shot - 1, aspect, cut.scale)
    words = {"title": shooting.scene.title, "description": caption_of(shooting.scene, take)} if metadata else {}
    return Model(pieces, camera, lights_of(take), words)


def _write(target: Path, written: Written) -> None:
    """Writes the files of an export, each whole or not at all, those that it refers to first."""
    files = {**written.beside, target.name: written.content}
    for name, content in files.items():
        with replacing(target.with_name(name)) as temporary:
            temporary.write_bytes(content)


def _details(shooting: Shooting, asked: ExportRequest, take: Take, written: Written, said: list[str]) -> dict[str, Any]:
    return {
        "form": asked.form,
        "shot": asked.shot,
        "asked": dict(vars(asked)),
        "surface": take.shot.surface,
        **written.facts,
        "said": said,
        "caption": caption_of(shooting.scene, take),
        "surfaces": records_of([take]),
    }


def is_torn(target: Path) -> bool:
    """Whether a file that a finished export refers to is not as it was written."""
    found = record.read(target) or {}
    return not all(is_whole(target.with_name(name), digest) for name, digest in found.get("files", {}).items())
