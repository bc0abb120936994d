"""Preparing: from a shot and its landscapes to a take, at each of its moments where something on it changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from render.errors import DataError
from render.exchange.resampling import is_even
from render.film.drawn import (
    Shown,
    as_drawn,
    drawn_of,
    ended,
    holes_of,
    last_of,
    stops_of,
    widest,
    with_corner,
    with_morphs,
)
from render.film.insets.inset_room import room_beside
from render.film.journey import Journey, epoch_of, journey_of
from render.film.laying import panel_of, relaid
from render.film.moves import MOVES, Move, Scenery, settled, standing_at
from render.film.panel import Panel, Walk
from render.film.take import Take
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.scene import look as looks
from render.scene.relief import EDGE, trained_steps
from render.scene.shot import Shot
from render.scene.time.course import ShotCourse
from render.space.grid import Grid
from render.stage.body import mesh, relief
from render.stage.body.corner import cut_off, opened
from render.stage.body.relief import Relief
from render.stage.body.unasked import Steps, steps_for
from render.stage.camera import View
from render.stage.framing import frame_of
from render.stage.light import sunward
from render.stage.light.bake import Sun
from render.stage.light.sunward import SettledSun

FEWEST_POINTS = 8  # points along an axis; fewer cannot be cut round


def prepare_course(
    course: ShotCourse,
    landscapes: Sequence[Shown],
    aspect: float,
    *,
    together: bool = True,
    before: Take | None = None,
) -> Take:
    """Returns the take of a shot of a scene, which knows what its tracks change; arguments as of prepare.

    before: the take of the shot as it was, whose reliefs are taken over where they would be the same.
    """
    framing = Framing(aspect, together, course.scene.seed)
    if not course.changes:
        return _prepared(course.settings, course.scene.look, landscapes, framing, before)
    base = _prepared(*course.middle, landscapes, framing, before)
    return replace(base, then=_Changing(course, base, landscapes, framing).at)


class Framing(NamedTuple):
    """The picture that a shot is framed for."""

    aspect: float  # width / height
    together: bool  # whether it shows all landscapes, on one floor
    seed: int = 0  # of an unsteady camera


@dataclass(frozen=True)
class _Changing:
    """A shot on which something changes, framed and lit once; only what a track changes is made anew."""

    course: ShotCourse
    base: Take
    landscapes: Sequence[Shown]
    framing: Framing
    last: dict[str, Take] = field(default_factory=dict)  # by what its tracks came to

    def at(self, time: float) -> Take:
        """Returns the take at a time, seconds."""
        values = json.dumps(self.course.values(time))
        if values not in self.last:
            self.last.clear()
            self.last[values] = self._made(self.course.shot(time), self.course.look(time))
        return self.last[values]

    def _made(self, shot: Shot, look: looks.Look) -> Take:
        base = self.base
        preset = _through(shot, look.resolved).model_copy(update={"body": base.look.body})
        steps, drawn = base.steps, as_drawn(base)
        if look.steps != list(base.steps.steps):
            steps, made = _reliefs(look, self.landscapes)
            corners = [panel.relief.corner for panel in base.panels]
            drawn = [with_corner(*pair) for pair in zip(drawn_of(self.landscapes, made), corners, strict=True)]
        panels = base.panels
        if steps is not base.steps or (shot.path, preset.path) != (base.shot.path, base.look.path):
            panels = tuple(last_of(shot, preset, each, panel) for each, panel in zip(drawn, base.panels, strict=True))
        move = base.move
        if shot.camera != base.shot.camera:
            camera = settled(shot.camera, base.move)
            move = MOVES[type(camera)](camera, self._setting)
        sun = self._sun(preset.sun)
        take = replace(base, shot=shot, look=preset, panels=panels, move=move, steps=steps, sun=sun, _held={})
        take = take if steps is base.steps else with_morphs(take, drawn)
        return take if shot.path == base.shot.path else replace(take, journey=_journey(shot, panels))

    @cached_property
    def _setting(self) -> Scenery:
        """What every camera of the shot shows, worked out once."""
        framing = self.framing._replace(together=self.base.together)
        return _scenery(self.base.shot, self.base.look, self.base.panels, self.base.journey, framing)

    def _sun(self, asked: looks.SunSettings) -> Sun:
        """Returns the sun as it is asked for; what is left open stays as it was chosen."""
        turn, height = asked.azimuth, asked.elevation
        return Sun(
            self.base.sun.azimuth if turn == "auto" else (_facing(self.base.move(0.5)) + float(turn)) % 360,
            self.base.sun.elevation if height == "auto" else float(height),
            asked.size,
        )


def _reliefs(look: looks.Look, shown: Sequence[Shown]) -> tuple[Steps, list[Relief]]:
    """Returns the reliefs of landscapes and of all stops of series on one scale, and the steps that make them."""
    landscapes = [landscape for one in shown for landscape in stops_of(one)]
    surfaces = [landscape.surface for landscape in landscapes]
    holes = [lacking for one in shown for lacking in holes_of(stops_of(one))]
    losses, steps = [surface.loss for surface in surfaces], _steps(look, landscapes)
    depths = [_depth(surface.grid) for surface in surfaces]
    if all(isinstance(one, Series) and one.kind == "zoom" for one in shown):  # each window has a scale of its own
        made = zip(losses, depths, holes, strict=True)
        return steps, [relief.make(loss, steps.steps, depth, hollow) for loss, depth, hollow in made]
    return steps, relief.make_alike(losses, steps.steps, depths, holes)


def prepare(shot: Shot, look: looks.Look, shown: Sequence[Shown], aspect: float, *, together: bool = True) -> Take:
    """Returns the take of a shot of landscapes and series.

    aspect: width / height of the picture that shows them together on one floor, or else of each one's own panel.
    """
    return _prepared(shot, look, shown, Framing(aspect, together))


def _reliefs_of(before: Take, look: looks.Look, shown: Sequence[Shown]) -> tuple[Steps, list[Relief]] | None:
    """Returns the reliefs of a take, and their steps, where it shows the same surfaces by the same steps, uncut."""
    if len(shown) != len(before.panels):
        return None
    for one, panel in zip(shown, before.panels, strict=True):
        if not isinstance(one, Landscape) or panel.landscape.surface is not one.surface or panel.relief.corner:
            return None
    same = before.steps == _steps(look, [panel.landscape for panel in before.panels])
    return (before.steps, [panel.relief for panel in before.panels]) if same else None


def _steps(look: looks.Look, landscapes: Sequence[Landscape]) -> Steps:
    """Returns the steps from loss to height of landscapes that are drawn on one scale."""
    told = [landscape.record["trainings"]["value"] for landscape in landscapes if "trainings" in landscape.record]
    if look.relief is None and told:
        return Steps(tuple(trained_steps(EDGE if told[0] == "speed" else None)))
    ready = any("source" in landscape.record for landscape in landscapes)
    return steps_for(look, [landscape.surface.loss for landscape in landscapes], ready)


def _prepared(
    shot: Shot, look: looks.Look, shown: Sequence[Shown], framing: Framing, before: Take | None = None
) -> Take:
    preset = _through(shot, look.resolved)
    steps, reliefs = (before and _reliefs_of(before, look, shown)) or _reliefs(look, shown)
    if preset.body == "disc" and not all(_is_round(made) for made in reliefs):
        preset = preset.model_copy(update={"body": "block"})
    drawn = drawn_of(shown, reliefs)
    panels = tuple(widest(shot, preset, *pair) for pair in zip(shown, drawn, strict=True))
    journey = _journey(shot, panels)
    setting = _scenery(shot, preset, panels, journey, framing)
    move = MOVES[type(shot.camera)](shot.camera, setting)
    if preset.body == "block" and preset.walls.corner:
        panels = _cut(shot, preset, panels, setting, move)
        setting = _scenery(shot, preset, panels, journey, framing)
        camera = standing_at(shot.camera, move(0.5))
        move = MOVES[type(camera)](camera, setting)
    placements = setting.placements(_facing(move(0.5)))
    sun = sunward.choose(setting.subjects, move(0.5), _asked(preset.sun))
    drawn = [with_corner(each, panel.relief.corner) for each, panel in zip(drawn, panels, strict=True)]
    ends = tuple(ended(shot, preset, *pair) for pair in zip(drawn, panels, strict=True))
    return with_morphs(Take(shot, preset, ends, move, sun, steps, journey, placements, setting.together), drawn)


def _cut(
    shot: Shot, look: looks.LookPreset, panels: Sequence[Panel], setting: Scenery, move: Move
) -> tuple[Panel, ...]:
    """Returns panels without the corners that stand before what is to be seen in the middle of a move."""
    view, made = move(0.5), []
    for panel, away in zip(panels, setting.placements(_facing(view)), strict=True):
        eye, relief, asked = view.position - away, panel.relief, look.walls.corner
        paths = [walk.descent.points[walk.descent.shown] for walk in panel.walks if walk.descent.shown.any()]
        cut = opened(relief, paths, eye) if asked == "auto" else cut_off(relief, asked, eye)
        made.append(panel if cut is relief else panel_of(shot, look, panel.landscape, cut))
    return tuple(made)


def _asked(sun: looks.SunSettings) -> SettledSun:
    """Returns what a look settles of its sun."""
    turn, height = (None if value == "auto" else float(value) for value in (sun.azimuth, sun.elevation))
    return SettledSun(turn, height, sun.size)


def redrawn(take: Take, reliefs: Sequence[Relief]) -> Take:
    """Returns a take with other reliefs of the same surfaces, finer ones perhaps, and its paths laid on them."""
    panels = zip(take.panels, reliefs, strict=True)
    return replace(take, panels=tuple(relaid(take.shot, take.look, panel, made) for panel, made in panels))


def _depth(grid: Grid) -> float:
    """Returns the extent along β / that along α; raises DataError for steps that would not be drawn at their places."""
    if not (is_even(grid.alphas) and is_even(grid.betas)):
        raise DataError("surface: its steps are uneven; export it, and draw it from the file, where they are made even")
    return float(np.ptp(grid.betas) / np.ptp(grid.alphas))


def _is_round(made: Relief) -> bool:
    """Whether a disc can be cut out of a relief: it has cells enough, and some of them lie on it."""
    return min(made.level.shape) >= FEWEST_POINTS and bool(mesh.inside(made, "disc").any())


def _through(shot: Shot, look: looks.LookPreset) -> looks.LookPreset:
    """Returns a look through the lens of a shot's camera."""
    aperture = shot.camera.aperture
    if aperture is None:
        return look
    return look.model_copy(update={"air": look.air.model_copy(update={"focus": aperture})})


def _lead(panels: Sequence[Panel]) -> Walk | None:
    return next((walk for panel in panels for walk in panel.walks), None)


def _journey(shot: Shot, panels: Sequence[Panel]) -> Journey:
    return journey_of(shot, _lead(panels), epoch_of(panels[0].landscape.record))


def _scenery(
    shot: Shot, look: looks.LookPreset, panels: Sequence[Panel], journey: Journey, framing: Framing
) -> Scenery:
    lead = _lead(panels)

    def head(share: float) -> float:
        assert lead is not None
        return lead.head(journey.at(share * shot.duration))

    reliefs = tuple(panel.relief for panel in panels)
    descents = tuple(tuple(walk.descent for walk in panel.walks) for panel in panels)
    together = framing.together and not shot.camera.follows
    frame = room_beside(shot.insets, frame_of(framing.aspect, len(panels) if together else 1))
    grid = panels[0].landscape.surface.grid
    alpha, beta = ((float(axis[0]), float(axis[-1])) for axis in (grid.alphas, grid.betas))
    return Scenery(reliefs, descents, head, shot.duration, look, frame, together, (alpha, beta), framing.seed)


def _facing(view: View) -> float:
    """Returns the azimuth at which a camera stands, degrees clockwise from +β."""
    away = view.position - view.target
    return float(np.degrees(np.arctan2(away[0], away[1])))
