"""A picture as a height map: its grey level is the value, 0 to 1; its upper edge is the far one."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from render.errors import DataError
from render.landscape.exchange.given import Given, checked, require_few

FORMATS = ("PNG", "TIFF", "JPEG")  # Pillow would open any, and call other programs for some, whatever the ending
WIDE = ("I;16", "I;16B", "I;16L", "I")  # modes of 16 bits


def read(path: Path) -> Given:
    """Returns the surface of a picture, α from −1 to 1 and β at the same scale."""
    try:
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as image:
            warnings.simplefilter("ignore")
            require_few(path, image.width, image.height)
            levels = _levels(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: cannot be read as a picture ({error}); save it as PNG") from error
    height, width = levels.shape
    aspect = (height - 1) / max(1, width - 1)
    return checked(path, np.linspace(-1, 1, width), np.linspace(-aspect, aspect, height), levels[::-1], "grey level")


def _levels(image: Image.Image) -> np.ndarray:
    if image.mode in WIDE:
        return np.asarray(image, np.float64) / 65535
    if image.mode == "F":
        return np.asarray(image, np.float64)
    return np.asarray(image.convert("L"), np.float64) / 255
