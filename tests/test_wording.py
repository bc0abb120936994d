"""Data and training in the words of captions, and the words on a picture of several paths or panels."""

import pytest

from render.descent.wording import checkpoint_words, data_words, training_words
from render.film.caption import caption
from render.film.wording import label_of
from render.scene import data, training
from render.scene.load import load
from tests.conftest import ROOT
from tests.test_caption import RECORD

DATA = {
    "digits": data.Digits(),
    "imagenette, 64 px": data.Imagenette(),
    "imagenette, a selection, 64 px": data.Imagenette(edition="mini"),
    "imagenette, 32 px, trained with flip and shift": data.Imagenette(size=32, augment={"flip": True, "shift": 2}),
    "digits, 50 of each class, 30 % of the labels drawn at random": data.Digits(per_class=50, label_noise=0.3),
}
TRAININGS = {
    "sgd lr 0.1, batch 64, 400 steps": {"optimiser": {"kind": "sgd", "lr": 0.1}, "batch": 64},
    "sgd lr 0.1 momentum 0.9 decay 0.0005 nesterov, batch 64, 400 steps": {
        "optimiser": {"kind": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "nesterov": True}, "batch": 64,
    },
    "adam lr 0.001, cosine schedule, on squared error, batch 8, 400 steps": {
        "optimiser": {"kind": "adam"}, "schedule": {"kind": "cosine"}, "loss": "squared-error", "batch": 8,
    },
    "gd lr 2, label smoothing 0.1, all examples a step, 400 steps": {
        "optimiser": {"kind": "gd", "lr": 2.0}, "label_smoothing": 0.1,
    },
}  # fmt: skip


@pytest.mark.parametrize("words", DATA)
def test_data_are_said_with_what_makes_them_others(words):
    assert data_words(DATA[words]) == words


@pytest.mark.parametrize("words", TRAININGS)
def test_a_training_is_said_with_every_departure(words):
    assert training_words(training.Training.model_validate({**TRAININGS[words], "steps": 400})) == words


def test_checkpoints_are_said_with_their_average():
    assert [checkpoint_words(1), checkpoint_words(6, "EMA")] == ["1 checkpoint", "6 checkpoints of EMA weights"]


def test_a_name_becomes_words():
    assert label_of("without-shortcuts_20") == "without shortcuts 20"


def test_what_panels_have_in_common_is_said_once_and_the_rest_in_turn():
    scene = load(ROOT / "scenes" / "true-and-shuffled.yaml")
    other = {**RECORD, "run": {**RECORD["run"], "data": "digits, shuffled"}, "alpha": [0.0, 1.0]}
    words = caption(scene, scene.shots[0], [RECORD, other])
    assert words.startswith("digits | digits, shuffled · mlp 64-24-24-24-10 tanh · sgd lr 0.2")
    assert words.count("eval mode") == 1 and "β −29.5…32.3 | α 0…1, β −29.5…32.3" in words
    assert "one scale of height" in words and words.endswith("paths laid on the surface")


def test_several_trainings_on_one_surface_are_all_said():
    scene = load(ROOT / "scenes" / "optimisers.yaml")
    further = [{"run": {**RECORD["run"], "training": f"{kind} lr 1, batch 64, 400 steps"}} for kind in ("adam", "gd")]
    words = caption(scene, scene.shots[0], [{**RECORD, "paths": further}])
    assert "sgd lr 0.2 momentum 0.9, batch 64, 400 steps | adam lr 1, batch 64, 400 steps | gd lr 1" in words
