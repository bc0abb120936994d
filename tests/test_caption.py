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
        " · α −41.9…19.9, β −29.5…32.3 · log height, floor 0.0001 · clipped at 99.7 % · path laid on the surface"
    )


def test_cells_that_diverged_are_counted():
    counts = {**RECORD["counts"], "measured": 799_990, "diverged": 10}
    assert "800 points, 799,990 measured, 10 diverged" in words(counts=counts)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("look.relief=[]", "linear height"),
        ("look.relief=[{smooth: {cells: 2}}]", "smoothed over 2 cells"),
        ("shots.0.path.height=loss", "path at its own loss"),
        ("runs.main.training.optimiser.weight_decay=0.01", "decay 0.01"),
    ],
)
def test_every_departure_is_said(setting, said):
    assert said in words(setting)


def test_a_hidden_path_is_not_spoken_of():
    assert "laid on" not in words("shots.0.path.show=false")
