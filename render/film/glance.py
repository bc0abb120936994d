"""A glance: a picture averaged over blocks to a few thousand places, to compare pictures by."""

from __future__ import annotations

import numpy as np
from PIL import Image

ACROSS = 96  # places along the longer side


def glance_of(picture: np.ndarray) -> np.ndarray:
    """Returns a picture (H, W, 3 or 4), uint8 or uint16, as codes (h, w, 3) float32 in 0..255; alpha is over black."""
    codes = (picture >> 8).astype(np.uint8) if picture.dtype == np.uint16 else picture
    block = max(1, max(codes.shape[:2]) // ACROSS)
    small = np.asarray(Image.fromarray(codes).reduce(block), np.float32)
    return small if small.shape[2] == 3 else small[..., :3] * (small[..., 3:] / 255)
