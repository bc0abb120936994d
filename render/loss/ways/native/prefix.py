"""The part of a network that no moved parameter reaches: it is computed once, and what it makes becomes the inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import torch
from torch import nn
from torch.nn import functional

from render.loss.ways.native.operation import Operation, Program

Held = Callable[[torch.Tensor], torch.Tensor]  # a parameter of the network to its value at θ₀

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "rectified": torch.relu,
    "silu": functional.silu,
    "tangent": torch.tanh,
    "logistic": torch.sigmoid,
    "gelu": functional.gelu,
    "gelu_by_tanh": lambda values: functional.gelu(values, approximate="tanh"),
}


def still_length(program: Program, moved: Collection[int]) -> int:
    """Returns how many operations at the start keep their values while the parameters with the ids in moved move.

    Only the last of these values is read by the operations behind them.
    """
    length = 0
    for index, operation in enumerate(program.operations[:-1], 1):
        if any(id(parameter) in moved for module in operation.modules for parameter in module.parameters()):
            break
        if all(min(later.sources) >= index for later in program.operations[index:]):
            length = index
    return length


def without(program: Program, length: int) -> Program:
    """Returns the program behind its first operations, whose last value is its example."""
    rest = program.operations[length:]
    shifted = (replace(step, sources=tuple(source - length for source in step.sources)) for step in rest)
    return Program(program.shape_of(length), tuple(shifted))


@torch.no_grad()
def applied(program: Program, length: int, images: torch.Tensor, held: Held) -> torch.Tensor:
    """Returns what the first operations make of images (N, C, H, W), with the parameters' values by held."""
    values = [images]
    for operation in program.operations[:length]:
        made = MAKERS[operation.kind](operation, [values[source] for source in operation.sources], held)
        values.append(_normed(operation, made, held) if operation.norm else made)
    return values[-1]


def _convolved(operation: Operation, sources: list[torch.Tensor], held: Held) -> torch.Tensor:
    module, window = operation.module, operation.window
    assert isinstance(module, nn.Conv2d | nn.Linear) and window
    weight = held(module.weight).reshape(len(module.weight), -1, *window.kernel)
    bias = held(module.bias) if module.bias is not None else None
    return functional.conv2d(sources[0], weight, bias, window.stride, window.padding)


def _normed(operation: Operation, values: torch.Tensor, held: Held) -> torch.Tensor:
    norm = operation.norm
    assert isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d)
    weight, bias = (held(parameter) if parameter is not None else None for parameter in (norm.weight, norm.bias))
    return functional.batch_norm(values, norm.running_mean, norm.running_var, weight, bias, eps=norm.eps)


def _largest(operation: Operation, sources: list[torch.Tensor], held: Held) -> torch.Tensor:
    window = operation.window
    assert window
    return functional.max_pool2d(sources[0], window.kernel, window.stride, window.padding)


def _mean(operation: Operation, sources: list[torch.Tensor], held: Held) -> torch.Tensor:
    window = operation.window
    assert window
    return functional.avg_pool2d(
        sources[0], window.kernel, window.stride, window.padding, count_include_pad=operation.counted
    )


def _channels(operation: Operation, sources: list[torch.Tensor], held: Held) -> torch.Tensor:
    behind = operation.shape[0] - operation.first - sources[0].shape[1]
    return functional.pad(sources[0], (0, 0, 0, 0, operation.first, behind))


MAKERS: dict[str, Callable[[Operation, list[torch.Tensor], Held], torch.Tensor]] = {
    "convolution": _convolved,
    "norm": lambda operation, sources, held: sources[0],
    "activation": lambda operation, sources, held: ACTIVATIONS[operation.function](sources[0]),
    "maximum": _largest,
    "mean": _mean,
    "channels": _channels,
    "add": lambda operation, sources, held: sources[0] + sources[1],
}
