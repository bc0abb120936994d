"""A trial: one tiny network on a handful of examples, which is trained many times with other hyperparameters.

    f(x) = W₂ σ(W₁ x),   loss = mean (f(x) − y)²,   full-batch gradient descent

It has no biases. Inputs, targets and first weights are Gaussian; those of a layer have the deviation 1 / √(its inputs),
times the initial scale of a training. After Sohl-Dickstein 2024, "The boundary of neural network trainability is
fractal". A training whose loss is not finite, or exceeds a bound, is stopped there and has diverged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

HYPERPARAMETERS = ("lr-1", "lr-2", "momentum", "initial-scale", "weight-decay")  # rows of Doses, in this order
TAIL = 25  # the last 1 / TAIL of the steps tell whether a training has converged


@dataclass(frozen=True)
class Trial:
    """What all trainings have in common."""

    inputs: np.ndarray  # (N, D) float64
    targets: np.ndarray  # (N,) float64
    first: np.ndarray  # (H, D) float64, W₁ at initial scale 1
    second: np.ndarray  # (H,) float64, W₂ at initial scale 1
    activation: str  # tanh, relu or linear
    steps: int
    bound: float  # loss / first loss, above which a training has diverged
    precision: str = "float32"  # or float64: of weights, losses and learning rates

    @staticmethod
    def drawn(
        sizes: tuple[int, int, int],
        seed: int,
        *,
        activation: str = "tanh",
        steps: int = 500,
        bound: float = 1e6,
        precision: str = "float32",
    ) -> Trial:
        """Returns a trial drawn by lot; sizes: examples, inputs, hidden units."""
        examples, inputs, hidden = sizes
        lot = np.random.default_rng(seed)
        return Trial(
            lot.normal(size=(examples, inputs)),
            lot.normal(size=examples),
            lot.normal(size=(hidden, inputs)) / inputs**0.5,
            lot.normal(size=hidden) / hidden**0.5,
            activation,
            steps,
            bound,
            precision,
        )

    @property
    def tail(self) -> int:
        """How many of the last losses tell whether a training has converged."""
        return max(1, self.steps // TAIL)


@dataclass(frozen=True)
class Fates:
    """What became of B trainings; losses are told as multiples of the first one."""

    last: np.ndarray  # (B,) float64, the loss after the last step, in its own unit; infinite where it diverged
    mean: np.ndarray  # (B,) float64, over all steps; of one that was stopped, what was added up until then
    inverse: np.ndarray  # (B,) float64, the mean of 1 / loss, to which nothing is added once it was stopped
    tail: np.ndarray  # (B,) float64, the mean over the last steps
    taken: np.ndarray  # (B,) int64, steps until it was stopped; all of them where it was not
    stopped: np.ndarray  # (B,) bool

    @staticmethod
    def of(trial: Trial, rows: np.ndarray) -> Fates:
        """Returns the fates of rows (5, B): last loss, sums of losses, of 1 / losses, of the tail; the stop or −1."""
        last, sums, inverses, tails, stops = rows
        stopped = stops >= 0
        taken = np.where(stopped, stops, trial.steps).astype(np.int64)
        last = np.where(stopped, np.inf, last)
        return Fates(last, sums / trial.steps, inverses / trial.steps, tails / trial.tail, taken, stopped)

    @property
    def converged(self) -> np.ndarray:
        """(B,) bool: never stopped, and in the end below the first loss."""
        return ~self.stopped & (self.tail < 1)

    @property
    def speed(self) -> np.ndarray:
        """How a training went, (B,) float32: 0 to 1 where it converged, 1 to 2 where it did not; at 1 it took longest.

        With the fourth root q of a mean over all steps, so that float32 tells fast ones apart: q / (1 + q) of the loss;
        or 2 − q / (1 + q) of 1 / loss.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            slow, fast = 1 - 1 / (1 + self.mean**0.25), 1 + 1 / (1 + self.inverse**0.25)
        below, above = np.nextafter(np.float32(1), np.array([0, 2], np.float32))
        return np.where(
            self.converged, np.minimum(slow, below).astype(np.float32), np.maximum(fast, above).astype(np.float32)
        )


class ManyTrainings(Protocol):
    """A way to train many networks."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def batch(self) -> int:
        """How many trainings are done at once; whole multiples of it waste nothing."""

    def __call__(self, doses: np.ndarray) -> Fates:
        """Returns what becomes of trainings with hyperparameters (5, B) float64, in the order of HYPERPARAMETERS."""


def doses_of(count: int, values: Mapping[str, np.ndarray | float]) -> np.ndarray:
    """Returns hyperparameters (5, B) from some of them by name, each (B,) or one for all; the rest are as usual.

    Without a value there is no momentum, no weight decay, and an initial scale of 1.
    """
    usual = {"momentum": 0.0, "initial-scale": 1.0, "weight-decay": 0.0}
    every = {**usual, **values}
    return np.stack([np.broadcast_to(np.asarray(every[name], np.float64), (count,)) for name in HYPERPARAMETERS])
