"""What is drawn of a shot: of a landscape its relief, of a series the morph of its reliefs, and panels of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from render.film.laying import panel_of
from render.film.morph import Morph
from render.film.panel import Panel
from render.film.take import Take
from render.landscape.landscape import Landscape
from render.landscape.series import Series
from render.sampling.status import Status
from render.scene import look as looks
from render.scene.shot import Shot
from render.stage.body.cutting import Corner
from render.stage.body.relief import Relief
from render.stage.cast import drawn_levels

Shown = Landscape | Series  # what a shot may show
Terrain = Relief | Morph  # what is drawn of it


def stops_of(shown: Shown) -> tuple[Landscape, ...]:
    """Returns the landscapes of a series, or the one that there is."""
    return shown.landscapes if isinstance(shown, Series) else (shown,)


def holes_of(landscapes: Sequence[Landscape]) -> list[np.ndarray]:
    """Returns the cells without data of one surface; of a series, those that any of its surfaces lacks."""
    if any("trainings" in landscape.record for landscape in landscapes):  # which are all there, on windows of any size
        return [landscape.surface.status == Status.NO_DATA for landscape in landscapes]
    lacking = np.logical_or.reduce([landscape.surface.status == Status.NO_DATA for landscape in landscapes])
    return [lacking] * len(landscapes)


def drawn_of(shown: Sequence[Shown], reliefs: Sequence[Relief]) -> list[Terrain]:
    """Returns what is drawn of landscapes and series, from the reliefs of all of them and of their stops."""
    rest = iter(reliefs)
    made: list[Terrain] = []
    for one in shown:
        own = tuple(next(rest) for _ in stops_of(one))
        made.append(Morph(one, own, panel_of) if isinstance(one, Series) else own[0])
    return made


def as_drawn(take: Take) -> list[Terrain]:
    """Returns what is drawn of each panel of a take."""
    morphs = take.morphs or (None,) * len(take.panels)
    return [morph or panel.relief for morph, panel in zip(morphs, take.panels, strict=True)]


def with_corner(drawn: Terrain, corner: Corner | None) -> Terrain:
    """Returns what is drawn with a corner cut off, or whole."""
    return drawn.cut(corner) if isinstance(drawn, Morph) else replace(drawn, corner=corner)


def widest(shot: Shot, look: looks.LookPreset, shown: Shown, drawn: Terrain) -> Panel:
    """Returns a panel that a camera is chosen for."""
    if isinstance(drawn, Morph):
        return drawn.widest(shot, look)
    assert isinstance(shown, Landscape)
    return panel_of(shot, look, shown, drawn)


def last_of(shot: Shot, look: looks.LookPreset, drawn: Terrain, panel: Panel) -> Panel:
    """Returns a panel of a relief, or of the last stop of a series, in place of another of the same landscape."""
    if isinstance(drawn, Morph):
        return drawn.panel(shot, look, len(drawn.reliefs) - 1.0)
    return panel_of(shot, look, panel.landscape, drawn, panel.rolls)


def ended(shot: Shot, look: looks.LookPreset, drawn: Terrain, panel: Panel) -> Panel:
    """Returns a panel as it is, or of the last stop of a series in place of the one that its camera was chosen for."""
    return drawn.panel(shot, look, len(drawn.reliefs) - 1.0) if isinstance(drawn, Morph) else panel


def with_morphs(take: Take, drawn: Sequence[Terrain]) -> Take:
    """Returns a take that knows the series on it, where there are any."""
    morphs = tuple(each if isinstance(each, Morph) else None for each in drawn)
    if not any(morphs):
        return take
    if any(each.series.kind == "zoom" for each in morphs if each):  # each picture deals its palette out by itself
        return replace(take, morphs=morphs, _held={})
    levels = [each.levels if isinstance(each, Morph) else drawn_levels(each, take.look.body) for each in drawn]
    return replace(take, morphs=morphs, dealt=np.concatenate(levels), _held={})
