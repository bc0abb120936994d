"""Data sets: examples and targets, split once and for all into a train and a test part.

A data set that is absent is never replaced by another one under the same name.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import DataError
from render.files import file_digest
from render.scene import data as spec

SPLIT_SEED = 20_240_601  # the split belongs to the data set, not to the scene: every seed trains on the same examples


@dataclass(frozen=True)
class Examples:
    """Inputs with their classes."""

    inputs: np.ndarray  # (N, ...) float32
    targets: np.ndarray  # (N,) int64

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, count: int | None) -> Examples:
        """Returns the first count examples; the order within a split is already shuffled."""
        if count is not None and count > len(self):
            raise DataError(
                f"objective.examples: {count} were asked for, but this split has {len(self)}; ask for fewer"
            )
        return Examples(self.inputs[:count], self.targets[:count])


@dataclass(frozen=True)
class Dataset:
    """A named data set."""

    name: str
    classes: int
    train: Examples
    test: Examples

    def split(self, name: str) -> Examples:
        """Returns the "train" or the "test" part."""
        return {"train": self.train, "test": self.test}[name]


def _split(inputs: np.ndarray, targets: np.ndarray, test_share: float = 0.2) -> tuple[Examples, Examples]:
    order = np.random.default_rng(SPLIT_SEED).permutation(len(targets))
    cut = len(targets) - round(test_share * len(targets))
    train, test = order[:cut], order[cut:]
    return Examples(inputs[train], targets[train]), Examples(inputs[test], targets[test])


def digits(_: spec.Digits) -> Dataset:
    """Returns scikit-learn's 1,797 handwritten digits of 8×8 pixels, standardised as a whole."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    pixels = raw.data.astype(np.float32)
    train, test = _split((pixels - pixels.mean()) / pixels.std(), raw.target.astype(np.int64))
    return Dataset("digits", 10, train, test)


def spirals(settings: spec.Spirals) -> Dataset:
    """Returns points on interleaved spiral arms, one arm a class; the arms are always drawn from the same seed."""
    rng = np.random.default_rng(SPLIT_SEED)
    radius = np.linspace(0.05, 1, settings.per_class)
    arms = []
    for arm in range(settings.classes):
        angle = 2 * np.pi * (settings.turns * radius + arm / settings.classes)
        arms.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    points = np.concatenate(arms) + rng.normal(0, settings.noise / 10, (settings.classes * settings.per_class, 2))
    targets = np.repeat(np.arange(settings.classes), settings.per_class)
    train, test = _split((2 * points).astype(np.float32), targets.astype(np.int64))
    return Dataset("spirals", settings.classes, train, test)


DATASETS: dict[type, Callable[[Any], Dataset]] = {spec.Digits: digits, spec.Spirals: spirals}


def load(settings: spec.Data) -> Dataset:
    """Returns the data set that a scene names."""
    return DATASETS[type(settings)](settings)


def fingerprint(settings: spec.Data) -> str:
    """Returns a hash of what the data are made from, without loading them: a file's bytes, or the settings."""
    if isinstance(settings, spec.Digits):
        package = importlib.util.find_spec("sklearn")
        if package is None or package.origin is None:
            raise DataError("digits: scikit-learn is not installed; `pip install scikit-learn` brings its digits")
        return file_digest(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz")
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()
