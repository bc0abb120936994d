"""Series: what a scene may ask for, which surfaces they stand for, what is measured, and how they are joined."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.errors import DataError, SceneError
from render.film.words.caption import caption
from render.film.words.told_series import listed_stops
from render.landscape import local_planes
from render.landscape.epochs import lent, steps_of_epoch
from render.landscape.landscape import Landscape
from render.landscape.series import Series, record_of, require_one_grid
from render.progress import Reporter
from render.scene.language.load import load
from render.scene.members import expanded
from render.scene.quality import apply_quality
from render.scene.spec import Scene
from render.scene.surface import EpochSettings
from render.space import osculating
from render.space.grid import Grid
from render.space.plane import Plane
from render.works.bench import Bench
from render.works.order import Order
from render.works.series_work import SeriesWork
from tests.kept import kept_run

SCENE = """\
thalweg: 1
title: Series
seed: 7
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [6], activation: tanh}
    training: {optimiser: {kind: sgd, lr: 0.2}, batch: 64, steps: 60}
series:
  ride: {kind: ride-along, run: main, objective: {examples: 64}, points: [9, 7], stops: 4}
  widths:
    kind: hyperparameter
    run: main
    objective: {examples: 64}
    points: [9, 9]
    vary: {key: network.widths, values: [[4], [6, 6]]}
  examples:
    kind: hyperparameter
    run: main
    plane: {kind: pca}
    points: [9, 9]
    vary: {key: objective.examples, values: [1, 64]}
  order: {kind: epochs, run: main, of: order, epochs: [1, 2], points: [9, 9], objective: {examples: 64}}
  blend: {kind: blend, run: main, objective: {examples: 64}, points: [61, 61], stops: 12}
shots:
  - {surface: ride, duration: 8s}
"""

BAD = {
    "series.widths.vary.key=network.widht": 'series.widths.vary.key: "widht" is not known; did you mean widths?',
    "series.widths.vary.values=[[4], [0]]": "series.widths.vary.values.1: network.widths.0: 0 is too small; at least 1",
    "series.widths.vary.values=[[4]]": "series.widths.vary.values: [[4]] has too few entries; at least 2",
    "series.examples.vary.values=[1, -3]": "series.examples.vary.values.1: examples: -3 is too small; at least 1",
    "series.examples.vary.key=objective.exmples": '"exmples" is not known; did you mean examples?',
    "series.ride.run=mian": 'series.ride.run: there is no run "mian"; did you mean main?',
    "series.ride.tolerance=0.1": "series.ride.tolerance: has no use where every cell is measured",
    "series.ride.range={alpha: [1, 0], beta: [0, 1]}": "series.ride.range.alpha: [1, 0] does not rise",
    "series.ride.kind=ridealong": 'series.ride.kind: "ridealong" is not known; did you mean ride-along?',
    "series.ride.budget=1min": "series.ride.mode: exact under a budget would fit a grid of its own to every surface",
    "series.order.epochs=[0, 1]": "series.order.of: epoch 0 is before the training and has no order; begin with 1",
    "series.order.epochs=[2, 1]": "series.order.epochs.1: 1 does not rise above 2 before it",
    "series.order.of=augmentation": 'series.order.of: run "main" changes no images; set data.augment of it',
    "series.order.objective={}": "series.order.of: the order of all examples changes nothing; set examples to fewer",
    "series.order.plane={kind: between, run: b}": 'series.order.plane.run: there is no run "b"',
    "series.widths.plane={kind: pca}": "series.widths.margin: a pca plane of each run would have a grid of its own",
    "shots.0.surface=rid": 'shots.0.surface: there is no surface "rid"; did you mean ride?',
    "surfaces={ride: {run: main, points: [3, 3]}}": 'series.ride: "ride" is also a surface',
    "shots.0.descents={count: 20}": 'shots.0.descents: series "ride" changes while they roll',
    "shots.0.insets=[{kind: map}]": 'a map is of one plane, and series "ride" changes; leave it out',
    "shots=[{surface: widths, duration: 4s, insets: [{kind: curves}]}]": 'series "widths" has several; leave it out',
    "shots=[{surface: widths, duration: 4s, counters: [epoch]}]": "epoch tells of one run and one loss, and series",
    "series.two={kind: surfaces, surfaces: [a, b]}": 'series.two.surfaces.0: there is no surface "a"',
}
PAIR = "surfaces={{a: {{run: main, points: [4, 4], {0}}}, b: {{run: main, points: {1}, {2}}}}}"
UNLIKE = {
    PAIR.format("margin: 1", "[4, 5]", "margin: 1"): 'surface "b" has another grid than "a": its points differ',
    PAIR.format("margin: 1", "[4, 4]", "margin: 2"): 'surface "b" has another grid than "a": its margin differ',
    PAIR.format("plane: {kind: random}", "[4, 4]", "margin: 2"): "its range differ; give both the same",
}


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scene") / "series.yaml"
    path.write_text(SCENE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    """A folder whose runs and surfaces are made once."""
    return tmp_path_factory.mktemp("output")


@pytest.fixture
def scene(file) -> Scene:
    return load(file)


def joined(scene: Scene, output: Path, name: str) -> Series | Landscape:
    return Bench(Reporter.silent()).obtain(SeriesWork(Order(scene, "final", output), name))


@pytest.mark.parametrize(("setting", "said"), BAD.items(), ids=BAD)
def test_what_is_wrong_with_a_series_is_said_where_it_stands(file, setting, said):
    with pytest.raises(SceneError) as error:
        load(file, [setting])
    assert said in str(error.value)


@pytest.mark.parametrize(("surfaces", "said"), UNLIKE.items(), ids=UNLIKE)
def test_surfaces_on_other_grids_make_no_series(file, surfaces, said):
    with pytest.raises(SceneError, match=r"series\.two\.surfaces\.1: ") as error:
        load(file, [surfaces, "series.two={kind: surfaces, surfaces: [a, b]}"])
    assert said in str(error.value)


def test_a_problem_of_a_series_has_its_line_and_column(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(SCENE.replace("[[4], [6, 6]]", "[[4], [0]]"), encoding="utf-8")
    with pytest.raises(SceneError, match=r"bad\.yaml:16:47: series\.widths\.vary\.values\.1"):
        load(path)


def test_a_series_stands_for_surfaces_and_runs_that_no_scene_can_name(scene):
    ride, widths = expanded(scene, "ride"), expanded(scene, "widths")
    assert list(ride.stops) == ["ride[01]", "ride[02]", "ride[03]", "ride[04]"] and not ride.runs
    assert widths.runs == ("main[widths=4]", "main[widths=6×6]")
    assert widths.scene.runs["main[widths=6×6]"].network.widths == [6, 6]
    assert widths.scene.surfaces["widths[widths=4]"].run == "main[widths=4]"
    assert scene.surfaces == {} and list(scene.runs) == ["main"]


def test_a_budget_is_shared_out_among_all_surfaces_of_series_too(file):
    more = [f"series.{name}.mode=adaptive" for name in ("ride", "widths", "examples", "order", "blend")]
    scene = load(
        file, [*more, "budget=46min", "surfaces={one: {run: main, points: [3, 3]}}", "series.order.budget=8min"]
    )
    assert scene.sharers == 1 + 4 + 2 + 2 + 13
    assert scene.budget_of("one") == pytest.approx(46 * 60 / 22)
    for name, each in (("ride", 46 * 60 / 22), ("order", 240)):
        made = expanded(scene, name)
        assert [made.scene.budget_of(member) for member in made.stops] == pytest.approx([each] * len(made.stops))


def test_a_quality_takes_fewer_stops_and_coarser_surfaces(file):
    scene = apply_quality(load(file, ["series.ride.stops=24", "series.ride.points=[500, 250]"]), "thumb")
    assert (scene.series["ride"].stops, scene.series["ride"].points) == (4, (24, 12))
    assert len(scene.series["widths"].vary.values) == 2


@pytest.mark.slow
def test_a_ride_along_keeps_the_network_in_the_middle_of_every_plane(scene, output):
    ride = joined(scene, output, "ride")
    assert isinstance(ride, Series) and ride.losses.shape == (4, 7, 9) and ride.statuses.min() == 1
    heads = [ride.head(number) for number in range(4)]
    assert heads[0] == 0 and heads[-1] == 60 and heads == sorted(heads)
    for head, landscape in zip(heads, ride.landscapes, strict=True):
        path = landscape.paths[0]
        assert abs(path.alpha[head]) < 1e-6 and abs(path.beta[head]) < 1e-6
        assert landscape.surface.loss[3, 4] == pytest.approx(path.true_loss[head], rel=1e-4)
        np.testing.assert_allclose(landscape.surface.grid.alphas, ride.grid.alphas, rtol=1e-6)
        np.testing.assert_allclose(landscape.surface.plane.u, ride.landscapes[0].surface.plane.u, atol=1e-6)


@pytest.mark.slow
def test_axes_that_follow_turn_no_farther_than_their_planes_do(file, output):
    ride = joined(load(file, ["series.ride.axes=follow"]), output, "ride")
    frames = [np.stack([each.surface.plane.u, each.surface.plane.v]) for each in ride.landscapes]
    for before, after in itertools.pairwise(frames):
        np.testing.assert_allclose(after @ after.T, np.eye(2), atol=1e-9)
        near = before @ after.T  # symmetric and without a negative eigenvalue: no turn brings them nearer
        np.testing.assert_allclose(near, near.T, atol=1e-9)
        assert np.linalg.eigvalsh(near).min() > -1e-9


@pytest.mark.slow
def test_runs_that_differ_in_one_value_are_trained_each_and_measured_on_one_range(scene, output):
    widths = joined(scene, output, "widths")
    assert [record["run"]["network"] for record in widths.records] == ["mlp 64-4-10 tanh", "mlp 64-6-6-10 tanh"]
    assert widths.losses.shape == (2, 9, 9) and (widths.grid.alphas[0], widths.grid.alphas[-1]) == (-1, 1)
    said = caption(scene, scene.shots[0], [widths.record])
    assert "mlp 64-4-10 tanh | mlp 64-6-6-10 tanh" in said and "widths 4, 6×6, between them" in said


@pytest.mark.slow
def test_an_objective_is_varied_on_one_plane(scene, output):
    examples = joined(scene, output, "examples")
    one, two = examples.landscapes
    np.testing.assert_array_equal(one.surface.plane.u, two.surface.plane.u)
    assert one.surface.loss_digest != two.surface.loss_digest
    said = caption(scene, scene.shots[0], [examples.record])
    assert "on 1 train example," in said and "on 64 train examples" in said


@pytest.mark.slow
def test_each_epoch_takes_the_examples_in_its_own_order(scene, output):
    order = joined(scene, output, "order")
    assert order.landscapes[0].surface.loss_digest != order.landscapes[1].surface.loss_digest
    assert "the first examples of epoch 2" in caption(scene, scene.shots[0], [order.record])
    run = kept_run(scene.runs["main"], scene.seed, output)
    data = run.dataset()
    orders = [
        lent(EpochSettings(number=number, of="order"), run, data, run.model(data), scene.seed).train
        for number in (1, 1, 2)
    ]
    assert [len(each) for each in orders] == [len(data.train) // 64 * 64] * 3
    np.testing.assert_array_equal(orders[0].targets, orders[1].targets)
    assert (orders[0].targets != orders[2].targets).any()


@pytest.fixture
def pictured(file, tmp_path, monkeypatch) -> Scene:
    """A scene of a small convolutional network on images, with batch norm and augmentation."""
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path))
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", inputs=rng.random((80, 1, 8, 8), np.float32), targets=np.arange(80) % 4)
    return load(
        file,
        [
            "runs.main.data={kind: npz, path: a.npz, augment: {flip: true}}",
            "runs.main.network={kind: convnet, depth: 1, width: 3}",
            "runs.main.training={optimiser: {kind: sgd, lr: 0.05}, batch: 16, steps: 12}",
            "series={}",
            "shots=[]",
        ],
    )


@pytest.mark.slow
def test_the_statistics_of_an_epoch_are_those_that_were_logged_at_its_end(pictured, tmp_path):
    run = kept_run(pictured.runs["main"], pictured.seed, tmp_path)
    data, logged = run.dataset(), run.trajectory()
    model = run.model(data)
    assert steps_of_epoch(run, data) == 4  # 64 examples to train on, in batches of 16
    last = load_of(model)
    lent(EpochSettings(number=1), run, data, model, pictured.seed)
    assert sorted(load_of(model)) == pytest.approx(sorted(logged.buffers[4].tolist()))
    assert load_of(model) != last


def load_of(model) -> list[float]:
    """Returns all statistics of a network."""
    named = (buffer for name, buffer in model.named_buffers() if "running" in name)
    return [value for buffer in named for value in buffer.flatten().tolist()]


@pytest.mark.slow
def test_the_augmentation_of_an_epoch_changes_images_and_nothing_else(pictured, tmp_path):
    run = kept_run(pictured.runs["main"], pictured.seed, tmp_path)
    data = run.dataset()
    one, two = (
        lent(EpochSettings(number=number, of="augmentation"), run, data, run.model(data), pictured.seed)
        for number in (1, 2)
    )
    flipped = (one.train.inputs != data.train.inputs).any((1, 2, 3))
    assert 0.2 < flipped.mean() < 0.8
    np.testing.assert_array_equal(one.train.inputs[flipped], data.train.inputs[flipped][..., ::-1])
    assert (one.train.inputs != two.train.inputs).any()
    np.testing.assert_array_equal(one.train.targets, data.train.targets)


@pytest.mark.slow
def test_a_run_without_batch_norm_has_no_statistics_to_lend(scene, output):
    run = kept_run(scene.runs["main"], scene.seed, output)
    data = run.dataset()
    with pytest.raises(DataError, match="this network has no batch norm"):
        lent(EpochSettings(number=1), run, data, run.model(data), scene.seed)


@pytest.mark.slow
def test_the_path_lies_on_a_blend_more_closely_than_on_the_pca_plane(file, output):
    longer = ["runs.main.network.widths=[24, 24]", "runs.main.training.steps=200"]
    scene = load(file, [*longer, "runs.main.training.optimiser.momentum=0.9"])
    made = joined(scene, output, "blend")
    assert isinstance(made, Landscape) and made.surface.counts["interpolated"] == 61 * 61
    chart, *planes = [work.load() for work in SeriesWork(Order(scene, "final", output), "blend").members]
    flat, laid = chart.paths[0], made.paths[0]
    moments = [int(plane.paths[0].distance.argmin()) for plane in planes]
    apart = [np.abs(np.log(path.surface_loss) - np.log(path.true_loss)) for path in (laid, flat)]
    assert np.median(apart[0]) < np.median(apart[1])
    assert np.median(apart[0][moments]) < 0.5 * np.median(apart[1][moments])
    assert made.record["series"]["apart"]["largest"] == pytest.approx(
        float(np.abs(laid.surface_loss - laid.true_loss).max())
    )
    said = caption(scene, scene.shots[0], [made.record])
    assert "blend of 12 local planes" in said and "joined of 48,373 measured on 13 planes" in said


def test_the_weights_of_a_blend_add_up_to_one_and_fall_as_a_gaussian_does():
    grid = Grid.square(2.0, 41)
    chart = Landscape(Path(), "", type("Chart", (), {"grid": grid})(), (), {})
    centres = np.array([[-1.0, 0.0], [1.0, 0.0]])
    weights = local_planes.weights_of(chart, centres, 0.5)
    np.testing.assert_allclose(weights.sum(0), 1, atol=1e-5)
    row, column = 20, int(np.argmin(np.abs(grid.alphas + 0.5)))
    expected = np.exp(-0.5 * (0.5**2 - 1.5**2) / 0.5**2)
    assert weights[1, row, column] / weights[2, row, column] == pytest.approx(expected, rel=1e-3)
    assert weights[0, 0, 0] > weights[1:, 0, 0].max()  # far from the path the chart stands
    assert local_planes.spread_of(centres, 1.5) == 3.0


def test_the_osculating_plane_of_a_parabola_holds_its_velocity_and_acceleration():
    rng = np.random.default_rng(0)
    start, velocity, acceleration = rng.normal(size=(3, 12))
    times = np.arange(-10, 11)[:, None]
    path = start + times * velocity + 0.5 * times**2 * acceleration
    for index in (0, 10, 20):
        frame = osculating.frame_at(path, index, 4)
        now = velocity + times[index] * acceleration
        np.testing.assert_allclose(frame @ frame.T, np.eye(2), atol=1e-9)
        np.testing.assert_allclose(abs(frame[0] @ now), np.linalg.norm(now), rtol=1e-9)
        for vector in (velocity, acceleration):
            np.testing.assert_allclose(frame.T @ (frame @ vector), vector, atol=1e-8)


def test_a_plane_seen_from_a_chart_has_its_point_where_the_chart_sees_it():
    rng = np.random.default_rng(1)
    chart = Plane.through(np.zeros(9), *np.linalg.qr(rng.normal(size=(9, 2)))[0].T)
    point, frame = rng.normal(size=9), np.linalg.qr(rng.normal(size=(9, 2)))[0].T
    plane = osculating.seen_from(chart, point, frame)
    np.testing.assert_allclose(plane.lift(chart.project(point[None]))[0], point, atol=1e-12)
    away = plane.lift(rng.normal(size=(5, 2))) - point
    np.testing.assert_allclose(away @ frame.T @ frame, away, atol=1e-12)


def test_too_short_a_path_has_no_osculating_plane():
    with pytest.raises(DataError, match="osculating needs 3 logged steps or more, this run has 2"):
        osculating.frame_at(np.zeros((2, 5)), 0, 4)


@pytest.mark.slow
def test_landscapes_on_other_grids_are_not_joined(scene, output):
    ride, order = (joined(scene, output, name).landscapes[0] for name in ("ride", "order"))
    with pytest.raises(DataError, match="series x: a and b have 9 × 7 and 9 × 9 points; give all the same points"):
        require_one_grid("x", {"a": ride, "b": order})
    widths = joined(scene, output, "widths").landscapes[0]
    with pytest.raises(DataError, match=r"series x: a and b reach over α .*; give all one range"):
        require_one_grid("x", {"a": order, "b": widths})


@pytest.mark.slow
def test_one_record_counts_the_points_of_all_and_names_a_few_stops(scene, output):
    ride = joined(scene, output, "ride")
    assert ride.record["counts"]["measured"] == 4 * 63
    assert ride.record["loss"] == [float(ride.losses.min()), float(ride.losses.max())]
    many = record_of("epochs", [f"epoch={n}" for n in range(9)], [ride.records[0]] * 9)
    assert listed_stops(many["series"]["stops"]) == "epoch 0 … 8 (9)"
    assert listed_stops(["before", "after"]) == "before, after"


def thalweg(file: Path, output: Path, command: str, *words: str, code: int = 0) -> str:
    extra = [] if command == "clean" else ["--json"]
    done = CliRunner().invoke(app, [command, str(file), "--out", str(output), *words, *extra])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A scene with one series of two surfaces, and one of surfaces that it has already."""
    path = tmp_path_factory.mktemp("small") / "small.yaml"
    text = SCENE[: SCENE.index("series:")]
    path.write_text(
        f"{text}surfaces:\n  a: {{run: main, points: [9, 9]}}\n"
        "  b: {run: main, points: [9, 9], objective: {split: test}}\n"
        "series:\n  ride: {kind: ride-along, run: main, points: [9, 9], stops: 2, objective: {examples: 64}}\n"
        "  two: {kind: surfaces, surfaces: [a, b]}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.slow
def test_a_series_is_sampled_planned_verified_and_cleaned_as_surfaces_are(small, output):
    made = json.loads(thalweg(small, output, "sample"))["results"]
    assert [item["name"] for item in made] == ["a", "b", "ride[01]", "ride[02]", "ride", "two"]
    assert made[4]["stops"] == 2 and made[4]["counts"]["measured"] == 162
    assert all(item["reused"] for item in json.loads(thalweg(small, output, "sample"))["results"])
    assert json.loads(thalweg(small, output, "plan"))["scenes"][0]["missing"] == []
    found = {item["name"]: item["state"] for item in json.loads(thalweg(small, output, "verify"))["found"]}
    assert found == dict.fromkeys(["main", "a", "b", "ride[01]", "ride[02]", "ride", "two"], "whole")
    kept = [*output.glob("series/*.json"), *output.glob("surfaces/*")]
    thalweg(small, output, "clean", "--yes")
    mine = {Path(item["path"]) for item in made}
    assert mine <= set(kept) and all(path.exists() for path in mine)
    assert set(output.glob("series/*.json")) == {Path(made[4]["path"]), Path(made[5]["path"])}


@pytest.mark.slow
def test_a_lost_surface_of_a_series_is_measured_again_and_no_other(small, tmp_path):
    made = {item["name"]: item for item in json.loads(thalweg(small, tmp_path, "sample"))["results"]}
    before = Path(made["ride[02]"]["path"], "surface.zarr", "loss", "c", "0", "0").read_bytes()
    (Path(made["ride[02]"]["path"]) / "surface.json").unlink()
    missing = json.loads(thalweg(small, tmp_path, "plan"))["scenes"][0]["missing"]
    assert [item["what"] for item in missing] == ["surface ride[02]", "series ride"]
    again = {item["name"]: item for item in json.loads(thalweg(small, tmp_path, "sample"))["results"]}
    assert [name for name, item in again.items() if not item["reused"]] == ["ride[02]"]
    assert Path(made["ride[02]"]["path"], "surface.zarr", "loss", "c", "0", "0").read_bytes() == before


@pytest.mark.slow
def test_shards_of_a_series_make_what_one_call_makes(small, output, tmp_path):
    whole = json.loads(thalweg(small, output, "sample", "--set", "series.ride.strategy=loop"))["results"]
    for shard in ("1/2", "2/2", "1/2"):
        done = CliRunner().invoke(
            app,
            ["sample", str(small), "--out", str(tmp_path), "--shard", shard, "--set", "series.ride.strategy=loop"],
        )
    assert done.exit_code == 0, done.stderr
    for item in whole[2:4]:
        mine = Path(item["path"], "surface.zarr", "loss", "c", "0", "0").read_bytes()
        other = tmp_path / Path(item["path"]).relative_to(output) / "surface.zarr" / "loss" / "c" / "0" / "0"
        assert other.read_bytes() == mine
