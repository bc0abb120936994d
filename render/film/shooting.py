"""Shooting: the pictures of a scene at given times, each with its words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from render.compiler import unfused
from render.errors import SceneError
from render.film.canvas import Canvas
from render.film.lines.line_cut import LineCut
from render.film.lines.line_shooting import LineShooting
from render.film.lines.line_take import LineTake, prepare_line
from render.film.mixing import mixed
from render.film.preparing import prepare_course
from render.film.prints.patches import Draw, lettered
from render.film.shutter import exposed, opening_of
from render.film.take import Take
from render.film.timeline import Moment, Slice, Timeline, film_timeline, timeline_of
from render.film.unfolding import cut_on, unfolding_of
from render.film.worded import Worded
from render.film.words.remarks import remarks
from render.film.writing import Writing
from render.landscape.chronicle import Chronicle, chronicle_name
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.progress import Reporter
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.time.course import ShotCourse
from render.scene.written import without_insets
from render.stage.lens.lens import develop, lens_of
from render.stage.lens.surround import develop_around
from render.stage.stage import Stage

FLAT = "a line has no terrain; a still or a print of it is drawn"
PICTURES = 2  # without words that are held: of a frame, or of a still that is looked at for its words, then written on


class Kept(Protocol):
    """Where pictures without words are kept."""

    def find(self, place: Slice) -> np.ndarray | None:
        """Returns the picture of a slice, or None where it was not drawn yet."""

    def keep(self, place: Slice, pixels: np.ndarray) -> None:
        """Keeps the picture of a slice."""


@dataclass(frozen=True)
class Shooting:
    """A scene made ready for pictures of one size."""

    scene: Scene
    output: Film | Still
    landscapes: Mapping[str, Any]  # of what its shots show, by name; their lines, balls, and what runs tell
    reporter: Reporter
    kept: Kept | None = None  # pictures without words that were drawn before
    depth: int = 8  # bits of a channel of its pictures, or 16
    drawn_in: list[tuple[int, float]] = field(default_factory=list, compare=False)  # shot and seconds of each picture
    before: Shooting | None = field(default=None, compare=False)  # of the scene as it was, whose stages can be taken
    said: set[str] = field(default_factory=set, compare=False)  # of surfaces, each sentence once
    _takes: dict[int, Take] = field(default_factory=dict, compare=False)
    _stages: dict[int, list[Stage]] = field(default_factory=dict, compare=False)  # of the shots that are being drawn
    _lines: dict[int, LineShooting] = field(default_factory=dict, compare=False)
    _cuts: dict[int, LineCut] = field(default_factory=dict, compare=False)  # by the shots whose terrain they cut
    _letterings: dict[int, Worded] = field(default_factory=dict, compare=False)
    _last: dict[Slice, np.ndarray] = field(default_factory=dict, compare=False)

    @cached_property
    def words(self) -> Writing:
        """What is written on its pictures."""
        return Writing(self, self._letterings)

    @cached_property
    def timeline(self) -> Timeline:
        """The scene's shots, one after the other."""
        if not isinstance(self.output, Film):
            return timeline_of(self.scene.shots, 1.0)
        return film_timeline(self.scene, self.output)

    def take(self, shot: int) -> Take:
        """Returns a shot of the scene made ready."""
        take, begun = self._plain(shot), self.timeline.unfolds_from(shot)
        if begun is None or take.unfolding is not None:
            return take
        line = self.line(begun, self.scene.shots[begun].duration)
        how = unfolding_of(take, line.take, line.axes.chart, self.output.size, self.timeline.unfolding(shot))
        self._takes[shot] = replace(take, unfolding=how, laid=how.line)
        return self._takes[shot]

    def _plain(self, shot: int) -> Take:
        """Returns a shot of the scene made ready, but for a line that it unfolds out of."""
        if shot not in self._takes:
            settings = self.scene.shots[shot]
            if settings.line is not None:
                raise SceneError([f"shots.{shot}.line: {FLAT}"])
            names = settings.surfaces
            landscapes = [self._landscape(name) for name in names]
            apart = settings.camera.follows  # one path, over one terrain
            aspect = Canvas(*self.output.size, len(names) if apart else 1).aspect
            course = ShotCourse(self.scene if self.output.insets else without_insets(self.scene), shot)
            before = self.before._takes.get(shot) if self.before else None
            take = prepare_course(course, landscapes, aspect, together=not apart, before=before)
            take = self._takes[shot] = replace(take, start=self.scene.starts[shot])
            self._say_once(remarks(take))
        return self._takes[shot]

    def _landscape(self, name: str) -> Landscape | Series:
        """Returns a surface or a series with what the runs of its paths tell, where that is there."""
        found, settings = self.landscapes[name], self.scene.telling.get(name)
        assert isinstance(found, Landscape | Series)
        runs = [settings.run, *settings.paths] if settings else []
        told = [self.landscapes.get(chronicle_name(name, run)) for run in runs]
        return found.telling(tuple(each if isinstance(each, Chronicle) else None for each in told))

    def _say_once(self, sentences: Iterable[str]) -> None:
        for sentence in sentences:
            if sentence not in self.said:
                self.said.add(sentence)
                self.reporter.say(sentence)

    def line(self, shot: int, time: float = 0.0) -> LineShooting:
        """Returns a shot of a line made ready, as it is at a time of it, seconds."""
        course = ShotCourse(self.scene, shot)
        if course.changes and time > 0:
            take = prepare_line(course.shot(time), course.look(time), self.landscapes)
            return LineShooting(self.scene, self.output, self._cut(shot, take), first=self.line(shot))
        if shot not in self._lines:
            take = prepare_line(self.scene.shots[shot], self.scene.look, self.landscapes)
            self._say_once(take.remarks())
            made = self._lines[shot] = LineShooting(self.scene, self.output, self._cut(shot, take))
            self.words.tell(made.over.left_out if made.over else (), "; a smaller size or another place gives it some")
        return self._lines[shot]

    def _cut(self, shot: int, taken: LineTake) -> LineTake:
        """Returns the line of a shot on its clock, as a cut through the terrain of the next that unfolds out of it."""
        line = replace(taken, start=self.scene.starts[shot])
        into = self.timeline.unfolds_into(shot)
        if into is None:
            return line
        if into not in self._cuts:
            try:
                self._cuts[into] = cut_on(self._plain(into), line)
            except SceneError as error:
                raise SceneError([f"shots.{into}.transition: {problem}" for problem in error.problems]) from error
        return line.cut_from(self._cuts[into])

    def shown(self, shot: int) -> Take | LineTake:
        """Returns what a shot of the scene shows made ready: surfaces, or a line."""
        return self.line(shot).take if self.scene.shots[shot].line else self.take(shot)

    def takes(self) -> list[Take | LineTake]:
        """Returns all shots made ready."""
        return [self.shown(shot) for shot in self.timeline.shots]

    def pictures(self, moments: Sequence[Moment], stay: bool = False) -> Iterator[tuple[Moment, np.ndarray]]:
        """Yields every moment's finished picture, in the order of time: (H, W, 3), or (H, W, 4) without a ground.

        The words on it are those of the shot that takes more of it. stay: whether the stages of the last are kept, for
        pictures that come later, unless one fails.
        """
        kept = False
        try:
            for moment in sorted(moments, key=lambda each: each.time):
                yield moment, self._picture(moment)
            kept = stay
        finally:
            if not kept:
                self.leave(())

    def _picture(self, moment: Moment) -> np.ndarray:
        return lettered(*self.unwritten(moment))

    def unwritten(self, moment: Moment, *, apart: bool = False) -> tuple[np.ndarray, Draw]:
        """Returns a moment's picture without words, and what writes these on a picture.

        apart: whether that writes on other grounds too what it would write on this picture.
        """
        slices = self.slices(moment)
        self.leave([each.shot for each in slices])
        shared = [(self.bare(each._replace(share=1.0)), each.share) for each in slices]
        pixels = mixed(shared, self.timeline.dip(moment.time), self.scene.seed + moment.number)
        under = pixels if apart and pixels.shape[2] == 3 and pixels.dtype == np.uint8 else None
        return pixels, self.words.on(slices, moment, under)

    def slices(self, moment: Moment) -> tuple[Slice, ...]:
        """Returns what is on a picture; a still counts no frames."""
        found = self.timeline.slices(moment.time)
        return found if isinstance(self.output, Film) else tuple(each._replace(number=0) for each in found)

    def bare(self, place: Slice) -> np.ndarray:
        """Returns a picture without words, (H, W, 3), or (H, W, 4) without a ground: kept, or drawn and kept."""
        if place not in self._last:
            found = self.kept.find(place) if self.kept else None
            if found is None:
                begun = perf_counter()
                found = self._drawn(place)
                self.drawn_in.append((place.shot, perf_counter() - begun))
                if self.kept:
                    self.kept.keep(place, found)
            while len(self._last) >= PICTURES:
                self._last.pop(next(iter(self._last)))
            self._last[place] = found
        return self._last[place]

    def _drawn(self, place: Slice) -> np.ndarray:
        if self.scene.shots[place.shot].line:
            chart = self.line(place.shot, place.time).bare(place.time, self._seed(place))
            return chart if self.depth == 8 else chart.astype(np.uint16) * np.uint16(257)  # drawn with 8 bits
        with self._kernels():
            take, stages = self.take(place.shot), self.stages_of(place.shot)
            opening = opening_of(take.now(place.time), self.output)
            return bare_picture(take, stages, place.time, self._seed(place), opening=opening, depth=self.depth)

    def _seed(self, place: Slice) -> int:
        return self.scene.seed + place.number

    def stages_of(self, shot: int) -> list[Stage]:
        """Returns the stages of the pictures side by side of a shot, which stay until it is left."""
        if shot not in self._stages:
            take = self.take(shot)
            areas = Canvas(*self.output.size, len(take.pictures)).panels
            made = self._stages[shot] = self._taken_over(shot, take)
            if not made:
                for shown, area in zip(take.pictures, areas, strict=True):
                    made.append(take.stage(shown, area.size, supersampling(self.output)))
        return self._stages[shot]

    def _taken_over(self, shot: int, take: Take) -> list[Stage]:
        """Returns the stages of a shot as it was before, put into what it is now, or none where they do not fit."""
        if self.before is None or shot not in self.before._stages:
            return []
        stages, earlier = self.before._stages.pop(shot), self.before.take(shot)
        self.before.leave(())
        if self.before.output.size == self.output.size and take.fits(earlier):
            for stage, shown in zip(stages, take.pictures, strict=True):
                take.put_on(stage, shown)
            return stages
        for stage in stages:
            stage.close()
        return []

    def leave(self, others: Collection[int]) -> None:
        """Gives back the stages of all shots but some."""
        for shot in self._stages.keys() - set(others):
            for stage in self._stages.pop(shot):
                stage.close()

    def _kernels(self) -> AbstractContextManager[None]:
        """Returns what a picture is made under: a still without torch's compiler."""
        return unfused(isinstance(self.output, Still))


def bare_picture(
    take: Take, stages: Sequence[Stage], time: float, seed: int = 0, *, opening: float = 0.0, depth: int = 8
) -> np.ndarray:
    """Returns a picture without words at a time of a shot, seconds: (H, W, 3), or (H, W, 4) without a ground.

    opening: seconds for which the shutter is open from then on. depth: bits of a channel, 8 or 16.
    """
    film, lens = exposed(take, stages, time, opening), lens_of(take.now(time).look)
    projection = take.view(time).projection
    if projection is not None:
        return develop_around(film[0], projection, lens, seed, depth)
    return develop(film, lens, seed, depth).numpy()


def supersampling(output: Film | Still) -> int:
    """Returns the sub-pixels along the side of a pixel: more for small pictures, where they cost little.

    Two are enough for what moves, since edges are weighed over a pixel and a half; three leave finer ones, and take a
    1080p frame from 0.65 to 0.95 s on two cores.
    """
    widest = max(output.size)
    most = 4 if widest <= 1000 else 2 if isinstance(output, Film) else 3
    return max(1, min(most, 16_384 // widest))
