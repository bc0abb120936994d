"""Lettering: the sheet that an output's words are written on, and how they are made readable in a shot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from render.film.ground import Dress, dressed, measured
from render.film.overlay import page_of, sheet_of
from render.film.sheet import Sheet
from render.film.take import Take
from render.film.wording import words_of
from render.scene.camera import Ride
from render.scene.look import Look, preset
from render.scene.output import Film, Still
from render.scene.spec import Scene

MOMENTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a film's shot, at which the ground behind its words is measured
OVER_GROUND = 0.88  # least shade at the foot of a shot that rides over the terrain, which is never still

Bare = Callable[[float], np.ndarray]  # the picture (H, W, 3) uint8 without words at a time of the shot, seconds


def sheet_for(output: Film | Still, take: Take) -> Sheet:
    """Returns the sheet of the pictures of a take."""
    return sheet_of(output.size, film=isinstance(output, Film), style=take.look.words, fonts=take.look.font)


def dress_of(scene: Scene, output: Film | Still, take: Take, times: Sequence[float], bare: Bare) -> Dress:
    """Returns how the words of a shot are made readable, which is the same whichever of its frames are to be drawn.

    times: of the shot, at which a still is taken, seconds.
    """
    words = words_of(scene, output, take, 0.0)
    page = page_of(words, sheet_for(output, take))
    colour, way = take.look.text, take.look.words.ground
    asked = is_asked(scene.look)
    if not page.boxes or way == "none":
        return dressed(measured([], page), colour, asked=asked, way=way)
    moments = [share * take.shot.duration for share in MOMENTS] if isinstance(output, Film) else times
    riding = isinstance(take.shot.camera, Ride) and bool(words.caption)
    behind = measured([bare(time) for time in moments], page)
    return dressed(behind, colour, asked=asked, way=way, least=OVER_GROUND if riding else 0.0)


def is_asked(look: Look) -> bool:
    """Whether a scene asks for the colour of its words, or leaves it to the preset."""
    return look.text != preset(look.name)["text"]
