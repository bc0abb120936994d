"""The shelf of data sets that can be fetched: what is there, fetching one, and checking it."""

from __future__ import annotations

import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.data import download, folders, images, places
from render.data.extract import extract
from render.data.sources import SELECTION, SOURCES, PublishedData, asked_by
from render.errors import DataError, UsageError
from render.progress import Reporter
from render.scene.language.nearest import nearest
from render.storage.files import locked


@dataclass(frozen=True)
class ShelfItem:
    """A data set that can be fetched, or that somebody has put in the data folder."""

    name: str
    source: PublishedData | None  # None where it cannot be fetched
    folder: Path | None  # where it lies, or None
    asked: str  # how a scene asks for it
    begun: int = 0  # how many of its files are there where others are missing

    @property
    def state(self) -> str:
        """Where it is and how to ask for it, or how to have it."""
        licence = f" ({self.source.licence})" if self.source else ""
        if self.folder:
            return f"{self.folder}{licence}; data: {self.asked}"
        size = f"; {self.source.megabytes:,} MB to fetch" if self.source else ""
        what = f"{self.begun} of {len(self.source.files)} files are there" if self.source and self.begun else "absent"
        return f"{what}{size}{licence}"

    @property
    def record(self) -> dict[str, Any]:
        """The same for programs."""
        folder = str(self.folder) if self.folder else None
        published = {"megabytes": self.source.megabytes, "licence": self.source.licence} if self.source else {}
        return {"name": self.name, "folder": folder, **published, "asked": self.asked}


def items() -> list[ShelfItem]:
    """Returns all data sets that can be fetched, and what else lies in the data folder that a scene can ask for."""
    published = [
        ShelfItem(name, source, _folder(source), asked_by(name), _begun(source)) for name, source in SOURCES.items()
    ]
    selection = places.first([SELECTION])
    chosen = [ShelfItem(SELECTION, None, selection, asked_by(SELECTION))] if selection else []
    return [*published, *chosen, *_own()]


def _own() -> list[ShelfItem]:
    """Returns the image folders and the npz files that lie in the data folder itself."""
    known = {SELECTION, *(name.split("/")[0] for source in SOURCES.values() for name in source.folders)}
    place = places.data_folder()
    entries = sorted(place.iterdir()) if place.is_dir() else []
    named = {entry: _kind(entry) for entry in entries if entry.name not in known and not entry.name.startswith(".")}
    return [
        ShelfItem(entry.name, None, entry, f"{{kind: {kind}, path: {json.dumps(entry.name, ensure_ascii=False)}}}")
        for entry, kind in named.items()
        if kind
    ]


def _kind(entry: Path) -> str:
    """Returns the kind of data set that a file or folder is by its look, or "" for none."""
    if entry.is_file():
        return "npz" if entry.suffix == ".npz" else ""
    try:
        return "folder" if folders.holds_images(entry) else ""
    except (DataError, OSError):
        return ""


def _folder(source: PublishedData) -> Path | None:
    """Returns where a data set lies, or None where it is absent or only begun."""
    found = (place / name for place in places.search_path() for name in source.folders)
    return next((folder for folder in found if _is_there(folder, source)), None)


def _is_there(folder: Path, source: PublishedData) -> bool:
    if source.most_members:
        return folder.is_dir()
    return all((folder / remote.name).is_file() for remote in source.files)


def _begun(source: PublishedData) -> int:
    """Returns how many of the files of a data set lie in one folder."""
    if source.most_members:
        return 0
    found = (place / name for place in places.search_path() for name in source.folders)
    return max(sum((folder / remote.name).is_file() for remote in source.files) for folder in found)


def source_of(name: str, sources: dict[str, PublishedData]) -> PublishedData:
    """Returns a data set by its name; raises UsageError for an unknown one."""
    if name not in sources:
        raise UsageError(f'there is no data set "{name}" to fetch; {nearest(name, sources)}')
    return sources[name]


def fetch(name: str, reporter: Reporter, sources: dict[str, PublishedData] = SOURCES) -> Path:
    """Returns the folder of a data set after fetching what is missing of it."""
    source = source_of(name, sources)
    folder = places.data_folder() / source.folder
    with locked(folder, reporter.say):
        if not source.most_members:
            _download(name, source, folder, reporter)
        elif not folder.is_dir():
            (archive,) = _download(name, source, folder.parent, reporter)
            reporter.say(f"unpacking {archive.name}")
            extract(archive, folder, source.most_members, source.most_bytes)
            archive.unlink(missing_ok=True)
    return folder


def _download(name: str, source: PublishedData, folder: Path, reporter: Reporter) -> list[Path]:
    with reporter.task(f"fetching {name}", total=source.megabytes * 10**6, unit="bytes") as task:
        files = [download.fetch(remote, folder / remote.name, task.advance) for remote in source.files]
        task.total = task.done  # the megabytes are rounded
    return files


def verify(name: str, sources: dict[str, PublishedData] = SOURCES) -> str:
    """Returns what was found right of a data set on disk; raises DataError where it is absent or damaged."""
    selection = places.first([SELECTION]) if name == SELECTION else None
    if selection is not None:
        return f"{_count_of_images(selection):,} images read"
    source = source_of(name, sources)
    folder = _folder(source)
    if folder is None:
        where = " and ".join(str(place) for place in places.search_path())
        raise DataError(f"{name}: {source.folder} is not whole in {where}; `thalweg data fetch {name}` fetches it")
    if not source.most_members:
        return _verified_files(folder, source)
    count = _count_of_batches(folder) if name == "cifar10" else _count_of_images(folder)
    if source.examples and count != source.examples:
        raise DataError(f"{folder}: holds {count:,} images, {source.examples:,} are right; remove it, then fetch it")
    return f"{count:,} images read"


def _verified_files(folder: Path, source: PublishedData) -> str:
    for remote in source.files:
        if download.md5_of(folder / remote.name) != remote.md5:
            raise DataError(
                f"{folder / remote.name}: has another hash than the published one; remove it and fetch it again"
            )
    return f"{len(source.files)} files have the published hashes"


def _count_of_batches(folder: Path) -> int:
    from render.data import cifar

    return sum(len(cifar.read(folder / batch)[1]) for batch in (*cifar.TRAIN, *cifar.TEST))


def _count_of_images(folder: Path) -> int:
    files = folders.total(folders.listed(folder).values())
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")
        fine = list(pool.map(images.can_be_read, files))
    if not all(fine):
        broken = files[fine.index(False)]
        raise DataError(f"{broken}: cannot be read as an image; remove {folder} and fetch or copy it again")
    return len(files)
