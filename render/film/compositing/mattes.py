"""Mattes: what share of a pixel a thing takes, in 0..1; those of path, body and ground are 1 together.

shadow is the share of the pixel that shows the top of a body, times the share of the sun's disc that the terrain hides
there: what lies in another slope's shadow, and what turns away from the sun. Cut faces, the lower side of sheets,
points of light, paths and the ground have none.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def matte(of: str, planes: Mapping[str, np.ndarray], mattes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns a matte (H, W) from the planes (C, H, W) of a picture and the mattes of what is on it."""
    if of == "shadow":
        return planes["shadow"][0]
    if of == "body":
        bodies = [each for name, each in mattes.items() if name not in ("path", "ground")]
        return np.add.reduce(bodies)
    return mattes[of]


def codes(share: np.ndarray, depth: int) -> np.ndarray:
    """Returns shares (H, W) as grey codes (H, W, 1) of 8 or 16 bits, linear: white is 1."""
    most = 2**depth - 1
    return np.rint(np.clip(share, 0, 1)[..., None] * most).astype(f"uint{depth}")
