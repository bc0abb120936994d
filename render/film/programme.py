"""The programme of a film: what is on each of its frames, and the keys of that.

The key of a picture is made from its shot, its moment, and what the look comes to then; words are no part of it. So a
picture is drawn once, whatever is written on it, wherever in a film it is, and in as many films as show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from render import compiler
from render.film.record import ALGORITHM, fonts_of, labels_of, palette_of
from render.film.timeline import Moment, Slice, Timeline, film_timeline
from render.scene.key import counted
from render.scene.output import Film
from render.scene.shot import taken_up
from render.scene.spec import Scene
from render.scene.time.course import ShotCourse
from render.scene.written import WRITTEN, is_ink_asked, told, without_insets
from render.storage.files import content_key

TICK = 1e-6  # seconds; times are told apart by more


class Portion(NamedTuple):
    """A slice of a frame, and the key of its whole picture without words."""

    slice: Slice
    key: str


class FramePlan(NamedTuple):
    """One frame of a film."""

    number: int  # counted from 0
    time: float  # seconds from the beginning of the film
    parts: tuple[Portion, ...]  # what takes more of it first
    key: str


@dataclass(frozen=True)
class Programme:
    """A film of a scene, frame by frame; surfaces are the keys of what its shots show, by name."""

    scene: Scene
    film: Film
    surfaces: Mapping[str, str]
    depth: int = 8  # bits of a channel

    @cached_property
    def timeline(self) -> Timeline:
        """The shots of the film."""
        return film_timeline(self.scene, self.film)

    @cached_property
    def frames(self) -> list[FramePlan]:
        """All frames of the film."""
        return [self._frame(index) for index in range(self.timeline.frame_count)]

    def _frame(self, index: int) -> FramePlan:
        time = self.timeline.time(index)
        parts = tuple(self.part(each) for each in self.timeline.slices(time))
        shares = [each.slice.share for each in parts]
        dipped = self.timeline.dip(time) if sum(shares) < 1 - TICK else ""
        unfolds = self.timeline.unfolds([each.slice for each in parts])
        words = [word for each in (parts if unfolds else parts[:1]) for word in self._words(each.slice)]
        key = _key(*words, _ticks(time), [each.key for each in parts], shares, dipped)
        return FramePlan(index, time, parts, key)

    def _words(self, place: Slice) -> list[Any]:
        """Returns what the words of a slice are made from."""
        return [self._written[place.shot], *self._courses[place.shot].lettered(place.time)]

    def moment(self, number: int) -> Moment:
        """Returns the moment at which a frame is taken."""
        return Moment(number, self.frames[number].time)

    def looked_at(self, numbers: Collection[int]) -> list[int]:
        """Returns those frames by which the shots of some frames are looked at, for their words."""
        parts = [[part.slice for part in self.frames[number].parts] for number in numbers]
        shots = dict.fromkeys(each.shot for own in parts for each in (own if self.timeline.unfolds(own) else own[:1]))
        last = len(self.frames) - 1
        return sorted(
            {
                min(self.timeline.first_frame(shot) + each, last)
                for shot in shots
                for each in self.timeline.looked_at(shot)
            }
        )

    def part(self, place: Slice) -> Portion:
        """Returns a slice with the key of its picture."""
        course = self._courses[place.shot]
        values = course.values(place.time)
        if self.scene.shots[place.shot].line:  # whose chart leaves room for words
            values += course.lettered(place.time)
        return Portion(place, _key(self._drawn[place.shot], _ticks(place.time), place.number, values))

    @cached_property
    def _courses(self) -> dict[int, ShotCourse]:
        return {shot: ShotCourse(self.scene, shot) for shot in self.timeline.shots}

    @cached_property
    def _drawn(self) -> dict[int, str]:
        """The keys of everything that the pictures of each shot share."""
        size, surfaces = self.film.size, self.surfaces
        scene = self.scene if self.film.insets else without_insets(self.scene)
        drawn = {shot: drawn_of(scene, shot, size, surfaces) for shot in self.timeline.shots}
        deep = {} if self.depth == 8 else {"depth": self.depth}
        return {
            shot: content_key({**drawn[shot], **self._shutter(shot), **self._around(shot), **deep})
            for shot in self.timeline.shots
        }

    def _around(self, shot: int) -> dict[str, Any]:
        """Returns what the chart of a line leaves room for: the words, which pictures of surfaces know nothing of.

        A terrain that unfolds depends on the line and its chart, and that chart on the terrain.
        """
        begun, into = self.timeline.unfolds_from(shot), self.timeline.unfolds_into(shot)
        other = begun if begun is not None else into
        bound = {"unfolds": self._unfolds(shot, other)} if other is not None else {}
        lined = self.scene.shots[shot].line or bound
        return {**({"words": written_of(self.scene, self.film)} if lined else {}), **bound}

    def _unfolds(self, shot: int, other: int) -> list[Any]:
        """Returns everything that the pictures of a shot depend on as another grows out of it, or it of another."""
        drawn = drawn_of(self.scene, other, self.film.size, self.surfaces)
        return [drawn, self.timeline.unfolding(shot), self.scene.starts[other]]

    def _shutter(self, shot: int) -> dict[str, str]:
        """Returns the frame rate of a shot whose shutter is open for a part of a frame, and of no other."""
        tracked = any(track.location == ("shots", shot, "camera", "blur") for track in self.scene.tracks)
        return {"fps": str(self.film.fps)} if tracked or self.scene.shots[shot].camera.blur else {}

    @cached_property
    def _written(self) -> dict[int, str]:
        """The keys of everything that is written in each shot."""
        common = written_of(self.scene, self.film) | {"told": told_keys(self.surfaces)}
        return {shot: _key(common, self._drawn[shot], self._said(shot)) for shot in self.timeline.shots}

    def _said(self, shot: int) -> Any:
        return self.scene.shots[shot].model_dump(mode="json", exclude={"transition", *WRITTEN})

    def keys_of_pictures(self, indices: Iterator[int] | None = None) -> set[str]:
        """Returns the keys of all pictures that some frames show, or all."""
        wanted = self.frames if indices is None else [self.frames[index] for index in indices]
        return {part.key for frame in wanted for part in frame.parts}


def drawn_of(scene: Scene, shot: int, size: tuple[int, int], surfaces: Mapping[str, str]) -> dict[str, Any]:
    """Returns everything that the pictures of a shot depend on but for their moment; surfaces are keys, by name."""
    settings = taken_up(scene.shots, shot)
    alone = ShotCourse(scene, shot).words_alone
    looks = [track for track in scene.tracks if track.location[0] == "look" and track.location[1] not in alone]
    own = [track for track in scene.tracks if track.location[:2] == ("shots", shot)]
    names = [name for name in settings.surfaces if name in scene.measured]
    return {
        "stage": "picture",
        "algorithm": ALGORITHM,
        "seed": scene.seed,
        "look": counted(scene.look),
        **({"text": scene.look.text} if is_ink_asked(scene) and "text" not in alone else {}),
        "shot": counted(settings),
        **({"waits": settings.transition.duration} if settings.transition.kind == "unfold" else {}),
        **({"insets": rooms} if (rooms := [each.room for each in settings.insets]) else {}),
        "tracks": [
            *([list(track.location), track.plain, scene.starts[shot]] for track in looks),
            *([list(track.location[2:]), track.plain] for track in own),
        ],
        "palette": palette_of(scene),
        "kernels": compiler.strategy(),  # compiled and eager frames differ in their last digits
        "paths": [scene.measured[name].paths for name in names],
        "surfaces": [surfaces[name] for name in (*settings.surfaces, *settings.along)],
        "size": list(size),
    }


def written_of(scene: Scene, film: Film) -> dict[str, Any]:
    """Returns everything that words on a film depend on, what is drawn under them excepted."""
    rest = scene.model_dump(mode="json", include={"title", "seed", "words", "series", "lines"})
    look = scene.look.model_dump(mode="json", include={"text", "font", "words", "furniture"})
    return {
        **rest,
        "labels": labels_of(scene),
        "look": look,
        "fonts": fonts_of(scene),
        "film": counted(film),
        "written": told(scene, film),
    }


def told_keys(surfaces: Mapping[str, str]) -> dict[str, str]:
    """Returns the keys of chronicles among those of what a film shows: only their names have a blank."""
    return {name: key for name, key in surfaces.items() if " " in name}


def _key(*parts: Any) -> str:
    return content_key({"parts": parts})


def _ticks(time: float) -> int:
    return round(time / TICK)
