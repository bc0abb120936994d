"""The windows of a zoom: similar ones around a point that stays at its place in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from render.scene.hyperparameters import HyperparameterSurface
from render.scene.part import Fault, Location
from render.scene.series import Zoom


def windows_of(first: HyperparameterSurface, zoom: Zoom) -> Iterator[HyperparameterSurface]:
    """Gives the windows of a zoom, its surface first."""
    for number in range(zoom.stops):
        share = zoom.factor**-number
        axes = {}
        for name, axis, value in zip(("alpha", "beta"), first.axes, zoom.at, strict=True):
            point = axis.place(value)
            low, high = (point + share * (end - point) for end in axis.places)
            axes[name] = axis.between(low, high) if number else axis
        yield first.model_copy(update={**axes, "label": None})


def zoom_faults(first: Any, here: Location, zoom: Zoom) -> Iterator[Fault]:
    """Gives what is wrong between a zoom and its surface, None where that is told elsewhere."""
    if first is None:
        return
    if not isinstance(first, HyperparameterSurface):
        sentence = f'surface "{zoom.surface}" is not of hyperparameters, whose windows alone are measured anew'
        yield (*here, "surface"), zoom.surface, f"{sentence}; name one that is"
        return
    for place, (name, axis, value) in enumerate(zip("αβ", first.axes, zoom.at, strict=True)):
        low, high = axis.range
        if not low < value < high:
            sentence = f'{value:g} lies beyond {name} of surface "{zoom.surface}", {low:g} to {high:g}'
            yield (*here, "at", place), value, sentence
            return
    for number, window in enumerate(windows_of(first, zoom), 1):
        if number > 1 and window.is_too_fine:
            finer = "set precision of the surface to float64, or " if first.precision == "float32" else ""
            sentence = f"{first.precision} does not tell the points of window {number} apart; {finer}end before it"
            yield (*here, "stops"), zoom.stops, sentence
            return
