"""Sunward: the automatic sun leaves the last third of every path in the light, and rakes over the rest."""

import time

import numpy as np
import pytest
import torch

from render.stage import camera
from render.stage.body.relief import Relief, Scale
from render.stage.framing import Subject
from render.stage.light import bake
from render.stage.light.sunward import SettledSun, choose
from render.stage.marks.trail import drape

OPEN = SettledSun(None, None, 2.2)


def surface(kind: str, size: int = 201) -> Relief:
    """A bowl, a canyon along x that is closed on the left, and a ridge beside a plain."""
    y, x = np.mgrid[-0.5 : 0.5 : size * 1j, -0.5 : 0.5 : size * 1j]
    level = {
        "bowl": 2 * (x**2 + y**2),
        "canyon": 1 - np.exp(-((y / 0.09) ** 2)) * np.clip(0.5 + 1.2 * x, 0, 1),
        "ridge": np.exp(-(((x - 0.1) / 0.06) ** 2)),
    }[kind]
    return Relief(level.astype(np.float32), np.isfinite(level), 0.35, 1.0, Scale(None, 0.0, 1.0))


WAYS = {
    "bowl": [[-0.4, 0.3], [0.0, 0.02]],
    "canyon": [[-0.3, 0.2], [-0.1, 0.0], [0.35, 0.0]],
    "ridge": [[0.1, 0.3], [0.0, 0.1], [-0.05, -0.2]],
}


def subject(kind: str) -> Subject:
    made = surface(kind)
    return Subject(made, (drape(made, "block", np.array(WAYS[kind]), None, 0.0).points,))


def view(azimuth: float) -> camera.View:
    return camera.standing(azimuth, 27.0, 3.5, np.zeros(3), 22.0)


def lit(made: Relief, sun: bake.Sun) -> np.ndarray:
    heights = torch.from_numpy(np.ascontiguousarray(made.heights))
    return bake.bake_sun(heights, heights, made.cells, sun).numpy()


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("azimuth", [0, 110, 200])
def test_nothing_shadows_the_last_third_of_a_path(kind, azimuth):
    seen = subject(kind)
    light = lit(seen.relief, choose([seen], view(azimuth), OPEN))
    path = seen.paths[0][-len(seen.paths[0]) // 3 :]
    rows, columns = np.round((path[:, [1, 0]] + 0.5) * 200).astype(int).T
    assert light[rows, columns].min() > 0.98


def test_the_light_of_several_bodies_leaves_every_end_in_the_light():
    seen = [subject(kind) for kind in WAYS]
    sun = choose(seen, view(200), OPEN)
    for each in seen:
        x, y, _ = each.ends[0]
        assert lit(each.relief, sun)[round((y + 0.5) * 200), round((x + 0.5) * 200)] > 0.98


@pytest.mark.parametrize("kind", WAYS)
def test_the_light_comes_low_and_not_from_behind_the_camera(kind):
    sun = choose([subject(kind)], view(200), OPEN)
    assert 14 <= sun.elevation <= 40
    assert abs((sun.azimuth - 200 + 180) % 360 - 180) >= 30


def test_there_is_a_shadow_somewhere_where_a_ridge_can_throw_one():
    seen = subject("ridge")
    assert 0.03 < 1 - lit(seen.relief, choose([seen], view(200), OPEN)).mean() < 0.5


def test_numbers_are_kept_and_turn_with_the_camera():
    sun = choose([subject("bowl")], view(200), SettledSun(-95.0, 27.0, 2.2))
    assert (sun.azimuth, sun.elevation, sun.size) == (pytest.approx(105), 27, 2.2)
    assert choose([subject("bowl")], view(200), SettledSun(None, 33.0, 2.2)).elevation == 33
    assert choose([subject("bowl")], view(200), SettledSun(60.0, None, 2.2)).azimuth == pytest.approx(260)


def test_a_terrain_without_a_path_is_lit_at_its_lowest_place():
    made = surface("canyon")
    light = lit(made, choose([Subject(made, ())], view(200), OPEN))
    assert light[100, 199] > 0.5


def test_a_million_cells_take_less_than_half_a_second():
    made = surface("canyon", 1000)
    seen = Subject(made, (drape(made, "block", np.array(WAYS["canyon"]), None, 0.0).points,))
    times = []
    for _ in range(3):  # the quickest, since others work on the same machine
        start = time.process_time()
        choose([seen], view(200), OPEN)
        times.append(time.process_time() - start)
    assert min(times) < 0.5
