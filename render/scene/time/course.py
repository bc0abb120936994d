"""The course of a shot: what its look and its own settings are at each of its moments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from render.scene.look import Look
from render.scene.part import Location
from render.scene.relief import ExaggerationStep
from render.scene.shot import Shot, taken_up
from render.scene.spec import Scene
from render.scene.time.track import Track, moved

LOOKED_AT = 9  # moments of a shot at which its height is asked for
LETTERED = ("text", "words", "furniture")  # parts of a look that tell how words are set


@dataclass(frozen=True)
class ShotCourse:
    """A shot of a scene in time."""

    scene: Scene
    number: int  # of the shot

    @cached_property
    def _look(self) -> tuple[Track, ...]:
        return tuple(track for track in self.scene.tracks if track.location[0] == "look")

    @cached_property
    def _own(self) -> tuple[Track, ...]:
        return tuple(track for track in self.scene.tracks if track.location[:2] == ("shots", self.number))

    @property
    def settings(self) -> Shot:
        """The shot as it is set where nothing changes; one that goes on begins where the last has left the path."""
        return taken_up(self.scene.shots, self.number)

    @property
    def changes(self) -> bool:
        """Whether anything of it does."""
        return bool(self._look or self._own)

    @cached_property
    def _start(self) -> float:
        return self.scene.starts[self.number]

    def values(self, time: float) -> list[Any]:
        """Returns what the tracks of all but its words come to at a time of the shot, seconds."""
        looks = [value for place, value in self._looks(time) if place[0] not in self.words_alone]
        return [*looks, *(value for _, value in self._settings(time))]

    @property
    def words_alone(self) -> tuple[str, ...]:
        """The parts of the look that the words are set by, and nothing under them is drawn by.

        The mark at the lowest point has the colour of words on dark ground; so has the curve of a line on paper.
        """
        path = self.scene.look.path
        marked = path.lowest or any(track.location == ("look", "path", "lowest") for track in self._look)
        return LETTERED[1:] if marked or self.settings.line else LETTERED

    def lettered(self, time: float) -> list[Any]:
        """Returns what the tracks of its words come to at a time of the shot, seconds."""
        return [value for place, value in self._looks(time) if place[0] in LETTERED]

    def _looks(self, time: float) -> list[tuple[Location, Any]]:
        return [(track.location[1:], track.at(self._start + time)) for track in self._look]

    def _settings(self, time: float) -> list[tuple[Location, Any]]:
        return [(track.location[2:], track.at(time)) for track in self._own]

    def look(self, time: float) -> Look:
        """Returns the look at a time of the shot, seconds."""
        return moved(self.scene.look, self._looks(time))

    def shot(self, time: float) -> Shot:
        """Returns the shot as it is set at a time of it, seconds."""
        return moved(self.settings, self._settings(time))

    @property
    def middle(self) -> tuple[Shot, Look]:
        """What the shot is framed and lit for: its middle, with the terrain as high as it comes to stand."""
        duration = self.scene.shots[self.number].duration
        tallest = max((duration * k / (LOOKED_AT - 1) for k in range(LOOKED_AT)), key=lambda t: _height(self.look(t)))
        look = self.look(duration / 2)
        return self.shot(duration / 2), look.model_copy(update={"relief": self.look(tallest).relief})


def _height(look: Look) -> float:
    return next((step.exaggeration for step in look.steps if isinstance(step, ExaggerationStep)), 0.0)
