"""Training: mini-batches, an optimiser, and a log of every step that was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from render.data import Examples
from render.descent import batches, optimisers
from render.descent.log import DivergedError, TrajectoryLog
from render.descent.parameters import restoring
from render.descent.schedules import factor
from render.errors import DataError
from render.interrupts import finishing
from render.progress import Task
from render.scene import training as spec
from render.scene.data import Augmentation

MOST_AT_ONCE = 1024  # examples of one backward pass; more are added up
EVERY = 30.0  # seconds from one checkpoint to the next

BatchLoss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Divergence:
    """Why a training ended before its last step."""

    step: int
    sign: str

    def __str__(self) -> str:
        return f"diverged at step {self.step} ({self.sign}); lower training.optimiser.lr"


@dataclass(frozen=True)
class Course:
    """What is trained, on what, and how."""

    examples: Examples
    classes: int  # 0 where targets are values
    settings: spec.Training
    augment: Augmentation | None
    seed: int

    def loss(self) -> BatchLoss:
        """Returns the mean loss of outputs (N, K) and targets."""
        if self.settings.loss == "cross-entropy":
            return nn.CrossEntropyLoss(label_smoothing=self.settings.label_smoothing)
        if not self.classes:
            return nn.MSELoss()
        return lambda outputs, targets: functional.mse_loss(
            outputs, functional.one_hot(targets, outputs.shape[1]).to(outputs.dtype)
        )

    def require_sense(self) -> None:
        """Raises DataError where data and settings do not fit each other."""
        batch, count = self.settings.batch, len(self.examples)
        if batch is not None and batch > count:
            raise DataError(f"training.batch: {batch} were asked for, but the train split has {count}; ask for fewer")
        if not self.classes and self.settings.loss == "cross-entropy":
            raise DataError("training.loss: cross-entropy needs classes, these data have values; use squared-error")

    def require_batch_norm(self, model: nn.Module) -> None:
        """Raises DataError where a batch of one example is too small for the network's batch norm."""
        if self.settings.batch != 1 or not any(isinstance(module, _BatchNorm) for module in model.modules()):
            return
        with restoring(model), torch.no_grad():
            try:
                model.train()(torch.from_numpy(self.examples.inputs[:1]))
            except ValueError as error:
                raise DataError(
                    "training.batch: batch norm needs two examples or more in a step here, 1 was asked for; ask for "
                    "more, or choose another norm"
                ) from error


def train(
    model: nn.Module,
    course: Course,
    task: Task,
    log: TrajectoryLog,
    state: list[dict[str, Any]] | None,
    keep: Callable[[int, list[dict[str, Any]]], None],
) -> Divergence | None:
    """Trains the model in place, from the log's step to the last one; returns why it ended before that, or None.

    state: of the optimisers, where a training goes on. keep is told step and state every half minute, and when the
    training is interrupted, which raises KeyboardInterrupt behind the step that is under way.
    """
    course.require_sense()
    settings = course.settings
    optimiser = optimisers.build(settings.optimiser, model)
    if state is not None:
        optimiser.load(state)
    course.require_batch_norm(model)
    step = _Step(model, course, optimiser)
    indices = batches.order(len(course.examples), settings.batch, course.seed, log.count)
    kept = time.monotonic()
    model.train()
    with finishing() as times_asked:
        for number, batch in zip(range(log.count + 1, settings.steps + 1), indices, strict=False):
            optimiser.scale(factor(settings.schedule, number - 1, settings.steps))
            loss, accuracy = step(number, batch)
            if not torch.isfinite(loss):
                return Divergence(number, f"loss {loss.item()}")
            try:
                logged = log.step(loss, accuracy, at=number if number == settings.steps else None)
            except DivergedError:
                return Divergence(number, "parameters that are not finite")
            if logged or number % 16 == 0:
                task.note = _note(loss, accuracy)
            task.advance(1)
            if times_asked() or time.monotonic() - kept > EVERY:
                keep(number, optimiser.state())
                kept = time.monotonic()
            if times_asked():
                raise KeyboardInterrupt
    return None


def steps_per_second(model: nn.Module, course: Course, most: float = 1.0) -> float:
    """Returns the rate of the first steps of a training, timed for a second or so; the model is changed."""
    course.require_sense()
    step = _Step(model, course, optimisers.build(course.settings.optimiser, model))
    indices = batches.order(len(course.examples), course.settings.batch, course.seed)
    model.train()
    step(1, next(indices))  # the first one warms up
    start, done = time.perf_counter(), 0
    while not done or time.perf_counter() - start < most:
        step(done + 2, next(indices))
        done += 1
    return done / (time.perf_counter() - start)


def _note(loss: Tensor, accuracy: Tensor) -> str:
    right = f", accuracy {100 * accuracy.item():.1f} %" if torch.isfinite(accuracy) else ""
    return f"loss {loss.item():.4g}{right}"


class _Step:
    """One step of a training: forward, backward, clip, optimiser."""

    def __init__(self, model: nn.Module, course: Course, optimiser: optimisers.Optimisers):
        self.model, self.course, self.optimiser = model, course, optimiser
        self.inputs, self.targets = map(torch.from_numpy, (course.examples.inputs, course.examples.targets))
        self.loss = course.loss()
        self.clip, self.draws = course.settings.clip, _has_dropout(model)
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def __call__(self, number: int, batch: Tensor | None) -> tuple[Tensor, Tensor]:
        """Makes a step on a batch, all examples where it is None; returns its loss and accuracy before the step."""
        first: Tensor | None = None

        def closure() -> Tensor:
            nonlocal first
            self.optimiser.zero()
            with torch.random.fork_rng(devices=[], enabled=self.draws):
                if self.draws:
                    torch.manual_seed(batches.step_seed(self.course.seed, number))
                loss, right = self._backward(number, batch)
            first = right if first is None else first  # a line search asks again, at other parameters
            if self.clip:
                nn.utils.clip_grad_norm_(self.parameters, self.clip)
            return loss

        loss = self.optimiser.step(closure)
        assert first is not None
        return loss.detach(), first

    def _backward(self, number: int, batch: Tensor | None) -> tuple[Tensor, Tensor]:
        count = len(self.targets) if batch is None else len(batch)
        seed = batches.step_seed(self.course.seed, number)
        if count <= MOST_AT_ONCE:
            return self._part(seed, batch, 1.0)
        whole = torch.arange(count) if batch is None else batch
        parts = [self._part(batches.step_seed(seed, k), part, len(part) / count) for k, part in enumerate(split(whole))]
        loss, right = (torch.stack(values).sum() for values in zip(*parts, strict=True))
        return loss, right

    def _part(self, seed: int, batch: Tensor | None, share: float) -> tuple[Tensor, Tensor]:
        inputs = self.inputs if batch is None else self.inputs[batch]
        targets = self.targets if batch is None else self.targets[batch]
        inputs = batches.augmented(inputs, self.course.augment, seed)
        outputs = self.model(inputs)
        loss = self.loss(outputs, targets) * share if share != 1 else self.loss(outputs, targets)
        loss.backward()
        if not self.course.classes:
            return loss.detach(), torch.full((), torch.nan)
        return loss.detach(), (outputs.argmax(1) == targets).float().mean() * share


def split(whole: Tensor) -> list[Tensor]:
    """Returns indices in parts that fit at once; a lone last one goes with those before, since batch norm needs two."""
    parts = list(whole.split(MOST_AT_ONCE))
    return [*parts[:-2], torch.cat(parts[-2:])] if len(parts) > 1 and len(parts[-1]) == 1 else parts


def _has_dropout(model: nn.Module) -> bool:
    return any(isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0 for module in model.modules())
