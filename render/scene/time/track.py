"""A track: a value of a scene that changes while the film runs, told by keys.

    elevation: {keys: [{t: 0s, v: 33}, {t: 4s, v: 12, ease: in-out-cubic}]}

The easing of a key belongs to the segment that ends at it. Before the first key and after the last its value stays.
"""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from render.scene.part import Location, Part
from render.scene.time.blend import Nature
from render.scene.time.ease import easing

EASE = "in-out-cubic"  # where a key says nothing: nothing starts or stops in one frame
Whole = TypeVar("Whole", bound=Part)


@dataclass(frozen=True)
class Key:
    """A value at a time."""

    t: float  # seconds: of the scene for a look, else from the beginning of the shot
    v: Any
    ease: str = EASE


@dataclass(frozen=True)
class Track:
    """The keys of one value, in order."""

    location: Location  # in the scene
    keys: tuple[Key, ...]
    nature: Nature

    def at(self, time: float) -> Any:
        """Returns the value at a time, seconds; an easing that overshoots is held within the bounds of the field."""
        index = bisect.bisect_right([key.t for key in self.keys], time)
        if index in (0, len(self.keys)):
            return self.keys[max(0, index - 1)].v
        before, after = self.keys[index - 1], self.keys[index]
        share = (time - before.t) / (after.t - before.t)
        return self.nature.blend(before.v, after.v, _easing(after.ease)(share))

    @property
    def plain(self) -> dict[str, Any]:
        """The track as a file has it, with times in seconds."""
        return {"keys": [{"t": key.t, "v": key.v, "ease": key.ease} for key in self.keys]}


_easing = functools.lru_cache(maxsize=256)(easing)


def moved(part: Whole, changes: Iterable[tuple[Location, Any]]) -> Whole:
    """Returns a part with other values at locations within it."""
    for location, value in changes:
        part = _changed(part, location, value)
    return part


def _changed(holder: Any, location: Location, value: Any) -> Any:
    step, rest = location[0], location[1:]
    if isinstance(holder, Part):
        inner = _changed(getattr(holder, str(step)), rest, value) if rest else value
        return holder.model_copy(update={str(step): inner})
    inner = _changed(holder[step], rest, value) if rest else value
    if isinstance(holder, dict):
        return {**holder, step: inner}
    return type(holder)(inner if index == step else each for index, each in enumerate(holder))
