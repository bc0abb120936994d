"""The shelf of data sets that can be fetched: what is there, fetching one, and checking it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from render.descent.data import download, images, places
from render.descent.data.extract import extract
from render.descent.data.sources import SOURCES, Source
from render.errors import DataError, UsageError
from render.progress import Reporter
from render.scene.nearest import nearest


@dataclass(frozen=True)
class Item:
    """A data set on the shelf."""

    name: str
    source: Source
    folder: Path | None  # where it lies, or None

    @property
    def state(self) -> str:
        """Where it is, or how to have it."""
        return str(self.folder) if self.folder else f"absent; {self.source.megabytes:,} MB to fetch"


def items() -> list[Item]:
    """Returns all data sets that can be fetched."""
    return [Item(name, source, _folder(source)) for name, source in SOURCES.items()]


def _folder(source: Source) -> Path | None:
    found = (folder / source.folder for folder in places.search_path())
    return next((folder for folder in found if folder.is_dir()), None)


def source_of(name: str, sources: dict[str, Source]) -> Source:
    """Returns a data set by its name; raises UsageError for an unknown one."""
    if name not in sources:
        raise UsageError(f'there is no data set "{name}" to fetch; {nearest(name, sources)}')
    return sources[name]


def fetch(name: str, reporter: Reporter, sources: dict[str, Source] = SOURCES) -> Path:
    """Returns the folder of a data set after fetching what is missing of it."""
    source = source_of(name, sources)
    folder = places.data_folder() / source.folder
    total = source.megabytes * 10**6
    with reporter.task(f"fetching {name}", total=total, unit="bytes") as task:
        if not source.most_members:
            for remote in source.files:
                download.fetch(remote, folder / remote.name, task.advance)
            return folder
        if folder.is_dir():
            return folder
        (remote,) = source.files
        archive = download.fetch(remote, places.data_folder() / remote.name, task.advance)
    extract(archive, folder, source.most_members, source.most_bytes)
    archive.unlink(missing_ok=True)
    return folder


def verify(name: str, sources: dict[str, Source] = SOURCES) -> str:
    """Returns what was found right of a data set on disk; raises DataError where it is absent or damaged."""
    source = source_of(name, sources)
    folder = _folder(source)
    if folder is None:
        where = " and ".join(str(place) for place in places.search_path())
        raise DataError(f"{name}: {source.folder} is not in {where}; `thalweg data fetch {name}` fetches it")
    if not source.most_members:
        return _verified_files(folder, source)
    if name == "cifar10":
        from render.descent.data import cifar

        count = sum(len(cifar.read(folder / batch)[1]) for batch in (*cifar.TRAIN, *cifar.TEST))
        return f"{count:,} images read"
    return _verified_images(folder)


def _verified_files(folder: Path, source: Source) -> str:
    for remote in source.files:
        file = folder / remote.name
        if not file.is_file():
            raise DataError(f"{file}: is missing; fetch it again")
        if download.md5_of(file) != remote.md5:
            raise DataError(f"{file}: has another hash than the published one; remove it and fetch it again")
    return f"{len(source.files)} files have the published hashes"


def _verified_images(folder: Path) -> str:
    from PIL import Image

    files = [file for listing in images.listed(folder).values() for file in listing.files]
    for file in files:
        try:
            with Image.open(file) as image:
                image.verify()
        except (OSError, SyntaxError, ValueError) as error:
            raise DataError(f"{file}: cannot be read as an image; remove {folder} and fetch it again") from error
    return f"{len(files):,} images opened"
