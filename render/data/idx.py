"""The idx format of MNIST and its kin: a magic number, the sizes, then bytes.

Two bytes of zero, one for the type (8 is unsigned bytes), one for the number of dimensions, then a big-endian size for
each of them (LeCun, "The MNIST database").
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from render.data import pixels, places
from render.data.dataset import Dataset, Examples, require_labels, selected
from render.data.sources import SOURCES
from render.errors import DataError
from render.scene import data as spec

PARTS = {"train": "train", "test": "t10k"}
MOST_BYTES = 2**31  # bytes of one file, unpacked


def mnist(settings: spec.Mnist | spec.FashionMnist) -> Dataset:
    """Returns MNIST or Fashion-MNIST from its four files."""
    name = settings.kind
    folder = _folder(name)
    raw = {part: _part(folder, prefix) for part, prefix in PARTS.items()}
    if raw["train"][0].shape[1:] != raw["test"][0].shape[1:]:
        raise DataError(f"{folder}: images of train and test have different sizes; fetch {name} again")
    train, test = pixels.normalised(settings.normalise, raw["train"][0], raw["test"][0])
    whole = Dataset(name, 10, Examples(train, raw["train"][1]), Examples(test, raw["test"][1]))
    return selected(whole, settings)


def files_of(name: str) -> list[Path]:
    """Returns the four files of a data set, as they lie there."""
    folder = _folder(name)
    kinds = ("images-idx3", "labels-idx1")
    return [_file(folder, f"{prefix}-{kind}-ubyte") for prefix in PARTS.values() for kind in kinds]


def _folder(name: str) -> Path:
    return places.found(name, SOURCES[name].folders, f"`thalweg data fetch {name}` fetches it")


def _part(folder: Path, prefix: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (_file(folder, f"{prefix}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    inputs, targets = read(images, 3), read(labels, 1)
    if len(inputs) != len(targets):
        raise DataError(f"{labels}: has {len(targets):,} labels for {len(inputs):,} images; fetch both again")
    if not inputs.size:
        raise DataError(f"{images}: holds no images; fetch it again")
    return inputs[:, None], require_labels(str(labels), targets, 10)


def _file(folder: Path, name: str) -> Path:
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.is_file():
            return candidate
    raise DataError(f"{folder / name}.gz: is missing; `thalweg data fetch {folder.name}` fetches it")


def read(path: Path, dimensions: int) -> np.ndarray:
    """Returns the bytes of an idx file as an array (N, ...) of so many dimensions; raises DataError for any other."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
            shape = _shape(path, header, dimensions)
            content = file.read(math.prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: is not a whole gzip file ({error}); fetch it again") from error
    if len(content) != math.prod(shape):
        what = "more" if len(content) > math.prod(shape) else "fewer"
        raise DataError(f"{path}: holds {what} bytes than its header says; fetch it again")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _shape(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    if len(header) < 4 + 4 * dimensions or header[:4] != bytes([0, 0, 8, dimensions]):
        raise DataError(f"{path}: is no idx file of unsigned bytes in {dimensions} dimensions; fetch it again")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if math.prod(shape) > MOST_BYTES:
        raise DataError(f"{path}: claims {math.prod(shape):,} bytes, at most {MOST_BYTES:,} are read; fetch it again")
    return shape
