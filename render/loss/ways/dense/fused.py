"""One C++ kernel for a stack of linear layers: first layer, activations, products, loss and accuracy in one pass.

A tile of examples goes through all layers for one point after the other without leaving the first-level cache, and the
layers' sizes are constants, so that sums stay in registers. Points never meet: a height does not depend on how the
points were divided. The C++ stands in kernel.cpp; what a stack is made of is put in front of it here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import nn

from render import compiler
from render.loss.ways.dense.stack import PlaneStack

SHARE = 256  # points that one thread takes at a time, about 4 ms
TILE = 64  # examples are filled up to a multiple of this; every TILE of the kernel divides it
WEIGHTS = 2**13  # weights of the points that share a tile of examples, 32 KiB
KERNEL, VECTORS = Path(__file__).with_name("kernel.cpp"), Path(__file__).parents[1] / "vectors.cpp"

FUNCTIONS: dict[type[nn.Module], str] = {
    nn.Tanh: "tangent",
    nn.Sigmoid: "logistic",
    nn.ReLU: "rectified",
    nn.GELU: "gelu",
    nn.SiLU: "silu",
    nn.Identity: "",
}


class _Chunk(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("points", "examples", "stride", "group")] + [
        (name, ctypes.c_void_p)
        for name in ("coordinates", "tail", "first", "goal", "weights", "hidden", "loss", "wrong")
    ]


def fused(stack: PlaneStack) -> Callable[[np.ndarray], np.ndarray] | None:
    """Returns the kernel that gives loss and accuracy (2, B) float64 at points (B, 2), or None without a compiler."""
    library = compiler.library(source_of(stack)) if stack.first.device.type == "cpu" else None
    return Kernel(stack, library) if library else None


class Kernel:
    """A compiled kernel with the stack that it reads."""

    def __init__(self, stack: PlaneStack, library: ctypes.CDLL):
        self._stack, self._library = stack, library
        self._examples = stack.first.shape[-1]
        filled = torch.arange(-(-self._examples // TILE) * TILE).clamp(max=self._examples - 1)
        self._first, self._tail = stack.first[..., filled].contiguous(), stack.tail.contiguous()
        values = stack.goal.values[..., filled].contiguous()
        self._goal = values if values.is_floating_point() else values.int()
        self._group = min(16, max(1, WEIGHTS // max(1, self._tail.shape[1])))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Returns loss and accuracy (2, B) float64 at points (B, 2), on as many threads as torch uses."""
        found = np.zeros((2, len(points)))
        parts = [slice(start, start + SHARE) for start in range(0, len(points), SHARE)]
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            list(threads.map(lambda part: self._measure(points[part], *found[:, part]), parts))
        labelled = not self._goal.is_floating_point()
        return np.stack([found[0] / self._examples, 1 - found[1] / self._examples if labelled else found[1] * np.nan])

    def _measure(self, points: np.ndarray, loss: np.ndarray, wrong: np.ndarray) -> None:
        weights = torch.empty(self._group * self._tail.shape[1])
        hidden = torch.empty(2 * self._stack.width * TILE)
        arrays = (points, loss, wrong)
        coordinates, losses, wrongs = (array.ctypes.data for array in arrays)
        tensors = (self._tail, self._first, self._goal, weights, hidden)
        chunk = _Chunk(
            len(points), self._examples, self._first.shape[-1], self._group,
            coordinates, *(tensor.data_ptr() for tensor in tensors), losses, wrongs,
        )  # fmt: skip
        self._library.measure(ctypes.byref(chunk))


def source_of(stack: PlaneStack) -> str:
    """Returns the C++ source of a stack's kernel."""
    sizes = {"WIDTH": stack.width, "H": stack.shapes[0][0], "C": stack.shapes[-1][0], "Q": stack.tail.shape[1]}
    names = {
        "GOAL": "float" if stack.goal.values.is_floating_point() else "int",
        "COMPARE": stack.goal.kind,
        "OUTPUTS": "odd" if len(stack.shapes) % 2 == 0 else "even",
        "FIRST": _composed(stack.activations[0]),
        "LAYERS": " ".join(_layer(stack, index) for index in range(1, len(stack.shapes))),
    }
    constants = "".join(f"constexpr long {name} = {value};\n" for name, value in sizes.items())
    macros = "".join(f"#define {name} {text}\n" for name, text in names.items())
    return VECTORS.read_text(encoding="utf-8") + constants + macros + KERNEL.read_text(encoding="utf-8")


def _layer(stack: PlaneStack, index: int) -> str:
    out, fan_in = stack.shapes[index]
    buffers = "even, odd" if index % 2 else "odd, even"
    return f"layer<{fan_in}, {out}>(w, {buffers}, {_composed(stack.activations[index])}); w += {out * (fan_in + 1)};"


def _composed(chain: tuple[nn.Module, ...]) -> str:
    """Returns a chain of activations as one C++ function, the first of them innermost."""
    text = "x"
    for activation in chain:
        by_tanh = isinstance(activation, nn.GELU) and activation.approximate == "tanh"
        text = f"{'gelu_by_tanh' if by_tanh else FUNCTIONS[type(activation)]}({text})"
    return f"[](real x) {{ return {text}; }}"
