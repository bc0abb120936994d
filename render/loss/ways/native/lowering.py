"""Operations from calls: each method mirrors a function of torch, its arguments and what they mean to an image.

A method raises where an argument is not of the form that it knows for certain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from torch import fx, nn

from render.loss.ways.native.operation import ImageShape, Operation, Pair, Window


class UnknownOperationError(Exception):
    """Something that is in no table, or in a form that is not known."""


def require(known: bool) -> None:
    """Raises where something is not known for certain."""
    if not known:
        raise UnknownOperationError


@dataclass(frozen=True)
class Value:
    """A tensor of the trace: which value it is, whether its examples are flat, and whose memory it shares."""

    index: int
    flat: bool
    memory: int


BATCH = object()  # the number of examples, where a network asks for it


class Lowering:
    """The operations of the calls so far, and what each node of the trace stands for."""

    def __init__(self, shape: ImageShape):
        self._shape = shape
        self.operations: list[Operation] = []
        self.found: dict[fx.Node, Any] = {}

    def _add(self, kind: str, source: Value, shape: ImageShape, **rest: Any) -> Value:
        require(min(shape) > 0)
        sources = rest.pop("sources", (source.index,))
        self.operations.append(Operation(kind, sources, shape, **rest))
        return Value(len(self.operations), source.flat, len(self.operations))

    def _overwrites(self, source: Value, made: Value) -> Value:
        """Forgets every name of memory that is written over, so that reading it later is unknown."""
        require(source.memory > 0)
        for node, value in list(self.found.items()):
            if isinstance(value, Value) and value.memory == source.memory:
                del self.found[node]
        return replace(made, memory=source.memory)

    def _of(self, value: Value) -> ImageShape:
        require(isinstance(value, Value))
        return self.operations[value.index - 1].shape if value.index else self._shape

    def _image(self, value: Value) -> ImageShape:
        shape = self._of(value)
        require(not value.flat)
        return shape

    def convolution(self, module: nn.Conv2d, input: Value) -> Value:
        shape = self._image(input)
        require(module.groups == 1 and module.dilation == (1, 1) and module.padding_mode == "zeros")
        require(shape[0] == module.in_channels)
        padding: Any = module.padding
        if padding == "same":
            require(module.stride == (1, 1) and all(size % 2 for size in module.kernel_size))
            padding = [size // 2 for size in module.kernel_size]
        window = _window(module.kernel_size, module.stride, 0 if padding == "valid" else padding)
        return self._add("convolution", input, window.over(shape, module.out_channels), window=window, module=module)

    def linear(self, module: nn.Linear, input: Value) -> Value:
        shape = self._of(input)
        require(input.flat and math.prod(shape) == module.in_features)
        window = _window(shape[1:], 1, 0)
        return self._add("convolution", input, (module.out_features, 1, 1), window=window, module=module)

    def norm(self, module: nn.BatchNorm2d | nn.BatchNorm1d, input: Value) -> Value:
        shape = self._of(input)
        require(module.running_mean is not None and module.running_var is not None)
        require(shape[0] == module.num_features and input.flat == isinstance(module, nn.BatchNorm1d))
        require(not input.flat or shape[1:] == (1, 1))
        return self._add("norm", input, shape, norm=module)

    def activation(self, function: str, input: Value, inplace: bool = False) -> Value:
        made = self._add("activation", input, self._of(input), function=function)
        return self._overwrites(input, made) if inplace else made

    def same(self, input: Value) -> Value:
        self._of(input)
        return input

    def dropout(self, input: Value, p: float = 0.5, training: bool = True, inplace: bool = False) -> Value:
        require(training is False)
        return self.same(input)

    def max_pool(
        self, input: Value, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Value:  # fmt: skip
        shape, window = self._image(input), _window(kernel_size, stride or kernel_size, padding)
        require(_pair(dilation) == (1, 1) and not ceil_mode and not return_indices)
        return self._add("maximum", input, window.over(shape, shape[0]), window=window)

    def mean_pool(
        self, input: Value, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> Value:  # fmt: skip
        shape, window = self._image(input), _window(kernel_size, stride or kernel_size, padding)
        require(not ceil_mode and divisor_override is None)
        made = window.over(shape, shape[0])
        return self._add("mean", input, made, window=window, counted=bool(count_include_pad))

    def adaptive_mean(self, input: Value, output_size: Any) -> Value:
        require(_pair(output_size) == (1, 1))
        return self.mean_pool(input, self._image(input)[1:])

    def mean(self, input: Value, dim: Any, keepdim: bool = False) -> Value:
        shape = self._image(input)
        require(len(dim) == 2 and {axis % 4 for axis in dim} == {2, 3})
        return replace(self.mean_pool(input, shape[1:]), flat=not keepdim)

    def flatten(self, input: Value, start_dim: int = 0, end_dim: int = -1) -> Value:
        self._of(input)
        require(start_dim == 1 and end_dim in (-1, 1 if input.flat else 3))
        return replace(input, flat=True)

    def view(self, input: Value, *shape: Any) -> Value:
        sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
        features = math.prod(self._of(input))
        require(len(sizes) == 2 and sizes in ((BATCH, -1), (BATCH, features), (-1, features)))
        return replace(input, flat=True)

    def size(self, input: Value, dim: int | None = None) -> Any:
        shape = self._of(input)
        sizes = (BATCH, math.prod(shape)) if input.flat else (BATCH, *shape)
        return sizes if dim is None else sizes[dim]

    def attribute(self, input: Value, name: str) -> Any:
        require(name == "shape")
        return self.size(input)

    def item(self, input: Any, index: Any) -> Any:
        if isinstance(input, tuple):
            return input[index]
        shape, every = self._image(input), slice(None)
        require(len(index) == 4 and index[0] == index[1] == every)
        require(all(part.start in (None, 0) and part.stop is None for part in index[2:]))
        window = _window(1, [part.step or 1 for part in index[2:]], 0)
        made = self._add("maximum", input, window.over(shape, shape[0]), window=window)  # the largest of one
        return replace(made, memory=input.memory)

    def pad(self, input: Value, pad: Any, mode: str = "constant", value: float | None = None) -> Value:
        channels, height, width = self._image(input)
        require(len(pad) == 6 and tuple(pad[:4]) == (0,) * 4 and min(pad) >= 0)
        require(mode == "constant" and not value)
        return self._add("channels", input, (channels + sum(pad[4:]), height, width), first=pad[4])

    def add(self, input: Value, other: Value, *, alpha: float = 1) -> Value:
        require(alpha == 1 and self._of(input) == self._of(other) and input.flat == other.flat)
        return self._add("add", input, self._of(input), sources=(input.index, other.index))

    def add_in_place(self, input: Value, other: Value) -> Value:
        return self._overwrites(input, self.add(input, other))


def _pair(size: Any) -> Pair:
    vertical, horizontal = (size, size) if isinstance(size, int) else size
    require(isinstance(vertical, int) and isinstance(horizontal, int))
    return vertical, horizontal


def _window(kernel: Any, stride: Any, padding: Any) -> Window:
    return Window(_pair(kernel), _pair(stride), _pair(padding))
