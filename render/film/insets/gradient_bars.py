"""The gradient: its components at the current step as bars.

Of a network of few parameters each component has a bar with its sign, on a linear scale; of a larger one each parameter
tensor has the length of its components, on a logarithm. The scale is that of the whole run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from render.film.insets.inset_chart import InsetChart, InsetMarks
from render.film.insets.telling import Told
from render.film.words.figures import format_loss, short_loss
from render.scene.insets import GradientInset
from render.scene.words import say

SMALL = 0.82  # size of the numbers of the scale and of names / size of the words
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
FULL = 0.62  # width of a bar / room of a bar
MOST = 40  # bars; of more parts the rest are one
SPAN = 6.0  # decades of a logarithmic scale, at most


class GradientBars:
    """The bars of a shot's gradient."""

    def __init__(self, settings: GradientInset, told: Told, chart: InsetChart):
        self._told, self._chart = told, chart
        self._signed = told.chronicle.is_split
        self._values = np.asarray(told.chronicle.gradient, float)
        self._whole = np.linalg.norm(self._values, axis=1)
        most = float(np.abs(self._values).max(initial=0.0)) or 1.0
        if self._signed:
            self._high, self._low = most, -most
        else:
            self._values = together(self._values)
            top = math.ceil(math.log10(float(self._values.max()) or 1.0))
            least = self._values[self._values > 0].min(initial=10.0**top)
            self._high, self._low = float(top), float(max(math.floor(math.log10(least)), top - SPAN))
        self._names: tuple[str, ...] = ()
        names = short_names(told.chronicle.names) if self._values.shape[1] == len(told.chronicle.names) else ()
        left, _, right, _ = self._room()
        each = (right - left) / max(1, self._values.shape[1])
        if names and max(chart.wide(name, SMALL) for name in names) <= 0.95 * each:
            self._names = names
        self._area = self._room()

    def _room(self) -> tuple[float, float, float, float]:
        """Returns where the bars are, beside the numbers of their scale."""
        chart = self._chart
        wide = max(chart.wide(text, SMALL) for text, _ in self._ticks())
        body = chart.body
        return (
            body.left + wide + 0.5 * chart.size,
            body.top + 0.35 * chart.size,
            body.right,
            body.bottom - (1.15 if self._names else 0.4) * chart.size,
        )

    def _ticks(self) -> list[tuple[str, float]]:
        """Returns what is written at the scale, and where, in 0..1 of the height."""
        if self._signed:
            return [(short_loss(self._high), 1.0), ("0", 0.5), (f"−{short_loss(self._high)}", 0.0)]
        powers = sorted({round(self._low), round((self._low + self._high) / 2), round(self._high)})
        whole = self._high - self._low
        return [(short_loss(10.0**power, 1), (power - self._low) / whole) for power in powers]

    def still(self) -> InsetMarks:
        """Returns the scale."""
        chart, drawn = self._chart, InsetMarks()
        left, top, right, bottom = self._area
        for text, share in self._ticks():
            row = bottom - share * (bottom - top)
            drawn.add(chart.faint([(left, row), (right, row)], 0.7))
            drawn.add(chart.words(text, left - 0.5 * chart.size, row + 0.3 * chart.size, 1.0, SMALL))
        for number, name in enumerate(self._names):
            middle = left + (number + 0.5) * (right - left) / len(self._names)
            drawn.add(chart.words(name, middle, bottom + 1.0 * chart.size, 0.5, SMALL))
        return drawn

    def moving(self, time: float) -> InsetMarks:
        """Returns the bars at the current step."""
        chart, drawn, place = self._chart, InsetMarks(), self._told.places(time)[0]
        language = self._told.language
        drawn.add(
            *chart.head(say(language, "gradient" if self._signed else "lengths"), format_loss(self._whole[place]))
        )
        left, top, right, bottom = self._area
        count = self._values.shape[1]
        each = (right - left) / count
        zero = bottom - (0.5 if self._signed else 0.0) * (bottom - top)
        for number, value in enumerate(self._values[place]):
            row = bottom - self._share(value) * (bottom - top)
            start = left + (number + (1 - FULL) / 2) * each
            if abs(row - zero) > 0.01:
                drawn.add(chart.fill((start, min(row, zero), start + FULL * each, max(row, zero)), chart.style.accent))
        return drawn

    def _share(self, value: float) -> float:
        if self._signed:
            return float(0.5 + 0.5 * value / self._high)
        if not value > 0:
            return 0.0
        return float(np.clip((math.log10(value) - self._low) / (self._high - self._low), 0.0, 1.0))


def together(values: np.ndarray) -> np.ndarray:
    """Returns lengths (T, K) with those beyond the most that have a bar put together as one."""
    if values.shape[1] <= MOST:
        return values
    rest = np.linalg.norm(values[:, MOST - 1 :], axis=1)
    return np.column_stack([values[:, : MOST - 1], rest])


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """Returns names of parameter tensors in a letter and a number: W₁ b₁ W₂; components of a tensor keep its own."""
    layers = list(dict.fromkeys(name.split("[")[0].rpartition(".")[0] for name in names))
    found = []
    for name in names:
        tensor, _, place = name.partition("[")
        layer, _, last = tensor.rpartition(".")
        number = str(layers.index(layer) + 1).translate(LOWERED)
        letter = {"weight": "W", "bias": "b"}.get(last, last)
        found.append(f"{letter}{number}" + (f"[{place}" if place else ""))
    return tuple(found)
