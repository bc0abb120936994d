"""Training: mini-batches, an optimiser, and a log of every step that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from render.descent.data import Examples
from render.descent.parameters import parameters_of
from render.descent.trajectory import Trajectory
from render.errors import DataError
from render.progress import Task
from render.scene import training as spec

ORDER_SEED = 1  # added to the run's seed, so that data order and initialisation are drawn apart

OPTIMISERS: dict[type, Callable[[Any, Any], torch.optim.Optimizer]] = {
    spec.Sgd: lambda settings, parameters: torch.optim.SGD(
        parameters,
        lr=settings.lr,
        momentum=settings.momentum,
        nesterov=settings.nesterov,
        weight_decay=settings.weight_decay,
    ),
    spec.Adam: lambda settings, parameters: torch.optim.Adam(
        parameters, lr=settings.lr, weight_decay=settings.weight_decay
    ),
}


@dataclass
class Log:
    """What a run has logged so far."""

    parameters: list[np.ndarray] = field(default_factory=list)
    rows: list[tuple[int, float, float]] = field(default_factory=list)

    def add(self, model: nn.Module, step: int, loss: float, accuracy: float) -> None:
        """Keeps a copy of the model's parameters after a step."""
        self.parameters.append(parameters_of(model))
        self.rows.append((step, loss, accuracy))

    def trajectory(self) -> Trajectory:
        """Returns everything logged, as arrays."""
        steps, losses, accuracies = zip(*self.rows, strict=True)
        return Trajectory(
            np.stack(self.parameters), np.array(steps), np.array(losses, "float32"), np.array(accuracies, "float32")
        )


def batches(count: int, size: int, seed: int) -> Iterator[torch.Tensor]:
    """Yields indices of mini-batches for ever, each epoch in a new order; a last short batch is left out."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from (order[start : start + size] for start in range(0, count - size + 1, size))


def train(model: nn.Module, examples: Examples, settings: spec.Training, seed: int, task: Task) -> Trajectory:
    """Trains the model in place on cross-entropy and returns its trajectory, the start and the last step included.

    Raises DataError when the loss or a logged point is not finite, or a batch is larger than the data.
    """
    if settings.batch > len(examples):
        raise DataError(
            f"training.batch: {settings.batch} were asked for, but the train split has {len(examples)}; ask for fewer"
        )
    inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    optimiser = OPTIMISERS[type(settings.optimiser)](settings.optimiser, model.parameters())
    log = Log()
    log.add(model, 0, float("nan"), float("nan"))
    model.train()
    for step, batch in zip(range(1, settings.steps + 1), batches(len(targets), settings.batch, seed), strict=False):
        outputs = model(inputs[batch])
        loss = nn.functional.cross_entropy(outputs, targets[batch])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if not torch.isfinite(loss):
            raise _diverged(step, f"loss {loss.item()}")
        if step % settings.every == 0 or step == settings.steps:
            accuracy = (outputs.argmax(1) == targets[batch]).float().mean().item()
            log.add(model, step, loss.item(), accuracy)
            if not np.isfinite(log.parameters[-1]).all():  # a saturating activation hides them from the loss
                raise _diverged(step, "parameters that are not finite")
        task.advance(1)
    model.eval()
    return log.trajectory()


def _diverged(step: int, sign: str) -> DataError:
    return DataError(f"training diverged at step {step} ({sign}); lower training.optimiser.lr")
