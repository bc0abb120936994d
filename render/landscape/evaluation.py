"""Evaluation: what a network's loss is at the parameters it holds now, in the mode that was asked for.

A criterion that gives one loss for each example is streamed in batches; one that gives a scalar sees the whole set.
Nothing waits for the device between points: losses stay where they were computed.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from render.descent.parameters import restoring
from render.errors import DataError
from render.landscape.measurement import Criterion, Problem, right_of
from render.landscape.precision import KINDS, reduced

LARGEST_PASS = 1024  # examples of one forward pass; a larger set is passed in equal parts
DROPPING = (_DropoutNd, nn.MultiheadAttention, nn.RNNBase, nn.TransformerEncoderLayer)  # the last for its fast path
Forward = Callable[[torch.Tensor], torch.Tensor]


@contextlib.contextmanager
def evaluating(problem: Problem) -> Iterator[None]:
    """Puts the network into the mode of evaluation, and leaves it as it was found, also after an error."""
    model, mode = problem.model, problem.mode
    with restoring(model), torch.no_grad(), reduced(mode.precision, problem.inputs.device):
        model.eval()
        norms = batch_norms(model)
        tracked = [module.track_running_stats for module in norms]
        for module in norms if mode.bn == "batch" else []:
            module.train()
            module.track_running_stats = False  # or each point would move the statistics, and the order would matter
        for layer in model.modules() if mode.dropout == "fixed" else []:
            layer.training = layer.training or isinstance(layer, DROPPING)  # train() would reach the layers within
        try:
            yield
        finally:
            for module, found in zip(norms, tracked, strict=True):
                module.track_running_stats = found


def batch_norms(model: nn.Module) -> list[_BatchNorm]:
    """Returns the batch norm layers of a network."""
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]


class Evaluation:
    """The loss and accuracy of a problem at the parameters that its network holds; use it within `evaluating`."""

    def __init__(self, problem: Problem, forward: Forward | None = None, largest_pass: int | None = None):
        """Takes another way than the network itself to compute outputs, and how many examples go through at once."""
        self._problem, self._forward = problem, problem.model if forward is None else forward
        self._parts = parts_of(problem, largest_pass or LARGEST_PASS)
        self._streams: bool | None = None  # whether the criterion gives one loss for each example

    def __call__(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns loss and accuracy, two float64 scalars on the device; NaN for an accuracy that is none."""
        self._prepare()
        outputs = (self._outputs(inputs) for inputs, _ in self._parts)
        first, count = next(outputs), self._problem.targets.numel()
        if len(self._parts) == 1 or not self._is_streamed(first):
            parts = [first, *outputs]
            losses, right = self._compared(torch.cat(parts) if len(parts) > 1 else first, self._problem.targets)
            return losses.mean(), right / count
        targets = (targets for _, targets in self._parts)
        found = list(map(self._compared, itertools.chain([first], outputs), targets))
        right = torch.stack([right for _, right in found]).sum()
        return torch.cat([losses for losses, _ in found]).mean(), right / count

    def losses(self, criterion: Criterion) -> torch.Tensor:
        """Returns the loss of each example (N,) float64 by a criterion that gives one for each."""
        self._prepare()
        return torch.cat([criterion(self._outputs(x), y).double() for x, y in self._parts])

    def _outputs(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs = self._forward(inputs)
        if not isinstance(outputs, torch.Tensor):
            if len(self._parts) > 1:
                raise DataError(f"model: gives a {type(outputs).__name__}; wrap it so that it gives one tensor")
            return outputs
        return outputs.float() if outputs.dtype in KINDS.values() else outputs

    def _prepare(self) -> None:
        mode = self._problem.mode
        if mode.dropout == "fixed":
            torch.manual_seed(mode.seed)
        if mode.bn == "recalibrated":
            _recalibrate(self._problem)

    def _is_streamed(self, outputs: torch.Tensor) -> bool:
        """Tells whether the criterion gives one loss for each example; asked once, of the first part."""
        if self._streams is None:
            targets = self._parts[0][1]
            try:
                self._streams = self._problem.criterion(outputs, targets).shape == (len(targets),)
            except Exception:  # a criterion may know only the whole set; there it fails aloud
                self._streams = False
        return self._streams

    def _compared(self, outputs: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the loss, () or (n,) float64, and how many examples are right, NaN where that cannot be said."""
        losses, right = self._problem.criterion(outputs, targets), right_of(outputs, targets)
        _require_loss(losses, len(targets))
        losses = losses.double()
        return losses, torch.full_like(losses.sum(), math.nan) if right is None else right


def parts_of(problem: Problem, largest: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Returns the evaluation set in equal parts, or in the batches whose statistics were asked for."""
    count, mode = len(problem.inputs), problem.mode
    if len(problem.targets) != count:  # inputs and targets that are no examples
        return [(problem.inputs, problem.targets)]
    if mode.bn == "batch":
        sizes = _batches(count, mode.bn_batch or count)
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
            problem.model(batch)
    finally:
        for module, momentum in zip(norms, momenta, strict=True):
            module.momentum = momentum
            module.eval()
