"""A shot with its words as they are set at some of its moments: colour, size, place and furniture change in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from render.film.take import Take
from render.film.timeline import Slice
from render.film.words.ground import looked_at
from render.film.words.lettering import Lettering
from render.scene.time.course import LETTERED, ShotCourse


@dataclass(frozen=True)
class Worded:
    """How the words of a shot are set for a while, and made readable."""

    state: list[Any]  # what the tracks of its words come to
    take: Take
    lettering: Lettering


@dataclass(frozen=True)
class Grounds:
    """Pictures without words of one shot, looked at again for each setting of the words on them."""

    bare: Callable[[Slice], np.ndarray]
    _held: dict[Slice, np.ndarray] = field(default_factory=dict, compare=False)

    def under(self, ink: str, *, changes: bool) -> Callable[[Slice], np.ndarray]:
        """Returns what gives a picture as the ground of words of a colour; where words change, pictures are held."""
        return lambda place: looked_at(self._picture(place) if changes else self.bare(place), ink)

    def _picture(self, place: Slice) -> np.ndarray:
        if any(each.shot != place.shot for each in self._held):
            self._held.clear()
        if place not in self._held:
            self._held[place] = self.bare(place)
        return self._held[place]


def set_at(take: Take, course: ShotCourse, time: float) -> Take:
    """Returns a take whose words are set as the look says at a time of the shot, seconds."""
    look = course.look(time)
    return replace(take, look=take.look.model_copy(update={name: getattr(look, name) for name in LETTERED}))
