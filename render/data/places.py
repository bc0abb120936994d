"""Where data lie: the folder that THALWEG_DATA or --data names, else the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from render.errors import DataError
from render.storage.files import cache_folder, leads_out

VARIABLE = "THALWEG_DATA"


def data_folder() -> Path:
    """Returns the folder that data are looked for in first, and fetched to."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else cache_folder() / "data"


def search_path() -> list[Path]:
    """Returns the folders that data are looked for in."""
    return list(dict.fromkeys([data_folder(), cache_folder() / "data"]))


def first(candidates: Sequence[str]) -> Path | None:
    """Returns the first of some files or folders that exists, or None."""
    tried = (folder / candidate for folder in search_path() for candidate in candidates)
    return next((place for place in tried if place.exists()), None)


def found(name: str, candidates: Sequence[str], remedy: str) -> Path:
    """Returns the first of some files or folders that exists; raises DataError that says where they were looked for."""
    place = first(candidates)
    if place is not None:
        return place
    where = " and ".join(str(folder) for folder in search_path())
    raise DataError(f"{name}: {' or '.join(candidates)} was not found in {where}; {remedy}")


def own_folder(path: str) -> Path:
    """Returns a folder of one's own; raises DataError where there is none, or it leads out of the data folder."""
    place = _own("folder", path)
    if not place.is_dir():
        raise DataError(f"folder: {place} is a file; name a folder that holds a folder of images for each class")
    return place


def own_file(path: str) -> Path:
    """Returns a file of one's own; raises DataError where there is none, or it leads out of the data folder."""
    place = _own("npz", path)
    if not place.is_file():
        raise DataError(f"npz: {place} is a folder; name a file in it")
    return place


def _own(kind: str, path: str) -> Path:
    place = found(kind, [path], f"put it there, or name its folder with --data or {VARIABLE}")
    folder = next(folder for folder in search_path() if (folder / path).exists())
    if leads_out(place, folder):
        raise DataError(f"{kind}: {path} is a link that leads out of {folder}; put the data themselves there")
    return place
