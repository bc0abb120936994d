"""Styles of the path: what each tells lies where it is true, and is seen on the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from render.film.walked import walked
from render.film.words.drawing import Drawing
from render.film.words.said import told_briefly, told_words
from render.scene.look import Look
from render.scene.shot import PathStyle
from render.space.path import Path
from render.stage import camera
from render.stage.body import mesh
from render.stage.body.relief import Relief, Scale
from render.stage.cast import Placed
from render.stage.light import fire
from render.stage.light.bake import Sun
from render.stage.marks.manner import GAIN, SWELL, THIN, THREAD, faded
from render.stage.marks.told import Arrow, Drop
from render.stage.marks.trail import Descent, drape
from render.stage.stage import Stage

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


@pytest.mark.slow
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


YELLOW = "#ffff00"
STEPS = np.arange(3)
PATH = Path(WAY[:, 0], WAY[:, 1], np.zeros(3), np.zeros(3), np.array([4.0, 1.0, 0.0]), STEPS)


def descent(relief: Relief) -> Descent:
    return drape(relief, "block", WAY, None, 0.0)


def drawn(head: float = 2.0, relief: Relief | None = None, through: bool = False, **path) -> np.ndarray:
    """Returns the picture of a yellow flat path in a style, from above."""
    relief = relief or bowl()
    style = {"glow": 0, "colour": YELLOW, "width": [36, 36], "start": False, "end": False, **path}
    extras = {name: style.pop(name) for name in ("told",) if name in style}
    stage = Stage([Placed(relief)], look_with(**style), SUN, SIZE, 2, through=through)
    trail = walked(look_with(**style).path, PATH, descent(relief), head, np.zeros(0))
    stage.show_paths([[replace(trail, **extras.get("told", {}))]])
    picture = stage.photograph(ABOVE, 1)
    stage.close()
    return picture


def columns(mask: np.ndarray) -> np.ndarray:
    return np.flatnonzero(mask.any(axis=0))


def changed(picture: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(picture.astype(int) - other).max(-1)


@pytest.mark.slow
def test_a_fading_line_is_whole_at_its_head_and_a_thread_at_its_start_that_can_still_be_read(graphics):
    plain, fading, none = drawn(), drawn(trail=0.5), drawn(head=0.001)
    start, end = columns(coloured(plain, YELLOW))[[0, -1]]
    solid = columns(coloured(fading, YELLOW))
    assert solid.min() > start + 0.5 * (end - start) and solid.max() >= end - 2
    near = slice(start + 4, start + 20)
    seen = changed(fading, none)[:, near].max(axis=0)
    lost = changed(fading, plain)[:, near].max(axis=0)
    assert (seen > 15).all() and (lost > 40).all()


@pytest.mark.slow
def test_the_way_to_come_is_seen_thin_and_faint_ahead_of_the_head(graphics):
    plain, ghost, whole = drawn(head=1.0), drawn(head=1.0, ghost=0.5), drawn(head=2.0)
    behind, ahead = slice(0, SIZE[0] // 2 - 8), slice(SIZE[0] // 2 + 8, None)
    np.testing.assert_array_equal(plain[:, behind], ghost[:, behind])
    seen = changed(ghost, plain)[:, ahead] > 20
    line = changed(whole, plain)[:, ahead] > 20
    assert 0 < seen.sum() < 0.8 * line.sum()
    assert len(columns(seen)) > 0.9 * len(columns(line))
    assert not coloured(ghost, YELLOW)[:, ahead].any()


def test_a_path_that_has_arrived_has_no_way_to_come():
    style = look_with(ghost=0.5).path
    assert walked(style, PATH, descent(bowl()), 2.0, np.zeros(0)).ahead is None
    assert walked(style, PATH, descent(bowl()), 1.5, np.zeros(0)).ahead.points[0, 0] == pytest.approx(0.175)
    assert walked(look_with().path, PATH, descent(bowl()), 1.5, np.zeros(0)).ahead is None


@given(st.floats(0.01, 1.0), st.floats(0.01, 2.0), st.floats(0.1, 5.0))
def test_a_line_fades_evenly_behind_its_head_and_never_beyond_the_thread(part, walked_so_far, whole):
    opacity, width = faded(np.linspace(0, walked_so_far, 50), whole, part)
    assert opacity[-1] == width[-1] == 1
    assert (np.diff(opacity) >= 0).all() and (np.diff(width) >= 0).all()
    assert opacity.min() >= THREAD - 1e-12 and width.min() >= THIN - 1e-12


def test_a_ribbon_stands_on_the_terrain_with_its_edge_above_the_line(graphics):
    plain, band = drawn(), drawn(style="ribbon")
    middle = slice(SIZE[0] // 2 - 20, SIZE[0] // 2 + 20)
    line, added = np.argwhere(coloured(plain, YELLOW)[:, middle]), np.argwhere(changed(band, plain)[:, middle] > 15)
    assert added[:, 0].min() < line[:, 0].min() - 5
    assert added[:, 0].max() <= line[:, 0].max() + 2


@pytest.mark.parametrize(("part", "fewest"), [(slice(0, 2), 1.8), (slice(-2, None), 0.2)])
def test_the_line_is_thick_where_the_path_is_far_from_the_plane(part, fewest):
    trail = walked(look_with(distance="width").path, PATH, descent(bowl()), 2.0, np.zeros(0))
    near, far = SWELL
    wanted = near + (far - near) * np.interp(np.linspace(0, 2, len(trail.points)), STEPS, PATH.distance / 4)
    np.testing.assert_allclose(trail.manner.width, wanted, atol=0.02)
    assert trail.manner.width[part].mean() > fewest


def test_the_halo_shines_where_the_path_is_far_from_the_plane(graphics):
    lit = {"glow": 1, "colour": "#ff9a3c", "end": False}
    settings = {"name": "ember", "bloom": 2.0, "grain": 0.0, "vignette": 0.0}
    pictures = {}
    for distance in ("none", "halo"):
        look = Look.model_validate({**settings, "path": {"lowest": False, **lit, "distance": distance}}).resolved
        stage = Stage([Placed(bowl())], look, SUN, SIZE, 2)
        stage.show_paths([[walked(look.path, PATH, descent(bowl()), 2.0, np.zeros(0))]])
        pictures[distance] = stage.photograph(ABOVE, 1).astype(int).sum(-1)
        stage.close()
    gained = pictures["halo"] - pictures["none"]
    third = SIZE[0] // 3
    assert gained[:, :third].sum() > 0 > gained[:, -third:].sum()


def test_a_distance_that_is_not_known_changes_nothing_but_is_not_drawn_as_none():
    unknown = replace(PATH, distance=np.full(3, np.nan))
    for distance in ("width", "halo"):
        manner = walked(look_with(distance=distance, glow=1).path, unknown, descent(bowl()), 2.0, np.zeros(0)).manner
        assert manner.width is None
        assert manner.halo is None or np.allclose(manner.halo * GAIN, 1)


@pytest.mark.slow
def test_pixels_of_an_arrow_lie_towards_the_middle_of_a_bowl(graphics):
    root = np.array([-0.25, 0.15])
    told = {"arrows": ((Arrow(0.0, root, -root / np.linalg.norm(root), 1.0), 0.2),)}
    dark, pale = ((coloured(drawn(told=told), ink, 25) & ~coloured(drawn(), ink, 25)) for ink in fire_inks())
    rows, across = np.nonzero(dark | pale)
    relief = bowl()
    ends = np.array([[*place, float(mesh.height_at(relief, place[:1], place[1:])[0])] for place in (root, root * 0)])
    on_picture = ABOVE.project(ends)[:, :2] * (SIZE[1] / 2) * (1, -1) + np.array(SIZE) / 2
    assert len(rows) > 15
    way = (on_picture[1] - on_picture[0]) / np.linalg.norm(on_picture[1] - on_picture[0])
    along = (np.column_stack([across, rows]) + 0.5 - on_picture[0]) @ way
    beside = (np.column_stack([across, rows]) + 0.5 - on_picture[0]) @ (way[::-1] * (1, -1))
    assert along.min() > -4 and along.max() > 15 and np.abs(beside).max() < 6


def fire_inks() -> tuple[str, str]:
    return fire.INK_ON_PALE, fire.INK_ON_DARK


@pytest.mark.slow
@pytest.mark.parametrize(("own", "through", "least"), [(0.25, False, 30), (-0.0, True, 4), (-0.0, False, 0)])
def test_a_drop_joins_the_terrain_to_the_paths_own_loss_and_is_faint_under_it(graphics, own, through, least):
    relief = made(np.full((81, 81), 0.5))
    drop = Drop(0.0, np.array([0.0, -0.1, 0.1]), np.array([0.0, -0.1, own]))
    with_drop = drawn(relief=relief, through=through, told={"drops": (drop,)})
    seen = changed(with_drop, drawn(relief=relief, through=through)) > 12
    assert seen.sum() >= least and (least > 0 or not seen.any())
    rows, across = np.nonzero(seen)
    if least:
        assert np.abs(across - SIZE[0] / 2).max() < 8
        foot = SIZE[1] / 2 * (1 - ABOVE.project(drop.foot[None])[0, 1])
        assert (rows < foot + 3).all() if own > 0.1 else (rows > foot - 3).all()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ({"distance": "halo", "glow": 0}, "has no halo; give it glow"),
        ({"distance": "halo", "trail": 0.3}, "would tell two things"),
        ({"arrows": 201}, "less than or equal to 200"),
        ({"ghost": 1.5}, "less than or equal to 1"),
        ({"sides": ["red"]}, "match pattern"),
    ],
)
def test_what_a_path_cannot_tell_is_refused_in_a_sentence(path, sentence):
    with pytest.raises(ValidationError, match=sentence):
        look_with(**path)


def test_a_caption_says_what_is_told_along_the_paths_and_nothing_where_none_is_drawn():
    drawing = Drawing((), farthest=(8.037, 6.5), steepest=0.1234, drops=True)
    style = look_with(distance="width").path
    said = " · ".join(told_words(style, PathStyle(), drawing))
    assert "width of the line: distance from the plane, up to 8.04 | 6.5 in units of the weights" in said
    assert "arrows: down the gradient of the slice in α and β, 0.123 where longest" in said
    assert "drops: from the surface to the path's own loss, faint under it" in said
    briefly = list(told_briefly(style, PathStyle(), drawing, {"drops": "Lote"}))
    assert briefly == ["line up to 8.04 | 6.5 from the plane", "arrows: gradient of the slice", "Lote"]
    assert not list(told_words(style, PathStyle(show=False), drawing))
    assert not list(told_words(look_with().path, PathStyle(), Drawing(())))
