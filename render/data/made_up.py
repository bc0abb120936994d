"""Data for teaching, made from a formula; always drawn from the same seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from render.data.dataset import SPLIT_SEED, Dataset, Examples, selected, split
from render.scene import data as spec

POINTS = 64  # of the data sets of one and two weights


def spirals(settings: spec.Spirals) -> Dataset:
    """Returns points on interleaved spiral arms, one arm a class."""
    rng = np.random.default_rng(SPLIT_SEED)
    radius = np.linspace(0.05, 1, settings.per_class)
    arms = []
    for arm in range(settings.classes):
        angle = 2 * np.pi * (settings.turns * radius + arm / settings.classes)
        arms.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1))
    points = np.concatenate(arms) + rng.normal(0, settings.noise / 10, (settings.classes * settings.per_class, 2))
    return _classes("spirals", 2 * points, settings.classes, settings)


def moons(settings: spec.Moons) -> Dataset:
    """Returns points on two half circles; the lower one is moved by half a radius so that it reaches into the other."""
    rng = np.random.default_rng(SPLIT_SEED)
    angle = np.linspace(0, np.pi, settings.per_class)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    points = np.concatenate([upper, np.array([1.0, 0.5]) - upper])
    points += rng.normal(0, settings.noise, points.shape)
    return _classes("moons", points - np.array([0.5, 0.25]), 2, settings)


def _classes(name: str, points: np.ndarray, classes: int, settings: spec.Spirals | spec.Moons) -> Dataset:
    targets = np.repeat(np.arange(classes), settings.per_class)
    train, test = split(points.astype(np.float32), targets.astype(np.int64))
    return selected(Dataset(name, classes, train, test), settings.model_copy(update={"per_class": None}))


def one_weight(settings: spec.OneWeight) -> Dataset:
    """Returns points on a line through the origin; train and test are the same points."""
    return _curve("one-weight", lambda x: settings.slope * x, settings.noise)


def two_weights(settings: spec.TwoWeights) -> Dataset:
    """Returns points on a curve v·tanh(w·x); train and test are the same points."""
    return _curve("two-weights", lambda x: settings.outer * np.tanh(settings.inner * x), settings.noise)


def _curve(name: str, curve: Callable[[np.ndarray], np.ndarray], noise: float) -> Dataset:
    x = np.linspace(-1, 1, POINTS)[:, None]
    y = curve(x) + np.random.default_rng(SPLIT_SEED).normal(0, noise, x.shape)
    examples = Examples(x.astype(np.float32), y.astype(np.float32))
    return Dataset(name, 0, examples, examples)
