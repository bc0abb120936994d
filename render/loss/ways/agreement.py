"""Agreement: what the loop measures at a few places, with which every other strategy must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from render.errors import MachineError
from render.loss.measurement import Evaluator, Measurement, Problem
from render.loss.ways.loop import LoopPlane
from render.loss.ways.strategies import STRATEGIES, UnfitError
from render.progress import notice
from render.space.grid import Grid

AGREEMENT = 1e-5  # relative, of a strategy with the loop
FAR_AGREEMENT = 1e-3  # far from θ₀, where sums of large numbers round more
ROUGH_AGREEMENT = 0.02  # in a reduced precision, which is checked against float32 anyway
FEW = np.array([[0.0, 0.0], [0.02, -0.01]])  # points at which a strategy is compared with the loop


@dataclass(frozen=True)
class Known:
    """What the loop has measured at a few places."""

    places: np.ndarray  # (n, 2)
    found: Measurement
    allowed: np.ndarray  # (n,) relative

    @staticmethod
    def of(problem: Problem, plane: torch.Tensor, grid: Grid | None) -> Known:
        """Measures places near θ₀, and two far from it, where what was taken for constant differs most."""
        rough = problem.mode.precision != "float32"  # is checked against float32 over the whole grid anyway
        far = FEW[:0] if grid is None or rough else _far(grid)
        places = np.concatenate([FEW, far])
        near = np.full(len(FEW), ROUGH_AGREEMENT if rough else AGREEMENT)
        allowed = np.concatenate([near, np.full(len(far), FAR_AGREEMENT)])
        return Known(places, LoopPlane(problem, plane).measure(places), allowed)

    def doubt(self, way: Evaluator) -> str:
        """Returns two losses that differ, the strategy's and the loop's, or nothing where all agree."""
        with np.errstate(invalid="ignore"):
            ours, theirs = way.measure(self.places).loss.astype(float), self.found.loss.astype(float)
            apart = np.abs(ours - theirs) > self.allowed * np.abs(theirs) + 1e-7
        (wrong,) = np.nonzero(apart | (np.isfinite(ours) != np.isfinite(theirs)))
        return f"{ours[wrong[0]]:.7g} and {theirs[wrong[0]]:.7g}" if len(wrong) else ""


def _far(grid: Grid) -> np.ndarray:
    """Returns two places (2, 2) half-way from the middle of a grid to its corners."""
    shares = np.array([0.25, 0.75])
    alphas, betas = (
        np.interp(shares * (len(axis) - 1), np.arange(len(axis)), axis) for axis in (grid.alphas, grid.betas)
    )
    return np.stack([alphas, betas[::-1]], 1)


def agreeing(problem: Problem, plane: torch.Tensor, name: str, known: Known) -> Evaluator | None:
    """Returns a strategy that agrees with the loop, or None, and says why."""
    try:
        way = STRATEGIES[name](problem, plane)
        doubt = known.doubt(way)
    except (UnfitError, MachineError):  # the one is told at the end, the other by the compiler
        return None
    except Exception as error:  # torch.compile fails in many ways; the loop always works
        notice(f"strategy {name} failed ({type(error).__name__}), and is left out")
        return None
    if doubt:
        notice(f"strategy {name} is left out, since it does not agree with the plain loop ({doubt})")
        return None
    return way
