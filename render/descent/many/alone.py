"""Alone: one training after the other by autograd and torch's own optimiser; other ways are checked against it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from render.descent.many.tiny_trial import Fates, Trial

ACTIVATED: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "linear": lambda values: values,
}


class OneByOne:
    """Trains one network after the other."""

    name, batch = "loop", 1

    def __init__(self, trial: Trial):
        """Prepares a trial."""
        self._trial, self._dtype = trial, getattr(torch, trial.precision)

    def __call__(self, doses: np.ndarray) -> Fates:
        """Returns what becomes of trainings with hyperparameters (5, B) float64."""
        return Fates.of(self._trial, np.stack([self._train(dose) for dose in doses.T], 1))

    def _train(self, dose: np.ndarray) -> np.ndarray:
        trial, dtype = self._trial, self._dtype
        first_rate, second_rate, momentum, scale, decay = dose.tolist()
        inputs, targets = (torch.tensor(values, dtype=dtype) for values in (trial.inputs, trial.targets))
        layers = [torch.tensor(scale * values, dtype=dtype).requires_grad_() for values in (trial.first, trial.second)]
        groups = [
            {"params": [layer], "lr": rate} for layer, rate in zip(layers, (first_rate, second_rate), strict=True)
        ]
        optimiser = torch.optim.SGD(groups, momentum=momentum, weight_decay=decay)
        losses = []
        for _ in range(trial.steps + 1):
            optimiser.zero_grad()
            outputs = ACTIVATED[trial.activation](inputs @ layers[0].T) @ layers[1]
            loss = ((outputs - targets) ** 2).mean()
            losses.append(loss.item())
            if not losses[-1] <= trial.bound * losses[0]:
                break
            loss.backward()
            optimiser.step()
        return _told(trial, np.array(losses))


def _told(trial: Trial, losses: np.ndarray) -> np.ndarray:
    """Returns the row (5,) of Fates from the losses before the first step and after each, until it was stopped."""
    stop = -1 if losses[-1] <= trial.bound * losses[0] else len(losses) - 1
    ratios = losses[1:] / losses[0]
    kept = ratios if stop < 0 else ratios[:-1]
    return np.array([losses[-1], kept.sum(), (1 / kept).sum(), kept[trial.steps - trial.tail :].sum(), stop])
