"""The unrest of a hand that holds a camera: small, smooth, seeded, and the same at both ends of a shot."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from render.stage.camera import View

SWAY = (0.25, 0.25, 0.2)  # degrees at strength 1, of the pan, the tilt and the roll
SLOWEST, FASTEST = 0.25, 2.5  # times a second
WAVES = 6  # in each


class Unrest:
    """Turns of a camera over a shot."""

    def __init__(self, strength: float, duration: float, seed: int):
        """Draws the waves: each goes through whole periods in the duration, seconds, so that loops have no seam."""
        generator = np.random.default_rng([seed, 0x5A4E])
        low, high = (max(1, round(rate * duration)) for rate in (SLOWEST, FASTEST))
        self.periods = generator.integers(low, high + 1, (3, WAVES))
        self.phases = generator.uniform(0, 2 * np.pi, (3, WAVES))
        weights = 1 / self.periods
        self.sizes = strength * np.array(SWAY)[:, None] * weights / np.linalg.norm(weights, axis=1, keepdims=True)

    def at(self, share: float) -> tuple[float, float, float]:
        """Returns pan, tilt and roll at a share of the shot, degrees."""
        turns = (self.sizes * np.sin(2 * np.pi * self.periods * share + self.phases)).sum(1)
        return float(turns[0]), float(turns[1]), float(turns[2])

    def on(self, view: View, share: float) -> View:
        """Returns a view turned by the unrest at a share of the shot."""
        pan, tilt, roll = self.at(share)
        right, up, forward = view.level
        far = float(np.linalg.norm(view.target - view.position))
        aside = math.tan(math.radians(pan)) * right + math.tan(math.radians(tilt)) * up
        return replace(view, target=view.position + far * (forward + aside), roll=view.roll + roll)
