"""Passes: what the light of a picture is made of, whose sum is the picture, and in which every thing has its matte."""

import json
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.film.prints import exposing, passing
from render.film.prints.exposing import expose
from render.film.prints.passing import Tray, passes_of
from render.film.prints.press import in_linear_light
from render.progress import Reporter
from render.scene.look import preset_names
from render.stage.body.mesh import height_at
from tests.test_drawing_ready import BOWL, WAY, home, scene_of, written  # noqa: F401
from tests.test_prints import QUIET, SIZE, plated, printed, taken_for

BARE = (  # nothing has light of its own but what has a pass
    *("look.palette=[[0, '#404040'], [1, '#c0c0c0']]", "look.contours.strength=0", "look.rim=0", "look.air.haze=0"),
    *("look.walls.rim=0", "look.walls.strata=0", "look.walls.glow=0", "look.path.lowest=false"),
)
LIGHTS = ("sun", "sky", "bounce", "lamp")


def passes(scene, most=passing.MOST_SIDE):
    take, made = in_linear_light(taken_for(scene)), printed()
    tray = Tray(made.size)
    expose(tray, take, 2.0, made, Reporter.silent(), most)
    return passes_of(tray.planes, take, made), take


def added(found):
    falling = sum(getattr(found, name) for name in LIGHTS)
    return found.albedo * falling + found.gloss + found.path + found.ground


@pytest.fixture
def bowl(home, graphics):  # noqa: F811
    """What makes a scene of a bowl with a path."""
    file = written(home, **WAY)
    return lambda *settings: scene_of(home, file, extra=(*QUIET, *settings))


def test_the_sum_of_the_passes_is_the_picture_and_nothing_is_left_where_nothing_else_is_added(bowl):
    found, _ = passes(bowl(*BARE))
    np.testing.assert_allclose(added(found) + found.rest, found.picture, atol=1e-5)
    body = found.mattes["body_a"]
    near = np.where(np.isinf(found.depth), 99, found.depth)
    alone = (body > 0.9999) & (np.abs(np.gradient(near)).max(axis=0) < 0.02)  # one smooth surface in the pixel
    assert alone.mean() > 0.15
    left = np.abs(found.rest).max(axis=2)
    assert np.quantile(left[alone], 0.99) < 2e-3 and found.picture[alone].mean() > 0.02
    ground = found.mattes["ground"] == 1
    np.testing.assert_array_equal(found.picture[ground], found.ground[ground])
    assert not left[ground].any()


def test_with_lines_edges_and_haze_the_rest_holds_them(bowl):
    found, _ = passes(bowl("look.contours.strength=1"))
    np.testing.assert_allclose(added(found) + found.rest, found.picture, atol=1e-5)
    assert np.abs(found.rest).max() > 0.05


def test_every_light_is_where_it_falls(bowl):
    found, _ = passes(bowl(*BARE))
    dark, _ = passes(bowl(*BARE, "look.sun.strength=0", "look.bounce=0", "look.path.glow=0", "look.exposure=1"))
    assert found.sun.max() > 0.5 and found.lamp.max() > 0.05 and found.path.max() > 1
    assert not dark.sun.any() and not dark.bounce.any() and not dark.lamp.any() and dark.sky.max() > 0.05
    np.testing.assert_allclose(dark.albedo, found.albedo, atol=1e-6)
    assert not found.path[found.mattes["path"] == 0].any()


def test_depth_and_normals_are_those_of_the_ground(bowl):
    found, take = passes(bowl())
    view, (width, height) = take.view(2.0), SIZE
    top = (found.normal[..., 2] > 0.5) & (found.mattes["body_a"] == 1)
    rows, columns = np.nonzero(top)
    tangent = np.tan(np.radians(view.angle) / 2)
    x = ((columns + 0.5) / width * 2 - 1) * width / height + view.shift[0]
    y = 1 - (rows + 0.5) / height * 2 + view.shift[1]
    right, up, forward = view.axes
    ray = forward + tangent * (x[:, None] * right + y[:, None] * up)
    points = view.position + found.depth[top][:, None] * ray
    away = points[:, 2] - height_at(take.panels[0].relief, points[:, 0], points[:, 1])
    assert np.quantile(np.abs(away), 0.98) < 3e-3 and len(away) > 5000
    np.testing.assert_allclose(np.linalg.norm(found.normal[top], axis=1), 1, atol=1e-5)
    assert np.isinf(found.depth[found.mattes["ground"] == 1]).all()


def test_mattes_part_the_picture(home, graphics):  # noqa: F811
    scene = scene_of(home, written(home, **WAY), written(home, "b.npz", BOWL[::-1].copy()), extra=QUIET)
    found, take = passes(scene)
    assert not take.together and set(found.mattes) == {"body_a", "body_b", "ground", "path"}
    np.testing.assert_allclose(sum(found.mattes.values()), 1, atol=1e-5)
    half = SIZE[0] // 2
    assert not found.mattes["body_a"][:, half:].any() and not found.mattes["body_b"][:, :half].any()
    assert found.mattes["body_a"].max() == found.mattes["body_b"].max() == 1


@pytest.mark.slow
def test_tiles_of_passes_are_the_whole_and_their_picture_is_that_of_the_print(bowl, tmp_path):
    whole, take = passes(bowl())
    tiled, _ = passes(bowl(), 96)
    for name, plane in whole.planes.items():
        apart = np.abs(np.nan_to_num(tiled.planes[name], posinf=99) - np.nan_to_num(plane, posinf=99))
        assert np.quantile(apart, 0.998) < 2e-3, name
    plate = plated(take, printed(), exposing.MOST_SIDE, tmp_path)
    np.testing.assert_allclose(np.moveaxis(plate.light[:3], 0, -1), whole.picture, atol=1e-5)


@pytest.mark.slow
def test_the_command_writes_passes_beside_the_still_once(bowl, tmp_path):
    from tests.exr import read_exr

    pytest.importorskip("OpenImageIO")
    bowl()
    words = ["still", "scene.yaml", "--passes", "--out", "output", "--json"]
    results = [json.loads(CliRunner().invoke(app, words).stdout)["results"] for _ in range(2)]
    assert [(item["kind"], item["reused"]) for item in results[0]] == [("still", False), ("passes", False)]
    assert all(item["reused"] for item in results[1])
    target = tmp_path / "output/stills/given.passes.exr"
    read = read_exr(target)
    assert read["depth.Z"].shape == (90, 160) and {"normal.X", "sun.R", "rest.B", "matte_body_a.V"} <= set(read)
    told = json.loads((tmp_path / "output/stills/given.passes.exr.json").read_text())
    assert set(told["passes"]) == set(read) and told["sum"].startswith("R, G, B = albedo * (sun")
    assert b"chromaticities" in target.read_bytes() and b"Given" in target.read_bytes()
    done = CliRunner().invoke(app, [*words, "--no-metadata"])
    assert done.exit_code == 0 and b"Given" not in target.read_bytes()
    done = CliRunner().invoke(app, ["still", "scene.yaml", "--passes", "--print", "200x140px", "--out", "output"])
    assert done.exit_code == 0 and read_exr(tmp_path / "output/stills/given.200x140px.passes.exr")["R"].shape == (
        140,
        200,
    )


def test_passes_that_cannot_be_are_a_sentence_before_the_work(bowl, tmp_path, monkeypatch):
    bowl()
    words = ["still", "scene.yaml", "--passes", "--out", "output"]
    done = CliRunner().invoke(app, [*words, "--print", "9000x9000px"])
    assert done.exit_code == 2 and "--passes: those of 9,000 × 9,000 pixels take 12.6 GB" in done.stderr
    assert "fewer --dpi" in done.stderr and done.stderr.count("\n") == 1
    monkeypatch.setitem(sys.modules, "OpenImageIO", None)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 4 and "pip install 'thalweg[exr]'" in done.stderr and not (tmp_path / "output").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", preset_names())
def test_every_look_has_passes_whose_sum_is_its_picture(bowl, name):
    found, _ = passes(bowl(f"look.name={name}"))
    np.testing.assert_allclose(added(found) + found.rest, found.picture, atol=1e-4, rtol=1e-5)
    np.testing.assert_allclose(sum(found.mattes.values()), 1, atol=1e-4)
    assert all(np.isfinite(plane).all() for channel, plane in found.planes.items() if channel != "depth.Z")
    assert not (found.depth <= 0).any() and found.picture.std() > 0.01
