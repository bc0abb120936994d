"""The C++ of one network: the parts of kernel.cpp, put together as a schedule has it.

Gv is the grid of value v, Mk the place of buffer k, and Tk the type of the kth weights, which lie from Wk on among the
weights of a point and are made from what lies from Qk on in the plane.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from render.loss.ways.dense.stack import Goal
from render.loss.ways.native.operation import Operation
from render.loss.ways.native.schedule import KernelStep, Link, Room, Schedule

KERNEL, VECTORS = Path(__file__).with_name("kernel.cpp"), Path(__file__).parents[1] / "vectors.cpp"

TYPES = {
    "direct": "Direct<{grids}, {window}, {images}>",
    "winograd": "Winograd<{grids}, {padding}, {images}, {pooled}>",
    "planar": "Planar<{made}, {height}, {width}, {images}, {pooled}>",
    "norm": "Norm<{made}::CP>",
}

CALLS = {
    "direct": "T{own}::run(images.w + W{own}, {read}, {to}, images.work, {chain});",
    "winograd": "T{own}::run(images.w + W{own}, {read}, {to}, images.work, {chain}, {after});",
    "planar": "T{own}::run(images.w + W{own}, images.first + {base} * T{own}::FIRST, {to}, {chain}, {after});",
    "maximum": "Pool<{grids}, {window}, {images}>::maximum({read}, {to}, {chain});",
    "mean": "Pool<{grids}, {window}, {images}>::mean<{counted}>({read}, {to}, {chain});",
    "channels": "channels<{grids}, {operation.first}, {images}>({read}, {to}, {chain});",
    "copy": "copy<{grids}, {images}>({read}, {to}, {chain});",
}

LINKS = {
    "activation": "Function<{operation.function}>{{}}",
    "add": "Add<G{value}>{{{other}}}",
    "norm": "Scale<G{value}::CP>{{images.w + W{own}}}",
}

ENTRY = """\
extern "C" const long sizes[] = {LANES, WEIGHTS, WORK, CLASSES * BLOCK};
extern "C" void measure(const Chunk *chunk) { measure_all(*chunk, RAW, WEIGHTS, IMAGES); }
"""


def weighed(schedule: Schedule) -> Iterator[tuple[Operation, str]]:
    """Returns each operation that has weights with the member of TYPES for it, in the order of the weights."""
    for step in schedule.steps:
        if step.method in TYPES:
            yield step.operation, step.method
        for link in (*step.chain, *step.after):
            if link.operation.kind == "norm":
                yield link.operation, "norm"


def source_of(schedule: Schedule, goal: Goal) -> str:
    """Returns the C++ source of a schedule's kernel."""
    names = {"GOAL": "float" if goal.values.is_floating_point() else "int", "COMPARE": goal.kind}
    macros = "".join(f"#define {name} {text}\n" for name, text in names.items())
    classes = f"constexpr int CLASSES = {schedule.steps[-1].operation.shape[0]};\n"
    parts = (file.read_text(encoding="utf-8") for file in (VECTORS, KERNEL))
    return macros + classes + "".join(parts) + "\n".join(_Emission(schedule).lines()) + "\n" + ENTRY


class _Emission:
    """Writes the lines that stand behind the kernel's parts."""

    def __init__(self, schedule: Schedule):
        self._rooms, self._types, self._epsilons = schedule.rooms, list[str](), list[float]()
        self._levels = sorted({step.images for step in schedule.steps})
        self._calls = [(step.images, self._call(step)) for step in schedule.steps]
        self._output = schedule.steps[-1].value

    def lines(self) -> list[str]:
        """Returns grids, weights and buffers, then the functions that make weights and pass images through."""
        grids = [f"using G{value} = {_grid(room)};" for value, room in self._rooms.items()]
        return [*grids, *self._weights(), *self._buffers(), *self._weigh(), *self._forward()]

    def _weights(self) -> list[str]:
        lines, count = ["constexpr long Q0 = 0, W0 = 0, S0 = 0;"], len(self._types)
        for index, text in enumerate(self._types):
            here, new = f"T{index}", index + 1
            sums = f"Q{new} = Q{index} + {here}::RAW, W{new} = W{index} + {here}::WEIGHTS"
            lines.append(f"using {here} = {text};")
            lines.append(f"constexpr long {sums}, S{new} = most(S{index}, {here}::SCRATCH);")
        return [*lines, f"constexpr long RAW = Q{count}, WEIGHTS = W{count}, IMAGES = {self._levels[-1]};"]

    def _buffers(self) -> list[str]:
        sizes = {room.buffer: f"{room.images} * G{value}::SIZE" for value, room in self._rooms.items() if value}
        lines = [f"constexpr long M0 = S{len(self._types)};"]
        lines += [f"constexpr long M{index + 1} = M{index} + {size};" for index, size in sorted(sizes.items())]
        return [*lines, f"constexpr long WORK = M{len(sizes)};"]

    def _weigh(self) -> list[str]:
        calls = [f"  T{k}::weigh(p, Q{k}, {epsilon!r}, w + W{k});" for k, epsilon in enumerate(self._epsilons)]
        return ["static void weigh(const Point &p, float *w) {", *calls, "}"]

    def _forward(self) -> list[str]:
        return [
            "static void forward(const Images &images, long base, float *outputs) {",
            f"  const long b{self._levels[-1]} = base;",
            *self._passes(self._levels),
            f"  const float *made = {self._place(self._output, self._levels[-1])};",
            "  for (int i = 0; i < IMAGES; i++)",
            f"    for (int c = 0; c < CLASSES; c++) outputs[c * BLOCK + i] = made[G{self._output}::at(i, 0, 0) + c];",
            "}",
        ]

    def _passes(self, levels: list[int]) -> list[str]:
        """Returns the steps that take the last number of images, behind those that take fewer, as often as it needs."""
        *fewer, images = levels
        calls = [f"  {call}" for count, call in self._calls if count == images]
        if not fewer:
            return calls
        b, outer = f"b{fewer[-1]}", f"b{images}"
        loop = f"for (long {b} = {outer}; {b} < {outer} + {images} && {b} < images.examples; {b} += {fewer[-1]}) {{"
        return [f"  {loop}", *self._passes(fewer), "  }", *calls]

    def _call(self, step: KernelStep) -> str:
        window, (_, height, width) = step.operation.window, step.operation.shape
        fields = {
            "grids": f"G{step.source}, G{step.value}",
            "made": f"G{step.value}",
            "window": _numbers(*window.kernel, *window.stride, *window.padding) if window else "",
            "padding": _numbers(*window.padding) if window else "",
            "height": height,
            "width": width,
            "images": step.images,
            "pooled": str(step.pooled).lower(),
            "counted": str(step.operation.counted).lower(),
            "operation": step.operation,
            "base": f"b{step.images}",
            "read": self._place(step.source, step.images),
            "to": self._place(step.value, step.images),
        }
        own = self._take(TYPES[step.method].format_map(fields), step.operation) if step.method in TYPES else None
        chain, after = self._chain(step, step.chain), self._chain(step, step.after)
        return CALLS[step.method].format_map({**fields, "own": own, "chain": chain, "after": after})

    def _take(self, text: str, operation: Operation) -> int:
        """Returns the number of new weights."""
        self._types.append(text)
        self._epsilons.append(float(operation.norm.eps) if operation.norm else 0.0)  # type: ignore[arg-type]
        return len(self._types) - 1

    def _chain(self, step: KernelStep, links: tuple[Link, ...]) -> str:
        return f"chain({', '.join(self._link(step, link) for link in links)})"

    def _link(self, step: KernelStep, link: Link) -> str:
        operation, value = link.operation, step.value if link.other is None else link.other
        norm = TYPES["norm"].format(made=f"G{step.value}")
        own = self._take(norm, operation) if operation.kind == "norm" else None
        place = self._place(value, step.images)
        return LINKS[operation.kind].format(operation=operation, own=own, other=place, value=value)

    def _place(self, value: int, images: int) -> str:
        if not value:
            return f"images.inputs + b{images} * G0::SIZE"
        room = self._rooms[value]
        return f"images.work + M{room.buffer} + b{images} % {room.images} * G{value}::SIZE"


def _grid(room: Room) -> str:
    return f"Grid<{_numbers(*room.shape, room.before, room.behind)}>"


def _numbers(*values: int) -> str:
    return ", ".join(map(str, values))
