"""Styles of the path: what each tells lies where it is true, and is seen on the picture."""

from __future__ import annotations

import numpy as np
import pytest

from render.scene.look import Look
from render.stage import camera, fire
from render.stage.bake import Sun
from render.stage.cast import Placed
from render.stage.relief import Relief, Scale
from render.stage.stage import Stage
from render.stage.trail import drape

SIZE = (320, 180)
SUN = Sun(120, 28, 2)
ABOVE = camera.standing(180, 60, 2.2, np.array([0, 0, 0.05]), 30)
WAY = np.array([[-0.35, 0.1], [0.0, 0.2], [0.35, 0.1]])


def made(level: np.ndarray, exaggeration: float = 0.2) -> Relief:
    return Relief(level.astype(np.float32), np.isfinite(level), exaggeration, 1.0, Scale(None, 0.0, 1.0))


def bowl(side: int = 81) -> Relief:
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return made((x**2 + y**2) / 2)


def look_with(**path):
    settings = {"name": "ember", "bloom": 0.0, "grain": 0.0, "vignette": 0.0, "path": {"lowest": False, **path}}
    return Look.model_validate(settings).resolved


def coloured(picture: np.ndarray, colour: str, least: int = 12) -> np.ndarray:
    """Returns which pixels (H, W) have a colour to a few codes."""
    wanted = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return np.abs(picture.astype(int) - wanted).max(-1) <= least


@pytest.mark.parametrize(
    ("sides", "right"), [(["#ff0000", "#00ff00"], "#00ff00"), (["#ff0000"], "#ffff00"), ([], "#ffff00")]
)
def test_each_surface_side_by_side_has_the_colour_of_its_side_and_else_the_paths(graphics, sides, right):
    look = look_with(glow=0, colour="#ffff00", sides=sides, others=["#00ffff"], width=[16, 16])
    stage = Stage([Placed(bowl(), (-0.6, 0.0)), Placed(bowl(), (0.6, 0.0))], look, SUN, SIZE, 2)
    first, second = (drape(bowl(), "block", way, None, 0.0).until(2.0) for way in (WAY, WAY * (1, -1)))
    stage.show_paths([[first], [first, second]])
    picture = stage.photograph(camera.standing(180, 60, 4.0, np.array([0, 0, 0.05]), 30), 1)
    stage.close()
    half = SIZE[0] // 2
    left = sides[0] if sides else "#ffff00"
    assert coloured(picture[:, :half], left).sum() > 20 and coloured(picture[:, half:], right).sum() > 20
    assert left == right or not coloured(picture[:, half:], left).any()
    assert coloured(picture[:, half:], "#00ffff").sum() > 20 and not coloured(picture[:, :half], "#00ffff").any()


def test_a_picture_of_some_surfaces_alone_keeps_the_colours_of_their_sides():
    style = look_with(colour="#ffff00", sides=["#ff0000", "#00ff00"]).path
    assert style.seen_on([1]).sides == ["#00ff00"] and style.seen_on([0, 2]).sides == ["#ff0000", "#ffff00"]
    assert look_with().path.seen_on([1]).sides == []


def test_lines_of_sides_never_share_an_ink_with_those_of_further_paths():
    style = look_with(sides=["#ff0000"]).path
    inks = {fire.ink_of(style, body, number) for body in range(9) for number in range(8)}
    firsts = [fire.ink_of(style, body, 0) for body in range(9)]
    assert len(set(firsts)) == 9 and len(inks) == 9 + 7 and max(inks) < len(fire.path_colours(style))
