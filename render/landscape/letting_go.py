"""Letting balls go on a line: gradient descent of the network's own loss, held on the line.

    v ← μ·v − lr·s        θ ← θ + v·u/|u|        s = ∇L(θ)·u/|u|

The slope s is computed at every step by automatic differentiation, not read off the curve, and recorded with the loss
there; both are in units of the weights, so that a step without momentum is the real lr·|s|.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from render.landscape.balls import Balls
from render.landscape.measured_line import Traced
from render.scene.ball import Ball

Ask = Callable[[np.ndarray], tuple[float, float]]  # θ (P,) -> the loss, and its slope along the line


def asked_of(traced: Traced) -> Ask:
    """Returns what tells the loss at a point of a line, and its slope along it."""
    differentiable, unit = traced.objective.differentiable(), traced.line.u / np.linalg.norm(traced.line.u)

    def ask(theta: np.ndarray) -> tuple[float, float]:
        return float(traced.objective(theta[None])[0]), float(differentiable.gradient(theta) @ unit)

    return ask


def let_go(traced: Traced, asked: Ball, ask: Ask | None = None) -> Balls:
    """Returns where balls go on a line; one that comes to where nothing is finite is NaN from there on."""
    line, ask = traced.line, ask or asked_of(traced)
    length = float(np.linalg.norm(line.u))
    shape = (len(asked.starts), asked.steps + 1)
    alpha, loss, slope = (np.full(shape, np.nan) for _ in range(3))
    for ball, start in enumerate(asked.starts):
        place, speed = float(start), 0.0
        for step in range(asked.steps + 1):
            alpha[ball, step] = place
            loss[ball, step], slope[ball, step] = ask(line.lift([place])[0])
            speed = asked.momentum * speed - asked.lr * slope[ball, step]
            place += speed / length
            if not np.isfinite(place):
                break
    return Balls(alpha, loss, slope, length)
