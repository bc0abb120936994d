"""A take: one shot of a scene made ready, so that every moment of it is a view and a place on each path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from render.film import projected
from render.film.journey import Journey
from render.film.lines.line_take import LineTake
from render.film.morph import Morph
from render.film.moves import Move
from render.film.panel import Panel, Walk
from render.film.walked import farthest, walked
from render.film.words.drawing import Drawing
from render.landscape.landscape import Landscape
from render.sampling.status import Status
from render.scene import look as looks
from render.scene.shot import Shot
from render.space.path import Path
from render.stage.body.strip import Strip
from render.stage.body.unasked import Steps
from render.stage.camera import View
from render.stage.cast import Placed, drawn_levels
from render.stage.light.bake import Sun
from render.stage.marks.arrow import length_of
from render.stage.marks.strands import Strands
from render.stage.marks.trail import Trail
from render.stage.stage import Stage

if TYPE_CHECKING:
    from render.film.lines.laid_line import LaidLine
    from render.film.unfolding import Unfolding

SMALL = (64, 36)  # pixels of a picture that only its exposure is asked of
LONG = 0.05  # picture widths between two logged points of a path, from which on it is seen how they are joined


@dataclass(frozen=True)
class Take:
    """Everything about a shot that does not change while it runs."""

    shot: Shot
    look: looks.LookPreset
    panels: tuple[Panel, ...]  # from left to right
    move: Move
    sun: Sun
    steps: Steps
    journey: Journey
    placements: tuple[np.ndarray, ...]  # of each panel's origin (3,), picture widths; nought in pictures of their own
    together: bool = True  # whether all panels stand on one floor, in one picture
    start: float = 0.0  # of the shot on the scene's clock, seconds
    then: Callable[[float], Take] | None = None  # the take at a time of the shot, where something changes with it
    morphs: tuple[Morph | None, ...] = ()  # of each panel that is of a series; empty where none is, or none moves
    dealt: np.ndarray | None = None  # levels among which the palette is dealt out, of all stops of a series
    unfolding: Unfolding | None = None  # out of a line, while the shot begins
    strip: Strip | None = None  # that alone is drawn of its terrain
    laid: LaidLine | None = None  # the line that it has unfolded out of
    _held: dict[float, Take] = field(default_factory=dict, compare=False)

    def now(self, time: float) -> Take:
        """Returns the take as it is at a time of the shot, seconds: the same one, until something on it changes."""
        found = (self.then(time) if self.then else self)._morphed(time)
        return self.unfolding.take(found, time) if self.unfolding else found

    def _morphed(self, time: float) -> Take:
        """Returns the take with its series as they are at a time, seconds."""
        if not any(self.morphs):
            return self
        share = min(1.0, max(0.0, time / self.shot.duration))
        if share not in self._held:
            self._held.clear()
            pairs = zip(self.panels, self.morphs, strict=True)
            panels = tuple(
                morph.panel(self.shot, self.look, morph.index(share, self.shot.duration)) if morph else panel
                for panel, morph in pairs
            )
            self._held[share] = replace(self, panels=panels, then=None, morphs=(), _held={})
        return self._held[share]

    def fixed(self, time: float) -> Take:
        """Returns the take as it is at a time, seconds, under the exposure of the whole shot, as a print has it."""
        now = self.now(time)
        if now is self or now.look.exposure != "auto":
            return now
        stage = self.stage(self.pictures[0], SMALL, 1)
        try:
            return replace(now, look=now.look.model_copy(update={"exposure": stage.exposure}))
        finally:
            stage.close()

    def view(self, time: float) -> View:
        """Returns the camera at a time of the shot, seconds."""
        return self.now(time).move(min(1.0, max(0.0, time / self.shot.duration)))

    def progress(self, time: float) -> float:
        """Returns how much of their way the heads have gone at a time of the shot, seconds."""
        return self.now(time).journey.at(time)

    def trails(self, panel: Panel, time: float) -> list[Trail]:
        """Returns the paths so far; none where the shot hides them."""
        if not self.shot.path.show:
            return []
        style, progress = self.look.path, self.progress(time)
        trails = []
        for walk in panel.walks:
            head = walk.head(progress)
            trail = walked(style, walk.path, walk.descent, head, walk.places_every(style.beads))
            arrows = tuple(
                (arrow, length_of(arrow.slope, self.steepest)) for arrow in walk.arrows if arrow.place < head
            )
            trails.append(replace(trail, arrows=arrows, drops=tuple(drop for drop in walk.drops if drop.place <= head)))
        return trails

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """The records of its surfaces, by their names in the scene."""
        return {name: panel.landscape.record for name, panel in zip(self.shot.surfaces, self.panels, strict=True)}

    def strands(self, panel: Panel, time: float) -> Strands | None:
        """Returns the many descents over a panel so far; None where the shot has none."""
        last = max((each.rolls.rolled.last for each in self.panels if each.rolls), default=0)
        if panel.rolls and self.strip is None:
            return panel.rolls.at(self.progress(time), last)
        return self.laid.strands if self.laid else None

    @property
    def steepest(self) -> float:
        """The slope of the longest arrow, loss / unit of α and β; nought where there are none."""
        return max((arrow.slope for panel in self.panels for walk in panel.walks for arrow in walk.arrows), default=0.0)

    def _curved(self, walks: Sequence[Walk]) -> int:
        """Returns the fewest logged points of a path that are so far apart that the curve between them is seen."""
        is_curve = self.look.path.between == "curve"
        return min((len(walk.path) for walk in walks if is_curve and walk.longest_leg > LONG), default=0)

    @property
    def drawing(self) -> Drawing:
        """How its surfaces are drawn."""
        walks = [walk for panel in self.panels for walk in panel.walks]
        return Drawing(
            self.steps.steps,
            self.steps.reason,
            tuple(panel.relief.levelled for panel in self.panels),
            leaves=any(walk.leaves for walk in walks),
            absent=bool(walks) and all(walk.is_absent for walk in walks),
            read=any(panel.reads_losses for panel in self.panels),
            laid=any(walk.laid for walk in walks),
            curved=self._curved(walks),
            farthest=tuple(farthest(walk.path) for walk in walks),
            steepest=self.steepest,
            drops=any(walk.drops for walk in walks),
            corners=tuple(panel.relief.corner.size for panel in self.panels if panel.relief.corner),
            refined=max(panel.relief.refined for panel in self.panels),
            rolled=tuple(panel.rolls.rolled for panel in self.panels if panel.rolls),
            line=self.laid.words if self.laid else "",
        )

    @property
    def pictures(self) -> list[tuple[int, ...]]:
        """The panels, by their numbers, that each of the pictures side by side shows."""
        every = range(len(self.panels))
        return [tuple(every)] if self.together else [(number,) for number in every]

    def stage(self, shown: Sequence[int], size: tuple[int, int], factor: int, rows: int | None = None) -> Stage:
        """Returns the stage of some panels for a picture size, with factor × factor sub-pixels.

        rows: of the whole picture, where parts of it are taken.
        """
        bodies, look, sun, how = self._dress(shown)
        faces, asked = projected.stage_of(self.shot.camera, size, factor)
        made = Stage(bodies, look, sun, *faces, **{**how, "rows": rows, **asked})
        made.worn = self
        return made

    def fits(self, other: Take) -> bool:
        """Whether the stages of another take can be put into this one: as many bodies, and the same kind of lens."""
        lenses = (projected.stage_of(each.shot.camera, SMALL, 1) for each in (self, other))
        return self.pictures == other.pictures and next(lenses) == next(lenses)

    def put_on(self, stage: Stage, shown: Sequence[int], exposure: float | None = None) -> None:
        """Puts a stage of some panels into this take; exposure is in place of one that it would find anew."""
        bodies, look, sun, how = self._dress(shown)
        if exposure is not None and look.exposure == "auto":
            look = look.model_copy(update={"exposure": exposure})
        stage.dress(bodies, look, sun, **how)
        stage.worn = self

    def dress(self, stage: Stage, shown: Sequence[int]) -> None:
        """Puts a stage of some panels into the look, light and relief of this take, where it wears others."""
        if (
            stage.worn is not self
        ):  # the exposure is of the whole shot; else a sun that grows would make nothing brighter
            self.put_on(stage, shown, stage.exposure)

    def _dress(self, shown: Sequence[int]) -> tuple[list[Placed], looks.LookPreset, Sun, dict[str, Any]]:
        style = self.shot.path
        levels = self.dealt
        if levels is None:
            levels = np.concatenate([drawn_levels(each.relief, self.look.body) for each in self.panels])
        through = style.show and (style.height == "loss" or self.look.path.drops > 0)
        look = self.look.model_copy(update={"path": self.look.path.seen_on(shown)})
        return [self._placed(number) for number in shown], look, self.sun, {"levels": levels, "through": through}

    def _placed(self, number: int) -> Placed:
        panel, (x, y, _) = self.panels[number], self.placements[number]
        measured = panel.landscape.surface.status == Status.MEASURED
        return Placed(panel.relief, (float(x), float(y)), measured, self.strip)


def records_of(takes: Sequence[Take | LineTake]) -> dict[str, dict[str, Any]]:
    """Returns the records of all surfaces and lines of takes, by their names in the scene."""
    return {name: record for take in takes for name, record in take.records.items()}


def places_on(landscape: Landscape, path: Path) -> np.ndarray:
    """Returns where the logged steps of a path lie (T, 2), in −½..½ of the grid's extents while they are on it."""
    grid = landscape.surface.grid
    alpha = (path.alpha - grid.alphas[0]) / np.ptp(grid.alphas) - 0.5
    beta = (path.beta - grid.betas[0]) / np.ptp(grid.betas) - 0.5
    return np.stack([alpha, beta], axis=1)
