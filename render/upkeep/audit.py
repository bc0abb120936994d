"""The audit: everything of a scene that lies on disk, read to the last byte against its checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from render.descent import runs
from render.errors import DataError
from render.film import film, record, still
from render.film.frames import FrameStore
from render.landscape import measure, terrain
from render.progress import Reporter
from render.sampling.surface import SurfaceStore
from render.scene.output import Film
from render.scene.spec import Scene

State = Literal["whole", "damaged", "outdated", "not finished", "not made"]


@dataclass(frozen=True)
class Finding:
    """What became of one thing that a scene asks for."""

    kind: str
    name: str
    path: str
    state: State
    said: str = ""  # what is damaged

    def as_dict(self) -> dict[str, str]:
        """Returns the finding for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.path}: {self.state}{f' ({self.said})' if self.said else ''}"


def audit(scene: Scene, quality: str, output: Path, metadata: bool = True) -> Iterator[Finding]:
    """Gives what a scene's runs, surfaces, frames, films and stills on disk are worth; nothing is made or mended."""
    for name in scene.runs:
        yield _run(scene, name, output)
    for name in scene.surfaces:
        yield _surface(scene, name, output)
    for name, asked in scene.stills.items():
        yield file_finding(
            "still", name, still.target_of(name, quality, output), record.file_key(scene, asked, metadata)
        )
    for name, wanted in scene.films.items():
        yield _frames(scene, name, wanted, quality, output)
        yield file_finding(
            "film", name, film.target_of(name, quality, output), record.file_key(scene, wanted, metadata)
        )


def _run(scene: Scene, name: str, output: Path) -> Finding:
    asked = scene.runs[name]
    folder = runs.folder_of(asked, scene.seed, output)
    return _judged("run", name, folder, "run.json", lambda: runs.require_whole(asked, scene.seed, output))


def _surface(scene: Scene, name: str, output: Path) -> Finding:
    if name not in scene.measured:
        ready = Path(scene.surfaces[name].source.surface)  # type: ignore[union-attr]
        return _judged("surface", name, ready, "", lambda: terrain.obtain(scene, name, output, Reporter.silent()))
    folder = measure.folder_of(scene, name, output)
    return _judged("surface", name, folder, "surface.json", lambda: _read_surface(scene, name, output))


def _read_surface(scene: Scene, name: str, output: Path) -> None:
    place = measure.load(scene, name, output).folder / "surface.zarr"
    found = SurfaceStore.open(place)
    assert found is not None
    if not found.is_whole((found.outcome or {}).get("parts", {})):
        raise DataError(f"{place}: measured points of a level are missing or damaged")


def _judged(kind: str, name: str, place: Path, last: str, read: Callable[[], object]) -> Finding:
    """Returns a finding on a folder whose record, written last, has a name, or on a file."""
    if not place.exists():
        return Finding(kind, name, str(place), "not made")
    if last and not (place / last).is_file():
        return Finding(kind, name, str(place), "not finished")
    try:
        read()
    except DataError as damage:
        return Finding(kind, name, str(place), "damaged", str(damage))
    return Finding(kind, name, str(place), "whole")


def file_finding(kind: str, name: str, target: Path, key: str) -> Finding:
    """Returns a finding on a finished film, still, print or export, by the record beside it; "" is a key of any."""
    if not target.is_file():
        return Finding(kind, name, str(target), "not made")
    beside = record.beside(target, ".json")
    found = record.read(target)
    if found is None:
        return Finding(kind, name, str(target), "damaged", f"{beside} is missing or damaged")
    if not record.is_whole(target, found["sha256"]):
        return Finding(kind, name, str(target), "damaged", "its bytes are not those of its record")
    return Finding(kind, name, str(target), "whole" if key in ("", found["key"]) else "outdated")


def _frames(scene: Scene, name: str, wanted: Film, quality: str, output: Path) -> Finding:
    folder, keys = film.frames_of(name, quality, output), film.frame_keys(scene, wanted)
    store = FrameStore(folder)
    if not folder.exists():
        return Finding("frames", name, str(folder), "not made")
    damaged = store.damaged(keys)
    if damaged:
        named = ", ".join(store.paths(index + 1)[-1].name for index in damaged[:5])
        return Finding("frames", name, str(folder), "damaged", f"{len(damaged)} of {len(keys)}: {named}")
    left = len(store.missing(keys))
    return Finding("frames", name, str(folder), "not finished" if left else "whole")
