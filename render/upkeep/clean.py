"""Cleaning: what lies in an output folder and no scene asks for, at any quality.

Only what this package has made, and can make again, is ever taken for waste: imported runs, surfaces that were kept
from Python and files of any other name stay.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.film import record
from render.film.pool import FOLDER, LENGTH, Pool
from render.film.prints.keeping import ENDING
from render.scene.outputs import ENDINGS
from render.scene.quality import apply_quality, qualities
from render.scene.spec import Scene
from render.site.exhibit import address
from render.storage.files import disk_errors, idle
from render.storage.records import read_json
from render.works.finest import finest
from render.works.frames_work import FramesWork
from render.works.of_scene import works_of
from render.works.order import Order

LINES = ("surface.zarr", "balls.npz")  # what lies in the folders of lines, and of balls on them
EXPORTS = ("glb", "usd", "stl", "obj")  # formats of the stage of a scene


@dataclass(frozen=True)
class Waste:
    """A thing that no scene asks for, with all its files."""

    kind: str
    paths: tuple[Path, ...]
    size: int  # bytes
    used: float  # when it was made, seconds since the epoch

    def __str__(self) -> str:
        several = self.kind == "pictures"
        what = f"{len(self.paths):,} pictures without words" if several else f"{self.kind} {self.paths[0]}"
        return f"{what}, {self.size / 1e6:,.1f} MB"

    def as_dict(self) -> dict[str, Any]:
        """Returns it for JSON."""
        return {**asdict(self), "paths": [str(path) for path in self.paths]}


def waste(
    scenes: Sequence[Scene], output: Path, keep: int = 0, stems: Sequence[str] = (), varied: Sequence[str] = ()
) -> list[Waste]:
    """Returns what none of the scenes, not yet at any quality, asks for, but the newest `keep` things of each kind.

    stems: of the scenes' files, by which their exports are called; varied: of files with variants, of which there is a
    sheet. Where a scene's data are not here, whatever may be its own is left out.
    """
    wanted = [prefix for scene in scenes for prefix in _wanted(scene, output)]
    wanted += [output / family / f"{stem}.*" for stem in stems for family in ("exports", "previews", "views")]
    wanted += [output / "views" / f"{address(stem)}.*" for stem in stems]
    wanted += [output / "variants" / f"{stem}.*" for stem in varied]
    found: dict[str, list[Waste]] = {}
    for kind, paths in _made(output):
        if not any(_belongs(paths[0], prefix) for prefix in wanted):
            found.setdefault(kind, []).append(_of(kind, paths))
    pictures = _pictures(scenes, output)
    if pictures:
        found["pictures"] = [_of("pictures", pictures)]
    return [item for items in found.values() for item in sorted(items, key=lambda item: item.used, reverse=True)[keep:]]


def remove(items: Sequence[Waste]) -> list[Waste]:
    """Removes things; returns those that were not, since somebody is at work there."""
    busy = []
    for item in items:
        if not idle(item.paths[0]):
            busy.append(item)
            continue
        for path in item.paths:
            with disk_errors(path):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    return busy


def _wanted(scene: Scene, output: Path) -> Iterator[Path]:
    """Gives the paths of everything that a scene asks for; one that ends in * stands for all that begin so."""
    for quality in qualities():
        for work in works_of(Order(apply_quality(scene, quality), quality, output)):
            yield from work.claims()


def _pictures(scenes: Sequence[Scene], output: Path) -> tuple[Path, ...]:
    """Returns the pictures without words that no film of the scenes shows; none where data for a key are absent."""
    there = list(Pool(output / FOLDER).pictures())
    if not there:
        return ()
    try:
        wanted = {key for scene in scenes for key in _shown(scene, output)}
    except DataError:
        return ()
    kept = {key[:LENGTH] for key in wanted}
    return tuple(picture.path for short, picture in there if short not in kept)


def _shown(scene: Scene, output: Path) -> Iterator[str]:
    """Gives the keys of the pictures of all films of a scene, of surfaces that are finer than asked for too."""
    for quality in qualities():
        asked = Order(apply_quality(scene, quality), quality, output)
        for order in (asked, finest(scene, asked)[0]):
            for name in order.scene.films:
                yield from FramesWork(order, name).programme.keys_of_pictures()


def _made(output: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Gives all that this package has made in a folder, each with the files that go with it."""
    for folder in _folders(output / "runs"):
        if _is_trained(folder):
            yield "run", (folder,)
    for folder in _folders(output / "surfaces"):
        if (folder / "surface.zarr").is_dir() and re.fullmatch(r"[a-z]+-[0-9a-f]{8}", folder.name):
            yield "surface", (folder,)
    for path in sorted(output.glob("series/*.json")):
        if re.fullmatch(r"[a-z-]+-[0-9a-f]{8}\.json", path.name):
            yield "series", (path,)
    for folder in _folders(output / "lines"):
        if re.fullmatch(r"[a-z]+-[0-9a-f]{8}", folder.name) and any((folder / made).exists() for made in LINES):
            yield "line", (folder,)
    for folder in _folders(output / "chronicles"):
        if re.fullmatch(r".+-[0-9a-f]{8}", folder.name) and (folder / "values.npz").is_file():
            yield "chronicle", (folder,)
    for folder in _folders(output / "frames"):
        if any(folder.glob("*.jsonl")):
            yield "frames", (folder,)
    for folder in _folders(output / "stills"):
        if folder.name.endswith(ENDING) and (folder / "light").is_file():
            yield "begun print", (folder,)
    for kind, pattern in (
        ("still", "stills/*.png"),
        ("still", "stills/*.tif"),
        ("still", "stills/*.exr"),
        *(("film", f"films/*.{ending}") for ending in sorted(ENDINGS)),
        ("sheet", "looks/*.png"),
        ("preview", "previews/*.png"),
        ("storyboard", "storyboards/*.png"),
        ("sheet", "variants/*.png"),
        *(("export", f"exports/*.{form}") for form in EXPORTS),
        ("view", "views/*.js"),
        ("export", "views/*.glb"),
    ):
        for path in sorted(output.glob(pattern)):
            if path.is_file():
                yield from _recorded(kind, path)
    for folder in _folders(output / "films"):
        yield from _recorded("film", folder)


def _recorded(kind: str, path: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """Gives a file or folder with those that go with it, where a record tells of it."""
    besides = [record.beside(path, ending) for ending in (".json", ".timing.json")]
    if besides[0].is_file():
        yield kind, (path, *(other for other in (*_further(path), *besides) if other.is_file()))


def _further(path: Path) -> list[Path]:
    """Returns the files that a finished one refers to, by its record."""
    names = (record.read(path) or {}).get("files", {})
    return [path.with_name(name) for name in names if Path(name).name == name]


def _folders(family: Path) -> list[Path]:
    return sorted(path for path in family.glob("*") if path.is_dir() and not path.is_symlink())


def _is_trained(folder: Path) -> bool:
    """Whether a folder holds a run that was trained here, finished or not; imported ones and logs are not."""
    if not re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{8}", folder.name):
        return False
    told = read_json(folder / "run.json")
    finished = isinstance(told, dict) and "settings" in told
    return finished or (told is None and (folder / "checkpoint.pt").is_file())


def _of(kind: str, paths: tuple[Path, ...]) -> Waste:
    files = [file for path in paths for file in ((path, *path.rglob("*")) if path.is_dir() else (path,))]
    stats = [file.lstat() for file in files]
    return Waste(kind, paths, sum(stat.st_size for stat in stats), max(stat.st_mtime for stat in stats))


def _belongs(path: Path, wanted: Path) -> bool:
    if wanted.name.endswith("*"):
        return path.parent == wanted.parent and path.name.startswith(wanted.name[:-1])
    return path == wanted
