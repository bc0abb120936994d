"""Data sets by their names.

A data set that is absent is never replaced by another one under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from render.data import arrays, cifar, embedded, folders, hashing, idx, images, made_up, places
from render.data.dataset import Dataset, Examples
from render.scene import data as spec

__all__ = ["DATASETS", "FILES", "Dataset", "Examples", "fingerprint", "load"]

DATASETS: dict[type, Callable[[Any], Dataset]] = {
    spec.Digits: embedded.digits,
    spec.Mnist: idx.mnist,
    spec.FashionMnist: idx.mnist,
    spec.Cifar10: cifar.cifar10,
    spec.Imagenette: images.imagenette,
    spec.Folder: images.folder,
    spec.Npz: arrays.npz,
    spec.Spirals: made_up.spirals,
    spec.Moons: made_up.moons,
    spec.OneWeight: made_up.one_weight,
    spec.TwoWeights: made_up.two_weights,
}


def _images_in(place: Path) -> list[str]:
    listings = folders.listed(place).values()
    return [*folders.total(listings), *(listing.table for listing in listings if listing.table)]


FILES: dict[type, Callable[[Any], Sequence[str | Path]]] = {  # what a data set is read from; the others are made up
    spec.Digits: lambda _: [embedded.digits_file()],
    spec.Mnist: lambda settings: idx.files_of(settings.kind),
    spec.FashionMnist: lambda settings: idx.files_of(settings.kind),
    spec.Cifar10: lambda _: cifar.files_of(),
    spec.Imagenette: lambda settings: _images_in(images.imagenette_folder(settings)),
    spec.Folder: lambda settings: _images_in(places.own_folder(settings.path)),
    spec.Npz: lambda settings: [places.own_file(settings.path)],
}


def load(settings: spec.Data) -> Dataset:
    """Returns the data set that a scene names; raises DataError where it is absent or cannot be used."""
    return DATASETS[type(settings)](settings)


def fingerprint(settings: spec.Data) -> str:
    """Returns a hash of what the data are made from, without loading them: the bytes of files, or the settings."""
    files = FILES.get(type(settings))
    if files is not None:
        return hashing.digest_of([str(file) for file in files(settings)])
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
