"""Laying: paths on a relief, with all that is marked along them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from render.film.panel import Panel, Walk
from render.film.rolls import Rolls, rolls_on
from render.film.take import places_on
from render.film.walked import arrows_along, drops_along
from render.landscape.landscape import Landscape
from render.landscape.ready import GIVEN
from render.scene import look as looks
from render.scene.shot import Shot
from render.space.path import Path
from render.stage.body.relief import Relief
from render.stage.marks.trail import drape


def panel_of(
    shot: Shot, look: looks.LookPreset, landscape: Landscape, made: Relief, rolls: Rolls | None = None
) -> Panel:
    """Returns a surface as it is drawn, with all that lies on it; rolls: its descents on another relief of it."""
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
    return Panel(landscape, made, tuple(walks), rolls_on(shot.descents, landscape, made, look.body, rolls))


def relaid(shot: Shot, look: looks.LookPreset, panel: Panel, made: Relief) -> Panel:
    """Returns a panel on another relief of the same surface, of a series as it was."""
    laid = panel_of(shot, look, panel.landscape, made, panel.rolls)
    walks = zip(laid.walks, panel.walks, strict=True)
    return replace(laid, stop=panel.stop, walks=tuple(replace(new, at=old.at) for new, old in walks))


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
