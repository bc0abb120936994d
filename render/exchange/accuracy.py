"""Accuracy, which one program keeps as a fraction and another as percent: told apart by its range."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render.errors import DataError

ONE = 1 + 1e-6  # the largest fraction, and what rounding adds to it


def fraction_of(path: Path, accuracy: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns accuracies as fractions, float32, with a note where they were percent: one above 1 says so.

    Percent that are all 1 or less look like fractions and are taken for them. Raises DataError for what is neither.
    """
    accuracy = np.asarray(accuracy, np.float64)
    finite = accuracy[np.isfinite(accuracy)]
    lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if lowest < 0 or highest > 100 * ONE:
        raise DataError(f"{path}: its accuracy goes from {lowest:g} to {highest:g}; give a fraction, or percent")
    percent = highest > ONE
    with np.errstate(invalid="ignore"):
        fraction = np.where(np.isfinite(accuracy), accuracy / (100 if percent else 1), np.nan).astype(np.float32)
    return fraction, ("accuracy read as percent",) if percent else ()


def fraction_of_percent(accuracy: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns what should be percent as fractions, with a note where no value is above 1: those are fractions."""
    finite = accuracy[np.isfinite(accuracy)]
    if finite.size and 0 < finite.max() <= ONE:
        return accuracy, ("accuracy read as a fraction",)
    return accuracy / 100, ()
