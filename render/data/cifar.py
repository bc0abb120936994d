"""CIFAR-10 from its Python batches, which are pickles: they are read without running what a pickle may ask for.

Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009).
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from render.data import pixels, places
from render.data.dataset import Dataset, Examples, require_labels, selected
from render.data.sources import SOURCES
from render.errors import DataError
from render.scene import data as spec

TRAIN = [f"data_batch_{number}" for number in range(1, 6)]
TEST = ["test_batch"]
SHAPE = (3, 32, 32)
ALLOWED = {  # what an array is made of
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # bytes, where Python 3 has written them for Python 2
}


class _Arrays(pickle.Unpickler):
    """Reads numbers, words, lists, mappings and arrays, and refuses to look up anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def cifar10(settings: spec.Cifar10) -> Dataset:
    """Returns CIFAR-10."""
    (train, train_labels), (test, test_labels) = (_joined(names) for names in (TRAIN, TEST))
    inputs = pixels.normalised(settings.normalise, train, test)
    train_part, test_part = map(Examples, inputs, (train_labels, test_labels))
    return selected(Dataset("cifar10", 10, train_part, test_part), settings)


def files_of() -> list[Path]:
    """Returns the files of the data set, as they lie there; raises DataError where one is missing."""
    return _files([*TRAIN, *TEST])


def _files(names: list[str]) -> list[Path]:
    remedy = "`thalweg data fetch cifar10` fetches it"
    folder = places.found("cifar10", SOURCES["cifar10"].folders, remedy)
    for name in names:
        if not (folder / name).is_file():
            raise DataError(f"{folder / name}: is missing; remove {folder}, then {remedy}")
    return [folder / name for name in names]


def _joined(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    batches = [read(path) for path in _files(names)]
    return np.concatenate([images for images, _ in batches]), np.concatenate([labels for _, labels in batches])


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images (N, 3, 32, 32) uint8 and the labels (N,) of a batch; raises DataError for anything else."""
    try:
        with path.open("rb") as file:
            batch = _Arrays(file, encoding="bytes").load()
        images, labels = np.asarray(batch[b"data"]), np.asarray(batch[b"labels"])
        if images.dtype != np.uint8 or images.shape != (len(labels), np.prod(SHAPE)):
            raise ValueError(f"its images are {images.dtype} of the shape {images.shape}")
    except Exception as error:  # a pickle can fail in any way
        raise DataError(f"{path}: is no batch of CIFAR-10 ({error}); nothing of it was run; fetch it again") from error
    return images.reshape(-1, *SHAPE), require_labels(str(path), labels, 10)
