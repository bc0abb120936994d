"""Together: many trainings at once in torch, each a slice of tensors that hold all of them.

δ = 2/N · (f(x) − y)      ∂L/∂W₂ = δᵀ σ(W₁x)      ∂L/∂W₁ = (δ W₂ ⊙ σ′)ᵀ x
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from render.descent.many.alone import ACTIVATED
from render.descent.many.tiny_trial import Fates, Trial

LOOK = 16  # steps after which those that were stopped are put aside


def _slope(activation: str, made: Tensor) -> Tensor:
    """Returns the derivative of an activation from what it has made."""
    if activation == "tanh":
        return torch.addcmul(torch.ones((), dtype=made.dtype), made, made, value=-1)
    return (made > 0).to(made.dtype) if activation == "relu" else torch.ones_like(made)


@dataclass
class _Batch:
    """Trainings under way; all that they have is theirs alone, one in each row."""

    number: Tensor  # (B,) which of all they are
    first: Tensor  # (B, H, D)
    second: Tensor  # (B, H)
    speeds: tuple[Tensor, Tensor]  # of both, where there is momentum
    doses: Tensor  # (5, B)
    begun: Tensor  # (B,) the first loss
    sums: Tensor  # (4, B) last loss, sums of losses, of 1 / losses, of the tail

    def only(self, rows: Tensor) -> _Batch:
        """Returns those in some rows."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        last = {name: parts[name][:, rows] for name in ("doses", "sums")}
        plain = {name: parts[name][rows] for name in ("number", "first", "second", "begun")}
        return _Batch(**plain, **last, speeds=(self.speeds[0][rows], self.speeds[1][rows]))


class AllTogether:
    """Trains many networks at once in torch."""

    name = "batched"

    def __init__(self, trial: Trial, at_once: int = 1024):
        """Prepares a trial; at_once: trainings of a thread; fewer cost more in calls, more leave the cache."""
        self._trial, self.at_once, self._dtype = trial, at_once, getattr(torch, trial.precision)
        self.batch = at_once * torch.get_num_threads()
        self._inputs = torch.tensor(trial.inputs, dtype=self._dtype)
        self._targets = torch.tensor(trial.targets, dtype=self._dtype)

    def __call__(self, doses: np.ndarray) -> Fates:
        """Returns what becomes of trainings with hyperparameters (5, B) float64."""
        starts, threads = range(0, doses.shape[1], self.at_once), torch.get_num_threads()
        parts = [torch.tensor(doses[:, start : start + self.at_once]) for start in starts]
        torch.set_num_threads(1)  # each batch has a thread; shared among them, small tensors take ten times as long
        try:
            with ThreadPoolExecutor(threads) as pool:
                rows = list(pool.map(self._train, parts))
        finally:
            torch.set_num_threads(threads)
        return Fates.of(self._trial, np.concatenate(rows, 1) if rows else np.zeros((5, 0)))

    @torch.no_grad()
    def _train(self, doses: Tensor) -> np.ndarray:
        trial, count = self._trial, doses.shape[1]
        found = torch.zeros(5, count, dtype=self._dtype)
        found[4] = -1
        batch, alive = self._begun(doses), torch.ones(count, dtype=torch.bool)
        for step in range(trial.steps + 1):
            made, errors = self._forward(batch)
            loss = (errors * errors).mean(1)
            if step == 0:
                batch.begun = loss
            else:
                alive = self._count(batch, loss, alive, step, found)
            if step % LOOK == 0 and not bool(alive.all()):
                self._put_away(batch, found)
                batch, made, errors, alive = batch.only(alive), made[alive], errors[alive], alive[alive]
            if step == trial.steps or not len(alive):
                break
            self._learn(batch, made, errors, momentum=bool(doses[2].any()))
        self._put_away(batch, found)
        return found.double().numpy()

    def _begun(self, doses: Tensor) -> _Batch:
        trial, count, dtype = self._trial, doses.shape[1], self._dtype
        first = (doses[3][:, None, None] * torch.tensor(trial.first)).to(dtype)
        second = (doses[3][:, None] * torch.tensor(trial.second)).to(dtype)
        speeds = torch.zeros_like(first), torch.zeros_like(second)
        sums = torch.zeros(4, count, dtype=dtype)
        return _Batch(torch.arange(count), first, second, speeds, doses.to(dtype), sums[0], sums)

    def _forward(self, batch: _Batch) -> tuple[Tensor, Tensor]:
        """Returns what the hidden units make of the examples (B, H, N), and the errors of the outputs (B, N)."""
        count, hidden, inputs = batch.first.shape
        sums = (batch.first.reshape(-1, inputs) @ self._inputs.T).view(count, hidden, -1)
        made = ACTIVATED[self._trial.activation](sums)
        return made, torch.bmm(batch.second[:, None], made)[:, 0] - self._targets

    def _count(self, batch: _Batch, loss: Tensor, alive: Tensor, step: int, found: Tensor) -> Tensor:
        """Adds losses (B,) up, notes which trainings are stopped by them, and returns those that are not."""
        trial, ratio = self._trial, loss / batch.begun
        still = alive & (ratio <= trial.bound)
        found[4, batch.number[alive & ~still]] = step
        batch.sums[0] = loss
        batch.sums[1] += torch.where(still, ratio, 0)
        batch.sums[2] += torch.where(still, 1 / ratio, 0)
        if step > trial.steps - trial.tail:
            batch.sums[3] += torch.where(still, ratio, 0)
        return still

    def _put_away(self, batch: _Batch, found: Tensor) -> None:
        found[:4, batch.number] = batch.sums

    def _learn(self, batch: _Batch, made: Tensor, errors: Tensor, *, momentum: bool) -> None:
        """Takes a step of gradient descent, in place."""
        pull = errors * (2 / len(self._targets))
        second = torch.bmm(made, pull[:, :, None])[:, :, 0]
        back = _slope(self._trial.activation, made).mul_(pull[:, None]).mul_(batch.second[:, :, None])
        first = (back.view(-1, len(self._targets)) @ self._inputs).view(batch.first.shape)
        rates, decay = batch.doses[:2], batch.doses[4]
        for layer, slope, speed, rate in zip(
            (batch.first, batch.second), (first, second), batch.speeds, rates, strict=True
        ):
            wide = (-1, *[1] * (layer.ndim - 1))
            slope = torch.addcmul(slope, decay.view(wide), layer)
            if momentum:
                slope = speed.mul_(batch.doses[2].view(wide)).add_(slope)
            layer.addcmul_(rate.view(wide), slope, value=-1)
