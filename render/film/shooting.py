"""Shooting: the pictures of a scene at given times, each with its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from render.film.caption import caption
from render.film.overlay import Words, draw_words, format_loss, format_step
from render.film.take import Take, prepare
from render.film.timeline import Timeline
from render.landscape import measure
from render.progress import Reporter
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.stage.stage import Stage


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

    @property
    def timeline(self) -> Timeline:
        """The scene's shots, one after the other."""
        rate = self.output.fps if isinstance(self.output, Film) else 1.0
        return Timeline(tuple(shot.duration for shot in self.scene.shots), rate)

    def take(self, shot: int) -> Take:
        """Returns a shot of the scene made ready, measuring its surface where that is still to be done."""
        if shot not in self._takes:
            settings = self.scene.shots[shot]
            landscape = measure.obtain(self.scene, settings.surface, self.folder, self.reporter)
            width, height = self.output.size
            self._takes[shot] = prepare(settings, self.scene.look, landscape, width / height)
        return self._takes[shot]

    def takes(self) -> list[Take]:
        """Returns all shots made ready."""
        return [self.take(shot) for shot in range(len(self.scene.shots))]

    def pictures(self, moments: Sequence[Moment]) -> Iterator[tuple[Moment, np.ndarray]]:
        """Yields every moment's finished picture (H, W, 3) uint8, shot by shot."""
        places = [(self.timeline.locate(moment.time), moment) for moment in moments]
        for shot in sorted({place[0] for place, _ in places}):
            take = self.take(shot)
            stage = take.stage(self.output.size, supersampling(self.output))
            try:
                for (_, time, *_), moment in (item for item in places if item[0][0] == shot):
                    yield moment, self._picture(take, stage, time, moment)
            finally:
                stage.close()

    def _picture(self, take: Take, stage: Stage, time: float, moment: Moment) -> np.ndarray:
        stage.show_path(take.walked(time))
        pixels = stage.photograph(take.view(time), self.scene.seed + moment.index)
        film = isinstance(self.output, Film)
        return draw_words(pixels, self._words(take, time), colour=take.look.text, film=film)

    def _words(self, take: Take, time: float) -> Words:
        title = self.scene.title if self.output.title else ""
        if not self.output.caption:
            return Words(title=title)
        words = caption(self.scene, take.shot, take.landscape.record, take.leaves)
        path, logged = take.landscape.path, round(take.head(time))
        step, last = int(path.steps[logged]), int(path.steps[-1])
        loss = format_loss(float(path.true_loss[logged]))
        counters = (("step", format_step(step, last)), ("loss", loss)) if take.shot.path.show else ()
        return Words(title=title, caption=words, counters=counters)


def supersampling(output: Film | Still) -> int:
    """Returns the sub-pixels along the side of a pixel: more for small pictures, where they cost little.

    Two leave visible steps in edges that are nearly level; three leave fine ones, and take a 1080p film frame from
    0.49 to 0.79 s on two cores.
    """
    widest = max(output.size)
    most = 4 if widest <= 1000 else 2 if isinstance(output, Film) and widest > 2048 else 3
    return max(1, min(most, 16_384 // widest))
