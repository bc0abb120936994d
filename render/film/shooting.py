"""Shooting: the pictures of a scene at given times, each with its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np

from render.compiler import unfused
from render.film.canvas import Canvas
from render.film.furniture.furnish import furnish
from render.film.prints.patches import lettered
from render.film.take import Take, prepare
from render.film.timeline import Timeline
from render.film.words.lettering import Lettering, lettering_of, plots_of, sheet_for
from render.film.words.overlay import draw_words, left_out
from render.film.words.remarks import remarks
from render.film.words.wording import words_of
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.progress import Reporter
from render.scene.camera import Ride
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.stage.lens.lens import develop
from render.stage.stage import Stage, lens_of


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
    _takes: dict[int, Take] = field(default_factory=dict, compare=False)
    said: set[str] = field(default_factory=set, compare=False)  # of surfaces, each sentence once

    @property
    def timeline(self) -> Timeline:
        """The scene's shots, one after the other."""
        rate = self.output.fps if isinstance(self.output, Film) else 1.0
        return Timeline(tuple(shot.duration for shot in self.scene.shots), rate)

    def take(self, shot: int) -> Take:
        """Returns a shot of the scene made ready."""
        if shot not in self._takes:
            settings = self.scene.shots[shot]
            names = settings.surfaces
            landscapes = [self.landscapes[name] for name in names]
            apart = isinstance(settings.camera, Ride)  # follows one path, over one terrain
            aspect = Canvas(*self.output.size, len(names) if apart else 1).aspect
            take = self._takes[shot] = prepare(settings, self.scene.look, landscapes, aspect, together=not apart)
            for sentence in remarks(take):
                if sentence not in self.said:
                    self.said.add(sentence)
                    self.reporter.say(sentence)
        return self._takes[shot]

    def takes(self) -> list[Take]:
        """Returns all shots made ready."""
        return [self.take(shot) for shot in range(len(self.scene.shots))]

    def pictures(self, moments: Sequence[Moment]) -> Iterator[tuple[Moment, np.ndarray]]:
        """Yields every moment's finished picture, shot by shot: (H, W, 3) uint8, or (H, W, 4) without a ground."""
        places = [(self.timeline.locate(moment.time), moment) for moment in moments]
        for shot in sorted({place[0] for place, _ in places}):
            take = self.take(shot)
            self.tell_what_is_left_out(take)
            areas = Canvas(*self.output.size, len(take.pictures)).panels
            stages: list[Stage] = []
            try:
                for shown, area in zip(take.pictures, areas, strict=True):
                    stages.append(take.stage(shown, area.size, supersampling(self.output)))
                own = [time for (number, time, *_), _ in places if number == shot]
                # A still is looked at for its words, then written on: it is drawn once.
                bare = lru_cache(maxsize=1)(partial(bare_picture, take, stages))
                with self._kernels():
                    seen_by = partial(bare, seed=self.scene.seed), stages[0].shown
                    lettering = lettering_of(self.scene, self.output, take, own, seen_by)
                for (_, time, *_), moment in (item for item in places if item[0][0] == shot):
                    with self._kernels():
                        pixels = bare(time, seed=self.scene.seed + moment.index)
                        picture = lettered(pixels, self.writing(take, time, lettering))
                    yield moment, picture
            finally:
                for stage in stages:
                    stage.close()

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
    exposed = []
    whole, take = take, take.at(time)
    for shown, stage in zip(take.pictures, stages, strict=True):
        if take is not whole:
            take.dress(stage, shown, stage.exposure)
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
