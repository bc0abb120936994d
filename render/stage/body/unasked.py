"""The relief of a surface for which a scene gives no steps.

A loss that was measured here is a loss, and drawn by its logarithm. A surface in a file may be anything: a logarithm
would make a plain of all that is not positive, so it is taken only where it flattens nothing and shows more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.scene.look import Look
from render.scene.relief import LogSettings, LogStep, ReliefStep, clipped_and_moderate

WIDE = 20.0  # ratio of the highest to the lowest value above which a logarithm shows more


@dataclass(frozen=True)
class Steps:
    """The steps from loss to height, and why they are these where they follow from the values."""

    steps: tuple[ReliefStep, ...]
    reason: str = ""  # a clause for the caption


def steps_for(look: Look, losses: Sequence[np.ndarray], ready: bool) -> Steps:
    """Returns the steps of losses that are drawn on one scale; ready says that some of them come from files."""
    if look.relief is not None or not ready:
        return Steps(tuple(look.steps))
    finite = [loss[np.isfinite(loss)] for loss in losses]
    low, high = (float(end([end(part) for part in finite if part.size])) for end in (np.min, np.max))
    if low <= 0:
        return Steps(tuple(clipped_and_moderate()), f"since values reach {_said(low)}")
    factor = _said(high / low)
    if high / low <= WIDE:
        return Steps(tuple(clipped_and_moderate()), f"since values span a factor of {factor}")
    log = LogStep(log=LogSettings(floor=low))
    return Steps((log, *clipped_and_moderate()), f"since values are positive and span a factor of {factor}")


def _said(value: float) -> str:
    """Returns a number to three figures: −4,200, 0.0123, 1.5e9."""
    rounded = float(f"{value:.3g}")
    text = f"{rounded:,g}" if abs(rounded) < 1e6 else f"{rounded:g}".replace("e+0", "e").replace("e+", "e")
    return text.replace("-", "−")
