"""Data that come with a library."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from render.data.dataset import Dataset, selected, split
from render.errors import DataError
from render.scene import data as spec


def digits(settings: spec.Digits) -> Dataset:
    """Returns scikit-learn's 1,797 handwritten digits of 8×8 pixels, standardised as a whole."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    pixels = raw.data.astype(np.float32)
    train, test = split((pixels - pixels.mean()) / pixels.std(), raw.target.astype(np.int64))
    return selected(Dataset("digits", 10, train, test), settings)


def digits_file() -> Path:
    """Returns the file that holds them."""
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataError("digits: scikit-learn is not installed; `pip install scikit-learn` brings its digits")
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
