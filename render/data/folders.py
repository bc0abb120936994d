"""Image files in one folder for each class: which they are, in a fixed order, and what else lies there.

Images lie in the folder of their class or in folders within it (class/images/*.JPEG, as in Tiny ImageNet). A file
without an ending is opened to see whether it is one. Whatever is none is left out and counted: nothing becomes a class
but a folder that somebody made for one.
"""

from __future__ import annotations

import collections
import functools
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from render.errors import DataError

ENDINGS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm",
)  # fmt: skip
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # what a file without an ending may be
PARTS = {"train": ["train", "training"], "test": ["val", "test", "valid", "validation", "testing"]}
STRANGERS = {  # folders that archives, disks and viewers bring along; those that begin with a dot are like them
    "__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found", "system volume information",
}  # fmt: skip
ANNOTATIONS = "*annotations*.txt"  # lines of an image and its class, as Tiny ImageNet has for its val images
SHOWN = 5  # kinds of what is left out in a sentence


@dataclass(frozen=True)
class Listing:
    """Image files with their classes, in a fixed order."""

    files: tuple[str, ...]  # text, since paths of ten thousand files take a quarter of a second
    labels: np.ndarray  # (N,) int64
    left_out: tuple[str, ...] = ()  # paths of what is no image
    table: str = ""  # path of the file that tells the classes, where it is not the folders


def parts_of(place: Path) -> dict[str, Path]:
    """Returns the folders of the train and the test part; one folder is the train part of a set that is not split.

    Raises DataError where there is a test part only.
    """
    found = {part: _part(place, names) for part, names in PARTS.items()}
    if found["train"] is None and found["test"] is not None and _folders_in(found["test"]):
        raise DataError(f"{place}: has a folder {found['test'].name}, but none train; name both, or neither")
    if found["train"] is None:
        return {"train": place}
    return {part: folder for part, folder in found.items() if folder is not None}


def _part(place: Path, names: Sequence[str]) -> Path | None:
    """Returns the folder of a part, whatever its capitals; one that holds images themselves is a class of this name."""
    there = {name.lower(): name for name in reversed(_folders_in(place))}
    folder = next((place / name for name in names if (place / name).is_dir()), None) or next(
        (place / there[name] for name in names if name in there), None
    )
    return None if folder is None or _is_class(folder) else folder


def _is_class(folder: Path) -> bool:
    return not _folders_in(folder) and any(name.lower().endswith(ENDINGS) for name in os.listdir(folder))  # noqa: PTH208


def class_names(place: Path) -> list[str]:
    """Returns the names of the classes, in the order of their labels; raises DataError where there are under two."""
    train = parts_of(place)["train"]
    names = _folders_in(train)
    if len(names) < 2:
        what = f"only one class, {names[0]}" if names else "no class folders"
        inner = f", or name {train / names[0]}, which holds some" if names and _folders_in(train / names[0]) else ""
        raise DataError(f"{train}: holds {what}; put the images of two classes or more in a folder for each{inner}")
    return names


def holds_images(place: Path) -> bool:
    """Whether a folder looks like a set of images; only its first class is looked into."""
    try:
        names = class_names(place)
    except DataError:
        return False
    return bool(_files_in(parts_of(place)["train"] / names[0])[0])


def listed(place: Path) -> dict[str, Listing]:
    """Returns the image files of each part, class by class and by name."""
    names = class_names(place)
    return {part: _listing(part_folder, names) for part, part_folder in parts_of(place).items()}


def notes_of(place: Path, parts: dict[str, Listing]) -> tuple[str, ...]:
    """Returns what is to be said of what lies in a set and is not read."""
    folders = parts_of(place)
    notes = [f"{folders[part]}: {_counted(listing.left_out)}" for part, listing in parts.items() if listing.left_out]
    if "test" in folders:
        used = {folder.name for folder in folders.values()}
        others = [n for n in _folders_in(place) if n not in used and n.lower() in (*PARTS["train"], *PARTS["test"])]
        notes += [f"{place}: {name} is left out, since {folders['test'].name} is the test part" for name in others]
    return tuple(notes)


def _counted(left_out: Collection[str]) -> str:
    """Returns how many are left out, and of what kinds."""
    kinds = collections.Counter(map(_kind, left_out))
    most = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    said = [f"{count:,} {kind}" for kind, count in most[:SHOWN]] + (["others"] if len(most) > SHOWN else [])
    verb = "is no image and is" if len(left_out) == 1 else "are no images and are"
    return f"{len(left_out):,} {verb} left out: {', '.join(said)}"


def _kind(path: str) -> str:
    """Returns what a file or folder that is no image is called: its ending, or its name where it has none."""
    name = os.path.basename(path)  # noqa: PTH119
    ending = Path(name).suffix.lower()
    return name if name.startswith(".") or not ending or name.lower() == "thumbs.db" else ending


def _listing(part: Path, names: Sequence[str]) -> Listing:
    unknown = sorted(set(_folders_in(part)) - set(names))
    table = min(part.glob(ANNOTATIONS), default=None) if unknown else None
    if table is not None:
        return _annotated(part, table, names)
    if unknown:
        raise DataError(f"{part / unknown[0]}: is a class that the train part does not have; remove it")
    files: list[str] = []
    labels: list[int] = []
    left_out = [entry.path for entry in os.scandir(part) if entry.name not in names]
    for label, name in enumerate(names):
        own, others = _files_in(part / name)
        if not own:
            only = f" ({_counted(others)})" if others else ""
            raise DataError(f"{part / name}: holds no images{only}; put some there, or remove the folder")
        files += own
        left_out += others
        labels += [label] * len(own)
    return Listing(tuple(files), np.array(labels, np.int64), tuple(sorted(left_out)))


def _annotated(part: Path, table: Path, names: Sequence[str]) -> Listing:
    """Returns the images of a part whose classes a table tells, of an image and its class in each line."""
    classes = _classes_in(table)
    files, others = _files_in(part)
    untold = [file for file in files if os.path.basename(file) not in classes]  # noqa: PTH119
    if untold:
        raise DataError(f"{untold[0]}: has no line in {table.name}; add its class, or remove it")
    unknown = sorted({*classes.values()} - {*names})
    if unknown:
        raise DataError(f"{table}: names a class {unknown[0]} that the train part does not have; remove its lines")
    number = {name: label for label, name in enumerate(names)}
    told = sorted((number[classes[os.path.basename(file)]], file) for file in files)  # noqa: PTH119
    left_out = tuple(path for path in others if path != str(table))
    labels = np.array([label for label, _ in told], np.int64)
    return Listing(tuple(file for _, file in told), labels, left_out, str(table))


def _classes_in(table: Path) -> dict[str, str]:
    """Returns the class of each image; raises DataError where a line is none of an image and its class."""
    try:
        rows = [line.split() for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError(f"{table}: cannot be read as text; copy it again") from error
    short = next((number for number, row in enumerate(rows, 1) if len(row) < 2), None)
    if short is not None:
        raise DataError(f"{table}: line {short} is not an image and its class; mend it")
    return {row[0]: row[1] for row in rows}


def _folders_in(folder: Path) -> list[str]:
    """Returns the names of the folders in a folder, sorted, without those that nobody made for a class."""
    names = (entry.name for entry in os.scandir(folder) if entry.is_dir())
    return sorted(name for name in names if not _is_stranger(name))


def _is_stranger(name: str) -> bool:
    return name.startswith(".") or name.lower() in STRANGERS


def _files_in(folder: Path) -> tuple[list[str], list[str]]:
    """Returns the paths of the images in a folder and in those within it, sorted, and of all else; none if absent."""
    images: list[str] = []
    others: list[str] = []
    waiting = [str(folder)] if folder.is_dir() else []
    while waiting:
        for entry in os.scandir(waiting.pop()):
            inside = entry.is_dir(follow_symlinks=False) and not _is_stranger(entry.name)
            if inside:
                waiting.append(entry.path)
            else:
                (images if _is_image(entry) else others).append(entry.path)
    return sorted(images), sorted(others)


def _is_image(entry: os.DirEntry[str]) -> bool:
    """Whether a file is an image by its ending, or, where it has none, by its first bytes."""
    if entry.name.startswith(".") or not entry.is_file():
        return False
    if entry.name.lower().endswith(ENDINGS):
        return True
    ending = os.path.splitext(entry.name)[1]  # noqa: PTH122
    state = entry.stat()
    return (not ending or ending[1:].isdecimal()) and _begins_as_one(entry.path, state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=2**17)
def _begins_as_one(path: str, _size: int, _changed: int) -> bool:
    """Whether a file begins as an image does, opened once as long as it has this size and time of change."""
    try:
        with Image.open(path, formats=FORMATS):
            return True
    except Exception:  # what is no image can fail in any way
        return False


def total(listings: Iterable[Listing]) -> list[str]:
    """Returns the image files of all parts."""
    return [file for listing in listings for file in listing.files]
