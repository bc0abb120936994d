"""The ground: contact at the base, a shadow away from the sun, a mirror image that dies, and nothing far away."""

import numpy as np
import pytest
import torch

from render.scene.look import Look, LookPreset
from render.stage import camera
from render.stage.body.outline import outline_of
from render.stage.body.relief import Relief, Scale
from render.stage.colour import table_of
from render.stage.lens import tone
from render.stage.light.bake import Sun
from render.stage.shading.backdrop import Backdrop, GroundPicture
from render.stage.shading.floor import SIDE, bake_floor, floor_height
from render.stage.shading.look_numbers import wall_numbers
from render.stage.shading.standing import Standing

HEIGHT = 0.3  # of the body above its lowest point, picture widths
SUN = Sun(90, 40, 2)  # towards +α
SIZE = (160, 90)
TARGET = np.array([0, 0, 0.0])


def standing(body: str = "block", level: float = 1.0) -> Standing:
    """Returns a body whose top is level."""
    flat = np.full((41, 41), level, np.float32)
    made = Relief(flat, flat > -1, HEIGHT, 1.0, Scale(None, 0.0, 1.0))
    return Standing(made, (0.0, 0.0), torch.from_numpy(flat), outline_of(made, body))


def look_of(**changes) -> LookPreset:
    base = {"ground": "floor", "body": "block", "transform": "standard", "background": {"colour": "#202020"}}
    return Look.model_validate({**base, **changes}).resolved


def table(look: LookPreset) -> torch.Tensor:
    return torch.from_numpy(table_of(look.palette, np.linspace(0, 1, 64)))


def floor_planes(look: LookPreset, body: str = "block") -> tuple[np.ndarray, np.ndarray]:
    """Returns the ground's map (SIDE, SIDE, 5) and the places of its texels along an axis, picture widths."""
    made = bake_floor([standing(body)], look, SUN, table(look))
    return made.texels.numpy().reshape(SIDE, SIDE, 5), np.linspace(-made.half, made.half, SIDE)


def pictured(look: LookPreset, view: camera.View, body: Standing | None = None, depth: float = 1.0) -> GroundPicture:
    """Returns the ground seen as if the body were not in the way; depth is the extent of the body shaded last."""
    body = body or standing(look.body)
    uniforms = wall_numbers(look, body.relief, SUN)
    right, up, forward = view.axes
    tangent = np.tan(np.radians(view.angle) / 2)
    uniforms.set(right=right, up=up, forward=forward, depth=depth, exposure=1.0, row=SIZE[1] / 1080)
    uniforms.set(tangent=(tangent * SIZE[0] / SIZE[1], tangent), pixel=2 * tangent / SIZE[1])
    return Backdrop([body], look, SUN, table(look)).picture(SIZE, view, uniforms)


def pixel(view: camera.View, point: tuple[float, float, float]) -> tuple[int, int]:
    """Returns row and column of a point."""
    x, y, _ = view.project(np.array([point]))[0]
    return round((1 - y) * SIZE[1] / 2 - 0.5), round((x / (SIZE[0] / SIZE[1]) + 1) * SIZE[0] / 2 - 0.5)


def test_contact_is_darkest_at_the_base_and_goes_away():
    planes, x = floor_planes(look_of())
    for line in (planes[SIDE // 2, :, 0], planes[:, SIDE // 2, 0]):  # across and up
        away = line[x > 0.52]
        assert (np.diff(away) > -1e-3).all()
        assert away[0] < 0.75 and away[-1] > 0.999


def test_contact_is_the_share_of_the_sky_that_an_upright_wall_hides():
    """A wall of height h hides (1 − d / √(d² + h²)) / 2 at a distance d before its middle, if it is long."""
    planes, x = floor_planes(look_of())
    high = HEIGHT - floor_height(look_of())
    near = (x > 0.53) & (x < 0.65)
    away = x[near] - 0.5
    np.testing.assert_allclose(planes[SIDE // 2, near, 0], 0.5 * (1 + away / np.hypot(away, high)), atol=0.06)


def test_the_shadow_lies_away_from_the_sun_and_is_as_long_as_the_body_is_high():
    planes, x = floor_planes(look_of())
    lit = planes[SIDE // 2, :, 1]
    assert lit[x > 0.55].min() > 0.98
    shadow = x[(lit < 0.5) & (x < -0.5)]
    long = (HEIGHT - floor_height(look_of())) / np.tan(np.radians(SUN.elevation))
    assert -0.5 - shadow.min() == pytest.approx(long, abs=0.05)
    assert lit[x < -0.5 - long - 0.15].min() > 0.98


def test_light_that_walls_throw_is_in_the_hue_of_the_wall_and_falls_off():
    look = look_of(palette=[[0, "#ff3010"], [1, "#ff3010"]], sun={"colour": "#ffffff"}, sky={"colour": "#ffffff"})
    planes, x = floor_planes(look)
    pool = planes[SIDE // 2, x > 0.52, 2:]
    assert pool[0, 0] > 1.1 * pool[0, 2]
    assert pool[-1].max() < 0.05 * pool[0].max()


@pytest.mark.parametrize("body", ["points", "none"])
def test_what_is_no_solid_leaves_the_ground_alone(body):
    planes, _ = floor_planes(look_of(body=body), body)
    np.testing.assert_array_equal(planes[..., :2], 1)
    np.testing.assert_array_equal(planes[..., 2:], 0)


def test_a_sheet_throws_a_soft_shadow_away_from_the_sun():
    planes, x = floor_planes(look_of(body="sheet"), "sheet")
    lit = planes[SIDE // 2, :, 1]
    darkest = x[int(np.argmin(lit))]
    assert darkest < -0.1 and lit.min() < 0.5 and lit[x > 1].min() > 0.99


VIEW = camera.standing(0, 25, 4.0, TARGET, 40)  # from +β; the wall at y = 0.5 faces it


def mirrored(**changes) -> np.ndarray:
    """Returns the light (H, W, 3) of the mirror image alone."""
    look = look_of(**changes)
    floor = {"contact": 0, "shadow": 0, "pool": 0}
    shown = [
        pictured(look.model_copy(update={"floor": look.floor.model_copy(update={**floor, **own})}), VIEW).added
        for own in ({}, {"reflection": 0})
    ]
    return (shown[0] - shown[1]).permute(1, 2, 0).numpy()


def down_the_floor(light: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Returns light (n, 3) on the floor before the middle of the wall, at distances from its foot."""
    low = floor_height(look_of())
    return np.stack([light[pixel(VIEW, (0, 0.5 + far, low))] for far in away])


@pytest.mark.slow
def test_the_mirror_image_of_a_wall_has_its_hue_and_dies_within_its_reach():
    red = {"palette": [[0, "#ff2010"], [1, "#ff2010"]], "sun": {"colour": "#ffffff"}, "sky": {"colour": "#ffffff"}}
    walls = {"strata": 1.0}
    light = mirrored(floor={"reach": 0.3, "reflection": 1.0}, walls=walls, **red)
    line = down_the_floor(light, np.array([0.08, 0.15, 0.3, 0.6]))
    assert line[0].max() > 0.004 and line[0, 0] > 1.05 * line[0, 2]
    assert (np.diff(line[:, 0]) < 0).all()
    # a mirrored ray climbs by tan 25° on its way; the reach is 0.3 of the height
    assert line[-1, 0] < 0.1 * line[0, 0]
    assert np.abs(light[: SIZE[1] // 4]).max() < 1e-3  # nothing behind the body


@pytest.mark.slow
def test_a_body_is_mirrored_by_its_own_extent_whatever_was_shaded_before():
    level = np.broadcast_to(np.linspace(0, 1, 81, dtype=np.float32)[:, None], (81, 41)).copy()
    made = Relief(level, level > -1, HEIGHT, 2.0, Scale(None, 0.0, 1.0))
    body = Standing(made, (0.0, 0.0), torch.from_numpy(level), outline_of(made, "block"))
    view, look = camera.standing(90, 25, 4.0, TARGET, 30), look_of(floor={"reflection": 1.0, "pool": 0.0})
    first, second = (pictured(look, view, body, depth).added for depth in (2.0, 1.0))
    assert torch.equal(first, second)
    assert not torch.allclose(first, pictured(look, view, standing(), 1.0).added, atol=1e-3)


@pytest.mark.slow
def test_a_longer_reach_keeps_more_of_the_mirror_image():
    near, far = (mirrored(floor={"reach": reach, "reflection": 1.0}) for reach in (0.15, 0.6))
    assert (far >= near - 1e-5).all() and far.sum() > 1.3 * near.sum()


@pytest.mark.parametrize("ground", ["floor", "paper"])
def test_far_away_the_ground_is_its_own_colour(ground):
    look = look_of(ground=ground, background={"colour": "#204060", "lift": 0.0})
    view = camera.standing(200, 40, 9.0, TARGET, 40)
    shown = pictured(look, view)
    for row, column in ((1, 1), (1, -2), (-2, 1), (-2, -2)):
        assert float(shown.factor[row, column]) > 0.999 and float(shown.added[:, row, column].max()) < 1e-4


def test_paper_takes_shadow_alone():
    shown = pictured(look_of(ground="paper"), VIEW)
    assert float(shown.added.abs().max()) == 0 and float(shown.factor.min()) < 0.6


def test_void_takes_nothing():
    shown = pictured(look_of(ground="void", background={"colour": "#202020", "lift": 0.0}), VIEW)
    assert float(shown.added.abs().max()) == 0 and float(shown.factor.min()) == 1


def test_a_lift_brightens_the_ground_behind_the_object_and_not_before_it():
    plain, lifted = (pictured(look_of(background={"colour": "#101010", "lift": lift}), VIEW) for lift in (0.0, 0.05))
    more = (lifted.added - plain.added).sum(0)
    behind, before = pixel(VIEW, (0, -1.0, floor_height(look_of()))), (SIZE[1] - 1, SIZE[0] // 2)
    assert float(more.min()) > -1e-5
    assert float(more[behind]) > 2 * float(more[before])


def test_a_horizon_is_a_bright_line_where_ground_and_sky_meet():
    view = camera.standing(0, 8, 4.0, TARGET, 40)
    with_line, without = (pictured(look_of(ground=ground), view).added for ground in ("horizon", "floor"))
    rows = tone.luminance(tuple((with_line - without).unbind(0))).mean(1)
    level = round((1 - np.tan(np.radians(8)) / np.tan(np.radians(20))) * SIZE[1] / 2)
    assert abs(int(rows.argmax()) - level) <= 2 and float(rows.max()) > 5 * float(rows[-1].clamp(min=1e-6))
