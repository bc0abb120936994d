"""Exposure by itself: the factor at which the brightest ground of a body comes out as bright as it should."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from render.scene.colours.oklab import decoded
from render.stage.lens.tone import exposure_for, luminance
from render.stage.shading.baked_field import BakedField

PEAK = 0.86  # of white, sRGB; peaks at 85 to 88 % still show their contours
PERCENTILE = 99.0  # of the drawn cells; what is brighter are glints
MOST_CELLS = 40_000  # that are looked at
LEAST_EXPOSURE, MOST_EXPOSURE = 0.2, 5.0


def automatic(fields: Sequence[BakedField], inside: Sequence[np.ndarray], transform: str) -> float:
    """Returns the exposure of bodies of which some cells (n_β, n_α) bool are drawn."""
    lit = torch.cat([_seen(field, drawn) for field, drawn in zip(fields, inside, strict=True)])
    grey = luminance((lit[:, 0], lit[:, 1], lit[:, 2]))
    brightest = torch.quantile(grey, PERCENTILE / 100)
    light = lit[(grey - brightest).abs().argsort()[: max(1, len(grey) // 200)]].mean(0)
    wanted = decoded(PEAK)
    return float(np.clip(exposure_for(light, transform, wanted), LEAST_EXPOSURE, MOST_EXPOSURE))


def _seen(field: BakedField, drawn: np.ndarray) -> torch.Tensor:
    """Returns the light (n, 3) that some of the drawn cells send out."""
    sent = field.sent[torch.from_numpy(drawn)]
    return sent[:: max(1, len(sent) // MOST_CELLS)]
