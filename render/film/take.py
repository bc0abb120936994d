"""A take: one shot of a scene made ready, so that every moment of it is a view and a place on each path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from render.film.moves import MOVES, Move, Setting
from render.film.timeline import head_progress, path_position
from render.landscape.landscape import Landscape
from render.landscape.path import Path
from render.scene import look as looks
from render.scene.shot import Shot
from render.stage import relief
from render.stage.bake import Sun
from render.stage.camera import Frame, View
from render.stage.relief import Relief
from render.stage.stage import Stage, drawn_levels
from render.stage.trail import Descent, Trail, drape

FILL = 0.78
FEWEST = 8  # points along an axis; fewer cannot be cut round
RAISED = 0.12  # half heights; leaves room for words


@dataclass(frozen=True)
class Walk:
    """A path on a terrain, as it is drawn and walked."""

    path: Path
    descent: Descent
    pace: str

    def head(self, progress: float) -> float:
        """Returns the place in the trajectory at a progress of 0 to 1."""
        corners = np.searchsorted(self.descent.index, np.arange(len(self.path)))
        walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.descent.points, axis=0), axis=1))])
        return path_position(self.pace, progress, self.path.steps, walked[corners])

    @property
    def leaves(self) -> bool:
        """Whether the path goes beyond the terrain that is drawn."""
        return not bool(self.descent.shown.all())


@dataclass(frozen=True)
class Panel:
    """One surface of a shot: its terrain, and the paths on it, its own first."""

    landscape: Landscape
    relief: Relief
    walks: tuple[Walk, ...]

    @property
    def leaves(self) -> bool:
        """Whether a path goes beyond the terrain that is drawn."""
        return any(walk.leaves for walk in self.walks)


@dataclass(frozen=True)
class Take:
    """Everything about a shot that does not change while it runs."""

    shot: Shot
    look: looks.LookPreset
    panels: tuple[Panel, ...]  # from left to right
    move: Move
    sun: Sun

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
        return [walk.descent.until(walk.head(self.progress(time))) for walk in panel.walks]

    @property
    def leaves(self) -> bool:
        """Whether a path goes beyond the terrain that is drawn."""
        return any(panel.leaves for panel in self.panels)

    def stage(self, panel: Panel, size: tuple[int, int], factor: int) -> Stage:
        """Returns the stage of a panel for a picture size, with factor × factor sub-pixels."""
        style = self.shot.path
        levels = np.concatenate([drawn_levels(each.relief, self.look.shape) for each in self.panels])
        ghost = style.show and style.height == "loss"
        return Stage(panel.relief, self.look, self.sun, size, factor, levels=levels, ghost=ghost)


def prepare(shot: Shot, look: looks.Look, landscapes: Sequence[Landscape], aspect: float) -> Take:
    """Returns the take of a shot of landscapes side by side, in panels of an aspect (width / height)."""
    preset = look.resolved
    if min(min(landscape.surface.loss.shape) for landscape in landscapes) < FEWEST:
        preset = preset.model_copy(update={"shape": "square"})
    grids = [landscape.surface.grid for landscape in landscapes]
    depths = [float(np.ptp(grid.betas) / np.ptp(grid.alphas)) for grid in grids]
    reliefs = relief.make_alike([landscape.surface.loss for landscape in landscapes], look.relief, depths)
    panels = tuple(_panel(shot, preset, *pair) for pair in zip(landscapes, reliefs, strict=True))
    move = MOVES[type(shot.camera)](shot.camera, _setting(shot, preset, panels, aspect))
    sun = Sun((_facing(move(0.5)) + preset.sun.azimuth) % 360, preset.sun.elevation, preset.sun.size)
    return Take(shot, preset, panels, move, sun)


def _panel(shot: Shot, look: looks.LookPreset, landscape: Landscape, made: Relief) -> Panel:
    walks = []
    for path in landscape.paths:
        levels = made.scale.level(path.true_loss) if shot.path.height == "loss" else None
        descent = drape(made, look.shape, places_on(landscape, path), levels, 0.5 * look.path.radius)
        walks.append(Walk(path, descent, shot.path.pace))
    return Panel(landscape, made, tuple(walks))


def _setting(shot: Shot, look: looks.LookPreset, panels: Sequence[Panel], aspect: float) -> Setting:
    lead = next((walk for panel in panels for walk in panel.walks), None)

    def head(share: float) -> float:
        assert lead is not None
        return lead.head(head_progress(share * shot.duration, shot.duration, shot.hold))

    reliefs = tuple(panel.relief for panel in panels)
    return Setting(reliefs, lead.descent if lead else None, head, shot.duration, look, Frame(aspect, FILL, RAISED))


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
