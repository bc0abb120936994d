"""Shooting: the pictures of a scene at given times, each with its words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from render.compiler import unfused
from render.film.canvas import Canvas
from render.film.furniture.furnish import furnish
from render.film.mixing import mixed
from render.film.preparing import prepare_course
from render.film.prints.patches import lettered
from render.film.take import Take
from render.film.timeline import Slice, Timeline, timeline_of
from render.film.words.lettering import MOMENTS, Lettering, lettering_of, plots_of, sheet_for
from render.film.words.overlay import draw_words, left_out
from render.film.words.remarks import remarks
from render.film.words.wording import words_of
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.progress import Reporter
from render.scene.camera import Ride
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.time.course import Course
from render.stage.lens.lens import develop
from render.stage.stage import Stage, lens_of

PICTURES = 2  # without words that are held: of a frame, or of a still that is looked at for its words, then written on


class Kept(Protocol):
    """Where pictures without words are kept."""

    def find(self, place: Slice) -> np.ndarray | None:
        """Returns the picture of a slice, or None where it was not drawn yet."""

    def keep(self, place: Slice, pixels: np.ndarray) -> None:
        """Keeps the picture of a slice."""


@dataclass(frozen=True)
class Moment:
    """One picture to be taken."""

    index: int  # of the frame; 0 for a still
    time: float  # seconds from the beginning of the film


@dataclass(frozen=True)
class Shooting:
    """A scene made ready for pictures of one size."""

    scene: Scene
    output: Film | Still
    landscapes: Mapping[str, Landscape | Series]  # of the surfaces of its shots, by name
    reporter: Reporter
    kept: Kept | None = None  # pictures without words that were drawn before
    said: set[str] = field(default_factory=set, compare=False)  # of surfaces, each sentence once
    _takes: dict[int, Take] = field(default_factory=dict, compare=False)
    _stages: dict[int, list[Stage]] = field(default_factory=dict, compare=False)  # of the shots that are being drawn
    _letterings: dict[int, Lettering] = field(default_factory=dict, compare=False)
    _last: dict[Slice, np.ndarray] = field(default_factory=dict, compare=False)

    @cached_property
    def timeline(self) -> Timeline:
        """The scene's shots, one after the other."""
        return timeline_of(self.scene.shots, self.output.fps if isinstance(self.output, Film) else 1.0)

    def take(self, shot: int) -> Take:
        """Returns a shot of the scene made ready."""
        if shot not in self._takes:
            settings = self.scene.shots[shot]
            names = settings.surfaces
            landscapes = [self.landscapes[name] for name in names]
            apart = isinstance(settings.camera, Ride)  # follows one path, over one terrain
            aspect = Canvas(*self.output.size, len(names) if apart else 1).aspect
            course = Course(self.scene, shot)
            take = self._takes[shot] = prepare_course(course, landscapes, aspect, together=not apart)
            for sentence in remarks(take):
                if sentence not in self.said:
                    self.said.add(sentence)
                    self.reporter.say(sentence)
        return self._takes[shot]

    def takes(self) -> list[Take]:
        """Returns all shots made ready."""
        return [self.take(shot) for shot in self.timeline.shots]

    def pictures(self, moments: Sequence[Moment]) -> Iterator[tuple[Moment, np.ndarray]]:
        """Yields every moment's finished picture, in the order of time: (H, W, 3) uint8, or (H, W, 4) without a ground.

        The words on it are those of the shot that takes more of it.
        """
        try:
            for moment in sorted(moments, key=lambda each: each.time):
                yield moment, self._picture(moment)
        finally:
            self.leave(())

    def _picture(self, moment: Moment) -> np.ndarray:
        slices = self._slices(moment)
        self.leave([each.shot for each in slices])
        lead = slices[0]
        take, lettering = self.take(lead.shot), self._lettering(lead)
        shared = [(self.bare(each._replace(share=1.0)), each.share) for each in slices]
        pixels = mixed(shared, self.timeline.dip(moment.time), self.scene.seed + moment.index)
        return lettered(pixels, self.writing(take, lead.time, lettering))

    def _slices(self, moment: Moment) -> tuple[Slice, ...]:
        """Returns what is on a picture; a still counts no frames."""
        found = self.timeline.slices(moment.time)
        return found if isinstance(self.output, Film) else tuple(each._replace(number=0) for each in found)

    def bare(self, place: Slice) -> np.ndarray:
        """Returns a picture without words, (H, W, 3) uint8, or (H, W, 4) without a ground: kept, or drawn and kept."""
        if place not in self._last:
            found = self.kept.find(place) if self.kept else None
            if found is None:
                found = self._drawn(place)
                if self.kept:
                    self.kept.keep(place, found)
            while len(self._last) >= PICTURES:
                self._last.pop(next(iter(self._last)))
            self._last[place] = found
        return self._last[place]

    def _drawn(self, place: Slice) -> np.ndarray:
        with self._kernels():
            return bare_picture(self.take(place.shot), self._stages_of(place.shot), place.time, self._seed(place))

    def _seed(self, place: Slice) -> int:
        return self.scene.seed + place.number

    def _stages_of(self, shot: int) -> list[Stage]:
        """Returns the stages of the pictures side by side of a shot, which stay until it is left."""
        if shot not in self._stages:
            take = self.take(shot)
            areas = Canvas(*self.output.size, len(take.pictures)).panels
            made = self._stages[shot] = []
            for shown, area in zip(take.pictures, areas, strict=True):
                made.append(take.stage(shown, area.size, supersampling(self.output)))
        return self._stages[shot]

    def leave(self, others: Collection[int]) -> None:
        """Gives back the stages of all shots but some."""
        for shot in self._stages.keys() - set(others):
            for stage in self._stages.pop(shot):
                stage.close()

    def _lettering(self, lead: Slice) -> Lettering:
        """Returns how the words of a shot are made readable, for which some of its pictures are looked at."""
        if lead.shot not in self._letterings:
            take = self.take(lead.shot)
            self.tell_what_is_left_out(take)
            seen_by = self.bare, lambda levels: self._stages_of(lead.shot)[0].shown(levels)
            self._letterings[lead.shot] = lettering_of(self.scene, self.output, take, self._looked_at(lead), seen_by)
        return self._letterings[lead.shot]

    def _looked_at(self, lead: Slice) -> list[Slice]:
        """Returns the moments of a shot at which the ground behind its words is measured."""
        if not isinstance(self.output, Film):
            return [lead._replace(share=1.0)]
        last = self.timeline.frames_of(lead.shot) - 1
        numbers = dict.fromkeys(round(share * last) for share in MOMENTS)
        return [self.timeline.moment(lead.shot, number) for number in numbers]

    def tell_what_is_left_out(self, take: Take) -> None:
        """Says which words a small picture has no room for, since it is not to look as if there were none."""
        width, height = self.output.size
        names = left_out(words_of(self.scene, self.output, take, 0.0), sheet_for(self.output, take))
        if names:
            listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
            self.reporter.say(
                f"{width}×{height} pixels have no room for {listed}; the record beside the file tells the caption"
            )

    def _kernels(self) -> AbstractContextManager[None]:
        """Returns what a picture is made under: a still without torch's compiler."""
        return unfused(isinstance(self.output, Still))

    def writing(self, take: Take, time: float, made: Lettering) -> Callable[[np.ndarray], np.ndarray]:
        """Returns what writes the words of a time of a shot, seconds, on a picture (H, W, 3) uint8."""
        words, sheet = words_of(self.scene, self.output, take, time), sheet_for(self.output, take)

        def write(pixels: np.ndarray) -> np.ndarray:
            written = draw_words(pixels, words, made.dress, sheet)
            if made.furnishing:
                furnish(written, plots_of(self.output, take, time), made.furnishing)
            return written

        return write


def bare_picture(take: Take, stages: Sequence[Stage], time: float, seed: int = 0) -> np.ndarray:
    """Returns a picture without words at a time of a shot, seconds: (H, W, 3) uint8, or (H, W, 4) without a ground."""
    exposed, take = [], take.now(time)
    for shown, stage in zip(take.pictures, stages, strict=True):
        take.dress(stage, shown)
        stage.show_paths([take.trails(take.panels[number], time) for number in shown])
        exposed.append(stage.expose(take.view(time)))
    return develop(exposed, lens_of(take.look), seed).numpy()


def supersampling(output: Film | Still) -> int:
    """Returns the sub-pixels along the side of a pixel: more for small pictures, where they cost little.

    Two are enough for what moves, since edges are weighed over a pixel and a half; three leave finer ones, and take a
    1080p frame from 0.65 to 0.95 s on two cores.
    """
    widest = max(output.size)
    most = 4 if widest <= 1000 else 2 if isinstance(output, Film) else 3
    return max(1, min(most, 16_384 // widest))
