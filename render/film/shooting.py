"""Shooting: the pictures of a scene at given times, each with its words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from render.film.overlay import draw_words, left_out
from render.film.prints.lettering import lettered
from render.film.remarks import remarks
from render.film.take import Take, prepare
from render.film.timeline import Timeline
from render.film.wording import words_of
from render.landscape import terrain
from render.progress import Reporter
from render.scene.camera import Ride
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.stage.lens import develop
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
    folder: Path  # of all outputs
    reporter: Reporter
    _takes: dict[int, Take] = field(default_factory=dict, compare=False)
    _said: set[str] = field(default_factory=set, compare=False)

    @property
    def timeline(self) -> Timeline:
        """The scene's shots, one after the other."""
        rate = self.output.fps if isinstance(self.output, Film) else 1.0
        return Timeline(tuple(shot.duration for shot in self.scene.shots), rate)

    def take(self, shot: int) -> Take:
        """Returns a shot of the scene made ready, measuring its surface where that is still to be done."""
        if shot not in self._takes:
            settings = self.scene.shots[shot]
            names = settings.surfaces
            landscapes = [terrain.obtain(self.scene, name, self.folder, self.reporter) for name in names]
            width, height = self.output.size
            take = self._takes[shot] = prepare(settings, self.scene.look, landscapes, width / len(names) / height)
            for sentence in remarks(take):
                if sentence not in self._said:
                    self._said.add(sentence)
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
            sizes = panel_sizes(self.output.size, len(take.panels))
            stages: list[Stage] = []
            try:
                for panel, size in zip(take.panels, sizes, strict=True):
                    stages.append(take.stage(panel, size, supersampling(self.output)))
                for (_, time, *_), moment in (item for item in places if item[0][0] == shot):
                    yield moment, self._picture(take, stages, time, moment)
            finally:
                for stage in stages:
                    stage.close()

    def tell_what_is_left_out(self, take: Take) -> None:
        """Says which words a small picture has no room for, since it is not to look as if there were none."""
        width, height = self.output.size
        words, film = words_of(self.scene, self.output, take, 0.0), isinstance(self.output, Film)
        names = left_out(words, width, height, film=film, fonts=take.look.font)
        if names:
            listed = " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
            self.reporter.say(
                f"{width}×{height} pixels have no room for {listed}; the record beside the file tells the caption"
            )

    def _picture(self, take: Take, stages: list[Stage], time: float, moment: Moment) -> np.ndarray:
        exposed = []
        for panel, stage in zip(take.panels, stages, strict=True):
            stage.show_paths(take.trails(panel, time))
            exposed.append(stage.expose(take.view(time)))
        pixels = develop(exposed, lens_of(take.look), self.scene.seed + moment.index).numpy()
        return lettered(pixels, self.writing(take, time))

    def writing(self, take: Take, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """Returns what writes the words of a time of a shot, seconds, on a picture (H, W, 3) uint8."""
        words = words_of(self.scene, self.output, take, time)
        film, over_ground = isinstance(self.output, Film), isinstance(take.shot.camera, Ride)
        veiled = over_ground and bool(words.caption)

        def write(pixels: np.ndarray) -> np.ndarray:
            return draw_words(pixels, words, take.look.text, film=film, veiled=veiled, fonts=take.look.font)

        return write


def panel_sizes(size: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Returns the sizes of panels side by side that make a picture, alike but for a pixel."""
    edges = [round(panel * size[0] / count) for panel in range(count + 1)]
    return [(right - left, size[1]) for left, right in itertools.pairwise(edges)]


def supersampling(output: Film | Still) -> int:
    """Returns the sub-pixels along the side of a pixel: more for small pictures, where they cost little.

    Two leave visible steps in edges that are nearly level; three leave fine ones, and take a 1080p film frame from
    0.49 to 0.79 s on two cores.
    """
    widest = max(output.size)
    most = 4 if widest <= 1000 else 2 if isinstance(output, Film) and widest > 2048 else 3
    return max(1, min(most, 16_384 // widest))
