"""What of a shot lies beyond what there is: steps after the last of a training, places off the range of a surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from render.scene.camera import Keyframes
from render.scene.cameras.span import span_of
from render.scene.part import Fault, Location
from render.scene.reach import AtStep
from render.scene.shot import Shot
from render.scene.surface import SurfaceSettings


def beyond_training(index: int, shot: Shot, steps: int | None) -> Iterator[Fault]:
    """Gives the steps of a shot's path that come after the last of its training."""
    for key, reach in zip(("from", "to"), span_of(shot.path), strict=True):
        if steps is not None and isinstance(reach, AtStep) and reach.step > steps:
            location = ("shots", index, "path", key, "step", "step")
            yield location, reach.step, f"{reach.step:,} is after the last step of the training, {steps:,}"


def beyond_range(index: int, shot: Shot, surface: SurfaceSettings) -> Iterator[Fault]:
    """Gives the places of a shot's camera that lie off a range that the scene itself gives its surface."""
    if surface.range is None:
        return
    sides = {"α": surface.range.alpha, "β": surface.range.beta}
    for location, place in _places(shot):
        for value, (axis, (low, high)) in zip(place, sides.items(), strict=True):
            if not low <= value <= high:
                sentence = f"{axis} = {value:g} lies beyond the surface, whose {axis} goes from {low:g} to {high:g}"
                yield ("shots", index, "camera", shot.camera.kind, *location), list(place), sentence
                break


def _places(shot: Shot) -> Iterator[tuple[Location, Any]]:
    """Gives the places of the plane that a camera looks at."""
    camera = shot.camera
    for key in ("target", "focus"):
        if isinstance(getattr(camera, key), tuple):
            yield (key, "place"), getattr(camera, key)
    for number, frame in enumerate(camera.keys if isinstance(camera, Keyframes) else []):
        if isinstance(frame.target, tuple):
            yield ("keys", number, "target", "place"), frame.target
