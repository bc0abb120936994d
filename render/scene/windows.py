"""The windows of a zoom: similar ones around a point that stays at its place in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

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
            sentence = f"{value:g} lies beyond {name} of surface \"{zoom.surface}\", {low:g} to {high:g}"
            yield (*here, "at", place), value, sentence
            return
    *_, last = windows_of(first, zoom)
    try:
        HyperparameterSurface.model_validate(last.model_dump())
    except ValidationError as error:
        sentence = f"in window {zoom.stops} {error.errors()[0]['msg']}"
        yield (*here, "stops"), zoom.stops, f"{sentence}, on surface \"{zoom.surface}\", or zoom less"
