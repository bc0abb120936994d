"""The example: what the network is shown, and what it answers at the current step: its shares of all classes."""

from __future__ import annotations

import math

import numpy as np

from render.film.insets.inset_chart import InsetChart, InsetMarks, Picture, enlarged
from render.film.insets.telling import Told
from render.film.words.figures import format_loss, format_share
from render.film.words.layout import Box
from render.scene.insets import ExampleInset
from render.scene.words import say

FULL = 0.7  # height of a bar / room of a bar
FEW = 12  # classes that have a number each


class Answer:
    """One example of a shot, and the answers to it."""

    def __init__(self, settings: ExampleInset, told: Told, chart: InsetChart):
        self._told, self._chart = told, chart
        place = told.chronicle.place_of(settings.example)
        self._outputs = np.asarray(told.chronicle.outputs[:, place], float)
        self._input = told.chronicle.inputs[place]
        self._target = told.chronicle.targets[place]
        self._classes = told.chronicle.classes
        self._shares = softmax(self._outputs) if self._classes else self._outputs

    @property
    def _label(self) -> str:
        """What the example is."""
        target = f"{int(self._target)}" if self._classes else format_loss(float(np.ravel(self._target)[0]))
        return say(self._told.language, "label", target)

    @property
    def _letters(self) -> float:
        """The size of label and answer, at which the longest answer keeps off the label."""
        longest = f"{max(self._classes - 1, 0)}, 99.9 %" if self._classes else "−0.0000"
        return self._chart.fitting(self._label, say(self._told.language, "answer", longest))

    @property
    def _foot(self) -> float:
        """The row of the lower edge of image and bars."""
        return self._chart.box.bottom - 0.2 * self._chart.size

    def _frame(self) -> Box:
        """Returns the room of the image."""
        body = self._chart.body
        high = round(self._foot - body.top - 0.25 * self._chart.size)
        return Box(body.left, body.top + round(0.25 * self._chart.size), body.left + high, round(self._foot))

    def still(self) -> InsetMarks:
        """Returns the image, and what it is of."""
        chart, drawn, room = self._chart, InsetMarks(), self._frame()
        codes = image_of(self._input)
        share = min((room.right - room.left) / codes.shape[1], (room.bottom - room.top) / codes.shape[0])
        wide, high = (max(1, round(side * share)) for side in (codes.shape[1], codes.shape[0]))
        box = Box(room.left, room.bottom - high, room.left + wide, room.bottom)
        drawn.add(Picture(box, enlarged(codes, (wide, high))))
        drawn.add(chart.words(self._label, chart.box.left, chart.heading_row, size=self._letters))
        return drawn

    def moving(self, time: float) -> InsetMarks:
        """Returns the answer at the current step."""
        chart, drawn, place = self._chart, InsetMarks(), self._told.places(time)[0]
        shares = self._shares[place]
        known = bool(np.isfinite(shares).all())
        said = say(self._told.language, "answer", self._answer(shares) if known else "–")
        drawn.add(chart.words(said, chart.box.right, chart.heading_row, 1.0, self._letters))
        if known and self._classes:
            self._bars(drawn, shares, int(shares.argmax()))
        return drawn

    def _answer(self, shares: np.ndarray) -> str:
        """Returns the class that the network gives most to, with its share, or its value."""
        if not self._classes:
            return format_loss(float(shares[0]))
        best = int(shares.argmax())
        return f"{best}, {format_share(float(shares[best]))}"

    def _bars(self, drawn: InsetMarks, shares: np.ndarray, best: int) -> None:
        """Adds a bar for each class, from nothing at the left to all at the right."""
        chart, room, count = self._chart, self._frame(), len(shares)
        each = (room.bottom - room.top) / count
        numbered = count <= FEW and each >= 0.62 * chart.size
        letters = min(0.85, 0.9 * each / chart.size)
        wide = chart.wide("0" * len(str(count - 1)), letters) if numbered else 0.0
        left = room.right + 0.7 * chart.size + wide + (0.4 * chart.size if numbered else 0.0)
        drawn.add(chart.faint([(left, room.top), (left, room.bottom)], 0.7))
        for number, share in enumerate(shares):
            top = room.top + number * each
            if numbered:
                row = top + each / 2 + 0.36 * letters * chart.size
                drawn.add(chart.words(str(number), left - 0.4 * chart.size, row, 1.0, letters))
            end = left + float(share) * (chart.box.right - left)
            box = (left, top + (1 - FULL) / 2 * each, end, top + (1 + FULL) / 2 * each)
            if end - left > 0.01:
                drawn.add(chart.fill(box, chart.style.accent if number == best else "", 1.0 if number == best else 0.6))


def softmax(outputs: np.ndarray) -> np.ndarray:
    """Returns outputs (T, C) as shares of classes."""
    moved = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return np.asarray(moved / moved.sum(axis=-1, keepdims=True))


def image_of(example: np.ndarray) -> np.ndarray:
    """Returns an example as codes (h, w, 3) uint8, from its lowest number as black to its highest as white."""
    values = np.asarray(example, float)
    if values.ndim == 3:
        values = np.moveaxis(values, 0, -1) if values.shape[0] == 3 else values[0]
    else:
        side = math.isqrt(values.size)
        square = side * side == values.size and side >= 6
        values = values.reshape(side, side) if square else values.reshape(1, -1)
    low, high = float(values.min()), float(values.max())
    codes = np.rint(255 * (values - low) / max(high - low, 1e-12)).astype(np.uint8)
    return codes if codes.ndim == 3 else np.repeat(codes[..., None], 3, axis=2)
