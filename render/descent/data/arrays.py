"""Data of one's own in an npz file of arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from render.descent.data import pixels, places
from render.descent.data.dataset import Dataset, Examples, require_labels, selected, shuffled, split
from render.errors import DataError
from render.scene import data as spec

MOST = 2**33  # bytes of all arrays, unpacked


def npz(settings: spec.Npz) -> Dataset:
    """Returns the data set of a file: train_inputs, train_targets, test_inputs, test_targets; or inputs and targets."""
    path = places.own("npz", settings.path)
    arrays = read(path)
    if {"train_inputs", "train_targets", "test_inputs", "test_targets"} <= arrays.keys():
        train, test = (shuffled(_examples(path, arrays, f"{part}_")) for part in ("train", "test"))
    elif {"inputs", "targets"} <= arrays.keys():
        whole = _examples(path, arrays, "")
        train, test = split(whole.inputs, whole.targets, settings.test_share)
    else:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise DataError(f"{path}: holds {names}; name its arrays inputs and targets, or train_inputs and so on")
    if train.inputs.shape[1:] != test.inputs.shape[1:]:
        raise DataError(f"{path}: inputs of train and test have different shapes; give them one")
    return _finished(path, train, test, settings)


def _finished(path: Path, train: Examples, test: Examples, settings: spec.Npz) -> Dataset:
    if train.inputs.dtype == np.uint8 and train.inputs.ndim == 4:
        inputs = pixels.normalised(settings.normalise, train.inputs, test.inputs)
    else:
        inputs = train.inputs.astype(np.float32), test.inputs.astype(np.float32)
    train, test = Examples(inputs[0], train.targets), Examples(inputs[1], test.targets)
    if train.targets.ndim > 1:
        return Dataset(path.stem, 0, train, test)
    classes = int(max(train.targets.max(), test.targets.max(initial=0))) + 1
    if classes < 2:
        raise DataError(f"{path}: all targets are of one class; give examples of two or more")
    return selected(Dataset(path.stem, classes, train, test), settings)


def _examples(path: Path, arrays: dict[str, np.ndarray], prefix: str) -> Examples:
    inputs, targets = arrays[f"{prefix}inputs"], arrays[f"{prefix}targets"]
    if inputs.ndim not in (2, 4) or len(inputs) != len(targets) or not len(targets):
        raise DataError(
            f"{path}: {prefix}inputs have the shape {inputs.shape} for {len(targets):,} targets; "
            "give (N, D) numbers or (N, C, H, W) images, as many as targets"
        )
    if not np.issubdtype(inputs.dtype, np.integer) and not np.isfinite(inputs).all():
        raise DataError(f"{path}: {prefix}inputs hold numbers that are not finite; leave those examples out")
    if np.issubdtype(targets.dtype, np.floating) and targets.shape == (len(inputs), 1):
        return Examples(inputs, targets.astype(np.float32))
    return Examples(inputs, require_labels(f"{path}: {prefix}targets", targets))


def read(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of an npz file, which runs nothing; raises DataError where it is none, or far too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST:
            raise DataError(f"{path}: would unpack to {size:,} bytes, at most {MOST:,} are read; make it smaller")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:  # numpy leaves a torn one open
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError, MemoryError) as error:
        raise DataError(f"{path}: is no npz file of plain arrays ({error}); save it with numpy.savez") from error
