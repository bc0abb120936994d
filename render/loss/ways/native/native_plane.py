"""A convolutional network in evaluation mode, measured at many points of a plane by one C++ kernel made for it.

A few images at a time go through all layers for one point, and stay in the cache. Convolutions of 3×3 use Winograd's
F(4×4, 3×3) (Lavin and Gray 2016). What comes before the first layer that moves is computed once, and so is that layer
where it is large, since it is affine in the coordinates:

    conv(x; θ(α, β)) = A + α·U + β·V

Every point is measured by itself, in a fixed order of the examples, whichever points are measured beside it.
"""

from __future__ import annotations

import ctypes
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from render import compiler
from render.descent.parameters import layout_of
from render.errors import MachineError
from render.loss.flat import moved_by
from render.loss.measurement import Finish, Measurement, Problem
from render.loss.memory import memory_errors
from render.loss.ways.dense.dense_plane import goal_of
from render.loss.ways.dense.stack import Goal
from render.loss.ways.native.emission import source_of, weighed
from render.loss.ways.native.operation import Operation, Program
from render.loss.ways.native.prefix import applied, still_length, without
from render.loss.ways.native.program import program_of
from render.loss.ways.native.schedule import Room, Schedule, is_planar, schedule_of

TILE = 64  # examples are filled up to a multiple of this; every number of images at a time divides it
SUMS = 2**28  # float32 numbers that the sums of the first layer may take, 1 GiB
SHARED = 2**21  # float32 weights of the points that take turns with an image, 8 MiB
POINTS = 4  # that take turns, at most; sums over the plane are read from memory once for all of them


def is_native(problem: Problem) -> bool:
    """Tells whether this file can measure a problem."""
    return _known(problem) is not None


def _known(problem: Problem) -> tuple[Program, Goal] | None:
    program = program_of(problem.model, problem.inputs) if problem.mode.is_plain else None
    goal = goal_of(problem, program.operations[-1].shape[0]) if program else None
    return (program, goal) if program and goal else None


class NativePlane:
    """Measures a convolutional network at points of one plane."""

    strategy = "native"

    def __init__(self, problem: Problem, plane: torch.Tensor):
        """Prepares the plane (3, P) float64: θ₀, u, v; raises MachineError where no kernel can be compiled."""
        known = _known(problem)
        assert known is not None
        self._finish, self.precision = Finish(plane), problem.mode.precision
        self._examples = len(problem.inputs)
        self._kernel = _Kernel(*known, problem, plane)
        self.batch = 4 * self._kernel.points * torch.get_num_threads()

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first."""
        points = np.ascontiguousarray(coordinates, np.float64).reshape(-1, 2)
        with memory_errors(self._examples):
            loss, accuracy = self._kernel(points)
        return self._finish(points, loss, accuracy)


class _Chunk(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("points", "examples", "stride")] + [
        (name, ctypes.c_void_p)
        for name in (
            "coordinates", "plane", "inputs", "first", "goal", "weights", "work", "outputs", "loss", "wrong"
        )
    ]  # fmt: skip


class _Kernel:
    """A compiled kernel with the plane and the examples that it reads."""

    def __init__(self, program: Program, goal: Goal, problem: Problem, plane: torch.Tensor):
        pieces = _Pieces(problem, plane)
        program, images = _behind_prefix(program, problem.inputs, pieces, moved_by(plane, problem.model))
        self._examples = len(images)
        filled = torch.arange(math.ceil(len(images) / TILE) * TILE).clamp(max=len(images) - 1)
        lead = program.operations[0]
        planar = is_planar(program) and 3 * len(filled) * math.prod(lead.shape) <= SUMS
        schedule = schedule_of(program, planar=planar)
        library = compiler.library(source_of(schedule, goal))
        if library is None:
            raise MachineError("strategy: native needs a C++ compiler that works; `apt install g++` brings one")
        self._library, sizes = library, (ctypes.c_long * 4).in_dll(library, "sizes")
        self._lanes, self._weights, self._work, self._outputs = sizes
        self.points = max(1, min(POINTS, SHARED // max(1, self._weights)))
        self._raw = _raw(schedule, pieces, self._lanes)
        read = any(0 in step.reads for step in schedule.steps)
        self._inputs = _laid_out(images[filled], schedule.rooms[0], self._lanes) if read else torch.empty(0)
        self._first = _sums(lead, images, filled, pieces, self._lanes) if planar else torch.empty(0)
        values = goal.values[..., filled].contiguous()
        self._goal = values if values.is_floating_point() else values.int()

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Returns loss and accuracy (2, B) float64 at points (B, 2), on as many threads as torch uses."""
        found, threads = np.zeros((2, len(points))), torch.get_num_threads()
        share = max(1, min(self.points, len(points) // threads))
        parts = [slice(start, start + share) for start in range(0, len(points), share)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda part: self._measure(points[part], *found[:, part]), parts))
        labelled = not self._goal.is_floating_point()
        return np.stack([found[0] / self._examples, 1 - found[1] / self._examples if labelled else found[1] * np.nan])

    def _measure(self, points: np.ndarray, loss: np.ndarray, wrong: np.ndarray) -> None:
        weights = torch.empty(len(points) * self._weights)
        work = torch.zeros(self._work)
        outputs = torch.zeros(self._outputs)
        tensors = (self._raw, self._inputs, self._first, self._goal, weights, work, outputs)
        chunk = _Chunk(
            len(points), self._examples, self._goal.shape[-1], points.ctypes.data,
            *(tensor.data_ptr() for tensor in tensors), loss.ctypes.data, wrong.ctypes.data,
        )  # fmt: skip
        self._library.measure(ctypes.byref(chunk))


class _Pieces:
    """The parts of a plane that belong to each parameter."""

    def __init__(self, problem: Problem, plane: torch.Tensor):
        places = layout_of(problem.model).slices()
        self._plane = plane
        self._places = {id(p): places[name] for name, p in problem.model.named_parameters() if name in places}

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """Returns a tensor over the plane (3, ...) float64; one that is frozen or a buffer does not move."""
        place = self._places.get(id(tensor))
        if place is not None:
            return self._plane[:, place].reshape(3, *tensor.shape)
        still = torch.zeros(3, *tensor.shape, dtype=torch.float64)
        still[0] = tensor.detach()
        return still


def _behind_prefix(
    program: Program, inputs: torch.Tensor, pieces: _Pieces, moved: set[int]
) -> tuple[Program, torch.Tensor]:
    """Returns the program behind what does not move, and what that makes of the inputs (N, C, H, W)."""
    images = inputs.detach().reshape(-1, *program.shape)
    parts, length = images.split(TILE), still_length(program, moved)
    if math.prod(program.shape_of(length)) * len(images) > SUMS:
        length = 0
    made = [applied(program, length, part, lambda parameter: pieces.of(parameter)[0].float()) for part in parts]
    return without(program, length), torch.cat(made)


def _wide(channels: int, lanes: int) -> int:
    return math.ceil(channels / lanes) * lanes


def _laid_out(images: torch.Tensor, room: Room, lanes: int) -> torch.Tensor:
    """Returns images (N, C, H, W) by rows, the channels of a pixel side by side, in zeros as their room has them."""
    channels, edges = room.shape[0], (room.before, room.behind)
    beyond = _wide(channels, lanes) - channels
    return functional.pad(images.permute(0, 2, 3, 1), (0, beyond, *edges, *edges)).contiguous()


def _sums(lead: Operation, images: torch.Tensor, filled: torch.Tensor, pieces: _Pieces, lanes: int) -> torch.Tensor:
    """Returns what the first layer's A, U, V make of images, (N, H, W, 3, channels) float32; the bias is not in it."""
    window = lead.window
    assert window and lead.module
    weights = pieces.of(lead.module.weight).float().reshape(3, lead.shape[0], -1, *window.kernel)  # type: ignore[arg-type]
    channels, height, width = lead.shape
    found = torch.zeros(len(filled), height, width, 3, _wide(channels, lanes))
    for place, weight in enumerate(weights):
        for start in range(0, len(filled), TILE):
            part = filled[start : start + TILE]
            made = functional.conv2d(images[part], weight, None, window.stride, window.padding)
            found[start : start + TILE, :, :, place, :channels] = made.permute(0, 2, 3, 1)
    return found


def _raw(schedule: Schedule, pieces: _Pieces, lanes: int) -> torch.Tensor:
    """Returns the plane as the kernel reads it, (3, Q) float64: the filters of each operation and then its norm."""
    parts = []
    for operation, method in weighed(schedule):
        channels = _wide(operation.shape[0], lanes)
        if method in ("direct", "winograd"):
            parts.append(functional.pad(_filters(operation, pieces), (0, channels - operation.shape[0])).flatten(1))
        parts.append(_norm(operation, pieces, channels).flatten(1))
    return torch.cat(parts, 1) if parts else torch.zeros(3, 0, dtype=torch.float64)


def _filters(operation: Operation, pieces: _Pieces) -> torch.Tensor:
    """Returns the filters of a convolution (3, taps · inputs, outputs)."""
    window, module = operation.window, operation.module
    assert window and module
    weights: Any = pieces.of(module.weight)  # type: ignore[arg-type]
    return weights.reshape(3, operation.shape[0], -1, *window.kernel).permute(0, 3, 4, 2, 1).flatten(1, 3)


def _norm(operation: Operation, pieces: _Pieces, channels: int) -> torch.Tensor:
    """Returns the bias before a norm and the norm's weight, bias, mean and variance, (3, 5, channels)."""
    rows = torch.zeros(3, 5, channels, dtype=torch.float64)
    rows[0, 1] = rows[0, 4] = 1
    held = [getattr(operation.module, "bias", None)]
    held += [getattr(operation.norm, name, None) for name in ("weight", "bias", "running_mean", "running_var")]
    for row, tensor in enumerate(held):
        if tensor is not None:
            rows[:, row, : operation.shape[0]] = pieces.of(tensor)
    return rows
