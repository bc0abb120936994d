"""The order in which a kernel goes through a network: what is done in one step, to how many images, in which memory.

What follows an operation element by element is done before its result is stored, and so is a 2×2 maximum. Early steps
take one image at a time, which stays in the cache; later ones, whose images are small and whose weights are many, take
several for each time that the weights are read.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from render.loss.ways.native.operation import ImageShape, Operation, Program, Window

ELEMENTWISE = ("activation", "add", "norm")
HALVING = Window((2, 2), (2, 2), (0, 0))
CACHED = 2**15  # elements that a step may read and write, 128 KiB
IMAGES = 8  # taken by a step at most
SUMMED = 64  # products that a sum over the plane, which is read from memory, takes as long as


@dataclass(frozen=True)
class Link:
    """What becomes of each element before it is stored."""

    operation: Operation
    other: int | None = None  # the value that an add reads besides


@dataclass(frozen=True)
class KernelStep:
    """One pass over a few images: an operation, what follows element by element, a 2×2 maximum, and what follows it."""

    method: str  # direct, winograd, planar, maximum, mean, channels or copy
    operation: Operation
    source: int  # the value that it reads
    value: int  # the value that it makes
    chain: tuple[Link, ...] = ()
    pooled: bool = False
    after: tuple[Link, ...] = ()
    images: int = 1

    @property
    def reads(self) -> tuple[int, ...]:
        """The values that it reads; a planar step reads the sums over the plane instead of its source."""
        others = tuple(link.other for link in (*self.chain, *self.after) if link.other is not None)
        return others if self.method == "planar" else (self.source, *others)


@dataclass(frozen=True)
class Room:
    """Where a value is kept."""

    shape: ImageShape
    before: int  # rows and columns of zeros above and left of an image
    behind: int  # and below and right of it
    images: int
    buffer: int  # values that are never needed at once share a buffer


@dataclass(frozen=True)
class Schedule:
    """The steps of a network in order, and the rooms of the values that they read and make."""

    steps: tuple[KernelStep, ...]
    rooms: dict[int, Room]


def schedule_of(program: Program, *, planar: bool) -> Schedule:
    """Returns the schedule of a program; planar takes the first operation for a sum over the plane."""
    steps = _counted(program, _fused(program, planar))
    return Schedule(tuple(steps), _rooms(program, steps))


def is_planar(program: Program) -> bool:
    """Tells whether the first operation takes longer than reading its sums over the plane."""
    lead = program.operations[0]
    if lead.kind != "convolution" or lead.window is None:
        return False
    products = program.shape[0] * math.prod(lead.window.kernel)
    return products > SUMMED * (4 if _suits_winograd(program, lead) else 1)


def _fused(program: Program, planar: bool) -> list[KernelStep]:
    steps: list[KernelStep] = []
    uses, makers = program.uses(), {0: -1}
    for value, operation in enumerate(program.operations, 1):
        place = max(makers[source] for source in operation.sources)
        step = steps[place] if place >= 0 and uses[steps[place].value] == 1 else None
        if step and operation.kind in ELEMENTWISE:
            steps[place] = _linked(step, operation, value)
        elif step and _halves(program, step, operation):
            steps[place] = replace(step, value=value, pooled=True)
        else:
            place = len(steps)
            steps.append(_begun(program, operation, value, planar and value == 1))
        makers[value] = place
    return steps


def _linked(step: KernelStep, operation: Operation, value: int) -> KernelStep:
    other = next((source for source in operation.sources if source != step.value), None)
    link = Link(operation, other)
    if step.pooled:
        return replace(step, value=value, after=(*step.after, link))
    return replace(step, value=value, chain=(*step.chain, link))


def _halves(program: Program, step: KernelStep, operation: Operation) -> bool:
    whole = not any(size % 2 for size in program.shape_of(step.value)[1:])
    ready = step.method in ("winograd", "planar") and not step.pooled
    return ready and whole and operation.kind == "maximum" and operation.window == HALVING


def _begun(program: Program, operation: Operation, value: int, planar: bool) -> KernelStep:
    source = operation.sources[0]
    if operation.kind in ELEMENTWISE:
        link = Link(operation, operation.sources[1] if operation.kind == "add" else None)
        return KernelStep("copy", operation, source, value, (link,))
    if operation.kind != "convolution":
        return KernelStep(operation.kind, operation, source, value)
    if planar:
        return KernelStep("planar", operation, source, value)
    return KernelStep("winograd" if _suits_winograd(program, operation) else "direct", operation, source, value)


def _suits_winograd(program: Program, operation: Operation) -> bool:
    """Tells whether 36 products for each 4×4 pixels and two transforms are well below 9 products for each pixel."""
    fan_in, (fan_out, height, width) = program.shape_of(operation.sources[0])[0], operation.shape
    window = operation.window
    if window is None or window.kernel != (3, 3) or window.stride != (1, 1) or fan_in < 3 or fan_out < 8:
        return False
    tiles = -(-height // 4) * -(-width // 4)
    return 36 * tiles < 0.7 * 9 * height * width


def _counted(program: Program, steps: list[KernelStep]) -> list[KernelStep]:
    """Returns the steps with the number of images that each takes: never fewer than the step before it."""
    counted, most = [], IMAGES
    for step in reversed(steps):
        elements = sum(_elements(program.shape_of(value)) for value in (step.source, step.value))
        while most > 1 and most * elements > CACHED:
            most //= 2
        counted.append(replace(step, images=most))
    return counted[::-1]


def _elements(shape: ImageShape) -> int:
    channels, height, width = shape
    return -(-channels // 8) * 8 * height * width


def _rooms(program: Program, steps: list[KernelStep]) -> dict[int, Room]:
    readers: dict[int, list[int]] = defaultdict(list)
    for index, step in enumerate(steps):
        for value in step.reads:
            readers[value].append(index)
    example = [edge for index in readers[0] for edge in _edges(program, steps[index]) if steps[index].source == 0]
    rooms = {0: Room(program.shape, *_widest(example), 1, -1)}
    edges = _edges_by_shape(program, steps)
    free: dict[Room, list[tuple[int, int]]] = defaultdict(list)  # buffers of a kind, and the last step that reads each
    count = 0
    for index, step in enumerate(steps):
        reading, shape = readers[step.value], program.shape_of(step.value)
        images = max([step.images, *(steps[reader].images for reader in reading)])
        room = Room(shape, *_widest(edges[shape]), images, -1)
        buffer = next((buffer for buffer, last in free[room] if last < index), count)
        count += buffer == count
        free[room] = [entry for entry in free[room] if entry[0] != buffer]
        if images == step.images:  # what a later step takes more images of is kept until it has them all
            free[room].append((buffer, max(reading, default=len(steps))))
        rooms[step.value] = replace(room, buffer=buffer)
    return rooms


def _edges_by_shape(program: Program, steps: list[KernelStep]) -> dict[ImageShape, list[tuple[int, int]]]:
    """Returns the edges that the readers of each shape need; sharing them, values share buffers and code."""
    edges: dict[ImageShape, list[tuple[int, int]]] = defaultdict(list)
    for step in steps:
        if step.source:
            edges[program.shape_of(step.source)] += _edges(program, step)
    return edges


def _widest(edges: list[tuple[int, int]]) -> tuple[int, int]:
    before, behind = zip((0, 0), *edges, strict=True)
    return max(before), max(behind)


def _edges(program: Program, step: KernelStep) -> Iterator[tuple[int, int]]:
    """Returns how far a step looks over the edges of what it reads, vertically and horizontally."""
    window, shape = step.operation.window, program.shape_of(step.source)
    if step.method not in ("direct", "winograd") or window is None:
        return
    for size, kernel, stride, padding in zip(shape[1:], window.kernel, window.stride, window.padding, strict=True):
        made = (size + 2 * padding - kernel) // stride + 1
        if step.method == "winograd":
            made = -(-made // 4) * 4
        yield padding, max(0, (made - 1) * stride + kernel - padding - size)
