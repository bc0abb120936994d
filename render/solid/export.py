"""An export: a shot of a scene as a file for another program, from disk where it is current."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.errors import UsageError
from render.film import record
from render.film.made import Made, once, suffix
from render.film.shooting import Shooting
from render.film.take import Take, records_of
from render.film.words.wording import caption_of
from render.progress import Reporter
from render.scene.output import Film
from render.scene.spec import Scene
from render.solid.asked import Asked
from render.solid.extra import require
from render.solid.formats import FORMATS, Subject, Written
from render.solid.model import Model
from render.solid.pieces import Cut, pieces_of
from render.solid.said import sentences
from render.solid.track import camera_of, lights_of
from render.storage.files import content_key, file_digest, is_whole, replacing

ALGORITHM = 1  # raise it when the same settings would give other files
NEEDS = {"usd": "pxr", "stl": "trimesh"}  # of the extra scene3d


@dataclass(frozen=True)
class Order:
    """A scene and what is asked of it."""

    scene: Scene
    asked: Asked
    quality: str
    metadata: bool = True  # in the file itself

    @property
    def film(self) -> Film:
        """The film whose frames the camera has: the scene's first, or one of the usual size and rate."""
        return next(iter(self.scene.films.values()), Film(size=(1920, 1080), caption=True, title=True))

    @property
    def key(self) -> str:
        """The key of everything that the file depends on."""
        picture = record.picture_key(self.scene, self.film)
        bare = {} if self.metadata else {"metadata": False}
        return content_key(
            {"stage": "export", "algorithm": ALGORITHM, "picture": picture, "asked": vars(self.asked), **bare}
        )


def target_of(stem: str, asked: Asked, quality: str, output: Path) -> Path:
    """Returns where the export of a scene lies; that of another shot than the first has its number."""
    shot = "" if asked.shot == 1 else f".shot-{asked.shot}"
    return output / "exports" / f"{stem}{shot}{suffix(quality)}.{asked.form}"


def require_possible(scene: Scene, asked: Asked) -> None:
    """Raises UsageError where a scene lacks the shot, MachineError where a package is lacking: before all the work."""
    count = len(scene.shots)
    if not 1 <= asked.shot <= count:
        there = f"the scene has {count}; give 1 to {count}" if count else "the scene has none; add one under shots"
        raise UsageError(f"--shot {asked.shot}: {there}")
    if asked.form in NEEDS:
        require(NEEDS[asked.form], asked.form)


def make(order: Order, stem: str, output: Path, reporter: Reporter) -> Made:
    """Returns the export of a scene; stem is what its file is called by."""
    target = target_of(stem, order.asked, order.quality, output)
    _forget_what_is_torn(target)

    def work() -> None:
        start = time.perf_counter()
        shooting = Shooting(order.scene, order.film, output, reporter)
        take = shooting.take(order.asked.shot - 1)
        cut = Cut.of(take, take.panels[0], order.asked.cells, order.asked.width)
        model = _model(order, shooting, take, cut)
        written = FORMATS[order.asked.form](Subject(model, cut, target.name))
        _write(target, written)
        details = _details(
            order, take, written, [*written.said, *sentences(order.scene, order.asked, cut, model.camera)]
        )
        files = {name: file_digest(target.with_name(name)) for name in written.beside}
        seconds = {"total": time.perf_counter() - start}
        record.write(target, order.scene, order.key, {**details, "files": files}, seconds)

    return once(order.scene, target, order.key, target, reporter, work)


def said_of(target: Path) -> tuple[list[int], list[str]]:
    """Returns the columns and rows of the mesh of a finished export, and what has to be said of it."""
    found = record.read(target)
    return (found["mesh"], found["said"]) if found else ([], [])


def _model(order: Order, shooting: Shooting, take: Take, cut: Cut) -> Model:
    pieces = tuple(pieces_of(cut))
    if not pieces:
        raise UsageError("look.body: none, and no path is drawn, so there is nothing to export; set look.body=block")
    width, height = order.film.size
    aspect = width / len(take.pictures) / height
    camera = camera_of(take, shooting.timeline, order.asked.shot - 1, aspect, cut.scale)
    words = {"title": order.scene.title, "description": caption_of(order.scene, take)} if order.metadata else {}
    return Model(pieces, camera, lights_of(take), words)


def _write(target: Path, written: Written) -> None:
    """Writes the files of an export, each whole or not at all, those that it refers to first."""
    files = {**written.beside, target.name: written.content}
    for name, content in files.items():
        with replacing(target.with_name(name)) as temporary:
            temporary.write_bytes(content)


def _details(order: Order, take: Take, written: Written, said: list[str]) -> dict[str, Any]:
    asked = order.asked
    return {
        "quality": order.quality,
        "form": asked.form,
        "shot": asked.shot,
        "asked": dict(vars(asked)),
        "surface": take.shot.surface,
        **written.facts,
        "said": said,
        "caption": caption_of(order.scene, take),
        "surfaces": records_of([take]),
    }


def _forget_what_is_torn(target: Path) -> None:
    """Removes the record of an export one of whose further files is not as it was written, so that it is made anew."""
    found = record.read(target) or {}
    if not all(is_whole(target.with_name(name), digest) for name, digest in found.get("files", {}).items()):
        record.beside(target, ".json").unlink(missing_ok=True)
