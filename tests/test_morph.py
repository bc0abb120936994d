"""The morph of a series: when which stop is shown, heights that pass through what was measured, and no flicker."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path as File

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render.film.laying import panel_of
from render.film.morph import Morph, between, place
from render.film.preparing import prepare
from render.landscape.landscape import Landscape
from render.landscape.series import Series, record_of
from render.sampling.status import Status
from render.sampling.surface import Surface
from render.scene.look import Look
from render.scene.shot import Shot
from render.space.grid import Grid
from render.space.path import Path
from render.space.plane import Plane
from render.stage.body import relief
from tests.conftest import SCENE

SHARES = np.linspace(0, 1, 241)  # of a shot of eight seconds at 30 frames a second
SHOT = Shot.model_validate({"surface": "ride", "duration": 8.0})
STEPS = Look.model_validate({}).steps


def losses(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.exp(rng.normal(size=(12, 16))).astype(np.float32) for _ in range(count)]


def series(surfaces: list[np.ndarray], kind: str = "epochs", ease: str = "stops", hold: float = 1.0) -> Series:
    """Returns a series of made-up losses, each with a path that its plane is centred on."""
    grid = Grid(np.linspace(-2, 2, 16), np.linspace(-1.5, 1.5, 12))
    plane = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    way = np.stack([np.linspace(-1, 1, 21), np.linspace(-1, 1, 21) ** 2], 1)
    made = []
    for number, loss in enumerate(surfaces):
        alpha, beta = (way - way[round(20 * number / (len(surfaces) - 1))]).T
        path = Path(alpha, beta, np.ones(21, np.float32), np.ones(21), np.zeros(21), np.arange(21) * 5)
        status = np.where(np.isfinite(loss), Status.MEASURED, Status.DIVERGED).astype(np.uint8)
        surface = Surface(plane, grid, loss, np.full_like(loss, np.nan), status)
        record = {"counts": surface.counts, "loss": [0.1, 9.0], "paths": [], "points": [16, 12]}
        made.append(Landscape(File(), "", surface, (path,), record))
    stops = [f"epoch={number}" for number in range(len(made))]
    return Series(
        kind, tuple(stops), tuple(made), record_of(kind, stops, [each.record for each in made]), File(), "", ease, hold
    )


def morph(surfaces: list[np.ndarray], **choices) -> Morph:
    return Morph(
        series(surfaces, **choices), tuple(relief.make_alike(surfaces, STEPS, [0.75] * len(surfaces))), panel_of
    )


@given(st.integers(2, 30), st.sampled_from(["stops", "whole"]), st.floats(0, 1))
def test_a_shot_goes_from_the_first_stop_to_the_last_and_rests_at_both(count, ease, hold):
    indices = np.array([place(share, count, ease, hold) for share in SHARES])
    assert indices[0] == 0 and indices[-1] == count - 1
    assert (np.diff(indices) >= 0).all()
    rest = min(hold, 0.25)
    assert (indices[rest >= SHARES] == 0).all() and (indices[1 - rest + 1e-9 <= SHARES] == count - 1).all()


def test_a_morph_comes_to_rest_at_each_stop_or_only_at_the_ends():
    at_stop, near = 0.5, 1e-4
    for ease, slows in (("stops", True), ("whole", False)):
        speed = (place(at_stop + near, 3, ease, 0.1) - place(at_stop - near, 3, ease, 0.1)) / (2 * near)
        assert place(at_stop, 3, ease, 0.1) == pytest.approx(1)
        assert (speed < 0.1) == slows


@pytest.mark.parametrize("seed", range(5))
def test_heights_pass_through_the_stops_and_go_beyond_neither_neighbour(seed):
    stops = losses(5, seed)
    for number, stop in enumerate(stops):
        np.testing.assert_array_equal(between(stops, number), stop)
    for index in np.linspace(0, 4, 57):
        low, high = stops[int(index)], stops[min(int(index) + 1, 4)]
        found = between(stops, index)
        assert (found >= np.minimum(low, high) - 1e-5).all() and (found <= np.maximum(low, high) + 1e-5).all()


@pytest.mark.parametrize("ease", ["stops", "whole"])
@pytest.mark.parametrize("count", [2, 6])
def test_no_height_flickers_while_a_film_morphs(count, ease):
    """The second difference of every cell's height over frames is that of a smooth move, also across the stops.

    Between stops a height h changes by |h′| ≤ 3Δ and |h″| ≤ 6Δ in units of a segment, Δ the largest rise, and the place
    by a speed v ≤ 1.5 n/N and an acceleration a ≤ 6 n/N² (ease whole) or 6 (n/N)² (stops) in N frames over n segments.
    """
    made = morph(losses(count), ease=ease)
    levels = np.stack([made.relief(made.index(share, 8.0)).level for share in SHARES]).astype(np.float64)
    rise = max(np.abs(b.level - a.level).max() for a, b in zip(made.reliefs, made.reliefs[1:], strict=False))
    frames, segments = 0.75 * (len(SHARES) - 1), count - 1
    speed = 1.5 * segments / frames
    acceleration = 6 * segments / frames**2 if ease == "whole" else 6 * (segments / frames) ** 2
    bound = rise * (6 * speed**2 + 3 * acceleration)
    assert np.abs(np.diff(levels, 2, axis=0)).max() <= bound
    assert np.abs(np.diff(levels, axis=0)).max() <= 3 * rise * speed
    assert bound < 0.2 * rise  # a jump from stop to stop would be found


def test_a_jump_from_stop_to_stop_would_be_found_as_flicker():
    made = morph(losses(6))
    jumping = np.stack([made.reliefs[round(made.index(share, 8.0))].level for share in SHARES])
    rise = max(np.abs(b.level - a.level).max() for a, b in zip(made.reliefs, made.reliefs[1:], strict=False))
    assert np.abs(np.diff(jumping, 2, axis=0)).max() > 0.9 * rise


def test_a_cell_is_drawn_as_diverged_while_either_neighbour_is():
    first, second, third = losses(3)
    second[3, 4] = np.inf
    made = morph([first, second, third])
    assert [made.relief(index).finite[3, 4] for index in (0, 0.1, 1, 1.9, 2)] == [True, False, False, False, True]
    assert np.isfinite(made.relief(0.5).level).all() and made.relief(1.0).level[3, 4] == 1
    assert np.isinf(made.landscape(0.5, made.relief(0.5)).surface.loss[3, 4])


def test_one_scale_of_height_holds_for_all_stops():
    low, high = losses(2)
    made = morph([low, 50 * high])
    assert made.reliefs[0].scale == made.reliefs[1].scale == made.relief(0.5).scale
    assert made.reliefs[0].level.min() == 0 and made.reliefs[1].level.max() == 1 and made.reliefs[0].level.max() < 0.9
    assert (made.envelope.level >= made.reliefs[0].level).all()


def test_the_marker_of_a_ride_along_stays_in_the_middle_and_its_step_goes_on():
    made = morph(losses(4), kind="ride-along")
    heads = [made.head(index) for index in np.linspace(0, 3, 13)]
    assert heads[0] == 0 and heads[-1] == 20 and (np.diff(heads) > 0).all()
    for index, head in zip(np.linspace(0, 3, 13), heads, strict=True):
        path = made.landscape(index, made.relief(index)).paths[0]
        for part in (path.alpha, path.beta):
            assert np.interp(head, np.arange(21), part) == pytest.approx(0, abs=1e-9)


def test_paths_of_runs_that_logged_otherwise_are_joined():
    one = series(losses(2))
    short = replace(
        one.landscapes[1].paths[0],
        **{name: getattr(one.landscapes[1].paths[0], name)[::2] for name in vars(one.landscapes[1].paths[0])},
    )
    other = replace(one, landscapes=(one.landscapes[0], replace(one.landscapes[1], paths=(short,))))
    made = Morph(other, tuple(relief.make_alike(losses(2), STEPS, [0.75] * 2)), panel_of)
    path = made.landscape(0.5, made.relief(0.5)).paths[0]
    assert len(path) == 21 and path.steps.tolist() == list(range(0, 105, 5))


def test_a_take_of_a_series_is_another_at_every_time_and_keeps_camera_light_and_palette():
    take = prepare(SHOT, Look.model_validate({}), [series(losses(3), kind="ride-along")], 16 / 9)
    first, later = take.now(0.0), take.now(4.0)
    assert first.now(2.0) is first and take.now(4.0) is later
    assert (first.panels[0].relief.level != later.panels[0].relief.level).any()
    assert first.sun is later.sun and first.move is later.move
    np.testing.assert_array_equal(first.dealt, later.dealt)
    (walk,) = later.panels[0].walks
    assert walk.head(later.progress(4.0)) == pytest.approx(10, abs=0.1)
    trail = later.trails(later.panels[0], 4.0)[0]
    np.testing.assert_allclose(trail.head[:2], 0, atol=2e-3)


def test_a_take_of_one_surface_is_the_same_at_every_time():
    plain = series(losses(2)).landscapes[0]
    take = prepare(SHOT, Look.model_validate({}), [plain], 16 / 9)
    assert take.now(3.0) is take and not any(take.morphs)


@pytest.mark.slow
def test_a_film_of_a_series_has_other_frames_and_its_still_is_one_of_them(graphics, tmp_path):
    import json

    from PIL import Image
    from typer.testing import CliRunner

    from render.cli import app

    text = SCENE.read_text().split("surfaces:")[0]
    (tmp_path / "ride.yaml").write_text(
        text + "series:\n  ride: {kind: ride-along, run: main, points: [24, 24], stops: 3, objective: {examples: 64}}\n"
        "shots:\n  - {surface: ride, duration: 8s, camera: {kind: fixed}}\n"
        "stills:\n  one: {at: 4s, size: [160, 90]}\nfilms:\n  one: {size: [160, 90], fps: 1}\n"
    )
    words = ["render", str(tmp_path / "ride.yaml"), "--out", str(tmp_path / "out"), "--quality", "thumb", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    made = {item["kind"]: item for item in json.loads(done.stdout)["results"]}
    frames = [
        np.asarray(Image.open(path)) for path in sorted((tmp_path / "out" / "frames" / "one.thumb").glob("*.png"))
    ]
    assert len(frames) == 8 and all((a != b).any() for a, b in itertools.pairwise(frames[1:7]))
    record = json.loads(File(made["film"]["path"] + ".json").read_text())
    assert "ride-along, 3 planes" in record["caption"][0]
    again = json.loads(CliRunner().invoke(app, words).stdout)["results"]
    assert all(item["reused"] for item in again)
