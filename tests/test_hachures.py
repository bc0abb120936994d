"""Hachures: strokes run down the slope, and cover the share of the ground that its angle asks for."""

import numpy as np
import pytest
import torch

from render.scene.lines import Hachures
from render.scene.look import Look
from render.stage import camera
from render.stage.body.relief import Relief, Scale
from render.stage.cast import Placed
from render.stage.light.bake import Sun
from render.stage.marks.hachures import Slopes, distance_of, share_of, strokes_of
from render.stage.marks.isolines import isolines
from render.stage.stage import Stage

SIZE = (360, 360)
ABOVE = camera.View(np.array([0, 0, 3.0]), np.zeros(3), 20.0)
INK = {"name": "ink", "grain": 0.0, "contours": {"strength": 0.0}, "palette": [(0, "#ffffff"), (1, "#ffffff")]}


def relief_of(level: np.ndarray, exaggeration: float) -> Relief:
    return Relief(level.astype(np.float32), np.isfinite(level), exaggeration, 1.0, Scale(None, 0.0, 1.0))


def plane(angle: float, turn: float = 0.0, side: int = 121) -> Relief:
    """Returns a plane that is inclined by an angle and falls towards a direction, degrees."""
    y, x = np.mgrid[-0.5 : 0.5 : side * 1j, -0.5 : 0.5 : side * 1j]
    high = -(x * np.cos(np.radians(turn)) + y * np.sin(np.radians(turn))) * np.tan(np.radians(angle))
    high -= high.min()
    return relief_of(high / np.ptp(high), float(np.ptp(high)))


def strokes(relief: Relief, style: Hachures, contours: int = 40):
    return strokes_of(Slopes(relief, "block", style), style, contours, relief.exaggeration)


@pytest.mark.parametrize("turn", [0.0, 35.0, 90.0, 200.0])
def test_strokes_on_a_tilted_plane_run_down_the_slope(turn):
    made = strokes(plane(30, turn), Hachures(count=60))
    way = made.ends - made.starts
    down = np.array([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    along = way @ down / np.linalg.norm(way, axis=1)
    assert len(way) > 500 and np.abs(along).min() > 0.999


@pytest.mark.parametrize("strength", [0.3, 0.8])
@pytest.mark.parametrize("angle", [8.0, 20.0, 45.0, 60.0])
@pytest.mark.parametrize("turn", [0.0, 35.0])
def test_strokes_on_a_tilted_plane_cover_the_share_that_its_angle_asks_for(angle, turn, strength):
    style = Hachures(count=80, strength=strength)
    made = strokes(plane(angle, turn), style)
    area = (np.linalg.norm(made.ends - made.starts, axis=1) * made.widths.mean(1)).sum()
    assert area == pytest.approx(strength * min(1.0, angle / 45.0), rel=0.06)


def test_steeper_ground_has_closer_and_thicker_strokes_and_flat_ground_none():
    style = Hachures(count=100, strength=0.6, width=0.2)
    share = share_of(np.tan(np.radians([0.0, 3.0, 8.0, 20.0, 45.0, 70.0])), style.strength)
    apart = distance_of(share, style)
    assert not np.isfinite(apart[:2]).any() and np.isfinite(apart[2:]).all()
    assert (np.diff(apart[2:]) <= 0).all() and (np.diff(share[2:] * apart[2:]) > -1e-9).all()
    assert apart[-1] == pytest.approx(0.01) and share[-1] == pytest.approx(0.6)


def test_strokes_of_a_cone_keep_their_share_though_they_come_together():
    y, x = np.mgrid[-1:1:201j, -1:1:201j]
    made = strokes(relief_of(np.hypot(x, y) / np.sqrt(2), 0.4), Hachures(count=100, strength=0.5))
    middle = 0.5 * (made.starts + made.ends)
    area = np.linalg.norm(made.ends - made.starts, axis=1) * made.widths.mean(1)
    angle = np.degrees(np.arctan(0.4 * np.sqrt(2)))
    for low, high in ((0.1, 0.2), (0.2, 0.3), (0.3, 0.45)):
        ring = (np.hypot(*middle.T) > low) & (np.hypot(*middle.T) < high)
        assert area[ring].sum() / (np.pi * (high**2 - low**2)) == pytest.approx(0.5 * angle / 45, rel=0.15)
    outwards = (made.ends - made.starts) * middle
    length = np.linalg.norm(made.ends - made.starts, axis=1) * np.linalg.norm(middle, axis=1)
    assert np.quantile(np.abs(outwards.sum(1)) / length, 0.02) > 0.98


@pytest.mark.parametrize("shape", ["hole", "diverged", "disc"])
def test_no_stroke_lies_where_nothing_is_drawn(shape):
    y, x = np.mgrid[-0.5:0.5:161j, -0.5:0.5:161j]
    level = (x + 0.5).astype(np.float32)
    lost = np.hypot(x - 0.1, y) < 0.15
    if shape == "hole":
        relief = Relief(level, np.ones_like(lost), 0.4, 1.0, Scale(None, 0, 1), np.where(lost, -0.5, 0.5).astype("f4"))
    else:
        relief = Relief(level, ~lost if shape == "diverged" else np.ones_like(lost), 0.4, 1.0, Scale(None, 0, 1))
    style = Hachures(count=80)
    made = strokes_of(Slopes(relief, "disc" if shape == "disc" else "block", style), style, 40, 0.4)
    ends = np.concatenate([made.starts, made.ends])
    assert len(ends) > 1000
    away = np.hypot(*ends.T) if shape == "disc" else -np.hypot(ends[:, 0] - 0.1, ends[:, 1])
    assert away.max() < (0.49 if shape == "disc" else -0.15 + 1.5 / 160)


def light(relief: Relief, graphics, **hachures) -> np.ndarray:
    look = Look.model_validate({**INK, "hachures": {"colour": "#000000", **hachures}}).resolved
    stage = Stage([Placed(relief)], look, Sun(0, 90, 10), SIZE, 1)
    picture = stage.expose(ABOVE).picture[1].numpy()
    stage.close()
    return picture[30:-30, 30:-30]


@pytest.mark.slow
@pytest.mark.parametrize("angle", [20.0, 40.0])
@pytest.mark.parametrize("count", [30, 60, 400])
def test_a_picture_of_a_tilted_plane_has_the_share_of_ink_at_every_distance(graphics, angle, count):
    relief = plane(angle)
    bare = light(relief, graphics, count=0)
    inked = 1 - light(relief, graphics, count=count, strength=0.6) / bare
    inked = inked[:, 40:-40]
    assert inked.mean() == pytest.approx(0.6 * angle / 45, rel=0.08)
    if count == 400:  # closer than pixels: an even tone without moiré
        assert inked.std() < 0.02
    if count == 30:
        assert inked.max() > 0.97 and inked.min() < 0.01


def test_a_look_without_hachures_is_as_it_was(graphics):
    relief = plane(30)
    np.testing.assert_array_equal(light(relief, graphics, count=0), light(relief, graphics, count=60, strength=0.0))


def test_isolines_of_a_paraboloid_lie_on_circles_and_close():
    y, x = np.mgrid[-1:1:301j, -1:1:401j]
    for level, count, closed in ((0.3, 1, True), (0.9, 1, True), (1.3, 4, False)):
        lines = isolines(x**2 + y**2, level)
        assert len(lines) == count
        for line in lines:
            radius = np.hypot(line[:, 0] / 150 - 1, line[:, 1] / 200 - 1)
            assert np.abs(radius**2 - level).max() < 1e-4
            assert np.array_equal(line[0], line[-1]) == closed
            assert np.linalg.norm(np.diff(line, axis=0), axis=1).max() < 1.5
    assert isolines(x**2 + y**2, 5.0) == []


def test_an_isoline_through_corners_of_single_precision_is_not_torn():
    y, x = np.mgrid[-1:1:101j, -1:1:101j]
    values = (x + 0.3 * y).astype(np.float32)
    for level in [*np.float64(values[50, 20:30]), *(np.float64(values[50, 20:30]) + 1e-9)]:
        assert len(isolines(values, float(level))) == 1


def test_a_stroke_thinner_than_a_pixel_is_grey_all_along():
    from render.stage.marks.hatch import Hatch, hatch_of, inked
    from render.stage.shading.spot import Spot

    look = Look.model_validate({**INK, "hachures": {"count": 20, "strength": 0.1, "width": 0.04}}).resolved
    hatch = hatch_of(plane(30), look)
    assert isinstance(hatch, Hatch)
    first = hatch.pieces[:-1]
    middle = first[len(first) // 2]
    along = torch.linspace(-0.2, 1.2, 200)
    x, y = middle[0] + along * (middle[2] - middle[0]), middle[1] + along * (middle[3] - middle[1])
    one, none = torch.ones_like(x), torch.zeros_like(x)
    spot = Spot([x, y, none], [none, none, -one], one, [none, none, one], *[none] * 3, [none] * 3, none, [none] * 3,
                none, [none] * 2, none)  # fmt: skip
    u = {"hachures": torch.tensor([20.0, 0.04, 4.0]), "depth": torch.tensor([1.0]), "pixel": torch.tensor([0.01]),
         "right": torch.tensor([1.0, 0, 0]), "up": torch.tensor([0, 1.0, 0]), "round": torch.tensor([0.0])}  # fmt: skip
    cover = inked(spot, hatch, u)
    wide = float(2 * middle[4:6].mean() / 0.01)
    assert wide < 1 and float(cover[40:160].std()) < 0.02 * wide and float(cover.max()) <= wide * 1.05
