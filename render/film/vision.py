"""What a picture looks like to colour-blind eyes, and in grey.

Matrices in linear light: Machado, Oliveira and Fernandes, "A physiologically-based model for simulation of color vision
deficiency" (2009), for eyes that lack one kind of cone (severity 1.0). Grey is luminance.
"""

from __future__ import annotations

import numpy as np

from render.stage.colour import LUMA, decoded, encoded

EYES = {
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "grey": np.tile(LUMA, (3, 1)),
}


def seen_as(pixels: np.ndarray, eyes: str) -> np.ndarray:
    """Returns a picture (H, W, 3) uint8 as eyes of EYES see it; what they see beyond sRGB is clipped."""
    return encoded(decoded(pixels) @ EYES[eyes].T)
