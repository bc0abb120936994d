"""Captions: written from the record, with every departure from the raw loss."""

import copy
from dataclasses import replace
from typing import get_args

import pytest

from render.film.words.caption import caption
from render.film.words.drawing import Drawing
from render.scene import plane as spec
from render.scene.language.load import load
from render.stage.body.relief import Levelled
from tests.conftest import SCENE

RECORD = {
    "run": {
        "data": "digits",
        "network": "mlp 64-24-24-24-10 tanh",
        "training": "sgd lr 0.2 momentum 0.9, batch 64, 400 steps",
    },
    "settings": {"plane": {"kind": "pca", "origin": "last"}},
    "objective": {"loss": "cross-entropy", "examples": 1024, "split": "train", "mode": "eval"},
    "points": [1000, 800],
    "counts": {"missing": 0, "measured": 800_000, "interpolated": 0, "diverged": 0},
    "plane": {"kind": "pca", "variance_share": [0.733, 0.1], "random_walk_share": [0.6079, 0.152]},
    "alpha": [-41.9, 19.9],
    "beta": [-29.5, 32.3],
    "paths": [],
}


def words(*settings: str, **changes) -> str:
    scene = load(SCENE, list(settings))
    return caption(scene, scene.shots[0], [{**copy.deepcopy(RECORD), **changes}])


def drawn_words(**drawing) -> str:
    scene = load(SCENE)
    return caption(scene, scene.shots[0], [RECORD], replace(Drawing.asked(scene.look), **drawing))


def test_a_caption_names_everything_that_made_the_picture():
    assert words() == (
        "digits · mlp 64-24-24-24-10 tanh · sgd lr 0.2 momentum 0.9, batch 64, 400 steps"
        " · cross-entropy on 1,024 train examples, eval mode · 1,000 × 800 points, all measured"
        " · PCA plane, 73.3 % + 10.0 % of the path's variance (a random walk: 60.8 % + 15.2 %)"
        " · α −41.9…19.9, β −29.5…32.3 · log height, floor 0.0001"
        " · 0.34 of the width high · contours smoothed over 1.2 cells · path laid on the surface"
    )


def test_cells_that_diverged_are_counted():
    counts = {**RECORD["counts"], "measured": 799_990, "diverged": 10}
    assert "800 points, 799,990 measured, 10 diverged" in words(counts=counts)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("look.relief=[]", "linear height"),
        ("look.relief=[{smooth: {cells: 2}}]", "smoothed over 2 cells"),
        ("shots.0.path.height=loss", "path at its own loss, faint where the surface hides it"),
        ("look.relief=[{log: {floor: 1.0e-10}}]", "floor 1e−10"),
        ("look.relief=[{clip: {percentile: 99}}]", "clipped at 99 %"),
        ("look.relief=[{exaggeration: 0.2}]", "0.2 of the width high"),
        ("look.contours.count=12", "contours smoothed over 1.2 cells"),
    ],
)
def test_every_departure_is_said(setting, said):
    assert said in words(setting)


def test_a_hidden_path_is_not_spoken_of():
    assert "laid on" not in words("shots.0.path.show=false")


def test_a_path_that_goes_beyond_the_terrain_is_said_to():
    assert drawn_words(leaves=True).endswith("path laid on the surface, which it leaves")


def test_a_curve_that_is_seen_between_logged_points_is_told():
    assert drawn_words(curved=9).endswith(" · curve through 9 logged points · path laid on the surface")


def test_a_path_that_is_nowhere_over_the_terrain_is_said_not_to_be_drawn():
    assert drawn_words(leaves=True, absent=True).endswith(" · path beyond the terrain, not drawn")


def test_a_relief_that_levels_much_at_one_height_tells_the_share():
    said = drawn_words(levelled=(Levelled(0.62345, 0.003),))
    assert " · 62.3 % of the cells level at the floor of 0.0001, 0.3 % of the cells level at the top · " in said


def test_a_relief_that_levels_little_is_not_spoken_of():
    assert " level at " not in drawn_words(levelled=(Levelled(0.02, 0.003),))


def test_each_of_two_surfaces_has_its_own_share_of_levelled_cells():
    said = drawn_words(levelled=(Levelled(0.0, 0.1), Levelled(0.0, 0.0)))
    assert " · 10 % of the cells level at the top | no cell levelled · " in said


PLANES = [
    # the plane as it was asked for, what the record holds of it, what is said
    ({"kind": "random", "norm": "filter", "ignore": "biasbn", "orthogonal": False}, {},
     "random plane, filter-normalised without biases and norms · "),
    ({"kind": "random", "norm": "none", "ignore": "none", "orthogonal": True}, {},
     "random plane, Gaussian, at right angles · "),
    ({"kind": "pca", "origin": "mean"}, {"variance_share": [0.7, 0.2], "random_walk_share": [0.6079, 0.152]},
     "PCA plane through the path's mean, 70.0 % + 20.0 % of the path's variance"),
    ({"kind": "pca", "origin": "first"}, {"variance_share": [0.7, 0.2], "random_walk_share": [0.6079, 0.152]},
     "PCA plane through the path's start, 70.0 % + 20.0 %"),
    ({"kind": "pca", "origin": {"step": 3}}, {"variance_share": [0.7, 0.2], "random_walk_share": [0.6079, 0.152]},
     "PCA plane through a moment of the path, 70.0 % + 20.0 %"),
    ({"kind": "osculating"}, {}, " · plane of the path's velocity and acceleration · "),
    ({"kind": "hessian"}, {"eigenvalues": [12.345, 4.5649]},
     " · plane of largest curvature, eigenvalues 12.3 and 4.56 · "),
    ({"kind": "hessian"}, {"eigenvalues": [0.5, -0.25]}, "eigenvalues 0.5 and −0.25"),
    ({"kind": "gradient", "seed": None}, {}, " · plane of the gradient and a random direction · "),
    ({"kind": "between", "run": "b", "seed": 1}, {},
     " · plane through the ends of two runs and a random direction · "),
    ({"kind": "three", "runs": ["b", "c"]}, {}, " · plane through the ends of three runs · "),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "found", "said"), PLANES)
def test_every_plane_is_said_in_words(asked, found, said):
    plane = {"kind": asked["kind"], "variance_share": None, **found}
    assert said in words(plane=plane, settings={"plane": asked})


def test_every_kind_of_plane_has_its_words():
    (kinds, *_) = get_args(spec.PlaneSettings)
    assert {kind.model_fields["kind"].default for kind in get_args(kinds)} == {asked["kind"] for asked, _, _ in PLANES}


@pytest.mark.parametrize(
    ("departure", "said"),
    [
        ({}, "cross-entropy on 1,024 train examples, eval mode · "),
        ({"loss": "squared error"}, "squared error on 1,024 train examples, eval mode · "),
        ({"bn": "batch", "bn_batch": 128}, "eval mode, batch norm by batch statistics of 128 · "),
        ({"bn": "batch", "bn_batch": None}, "eval mode, batch norm by batch statistics of all examples · "),
        ({"bn": "recalibrated", "calibration": 5120}, "batch norm re-estimated on 5,120 examples · "),
        ({"bn": "recalibrated", "bn_batch": None, "calibration": 512}, "batch norm re-estimated on 512 examples · "),
        (
            {"bn": "recalibrated", "bn_batch": 64, "calibration": 512},
            "batch norm re-estimated on 512 examples in batches of 64 · ",
        ),
        ({"dropout": "fixed"}, "eval mode, dropout with one fixed mask · "),
        ({"draws": 0.0143}, "eval mode, with one random draw of many, which differ by 0.014 · "),
        ({"wavers": 2.5e-4}, "eval mode, repeatable to 0.00025 only · "),
        ({"weight_decay": 0.0005}, "cross-entropy plus ½·0.0005·‖θ‖² on 1,024 train examples"),
        ({"weight_decay": 1e-6}, "cross-entropy plus ½·1e−6·‖θ‖² on 1,024 train examples"),
        ({"precision": "bfloat16"}, "eval mode, in bfloat16 · "),
        (
            {"bn": "batch", "bn_batch": 128, "dropout": "fixed", "precision": "tf32"},
            "eval mode, batch norm by batch statistics of 128, dropout with one fixed mask, in tf32 · ",
        ),
    ],
)
def test_every_departure_of_the_objective_is_said(departure, said):
    assert said in words(objective={**RECORD["objective"], **departure})


FILLED = {**RECORD["counts"], "measured": 12_345, "interpolated": 787_655}
ADAPTIVE = {"tolerance": 0.005, "error": 0.0031, "held_out": 500, "reached": True, "scale": "log"}


def test_cells_that_were_filled_are_counted_beside_their_error():
    said = "800 points, 12,345 measured, 787,655 interpolated, error 0.31 % of the range at 500 held-out cells · "
    assert said in words(counts=FILLED, adaptive=ADAPTIVE)


def test_an_error_above_the_tolerance_says_what_was_asked_for():
    missed = {**ADAPTIVE, "error": 0.01234, "held_out": 1500, "reached": False}
    said = "error 1.23 % of the range at 1,500 held-out cells (0.5 % was asked for) · "
    assert said in words(counts=FILLED, adaptive=missed)


def test_an_adaptive_surface_without_a_filled_cell_is_all_measured():
    assert "800 points, all measured · " in words(adaptive=ADAPTIVE)


def test_points_that_were_fitted_to_a_time_say_so():
    fitted = {"minutes": 30, "asked": [2000, 1600]}
    assert "points, all measured, fitted to 30 min, 2,000 × 1,600 asked for · " in words(budget=fitted)
    assert "interpolated, fitted to 1.5 min, " in words(counts=FILLED, budget={**fitted, "minutes": 1.5})


def test_a_caption_is_one_line():
    objective = {**RECORD["objective"], "bn": "recalibrated", "calibration": 512, "weight_decay": 0.1}
    assert words(objective=objective, counts=FILLED, adaptive=ADAPTIVE).isprintable()


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((450_000.0, 450_390.0), "α 450000…450390, "),
        ((4_999_123.0, 5_004_567.0), "α 4999120…5004570, "),
        ((1.0, 1.0001234), "α 1…1.000123, "),
        ((-1.0, 1.0), "α −1…1, "),
        ((-0.0012345, 0.5), "α −0.00123…0.5, "),
        ((0.0, 1e-7), "α 0…1e−07, "),
        ((-2.5e12, 2.5e12), "α −2.5e+12…2.5e+12, "),
    ],
)
def test_the_ends_of_an_axis_have_the_figures_that_tell_them_apart(ends, said):
    assert said in words(alpha=list(ends))
