"""Lettering: the sheet that an output's words are written on, and how they are made readable in a shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from render.film.canvas import Canvas
from render.film.furniture.furnish import Furnishing, furnishing
from render.film.furniture.legend import LevelColours
from render.film.furniture.plot import Plot
from render.film.lines.line_take import LineTake
from render.film.overlaid import Overlaid, overlaid, tellings, titles_in
from render.film.take import Take
from render.film.timeline import Slice
from render.film.words.ground import Dress, dressed, measured
from render.film.words.overlay import page_of, sheet_of
from render.film.words.sheet import Sheet
from render.film.words.wording import is_furnished, language_of, names_of, words_of
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.written import is_ink_asked

OVER_GROUND = 0.88  # least shade at the foot of a shot that rides over the terrain, which is never still

BarePicture = Callable[[Slice], np.ndarray]  # the picture (H, W, 3) uint8 without words of a moment of the shot


def sheet_for(output: Film | Still, take: Take | LineTake) -> Sheet:
    """Returns the sheet of the pictures of a take."""
    return sheet_of(output.size, film=isinstance(output, Film), style=take.look.words, fonts=take.look.font)


@dataclass(frozen=True)
class Lettering:
    """What is written in a shot beside its values: how words are made readable, and the furniture, if any."""

    dress: Dress
    furnishing: Furnishing | None = None
    over: Overlaid | None = None


def lettering_of(
    scene: Scene, output: Film | Still, take: Take, moments: Sequence[Slice], seen_by: tuple[BarePicture, LevelColours]
) -> Lettering:
    """Returns the lettering of a shot, which is the same whichever of its frames are to be drawn.

    moments: of the shot, at which the ground behind its words is measured.
    """
    bare, shown = seen_by
    page = page_of(words_of(scene, output, take, 0.0), sheet_for(output, take))
    furnished = is_furnished(output) and bool(take.look.furniture.drawn or take.look.contours.numbers)
    looked = bool(page.boxes) and take.look.words.ground != "none"
    asked = titles_in(scene, output, take), tellings(scene, output, take, shown)
    pictures = [bare(moment)[..., :3] for moment in moments] if furnished or looked or any(asked) else []
    dress = dress_of(scene, output, take, pictures)
    over = overlaid(asked, sheet_for(output, take), dress, page.boxes, pictures, take.start) if any(asked) else None
    if not furnished:
        return Lettering(dress, None, over)
    seen = [(plots_of(output, take, each.time), picture) for each, picture in zip(moments, pictures, strict=True)]
    sheet, colours = sheet_for(output, take), (shown, language_of(scene, output))
    laid = (sheet, dress, (*page.boxes, *(over.boxes if over else ())))
    return Lettering(dress, furnishing(take.look.furniture, seen, path_names(scene, take), laid, colours), over)


def path_names(scene: Scene, take: Take) -> list[list[str]]:
    """Returns what the paths of each panel are called."""
    rest = names_of(scene, take)
    return [[next(rest)[0] for _ in panel.walks] for panel in take.panels]


def plots_of(output: Film | Still, take: Take, time: float) -> list[Plot]:
    """Returns the panels of a picture at a time of its shot, seconds."""
    width, height = output.size
    take = take.now(time)
    view = take.view(time)
    if take.together:
        moved = [view.seen_from(away) for away in take.placements]
        panels = zip(take.panels, moved, strict=True)
        return [Plot(take, panel, seen, time, 0, width, height) for panel, seen in panels]
    return [
        Plot(take, panel, view, time, area.left, *area.size)
        for panel, area in zip(take.panels, Canvas(width, height, len(take.panels)).panels, strict=True)
    ]


def dress_of(scene: Scene, output: Film | Still, take: Take, pictures: Sequence[np.ndarray]) -> Dress:
    """Returns how the words of a shot are made readable in pictures (H, W, 3) uint8 without words."""
    words = words_of(scene, output, take, 0.0)
    page = page_of(words, sheet_for(output, take))
    colour, way = take.look.text, take.look.words.ground
    asked = is_ink_asked(scene)
    riding = take.shot.camera.follows and bool(words.caption)
    return dressed(measured(pictures, page), colour, asked=asked, way=way, least=OVER_GROUND if riding else 0.0)
