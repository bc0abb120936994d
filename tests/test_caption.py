"""Captions: written from the record, with every departure from the raw loss."""

import copy

import pytest

from render.film.caption import caption
from render.scene.load import load
from tests.conftest import SCENE

RECORD = {
    "run": {"network": "mlp 64-24-24-24-10 tanh"},
    "objective": {"loss": "cross-entropy", "examples": 1024, "split": "train", "mode": "eval"},
    "points": [1000, 800],
    "counts": {"missing": 0, "measured": 800_000, "interpolated": 0, "diverged": 0, "symmetry": 0},
    "plane": {"kind": "pca", "variance_share": [0.733, 0.1], "random_walk_share": [0.6079, 0.152]},
    "alpha": [-41.9, 19.9],
    "beta": [-29.5, 32.3],
}


def words(*settings: str, **changes) -> str:
    scene = load(SCENE, list(settings))
    return caption(scene, scene.shots[0], {**copy.deepcopy(RECORD), **changes})


def test_a_caption_names_everything_that_made_the_picture():
    assert words() == (
        "digits · mlp 64-24-24-24-10 tanh · sgd lr 0.2 momentum 0.9, batch 64, 400 steps"
        " · cross-entropy on 1,024 train examples, eval mode · 1,000 × 800 points, all measured"
        " · PCA plane, 73.3 % + 10.0 % of the path's variance (a random walk: 60.8 % + 15.2 %)"
        " · α −41.9…19.9, β −29.5…32.3 · log height, floor 0.0001 · clipped at 99.7 %"
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
        ("runs.main.training.optimiser.weight_decay=0.01", "decay 0.01"),
        ("runs.main.training.optimiser.nesterov=true", "momentum 0.9 nesterov"),
    ],
)
def test_every_departure_is_said(setting, said):
    assert said in words(setting)


def test_a_hidden_path_is_not_spoken_of():
    assert "laid on" not in words("shots.0.path.show=false")


def test_a_path_that_goes_beyond_the_terrain_is_said_to():
    scene = load(SCENE)
    assert caption(scene, scene.shots[0], RECORD, leaves=True).endswith("path laid on the surface, which it leaves")


def test_a_random_plane_says_how_its_directions_were_scaled():
    plane = {"kind": "random", "variance_share": None}
    settings = {"plane": {"norm": "filter", "ignore": "biasbn", "seed": 3}}
    assert "random plane, filter-normalised without biases and norms" in words(plane=plane, settings=settings)
