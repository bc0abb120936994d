"""Data of one's own in an npz file of arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from render.data import pixels, places
from render.data.dataset import Dataset, Examples, require_labels, selected, shuffled, split
from render.errors import DataError
from render.scene import data as spec

MOST_BYTES = 2**33  # bytes of all arrays, unpacked
SPLIT = {"train_inputs", "train_targets", "test_inputs", "test_targets"}
UNSPLIT_NAMES = {"inputs", "targets"}


def npz(settings: spec.Npz) -> Dataset:
    """Returns the data set of a file: train_inputs, train_targets, test_inputs, test_targets; or inputs and targets."""
    path = places.own_file(settings.path)
    arrays = read(path)
    if arrays.keys() >= SPLIT:
        train, test = (shuffled(_examples(path, arrays, f"{part}_")) for part in ("train", "test"))
        _require_alike(path, train, test)
    elif arrays.keys() >= UNSPLIT_NAMES:
        whole = _examples(path, arrays, "")
        train, test = split(whole.inputs, whole.targets, settings.test_share)
    else:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise DataError(f"{path}: holds {names}; name its arrays inputs and targets, or train_inputs and so on")
    return _finished(path, train, test, settings)


def _require_alike(path: Path, train: Examples, test: Examples) -> None:
    if train.inputs.shape[1:] != test.inputs.shape[1:] or train.inputs.dtype != test.inputs.dtype:
        raise DataError(f"{path}: inputs of train and test have different shapes or types; give them one")
    if train.targets.ndim != test.targets.ndim:
        raise DataError(f"{path}: targets of train and test are classes here and values there; give them one kind")


def _finished(path: Path, train: Examples, test: Examples, settings: spec.Npz) -> Dataset:
    train, test = _normalised(path, train, test, settings.normalise)
    if train.targets.ndim > 1:
        if settings.per_class or settings.test_per_class or settings.label_noise:
            raise DataError(f"{path}: has values in place of classes; leave out per_class and label_noise")
        return Dataset(path.stem, 0, train, test)
    classes = int(max(train.targets.max(), test.targets.max())) + 1
    if classes < 2:
        raise DataError(f"{path}: all targets are of one class; give examples of two or more")
    return selected(Dataset(path.stem, classes, train, test), settings)


def _normalised(path: Path, train: Examples, test: Examples, rule: str) -> tuple[Examples, Examples]:
    """Returns examples with inputs in float32; raises DataError where a rule for images meets other numbers."""
    if train.inputs.dtype == np.uint8:
        inputs = pixels.normalised(rule, train.inputs, test.inputs)
        return Examples(inputs[0], train.targets), Examples(inputs[1], test.targets)
    if rule != "none":
        raise DataError(f"{path}: normalise: {rule} is for images (N, C, H, W) of bytes (uint8); leave it out")
    return train, test


def _examples(path: Path, arrays: dict[str, np.ndarray], prefix: str) -> Examples:
    inputs, targets = arrays[f"{prefix}inputs"], arrays[f"{prefix}targets"]
    if not inputs.size or not targets.ndim or inputs.ndim not in (2, 4) or len(inputs) != len(targets):
        raise DataError(
            f"{path}: {prefix}inputs have the shape {inputs.shape} for {targets.size:,} targets; "
            "give (N, D) numbers or (N, C, H, W) images, as many as targets"
        )
    if inputs.dtype != np.uint8 or inputs.ndim != 4:  # images of bytes stay as they are until they are normalised
        inputs = _finite(f"{path}: {prefix}inputs", inputs)
    if targets.dtype.kind == "f" and targets.shape == (len(inputs), 1):
        return Examples(inputs, _finite(f"{path}: {prefix}targets", targets))
    most = sum(array.size for name, array in arrays.items() if name.endswith("targets"))
    return Examples(inputs, require_labels(f"{path}: {prefix}targets", targets, most))


def _finite(name: str, numbers: np.ndarray) -> np.ndarray:
    """Returns numbers as float32; raises DataError where they are none, or not finite."""
    if numbers.dtype.kind not in "biuf":
        raise DataError(f"{name} are {numbers.dtype}; give real numbers")
    with np.errstate(over="ignore"):
        made = numbers.astype(np.float32)
    if not np.isfinite(made).all():
        raise DataError(f"{name} hold numbers that are not finite in float32; leave those examples out")
    return made


def read(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of an npz file, which runs nothing; raises DataError where it is none, or far too large."""
    try:
        size = _unpacked_size(path)
        arrays = _arrays(path) if size <= MOST_BYTES else {}
    except Exception as error:  # a torn file can fail in any way
        raise DataError(f"{path}: is no npz file of plain arrays ({error}); save it with numpy.savez") from error
    if size > MOST_BYTES:
        raise DataError(f"{path}: would unpack to {size:,} bytes, at most {MOST_BYTES:,} are read; make it smaller")
    return arrays


def _unpacked_size(path: Path) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:  # numpy leaves a torn one open
        arrays = {name: stored[name] for name in stored.files}
    strangers = [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]
    if strangers:
        raise ValueError(f"{strangers[0]} is no array")
    return arrays
