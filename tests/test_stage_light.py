"""Light on terrains whose shading, shadow, contact and bounce are formulas, and exposure that finds its mark."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from render.scene.look import Look, LookPreset, preset_names
from render.stage.body import mesh, relief
from render.stage.body.relief import Relief, Scale
from render.stage.colour import linear_of, places_of, table_of
from render.stage.lens import tone
from render.stage.light import bake, brightness
from render.stage.light.bake import Sun
from render.stage.light.bounce import REACH, coarse_exchange, exchange_of
from render.stage.shading.baked_field import FILL, bake_field, hue

SIDE = 121
CELL = 1 / (SIDE - 1)
CELLS = (CELL, CELL)
INNER = slice(30, -30)  # cells that look at nothing beyond the edge
AXIS = np.linspace(-0.5, 0.5, SIDE)
X, Y = np.meshgrid(AXIS, AXIS)
SUN = Sun(60, 35, 1)
PEAK = (0.80, 0.90)  # codes / 255 between which the brightest ground is exposed by itself
PLAIN = {
    "body": "block",
    "palette": [[0, "#808080"], [1, "#808080"]],
    "bounce": 0.0,
    "material": {"index": 1.0},
    "transform": "standard",
    "exposure": 1.0,
}


def plain(**changes) -> LookPreset:
    """Returns a look of grey ground under sun and sky alone."""
    return Look.model_validate({**PLAIN, **changes}).resolved


def made(heights: np.ndarray) -> Relief:
    """Returns a relief of these very heights, picture widths."""
    low, span = float(heights.min()), max(float(np.ptp(heights)), 1e-6)
    level = ((heights - low) / span).astype(np.float32)
    return Relief(level, np.isfinite(level), span, 1.0, Scale(None, 0.0, 1.0))


def baked(heights: np.ndarray, look: LookPreset, sun: Sun = SUN):
    table = torch.from_numpy(table_of(look.palette, np.linspace(0, 1, 64)))
    return bake_field(made(heights), look, sun, table)


def sunlight(look: LookPreset) -> np.ndarray:
    return linear_of(look.sun.colour) * look.sun.strength


def skylight(look: LookPreset, sun: Sun, normal: np.ndarray) -> np.ndarray:
    """Returns the sky's light on a slope of a plane or of what is convex, by summing over the hemisphere."""
    azimuth, sine = np.meshgrid((np.arange(720) + 0.5) / 720 * 2 * np.pi, (np.arange(400) + 0.5) / 400)
    cosine = np.sqrt(1 - sine**2)  # equal steps of the sine are equal solid angles
    facing = normal[0] * cosine * np.cos(azimuth) + normal[1] * cosine * np.sin(azimuth) + normal[2] * sine
    bright = 0.6 - 0.4 * np.cos(azimuth - np.radians(90 - sun.azimuth))
    share = 2 * (facing.clip(0) * bright).mean()
    own = linear_of(look.sky.colour) * look.sky.strength
    return share * own + FILL * sunlight(look).mean() * hue(look.sky.colour)


SLOPES = [(0.0, 0.0), (0.5, 0.0), (-0.4, 0.3), (0.0, -0.8)]


@pytest.mark.parametrize(("across", "up"), SLOPES)
def test_a_tilted_plane_takes_the_sun_by_the_cosine_and_the_sky_above_its_own_horizon(across, up):
    look = plain()
    light = baked(across * X + up * Y, look).light
    normal = np.array([-across, -up, 1]) / math.sqrt(1 + across**2 + up**2)
    direct = max(0.0, float(normal @ SUN.direction)) * sunlight(look)
    np.testing.assert_allclose(light.sun[INNER, INNER].mean((0, 1)), direct, atol=1e-3)
    assert float(light.sun[INNER, INNER].std((0, 1)).max()) < 1e-3
    np.testing.assert_allclose(light.sky[INNER, INNER].mean((0, 1)), skylight(look, SUN, normal), rtol=0.02)


def test_a_plane_that_turns_away_from_the_sun_has_none():
    light = baked(-1.2 * (X * SUN.direction[0] + Y * SUN.direction[1]) * -1, plain()).light
    assert float(light.sun[INNER, INNER].max()) < 1e-6


def test_a_sphere_is_shaded_by_the_cosine_and_has_its_terminator_where_that_is_nought():
    radius, look = 0.4, plain()
    heights = np.sqrt((radius**2 - X**2 - Y**2).clip(0.15**2))
    cap = np.hypot(X, Y) < 0.95 * math.sqrt(radius**2 - 0.15**2)
    facing = np.stack([X, Y, np.sqrt((radius**2 - X**2 - Y**2).clip(0))], -1) @ SUN.direction / radius
    light, white = baked(heights, look).light, sunlight(look)
    lit = cap & (facing > 0.12)
    np.testing.assert_allclose(light.sun.numpy()[lit], facing[lit][:, None] * white, atol=0.02 * white.max())
    assert light.sun.numpy()[cap & (facing < -0.05)].max(initial=0) < 1e-6
    assert (cap & (facing < -0.05)).sum() > 50
    side = np.flatnonzero(cap[60])[-3]
    normal = np.array([AXIS[side], 0, math.sqrt(radius**2 - AXIS[side] ** 2)]) / radius
    np.testing.assert_allclose(light.sky[60, side], skylight(look, SUN, normal), rtol=0.03)


def test_the_shadow_of_a_step_ends_at_its_height_over_the_tangent_of_the_sun():
    height, sun = 0.12, Sun(90, 30, 0.3)
    light = baked(np.where(X > 0.2, height, 0.0), plain(), sun).light.sun[60, :, 0].numpy()
    lit = light > 0.5 * light[10]
    shadow = np.flatnonzero(~lit & (AXIS < 0.2 - CELL))
    assert abs(len(shadow) * CELL - height / math.tan(math.radians(30))) < 2.5 * CELL
    assert light[10] == pytest.approx(float(sunlight(plain())[0]) * 0.5, rel=1e-3)


def corner_share(near: np.ndarray, high: float) -> np.ndarray:
    """Returns the share of a hemisphere that an upright wall without ends hides from the ground, near its foot."""
    return 0.5 * (1 - near / np.hypot(near, high))


def test_contact_before_a_step_is_the_share_of_the_sky_that_the_step_hides():
    height = 0.1
    heights = np.where(X > 0, height, 0.0).astype(np.float32)
    ground, normal = torch.from_numpy(heights), torch.zeros(SIDE, SIDE, 3)
    normal[..., 2] = 1
    openness, _ = bake.bake_sky(ground, ground, normal, CELLS, torch.ones(32, 3))
    columns = np.arange(36, 58, 3)
    near = AXIS[60] + 1 * CELL - AXIS[columns]  # the step's first cell is the one beyond the middle
    np.testing.assert_allclose(openness[60, columns], 1 - corner_share(near, height), atol=0.025)


def test_a_flat_plane_and_a_tilted_one_throw_no_light_on_themselves():
    for heights in (0 * X, 0.4 * X - 0.2 * Y):
        field = torch.from_numpy(heights.astype(np.float32))
        normal = torch.from_numpy(bake.normals(heights.astype(np.float32), CELLS))
        bounced = exchange_of(field, field, normal, CELLS).light(torch.ones(SIDE, SIDE, 3))
        assert float(bounced[INNER, INNER].abs().max()) < 3e-3  # steps of whole cells tilt a ray a little


@pytest.mark.parametrize("away", [0.05, 0.1, 0.2])
def test_the_bounce_in_a_right_angled_valley_is_its_integral(away):
    """On z = |x| the two slopes stand upright on each other; the right one shines, the left one takes."""
    heights = np.abs(X).astype(np.float32)
    field = torch.from_numpy(heights)
    normal = torch.from_numpy(bake.normals(heights, CELLS))
    sent = torch.from_numpy((X > 0).astype(np.float32))[..., None].expand(-1, -1, 3)
    column = int(np.argmin(np.abs(AXIS + away)))
    taken = float(exchange_of(field, field, normal, CELLS, azimuths=32).light(sent)[60, column, 0])
    assert taken == pytest.approx(valley_integral(-AXIS[column]), rel=0.06)


def valley_integral(away: float) -> float:
    """Returns ∫ cos cos / (π r²) over the slope z = x, from the slope z = −x at a distance, as far as is walked."""
    x, y = np.meshgrid((np.arange(800) + 0.5) / 1600, (np.arange(1600) + 0.5) / 1600 - 0.5)
    dx, dy, dz = x + away, y, x - away
    r2 = dx**2 + dy**2 + dz**2
    here, there = (dx + dz) / np.sqrt(2 * r2), (dx - dz) / np.sqrt(2 * r2)
    walked = np.hypot(dx, dy) <= REACH
    area = math.sqrt(2) / 1600**2
    return float((here.clip(0) * there.clip(0) / (math.pi * r2) * walked).sum() * area)


@pytest.mark.slow
@given(st.integers(0, 1000))
def test_no_place_takes_more_than_the_sky_and_the_slopes_around_it_send(seed):
    rng = np.random.default_rng(seed)
    waves = [rng.uniform(0, 0.04) * np.sin(rng.uniform(2, 20) * (X * np.cos(a) + Y * np.sin(a))) for a in range(5)]
    heights = sum(waves)[::3, ::3].astype(np.float32)
    cells = (3 * CELL, 3 * CELL)
    field, normal = torch.from_numpy(heights), torch.from_numpy(bake.normals(heights, cells))
    openness, _ = bake.bake_sky(field, field, normal, cells, torch.ones(16, 3), far=REACH)
    bounced = exchange_of(field, field, normal, cells).light(torch.ones(*heights.shape, 3))[..., 0]
    assert bounced.min() >= -1e-6
    assert float((openness + bounced).max()) < 1.08  # both go around in a few steps of their own


def test_bounced_light_on_fewer_cells_is_that_on_all():
    heights = (0.15 * np.exp(-(X**2 + Y**2) / 0.02)).astype(np.float32)
    field, normal = torch.from_numpy(heights), torch.from_numpy(bake.normals(heights, CELLS))
    sent = torch.ones(SIDE, SIDE, 3)
    terrain = field, field, normal, CELLS
    fine, few = exchange_of(*terrain).light(sent), coarse_exchange(*terrain, 61).light(sent)
    assert float((fine - few).abs().mean()) < 0.1 * float(fine.mean())


def test_a_look_without_bounce_has_none_and_more_of_it_brightens():
    heights = np.abs(X)
    fields = [baked(heights, plain(bounce=share)).light.bounce for share in (0.0, 1.0, 2.0)]
    assert float(fields[0].abs().max()) == 0
    np.testing.assert_allclose(2 * fields[1], fields[2], rtol=1e-5)
    assert float(fields[1].mean()) > 0.01


SURFACES = {
    "smooth": lambda x, y: 0.02 + x**2 + 2 * (y - 0.3 * np.sin(3 * x)) ** 2,
    "rugged": lambda x, y: 1.2 + np.sin(9 * x) * np.cos(11 * y) * 0.5 + 0.3 * np.sin(23 * x * y) + x**2,
    "plateau": lambda x, y: 2.3 - 2.2 * np.exp(-8 * (x**2 + y**2)),
}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", preset_names())
def test_exposure_by_itself_brings_the_brightest_ground_to_its_mark_in_every_look(name, surface):
    y, x = np.mgrid[-1:1:81j, -1:1:81j]
    full = Look.model_validate({"name": name, "exposure": "auto"})
    drawn, look = relief.make(SURFACES[surface](x, y).astype(np.float32), full.steps, 1.0), full.resolved
    inside = mesh.inside(drawn, look.body)
    places = places_of(drawn.level[inside], look.palette_gamma, look.palette_balance)
    field = bake_field(drawn, look, SUN, torch.from_numpy(table_of(look.palette, places)))
    exposure = brightness.automatic([field], [inside], look.transform)
    shown = tone.show(field.sent[torch.from_numpy(inside)] * exposure, look.transform)
    grey = tone.luminance((shown[:, 0], shown[:, 1], shown[:, 2]))
    assert PEAK[0] < float(tone.encoded(torch.quantile(grey, 0.99))) < PEAK[1]
