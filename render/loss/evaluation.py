"""Evaluation: what a network's loss is at the parameters it holds now, in the mode that was asked for.

A criterion that gives one loss for each example is streamed in batches; one that gives a scalar sees the whole set.
Nothing waits for the device between points: losses stay where they were computed.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from render.descent.parameters import restoring
from render.errors import DataError
from render.loss.buffers import Buffers, version_of
from render.loss.measurement import Conduct, Criterion, Mode, Problem, right_of
from render.loss.precision import KINDS, reduced

LARGEST_PASS = 1024  # examples of one forward pass; a larger set is passed in equal parts
DROPPING = (_DropoutNd, nn.MultiheadAttention, nn.RNNBase, nn.TransformerEncoderLayer)  # the last for its fast path
Forward = Callable[[torch.Tensor], torch.Tensor]


@contextlib.contextmanager
def evaluating(problem: Problem) -> Iterator[Callable[[], None]]:
    """Puts the network into the mode of evaluation, and leaves it as it was found, also after an error.

    Gives a function that puts back what an evaluation has moved, to be called at every point before anything else.
    Raises DataError where examples were written into by a network that did not do so at first.
    """
    model, mode, conduct = problem.model, problem.mode, problem.conduct
    modules = [model, *([problem.criterion] if isinstance(problem.criterion, nn.Module) else [])]
    with contextlib.ExitStack() as found:
        for module in modules:
            found.enter_context(restoring(module))
        found.enter_context(_random_state(conduct))
        found.enter_context(reduced(mode.precision, problem.inputs.device))
        found.enter_context(torch.set_grad_enabled(conduct.differentiates))
        found.enter_context(in_mode(model, mode))
        examples = [version_of(values) for values in _examples(problem).values()]
        buffers = Buffers(modules)

        def put_back() -> None:
            buffers.put_back(certainly=conduct.moves)
            if conduct.draws is not None:
                seed_all(mode.seed)

        try:
            yield put_back
        finally:
            buffers.put_back_held()
        _require_unwritten(problem, examples)


@contextlib.contextmanager
def in_mode(model: nn.Module, mode: Mode) -> Iterator[None]:
    """Sets the flags of a network's layers, and leaves them as they were; nothing else of it is touched."""
    modes = [(module, module.training) for module in model.modules()]
    norms = batch_norms(model)
    tracked = [module.track_running_stats for module in norms]
    try:
        model.eval()
        for norm in norms if mode.bn == "batch" else []:
            norm.train()
            norm.track_running_stats = False  # or each point would move the statistics, and the order would matter
        for layer in model.modules() if mode.dropout == "fixed" else []:
            layer.training = layer.training or isinstance(layer, DROPPING)  # train() would reach the layers within
        yield
    finally:
        for norm, found in zip(norms, tracked, strict=True):
            norm.track_running_stats = found
        for module, training in modes:
            module.training = training


@contextlib.contextmanager
def _random_state(conduct: Conduct) -> Iterator[None]:
    """Leaves the random states of NumPy and Python as they were; torch's own is a matter of `restoring`."""
    if conduct.draws is None:
        yield
        return
    found = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(found[0])
        random.setstate(found[1])


def seed_all(seed: int) -> None:
    """Begins the random numbers of torch, NumPy and Python anew."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _examples(problem: Problem) -> dict[str, torch.Tensor]:
    found = {"inputs": problem.inputs, "targets": problem.targets, "calibration": problem.mode.calibration}
    return {name: values for name, values in found.items() if values is not None}


def _require_unwritten(problem: Problem, examples: list[int]) -> None:
    for (name, values), version in zip(_examples(problem).items(), examples, strict=True):
        if version_of(values) != version:
            raise DataError(
                f"{name}: the network or its criterion writes into them at some points only, so that no point after "
                "such a one would be measured on the same examples; let it write into a copy (clone)"
            )


def batch_norms(model: nn.Module) -> list[_BatchNorm]:
    """Returns the batch norm layers of a network."""
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]


class Evaluation:
    """The loss and accuracy of a problem at the parameters that its network holds; use it within `evaluating`."""

    def __init__(self, problem: Problem, forward: Forward | None = None, largest_pass: int | None = None):
        """Takes another way than the network itself to compute outputs, and how many examples go through at once."""
        self._problem, self._forward = problem, problem.model if forward is None else forward
        self._parts = parts_of(problem, largest_pass or LARGEST_PASS)
        self._streams: bool | None = False if problem.conduct.compares else None  # one loss for each example

    def __call__(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns loss and accuracy, two float64 scalars on the device; NaN for an accuracy that is none."""
        self._prepare()
        gathered, found = [], []
        for inputs, targets in self._parts:
            outputs = self._told(self._forward(inputs.clone() if self._problem.conduct.writes else inputs))
            if len(self._parts) > 1 and self._is_streamed(outputs):
                found.append(self._compared(outputs, targets))
            else:
                gathered.append(outputs)
        if gathered:
            whole = torch.cat(gathered) if len(gathered) > 1 else gathered[0]
            losses, right = self._compared(whole, self._problem.targets)
            return losses.mean(), right[0] / right[1]
        right = torch.stack([right for _, right in found]).sum(0)
        return torch.cat([losses for losses, _ in found]).mean(), right[0] / right[1]

    def losses(self, criterion: Criterion) -> torch.Tensor:
        """Returns the loss of each example (N,) float64 by a criterion that gives one for each."""
        self._prepare()
        found = []
        for inputs, targets in self._parts:
            outputs = self._told(self._forward(inputs.clone() if self._problem.conduct.writes else inputs))
            found.append(criterion(outputs, self._targets(targets)).detach().double())
        return torch.cat(found)

    def _told(self, outputs: Any) -> Any:
        """Returns outputs as the criterion has them; raises DataError where parts of them cannot be joined."""
        if not isinstance(outputs, torch.Tensor):
            if len(self._parts) > 1:
                raise DataError(f"model: gives a {type(outputs).__name__}; wrap it so that it gives one tensor")
            return outputs
        return outputs.float() if outputs.dtype in KINDS.values() else outputs

    def _targets(self, targets: torch.Tensor) -> torch.Tensor:
        return targets.clone() if self._problem.conduct.writes else targets

    def _prepare(self) -> None:
        mode = self._problem.mode
        if mode.dropout == "fixed":
            torch.manual_seed(mode.seed)
        if mode.bn == "recalibrated":
            _recalibrate(self._problem)

    def _is_streamed(self, outputs: torch.Tensor) -> bool:
        """Tells whether the criterion gives one loss for each example; asked once, of the first part."""
        if self._streams is None:
            targets = self._targets(self._parts[0][1])
            try:
                self._streams = self._problem.criterion(outputs, targets).shape == (len(targets),)
            except Exception:  # a criterion may know only the whole set; there it fails aloud
                self._streams = False
        return self._streams

    def _compared(self, outputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the loss, () or (n,) float64, and how many examples are right of how many, (2,), NaN if unknown."""
        right = right_of(outputs, targets, self._problem.criterion)  # first: a criterion may write into the outputs
        losses = self._problem.criterion(outputs, self._targets(targets))
        _require_loss(losses, len(targets))
        losses = losses.detach().double()
        unknown = torch.full((2,), math.nan, dtype=torch.float64, device=losses.device)
        return losses, unknown if right is None else torch.stack(right)


def parts_of(problem: Problem, largest: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Returns the evaluation set in equal parts, or in the batches whose statistics were asked for."""
    count, mode = len(problem.inputs), problem.mode
    if len(problem.targets) != count:  # inputs and targets that are no examples
        return [(problem.inputs, problem.targets)]
    if mode.bn == "batch":
        sizes = _batches(count, mode.bn_batch or count)
    elif problem.conduct.couples or problem.conduct.differentiates:
        sizes = [count]
    elif any(module.running_mean is None for module in batch_norms(problem.model)):
        sizes = [count]  # it takes the statistics of whatever passes
    else:
        sizes = _batches(count, math.ceil(count / math.ceil(count / largest)))
    return list(zip(problem.inputs.split(sizes), problem.targets.split(sizes), strict=True))


def _batches(count: int, size: int) -> list[int]:
    """Returns the sizes of batches; a last example alone, which has no variance, joins the batch before it."""
    sizes = [min(size, count - start) for start in range(0, count, size)]
    return [*sizes[:-2], size + 1] if len(sizes) > 1 and sizes[-1] == 1 else sizes


def _require_loss(losses: object, count: int) -> None:
    if isinstance(losses, torch.Tensor) and tuple(losses.shape) in ((), (count,)):
        return
    gave = f"the shape {tuple(losses.shape)}" if isinstance(losses, torch.Tensor) else f"a {type(losses).__name__}"
    raise DataError(
        f"criterion: gave {gave} for {count} examples; "
        f"give one mean loss, shape (), or one loss for each example, shape ({count},)"
    )


def _recalibrate(problem: Problem) -> None:
    """Estimates running statistics anew, as the mean over the batches of the calibration set."""
    norms, calibration = batch_norms(problem.model), problem.mode.calibration
    assert calibration is not None
    momenta = [module.momentum for module in norms]
    for module in norms:
        module.reset_running_stats()
        module.momentum = None  # a plain mean over batches
        module.train()
    try:
        for batch in calibration.split(_batches(len(calibration), problem.mode.bn_batch or len(calibration))):
            problem.model(batch.clone() if problem.conduct.writes else batch)
    finally:
        for module, momentum in zip(norms, momenta, strict=True):
            module.momentum = momentum
            module.eval()
