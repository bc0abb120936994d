"""Unfolding: the terrain of a shot grows out of the line of the shot before, while the camera turns to its own move.

At its first moment the picture is the chart of the line, seen as what it is: a cut through the terrain. A strip around
the line then widens until it is all of the terrain. No height changes; what is not there yet is not drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from render.errors import SceneError
from render.film.easing import clamp, smooth
from render.film.lines.chart import Chart
from render.film.lines.laid_line import LaidLine, laid_on
from render.film.lines.line_cut import LineCut, cut_of
from render.film.lines.line_take import LineTake
from render.film.moves.clearance import Clearance, kept_above
from render.film.moves.unfolded import between
from render.film.panel import Panel, Walk
from render.film.take import Take
from render.film.timeline import FADING
from render.stage.body import mesh
from render.stage.body.strip import Strip
from render.stage.camera import View, standing
from render.stage.cast import drawn_levels

LENS = 8.0  # degrees of the profile's lens: long, so that what is nearer is hardly larger
THIN = 2e-4  # picture widths; half of the width of the strip at first, a fraction of a pixel
LATER = 0.15  # of the unfolding of the terrain, in which the camera rises before the strip begins to widen
POWER = 2.0  # of the strip's growth: slow while the camera is low, and what is near would hide the line
EARLY = 0.8  # of the unfolding of the terrain, in which the camera comes to its own move
FURNISHED = 0.8  # of the unfolding, from which on the furniture of the terrain fades in


@dataclass(frozen=True)
class Unfolding:
    """How the terrain of a shot grows out of a line."""

    cut: LineCut
    profile: View
    duration: float  # seconds
    line: LaidLine
    reach: tuple[float, float]  # beyond the ends of the line and to either side, that all of the terrain lies within
    lowest: np.ndarray  # (3,) of the terrain
    clearance: Clearance | None = None  # of the terrain, where the shot's own camera goes down between its heights

    def share(self, time: float) -> float:
        """Returns how far it is at a time of the shot, seconds; the terrain waits until the chart has gone."""
        wait = FADING * self.duration
        return float(clamp((time - wait) / (self.duration - wait)))

    def strip(self, time: float) -> Strip:
        """Returns what is drawn of the terrain at a time of the shot, seconds."""
        grown = float(smooth((self.share(time) - LATER) / (1 - LATER))) ** POWER
        long, wide = self.reach
        return self.cut.strip(grown * long, THIN + grown * wide)

    def furnished(self, time: float) -> float:
        """Returns how far the furniture of the terrain is there at a time of the shot, seconds, from 0 to 1."""
        return float(smooth((time / self.duration - FURNISHED) / (1 - FURNISHED)))

    def take(self, take: Take, time: float) -> Take:
        """Returns a take as it is at a time of its shot, seconds, while the terrain unfolds; else the take itself."""
        if time >= self.duration:
            return take if take.laid is self.line else replace(take, laid=self.line, _held={})
        strip, own, turned = self.strip(time), take.move, float(smooth(self.share(time) / EARLY))

        def move(share: float) -> View:
            seen = between(self.profile, own(share), turned)
            return seen if self.clearance is None or not turned else kept_above(seen, self.clearance, take.placements)

        panels = tuple(_within(panel, strip) for panel in take.panels)
        marked = take.look.path.lowest and bool(strip.inset(*self.lowest[:2]) > 0)
        look = take.look.model_copy(update={"path": take.look.path.model_copy(update={"lowest": marked})})
        return replace(
            take,
            panels=panels,
            look=look,
            strip=strip,
            laid=self.line,
            unfolding=None,
            then=None,
            morphs=(),
            _held={},
            move=move,
        )


def _within(panel: Panel, strip: Strip) -> Panel:
    """Returns a panel with those parts of its paths that lie within a strip."""
    return replace(panel, walks=tuple(_walk_within(walk, strip) for walk in panel.walks))


def _walk_within(walk: Walk, strip: Strip) -> Walk:
    points = walk.descent.points
    shown = walk.descent.shown & (strip.inset(points[:, 0], points[:, 1]) > 0)
    arrows = tuple(arrow for arrow in walk.arrows if strip.inset(*np.asarray(arrow.root)[:2]) > 0)
    return replace(walk, descent=replace(walk.descent, shown=shown), arrows=arrows, drops=())


def cut_on(take: Take, line: LineTake) -> LineCut:
    """Returns where a line lies on the terrain that a take shows first."""
    panel = take.now(0.0).panels[0]
    levels = take.dealt if take.dealt is not None else drawn_levels(panel.relief, take.look.body)
    cut = cut_of(line.landscape, panel.landscape, panel.relief, levels)
    corner = panel.relief.corner
    if corner is not None and (corner.inset(*np.stack([cut.start, cut.end], axis=1)) <= 0).any():
        raise SceneError(["unfold: the corner that is cut off takes a part of the line; set look.walls.corner to 0"])
    return cut


def unfolding_of(take: Take, line: LineTake, chart: Chart, size: tuple[int, int], duration: float) -> Unfolding:
    """Returns how the terrain of a take grows out of a line that was shown on a chart of a picture of a size."""
    cut = line.cut
    assert cut is not None
    relief = take.panels[0].relief
    around = np.array([(x, y * relief.depth) for x in (-0.5, 0.5) for y in (-0.5, 0.5)]) - cut.at(0.5)
    way = cut.way
    far, aside = np.abs(around @ way).max(), np.abs(around @ np.array([-way[1], way[0]])).max()
    reach = float(max(0.0, far - 0.5 * cut.length)) + 0.01, float(aside) + 0.01
    lowest, profile = mesh.lowest(relief, take.look.body), profile_of(cut, chart, size)
    low = take.shot.camera.follows
    clearance = Clearance.over(relief, take.look.body, -take.look.walls.thickness) if low else None
    return Unfolding(cut, profile, duration, laid_on(relief, line, cut), reach, lowest, clearance)


def profile_of(cut: LineCut, chart: Chart, size: tuple[int, int]) -> View:
    """Returns the view that shows a cut where a chart of a picture of a size has it, pixel on pixel.

    It looks level and straight at the upright plane of the cut, so that all of it is drawn in one scale.
    """
    width, height = size
    scale = (chart.right - chart.left) / cut.length  # pixels / picture width
    x, y = cut.start + (0.5 * width - chart.left) / scale * cut.way
    z = float(chart.level(np.array(0.5 * height))) * cut.exaggeration
    distance = 0.5 * height / scale / math.tan(math.radians(LENS) / 2)
    azimuth = math.degrees(math.atan2(cut.way[1], -cut.way[0]))
    return standing(azimuth, 0.0, distance, np.array([x, y, z]), LENS)
