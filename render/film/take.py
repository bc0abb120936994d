"""A take: one shot of a scene made ready, so that every moment of it is a view and a place on each path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from render.errors import DataError
from render.exchange.resampling import is_even
from render.film.morph import Morph
from render.film.moves import MOVES, Move, Scenery, standing_at
from render.film.panel import Panel, Walk
from render.film.timeline import head_progress
from render.film.walked import arrows_along, drops_along, farthest, walked
from render.film.words.drawing import Drawing
from render.landscape.landscape import Landscape
from render.landscape.ready import GIVEN
from render.landscape.series import Series
from render.sampling.status import Status
from render.scene import look as looks
from render.scene.camera import Ride
from render.scene.shot import Shot
from render.space.grid import Grid
from render.space.path import Path
from render.stage.body import mesh, relief
from render.stage.body.corner import cut_off, opened
from render.stage.body.relief import Relief
from render.stage.body.unasked import Steps, steps_for
from render.stage.camera import View
from render.stage.cast import Placed, drawn_levels
from render.stage.framing import frame_of
from render.stage.light import sunward
from render.stage.light.bake import Sun
from render.stage.light.sunward import SettledSun
from render.stage.marks.arrow import length_of
from render.stage.marks.trail import Trail, drape
from render.stage.stage import Stage

LONG = 0.05  # picture widths between two logged points of a path, from which on it is seen how they are joined
SMALL = (64, 36)  # pixels of a picture that only its exposure is asked of
FEWEST_POINTS = 8  # points along an axis; fewer cannot be cut round


@dataclass(frozen=True)
class Take:
    """Everything about a shot that does not change while it runs."""

    shot: Shot
    look: looks.LookPreset
    panels: tuple[Panel, ...]  # from left to right
    move: Move
    sun: Sun
    steps: Steps
    placements: tuple[np.ndarray, ...]  # of each panel's origin (3,), picture widths; nought in pictures of their own
    together: bool = True  # whether all panels stand on one floor, in one picture
    morphs: tuple[Morph | None, ...] = ()  # of panels that are of a series, which at(time) draws as they are then
    dealt: np.ndarray | None = None  # levels among which the palette is dealt out, where they are not the panels' own
    _held: dict[float, Take] = field(default_factory=dict, compare=False)

    def at(self, time: float) -> Take:
        """Returns the take as it is at a time of the shot, seconds; itself where it shows no series."""
        if not any(self.morphs):
            return self
        share = min(1.0, max(0.0, time / self.shot.duration))
        if share not in self._held:
            self._held.clear()
            panels = tuple(self._panel_at(number, share) for number in range(len(self.panels)))
            self._held[share] = replace(self, panels=panels, morphs=(), dealt=self.levels, _held={})
        return self._held[share]

    def _panel_at(self, number: int, share: float) -> Panel:
        morph = self.morphs[number]
        if morph is None:
            return self.panels[number]
        return _morphed(self.shot, self.look, morph, morph.index(share, self.shot.duration))

    def view(self, time: float) -> View:
        """Returns the camera at a time of the shot, seconds."""
        return self.move(min(1.0, max(0.0, time / self.shot.duration)))

    def progress(self, time: float) -> float:
        """Returns how much of their way the heads have gone at a time of the shot, seconds."""
        return head_progress(time, self.shot.duration, self.shot.hold)

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
        return Stage(*self._dressing(shown), size, factor, levels=self.levels, through=self._through, rows=rows)

    def dress(self, stage: Stage, shown: Sequence[int], exposure: float) -> None:
        """Puts the panels as they are now on a stage of theirs, under an exposure that stays."""
        bodies, look, sun = self._dressing(shown)
        if look.exposure == "auto":
            look = look.model_copy(update={"exposure": exposure})
        stage.dress(bodies, look, sun, levels=self.levels, through=self._through)

    def fixed(self, time: float) -> Take:
        """Returns the take as it is at a time, seconds, under the exposure of the whole shot, as a print has it."""
        now = self.at(time)
        if now is self or self.look.exposure != "auto":
            return now
        stage = self.stage(self.pictures[0], SMALL, 1)
        try:
            return replace(now, look=self.look.model_copy(update={"exposure": stage.exposure}))
        finally:
            stage.close()

    def _dressing(self, shown: Sequence[int]) -> tuple[list[Placed], looks.LookPreset, Sun]:
        look = self.look.model_copy(update={"path": self.look.path.seen_on(shown)})
        return [self._placed(number) for number in shown], look, self.sun

    @property
    def _through(self) -> bool:
        style = self.shot.path
        return style.show and (style.height == "loss" or self.look.path.drops > 0)

    @property
    def levels(self) -> np.ndarray:
        """The levels (n,) among which the palette is dealt out by area: of all panels, and of all stops of a series."""
        if self.dealt is not None:
            return self.dealt
        morphs = self.morphs or (None,) * len(self.panels)
        parts = [
            drawn_levels(panel.relief, self.look.body) if morph is None else morph.levels
            for panel, morph in zip(self.panels, morphs, strict=True)
        ]
        return np.concatenate(parts)

    def _placed(self, number: int) -> Placed:
        panel, (x, y, _) = self.panels[number], self.placements[number]
        measured = panel.landscape.surface.status == Status.MEASURED
        return Placed(panel.relief, (float(x), float(y)), measured)


def prepare(
    shot: Shot, look: looks.Look, shown: Sequence[Landscape | Series], aspect: float, *, together: bool = True
) -> Take:
    """Returns the take of a shot of landscapes and series.

    aspect: width / height of the picture that shows them together on one floor, or else of each one's own panel.
    """
    preset = look.resolved
    each = [one.landscapes if isinstance(one, Series) else (one,) for one in shown]
    landscapes = [landscape for own in each for landscape in own]
    surfaces = [landscape.surface for landscape in landscapes]
    depths = [_depth(surface.grid) for surface in surfaces]
    holes = [hole for own in each for hole in _holes(own)]
    losses = [surface.loss for surface in surfaces]
    steps = steps_for(look, losses, any("source" in landscape.record for landscape in landscapes))
    reliefs = relief.make_alike(losses, steps.steps, depths, holes)
    if preset.body == "disc" and not all(_is_round(made) for made in reliefs):
        preset = preset.model_copy(update={"body": "block"})
    own = iter(reliefs)
    parts = [tuple(next(own) for _ in several) for several in each]
    morphs = tuple(
        Morph(one, part) if isinstance(one, Series) else None for one, part in zip(shown, parts, strict=True)
    )
    panels = tuple(
        _panel(shot, preset, one, part[0]) if isinstance(one, Landscape) else _widest(shot, preset, Morph(one, part))
        for one, part in zip(shown, parts, strict=True)
    )
    setting = _setting(shot, preset, panels, aspect, together)
    move = MOVES[type(shot.camera)](shot.camera, setting)
    if preset.body == "block" and preset.walls.corner:
        panels = _cut(shot, preset, panels, setting, move)
        setting = _setting(shot, preset, panels, aspect, together)
        camera = standing_at(shot.camera, move(0.5))
        move = MOVES[type(camera)](camera, setting)
    placements = setting.placements(_facing(move(0.5)))
    sun = sunward.choose(setting.subjects, move(0.5), _asked(preset.sun))
    morphs = tuple(_cut_alike(*pair) for pair in zip(morphs, panels, strict=True))
    ends = tuple(
        panel if morph is None else _morphed(shot, preset, morph, len(morph.reliefs) - 1.0)
        for panel, morph in zip(panels, morphs, strict=True)
    )
    return Take(shot, preset, ends, move, sun, steps, placements, setting.together, morphs)


def _holes(landscapes: Sequence[Landscape]) -> list[np.ndarray]:
    """Returns the cells without data of one surface; of a series, those that any of its surfaces lacks."""
    lacking = np.logical_or.reduce([landscape.surface.status == Status.NO_DATA for landscape in landscapes])
    return [lacking] * len(landscapes)


def _morphed(shot: Shot, look: looks.LookPreset, morph: Morph, index: float) -> Panel:
    """Returns a panel of a series at a fractional stop."""
    relief = morph.relief(index)
    panel = replace(_panel(shot, look, morph.landscape(index, relief), relief), stop=morph.stop(index))
    head = morph.head(index)
    return panel if head is None else replace(panel, walks=tuple(replace(walk, at=head) for walk in panel.walks))


def _widest(shot: Shot, look: looks.LookPreset, morph: Morph) -> Panel:
    """Returns a panel with the last paths of a series on the highest that its terrain ever is, for the camera."""
    last, highest = len(morph.reliefs) - 1.0, morph.envelope
    return _panel(shot, look, morph.landscape(last, highest), highest)


def _cut_alike(morph: Morph | None, panel: Panel) -> Morph | None:
    """Returns a morph whose reliefs all lack the corner that was cut off its panel."""
    if morph is None or panel.relief.corner is None:
        return morph
    return replace(morph, reliefs=tuple(replace(made, corner=panel.relief.corner) for made in morph.reliefs))


def _cut(
    shot: Shot, look: looks.LookPreset, panels: Sequence[Panel], setting: Scenery, move: Move
) -> tuple[Panel, ...]:
    """Returns panels without the corners that stand before what is to be seen in the middle of a move."""
    view, made = move(0.5), []
    for panel, away in zip(panels, setting.placements(_facing(view)), strict=True):
        eye, relief, asked = view.position - away, panel.relief, look.walls.corner
        paths = [walk.descent.points[walk.descent.shown] for walk in panel.walks if walk.descent.shown.any()]
        cut = opened(relief, paths, eye) if asked == "auto" else cut_off(relief, asked, eye)
        made.append(panel if cut is relief else _panel(shot, look, panel.landscape, cut))
    return tuple(made)


def _asked(sun: looks.SunSettings) -> SettledSun:
    """Returns what a look settles of its sun."""
    turn, height = (None if value == "auto" else float(value) for value in (sun.azimuth, sun.elevation))
    return SettledSun(turn, height, sun.size)


def redrawn(take: Take, reliefs: Sequence[Relief]) -> Take:
    """Returns a take with other reliefs of the same surfaces, finer ones perhaps, and its paths laid on them."""
    panels = zip(take.panels, reliefs, strict=True)
    return replace(take, panels=tuple(_panel(take.shot, take.look, panel.landscape, made) for panel, made in panels))


def _depth(grid: Grid) -> float:
    """Returns the extent along β / that along α; raises DataError for steps that would not be drawn at their places."""
    if not (is_even(grid.alphas) and is_even(grid.betas)):
        raise DataError("surface: its steps are uneven; export it, and draw it from the file, where they are made even")
    return float(np.ptp(grid.betas) / np.ptp(grid.alphas))


def _is_round(made: Relief) -> bool:
    """Whether a disc can be cut out of a relief: it has cells enough, and some of them lie on it."""
    return min(made.level.shape) >= FEWEST_POINTS and bool(mesh.inside(made, "disc").any())


def _panel(shot: Shot, look: looks.LookPreset, landscape: Landscape, made: Relief) -> Panel:
    walks = []
    for path in landscape.paths:
        lifted = shot.path.height == "loss"
        asked = lifted or look.path.drops > 0
        levels, unknown = _own_levels(path, landscape, made) if asked else (None, False)
        descent = drape(
            made, look.body, places_on(landscape, path), levels if lifted else None, 0.0, look.path.between == "curve"
        )
        arrows = arrows_along(look.path.arrows, descent, landscape.surface, made.depth)
        drops = () if levels is None else drops_along(look.path.drops, descent, made, levels)
        walks.append(Walk(path, descent, shot.path.pace, arrows, drops, lifted and unknown))
    return Panel(landscape, made, tuple(walks))


def _own_levels(path: Path, landscape: Landscape, made: Relief) -> tuple[np.ndarray | None, bool]:
    """Returns the levels (T,) of a path's own loss, and whether there are none.

    What a file does not give is unknown, not diverged: NaN, where the path is not drawn.
    """
    levels = made.scale.level(path.true_loss)
    if "source" not in landscape.record:
        return levels, False
    if landscape.record["path"]["loss"] != GIVEN:
        return None, True
    return np.where(np.isnan(path.true_loss), np.nan, levels), False


def _setting(shot: Shot, look: looks.LookPreset, panels: Sequence[Panel], aspect: float, together: bool) -> Scenery:
    lead = next((walk for panel in panels for walk in panel.walks), None)

    def head(share: float) -> float:
        assert lead is not None
        return lead.head(head_progress(share * shot.duration, shot.duration, shot.hold))

    reliefs = tuple(panel.relief for panel in panels)
    descents = tuple(tuple(walk.descent for walk in panel.walks) for panel in panels)
    together = together and not isinstance(shot.camera, Ride)  # a ride follows one path, over one terrain
    return Scenery(
        reliefs, descents, head, shot.duration, look, frame_of(aspect, len(panels) if together else 1), together
    )


def records_of(takes: Sequence[Take]) -> dict[str, dict[str, Any]]:
    """Returns the records of all surfaces of takes, by their names in the scene."""
    return {
        name: panel.landscape.record
        for take in takes
        for name, panel in zip(take.shot.surfaces, take.panels, strict=True)
    }


def places_on(landscape: Landscape, path: Path) -> np.ndarray:
    """Returns where the logged steps of a path lie (T, 2), in −½..½ of the grid's extents while they are on it."""
    grid = landscape.surface.grid
    alpha = (path.alpha - grid.alphas[0]) / np.ptp(grid.alphas) - 0.5
    beta = (path.beta - grid.betas[0]) / np.ptp(grid.betas) - 0.5
    return np.stack([alpha, beta], axis=1)


def _facing(view: View) -> float:
    """Returns the azimuth at which a camera stands, degrees clockwise from +β."""
    away = view.position - view.target
    return float(np.degrees(np.arctan2(away[0], away[1])))
