"""Data and training in the words of captions, and the words on a picture of several paths or panels."""

from pathlib import Path

import pytest

from render.descent.run import key_of as run_key
from render.descent.summary import checkpoint_words, data_words, training_words
from render.errors import SceneError
from render.film.words.caption import caption
from render.film.words.drawing import Drawing
from render.film.words.essentials import essentials
from render.film.words.wording import label_of
from render.scene import data, training
from render.scene.language.load import load
from tests.conftest import ROOT
from tests.kept import surface_asked
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
    assert label_of({}, "without-shortcuts_20") == "without shortcuts 20"


def test_a_label_goes_before_a_name():
    scene = load(ROOT / "scenes" / "optimisers.yaml", ["runs.sgd.label=Réseau A", "surfaces.main.label=Fläche"])
    assert label_of(scene.runs, "sgd") == "Réseau A" and label_of(scene.surfaces, "main") == "Fläche"
    plain = load(ROOT / "scenes" / "optimisers.yaml")
    assert run_key(scene.runs["sgd"], scene.seed) == run_key(plain.runs["sgd"], plain.seed)
    assert surface_asked(scene, Path()).key == surface_asked(plain, Path()).key


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{stop: x}", 'words.language: "stop" is none of the words on a picture; did you mean step?'),
        (
            "{points: Punkte}",
            'words.language: points: "Punkte" stands for "{} points"; write {} as often as that has it',
        ),
        ('{points: "{0} {"}', 'words.language: points: "{0} {" stands for'),
    ],
)
def test_words_of_another_language_fit_what_they_stand_for(said, problem):
    with pytest.raises(SceneError) as caught:
        load(ROOT / "scenes" / "optimisers.yaml", [f"words.language={said}"])
    assert problem in caught.value.problems[0]


def test_the_essentials_are_said_in_another_language():
    german = {"points": "{} Punkte", "measured": "alle gemessen", "log": "Höhe logarithmisch", "laid": "Pfad aufgelegt"}
    scene = load(ROOT / "scenes" / "first-descent.yaml")
    assert essentials(scene.shots[0].path, [RECORD], Drawing.asked(scene.look), german) == (
        "digits · mlp 64-24-24-24-10 tanh · sgd lr 0.2 momentum 0.9 · 1,000 × 800 Punkte, alle gemessen"
        " · α −41.9…19.9, β −29.5…32.3 · Höhe logarithmisch · Pfad aufgelegt"
    )


def test_the_essentials_count_what_was_not_measured_and_say_every_departure():
    counts = {**RECORD["counts"], "measured": 1407, "interpolated": 798_500, "diverged": 93}
    objective = {**RECORD["objective"], "weight_decay": 1e-4, "bn": "batch", "bn_batch": 64}
    scene = load(
        ROOT / "scenes" / "first-descent.yaml", ["look.relief=[{smooth: {cells: 2}}]", "shots.0.path.height=loss"]
    )
    said = essentials(
        scene.shots[0].path, [{**RECORD, "counts": counts, "objective": objective}], Drawing.asked(scene.look), {}
    )
    assert "1,000 × 800 points, 1,407 measured, 798,500 interpolated, 93 diverged · α" in said
    assert " · + ½·0.0001·‖θ‖², batch norm by batch statistics of 64 · " in said
    assert said.endswith("linear height · smoothed over 2 cells · path at its own loss")


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
