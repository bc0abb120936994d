"""Data sets: examples and targets, split once and for all into a train and a test part."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from render.errors import DataError
from render.scene import data as spec

SPLIT_SEED = 20_240_601  # the split belongs to the data set, not to the scene: every seed trains on the same examples
NOISE_SEED = 1  # added to the data's seed, so that the subset and the noise are drawn apart


@dataclass(frozen=True)
class Examples:
    """Inputs with their targets."""

    inputs: np.ndarray  # (N, D) or (N, C, H, W) float32
    targets: np.ndarray  # (N,) int64 classes; or (N, 1) float32 where the data have values in place of classes

    def __len__(self) -> int:
        return len(self.targets)

    def at(self, places: np.ndarray) -> Examples:
        """Returns the examples at places (n,)."""
        return Examples(self.inputs[places], self.targets[places])

    def first(self, count: int | None, balanced: bool = False) -> Examples:
        """Returns the first count examples; the order within a split is already shuffled.

        balanced takes the first of each class, as many as come to count. Raises DataError where there are too few.
        """
        if count is not None and count > len(self):
            raise DataError(
                f"objective.examples: {count} were asked for, but this split has {len(self)}; ask for fewer"
            )
        if balanced:
            return self.at(self._balanced(len(self) if count is None else count))
        return Examples(self.inputs[:count], self.targets[:count])

    def _balanced(self, count: int) -> np.ndarray:
        if self.targets.ndim > 1:
            raise DataError("objective.balanced: these data have no classes; leave it out")
        classes, sizes = np.unique(self.targets, return_counts=True)
        each = min(count // len(classes), int(sizes.min()))
        if each == 0:
            raise DataError(f"objective.examples: {count} are fewer than the {len(classes)} classes; ask for more")
        return places_of_first(self.targets, each)


def places_of_first(targets: np.ndarray, each: int, order: np.ndarray | None = None) -> np.ndarray:
    """Returns where the first examples of every class stand, in the order of the targets; order says what is first."""
    order = np.arange(len(targets)) if order is None else order
    kept = [order[targets[order] == label][:each] for label in np.unique(targets)]
    return np.sort(np.concatenate(kept))


@dataclass(frozen=True)
class Dataset:
    """A named data set."""

    name: str
    classes: int  # 0 where targets are values
    train: Examples
    test: Examples
    notes: tuple[str, ...] = ()  # what is to be said of what was left out

    @property
    def outputs(self) -> int:
        """How many numbers a network gives for an example."""
        return self.classes or 1

    def split(self, name: str) -> Examples:
        """Returns the "train" or the "test" part."""
        return {"train": self.train, "test": self.test}[name]


def split(inputs: np.ndarray, targets: np.ndarray, test_share: float = 0.2) -> tuple[Examples, Examples]:
    """Returns a train and a test part, shuffled, neither of them empty; raises DataError for a single example."""
    count = len(targets)
    if count < 2:
        raise DataError(f"data: {count} example cannot be parted into train and test; give two or more")
    order = np.random.default_rng(SPLIT_SEED).permutation(count)
    cut = min(max(count - round(test_share * count), 1), count - 1)
    whole = Examples(inputs, targets)
    return whole.at(order[:cut]), whole.at(order[cut:])


def shuffled(examples: Examples) -> Examples:
    """Returns examples in another order, always the same."""
    return examples.at(np.random.default_rng(SPLIT_SEED).permutation(len(examples)))


def selected(dataset: Dataset, settings: spec.Labelled) -> Dataset:
    """Returns a data set with the subset and the label noise that a scene asks for."""
    train = _subset(dataset.train, settings.per_class, settings.seed, "per_class")
    test = _subset(dataset.test, settings.test_per_class, settings.seed, "test_per_class")
    if settings.label_noise:
        rng = np.random.default_rng(settings.seed + NOISE_SEED)
        train = Examples(train.inputs, noisy(train.targets, settings.label_noise, dataset.classes, rng))
    return replace(dataset, train=train, test=test)


def _subset(examples: Examples, each: int | None, seed: int, key: str) -> Examples:
    if each is None:
        return examples
    classes, sizes = np.unique(examples.targets, return_counts=True)
    if each > sizes.min():
        label = int(classes[sizes.argmin()])
        raise DataError(f"data.{key}: class {label} has {sizes.min()} examples, {each} were asked for; ask for fewer")
    order = np.random.default_rng(seed).permutation(len(examples))
    return examples.at(places_of_first(examples.targets, each, order))


def noisy(targets: np.ndarray, share: float, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Returns targets (N,) of which a share is drawn anew, evenly among all classes, its own included."""
    count = round(share * len(targets))
    changed = targets.copy()
    changed[rng.permutation(len(targets))[:count]] = rng.integers(0, classes, count)
    return changed


def require_labels(name: str, targets: np.ndarray, classes: int) -> np.ndarray:
    """Returns labels (N,) as int64 from (N,) or (N, 1); raises DataError where they do not number so many classes."""
    labels = targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets
    if labels.ndim != 1 or not _are_whole(labels):
        raise DataError(
            f"{name}: labels must be whole numbers from 0, one for each example, these are {targets.dtype} "
            f"of the shape {targets.shape}; number the classes"
        )
    low, top = (labels.min(), labels.max()) if labels.size else (0, 0)
    if low < 0 or top >= classes:
        wrong = low if low < 0 else top
        raise DataError(f"{name}: label {wrong} is out of range, 0 to {classes - 1}; number the classes from 0")
    return labels.astype(np.int64)


def _are_whole(labels: np.ndarray) -> bool:
    if labels.dtype.kind == "f":
        return bool((np.isfinite(labels) & (labels == np.round(labels))).all())
    return labels.dtype.kind in "biu"
