"""The points of a line that a ball has come to, for what the network tells there."""

from __future__ import annotations

import numpy as np

from render.errors import DataError
from render.landscape.chronicle import Visited
from render.landscape.measured_line import Traced


def visited_on(traced: Traced, alphas: np.ndarray) -> Visited:
    """Returns the points of a line at places (T,), the steps of a ball; raises DataError where the ball is lost."""
    lost = ~np.isfinite(alphas)
    if lost.any():
        raise DataError(
            f"insets: the ball is lost at its step {int(lost.argmax())}, where nothing is finite; take a smaller lr"
        )
    thetas = (traced.line.lift([place])[0] for place in alphas)
    model, dataset = traced.objective.problem.model, traced.run.dataset()
    return Visited(np.arange(len(alphas)), thetas, traced.objective, model, dataset)
