"""Surfaces of scenes: every kind of plane, every mode of the objective, adaptive surfaces, budgets, shared work."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from render.cli import app
from render.errors import DataError
from render.film.words.caption import caption
from render.landscape import measure
from render.landscape.planning import scaling_of
from render.sampling.scaling import Scaling
from render.scene.language.load import load
from tests.conftest import SCENE
from tests.kept import is_measured, kept_run, kept_surface, surface_asked

RUN = "{data: {kind: digits}, network: {kind: mlp, widths: [6]}, training: {optimiser: {kind: sgd, lr: 0.1}, "
QUICK = [
    "runs.main.network.widths=[6]",
    "runs.main.training.steps=12",
    f"runs.b={RUN}batch: 64, steps: 12}}, seed: 8}}",
    f"runs.c={RUN}batch: 64, steps: 12}}, seed: 9}}",
    "surfaces.main.objective={examples: 64}",
    "surfaces.main.points=[12, 9]",
    "surfaces.main.margin=null",
]
KINDS = {
    "pca": ("{kind: pca}", "PCA plane"),
    "pca through the mean": ("{kind: pca, origin: mean}", "PCA plane through the path's mean"),
    "random": ("{kind: random, orthogonal: true}", "at right angles"),
    "hessian": ("{kind: hessian}", "plane of largest curvature, eigenvalues"),
    "gradient": ("{kind: gradient}", "plane of the gradient and a random direction"),
    "between": ("{kind: between, run: b}", "plane through the ends of two runs"),
    "three": ("{kind: three, runs: [b, c]}", "plane through the ends of three runs"),
}
OBJECTIVES = {
    "loss: squared-error": "squared error on 64 train examples",
    "weight_decay: 0.01": "plus ½·0.01·‖θ‖²",
    "split: test": "64 test examples",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory) -> Path:
    """A folder whose runs are trained once."""
    return tmp_path_factory.mktemp("output")


def scene(*settings: str):
    return load(SCENE, [*QUICK, *settings])


def obtained(output: Path, *settings: str) -> tuple[measure.Landscape, str]:
    """Returns the surface of the scene with settings, and its caption."""
    asked = scene(*settings)
    made = kept_surface(asked, output)
    return made, caption(asked, asked.shots[0], [made.record])


@pytest.mark.parametrize(("plane", "said"), KINDS.values(), ids=KINDS)
def test_every_kind_of_plane_is_measured_recorded_and_captioned(output, plane, said):
    made, words = obtained(output, f"surfaces.main.plane={plane}")
    assert made.surface.counts["measured"] == 108
    assert said in words
    assert measure.load(surface_asked(scene(f"surfaces.main.plane={plane}"), output).site).surface.loss_digest


def test_a_plane_between_two_runs_has_their_ends_at_zero_and_one(output):
    made, _ = obtained(output, "surfaces.main.plane={kind: between, run: b}")
    ends = [run.trajectory().parameters[-1] for run in runs_of(output, "main", "b")]
    np.testing.assert_allclose(made.surface.plane.project(np.stack(ends)), [[0, 0], [1, 0]], atol=1e-6)


def test_a_plane_through_three_runs_holds_their_ends(output):
    made, _ = obtained(output, "surfaces.main.plane={kind: three, runs: [b, c]}")
    ends = np.stack([run.trajectory().parameters[-1] for run in runs_of(output, "main", "b", "c")])
    np.testing.assert_allclose(made.surface.plane.distance(ends), 0, atol=1e-5)


def runs_of(output: Path, *names: str):

    asked = scene()
    return [kept_run(asked.runs[name], asked.seed, output) for name in names]


@pytest.mark.parametrize(("setting", "said"), OBJECTIVES.items(), ids=OBJECTIVES)
def test_every_choice_of_the_objective_changes_the_heights_and_is_captioned(output, setting, said):
    plain, _ = obtained(output, "surfaces.main.plane={kind: random}")
    made, words = obtained(
        output, "surfaces.main.plane={kind: random}", f"surfaces.main.objective={{examples: 64, {setting}}}"
    )
    assert said in words
    assert made.key != plain.key and made.surface.loss_digest != plain.surface.loss_digest


def test_an_adaptive_surface_is_exact_on_the_scale_that_is_drawn_and_says_its_error(output):
    settings = ("surfaces.main.points=[60, 50]", "surfaces.main.mode=adaptive", "surfaces.main.tolerance=0.02")
    made, words = obtained(output, *settings)
    exact, _ = obtained(output, settings[0])
    assert 0 < made.surface.counts["interpolated"] < 3000
    assert f"{made.surface.counts['measured']:,} measured" in words and "held-out cells" in words
    scaling = scaling_of(scene().look.steps)
    assert scaling == Scaling("log", 1e-4, None) and made.record["adaptive"]["scale"] == "log"
    heights, true = scaling.up(made.surface.loss), scaling.up(exact.surface.loss)
    low, high = scaling.span(true)
    assert np.abs(np.minimum(heights, high) - np.minimum(true, high)).max() / (high - low) < 0.03


def test_another_relief_measures_an_adaptive_surface_anew_and_an_exact_one_not():
    for mode, changes in (("exact", False), ("adaptive", True)):
        keys = {
            surface_asked(scene(f"surfaces.main.mode={mode}", f"look.relief={relief}"), Path()).key
            for relief in ("[{log: {floor: 1.0e-4}}]", "[{log: {floor: 1.0e-3}}]")
        }
        assert (len(keys) == 2) == changes


def test_a_plane_without_a_seed_of_its_own_follows_the_seed_of_the_scene():
    for plane, follows in (("{kind: random}", True), ("{kind: random, seed: 3}", False), ("{kind: gradient}", True)):
        fixed = [f"runs.{name}.seed={k}" for k, name in enumerate(["main", "b", "c"])]
        keys = {
            surface_asked(scene(f"surfaces.main.plane={plane}", f"seed={seed}", *fixed), Path()).key for seed in (1, 2)
        }
        assert (len(keys) == 2) == follows


def test_a_budget_makes_the_grid_coarser_and_the_caption_says_so(output, monkeypatch):
    monkeypatch.setattr("render.sampling.commission.points_per_second", lambda evaluator, grid: 9.0)
    made, words = obtained(output, "surfaces.main.points=[40, 30]", "surfaces.main.budget=1min")
    columns, rows = made.record["points"]
    assert columns * rows <= 540 and columns / rows == pytest.approx(40 / 30, rel=0.1)
    assert "fitted to 1 min, 40 × 30 asked for" in words and f"{columns} × {rows} points" in words
    assert is_measured(scene("surfaces.main.points=[40, 30]", "surfaces.main.budget=1min"), output)


def sample(output: Path, *words: str, code: int = 0) -> tuple[str, str]:
    settings = [part for setting in (*QUICK, "surfaces.main.points=[130, 70]") for part in ("--set", setting)]
    done = CliRunner().invoke(app, ["sample", str(SCENE), *settings, "--out", str(output), *words])
    assert done.exit_code == code, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
    return done.stdout, done.stderr


def surfaces_in(output: Path) -> dict[str, bytes]:
    folder = output / "surfaces"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_shards_and_processes_make_the_same_bytes_as_one_process(tmp_path):
    sample(tmp_path / "one")
    out, told = sample(tmp_path / "shards", "--shard", "1/2")
    assert "shard 1/2 is done" in told and "surface main" not in out
    sample(tmp_path / "shards", "--shard", "2/2")
    assert surfaces_in(tmp_path / "shards") == surfaces_in(tmp_path / "one")
    sample(tmp_path / "processes", "--workers", "2")
    assert surfaces_in(tmp_path / "processes") == surfaces_in(tmp_path / "one")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shard", "3/2"), "3/2"),
        (("--shard", "half"), "write i/n"),
        (("--workers", "0"), "workers: 0"),
        (("--workers", "2", "--shard", "1/2"), "exclude each other"),
    ],
)
def test_a_crew_that_makes_no_sense_is_a_sentence(tmp_path, words, said):
    assert said in sample(tmp_path, *words, code=2)[1]


def test_the_choice_of_a_strategy_is_kept_beside_the_results(output):
    obtained(output)
    assert set(json.loads((output / "strategies.json").read_text()).values()) <= {"dense-compiled", "dense-eager"}


PATHS = ["surfaces.main.paths=[b, c]", "surfaces.main.plane={kind: pca, of: all}"]


def test_paths_of_further_runs_are_kept_and_lie_where_their_ends_are(output):
    made, words = obtained(output, *PATHS)
    assert len(made.paths) == 3 and len(made.record["paths"]) == 2
    for run, path in zip(runs_of(output, "main", "b", "c"), made.paths, strict=True):
        parameters = np.asarray(run.trajectory().parameters[:])
        np.testing.assert_allclose(
            made.surface.plane.project(parameters), np.stack([path.alpha, path.beta], 1), atol=1e-6
        )
    assert "% of all paths' variance" in words and words.endswith("paths laid on the surface")
    again = measure.load(surface_asked(scene(*PATHS), output).site)
    np.testing.assert_array_equal(again.paths[2].true_loss, made.paths[2].true_loss)


def test_a_plane_of_all_paths_goes_through_the_end_of_its_own(output):
    made, _ = obtained(output, *PATHS)
    (run,) = runs_of(output, "main")
    np.testing.assert_allclose(made.surface.plane.origin, run.trajectory().parameters[-1])
    assert made.paths[0].alpha[-1] == pytest.approx(0, abs=1e-6)
    points = np.concatenate([np.asarray(r.trajectory().parameters[:]) for r in runs_of(output, "b", "c", "main")])
    spread = np.linalg.svd(points - points.mean(0), compute_uv=False) ** 2
    np.testing.assert_allclose(made.surface.plane.variance_share, spread[:2] / spread.sum(), rtol=1e-4)


def test_the_same_paths_under_other_names_are_the_same_surface():
    renamed = [setting.replace("[b, c]", "[d, c]") for setting in PATHS]
    twin = f"runs.d={RUN}batch: 64, steps: 12}}, seed: 8}}"
    assert surface_asked(scene(*PATHS), Path()).key == surface_asked(scene(twin, *renamed), Path()).key
    assert surface_asked(scene(*PATHS), Path()).key != surface_asked(scene(*PATHS[1:]), Path()).key


def test_a_path_that_was_lost_is_noticed_and_made_again(output):
    made, _ = obtained(output, *PATHS)
    (made.folder / "path-2.npz").unlink()
    with pytest.raises(DataError, match=r"path-2\.npz: is missing or damaged"):
        measure.load(surface_asked(scene(*PATHS), output).site)
    mended, _ = obtained(output, *PATHS)
    np.testing.assert_array_equal(mended.paths[2].alpha, made.paths[2].alpha)


def test_a_budget_of_the_scene_is_shared_among_surfaces_that_have_none():
    asked = scene(
        "budget=30min",
        "surfaces.b={run: b, plane: {kind: random}, points: [9, 9]}",
        "surfaces.c={run: c, plane: {kind: random}, points: [9, 9], budget: 2min}",
    )
    assert [asked.budget_of(name) for name in ("main", "b", "c")] == [900, 900, 120]
    assert scene().budget_of("main") is None
