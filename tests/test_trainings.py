"""Many trainings: three ways agree, a known edge lies where it must, and a training's fate is its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from render import compiler
from render.descent.many.alone import OneByOne
from render.descent.many.natively import NativeTrainings, source_of
from render.descent.many.tiny_trial import Fates, Trial, doses_of
from render.descent.many.together import AllTogether
from tests.conftest import REQUIRED

WAYS = [OneByOne, AllTogether, NativeTrainings]
QUIET = {"lr-1": 0.05, "lr-2": 0.03}


def made(way, trial):
    if way is NativeTrainings and compiler.library(source_of(trial, momentum=False)) is None:
        if "compiler" in REQUIRED:
            pytest.fail("THALWEG_REQUIRE names compiler, but no kernel could be compiled")
        pytest.skip("no C++ compiler was found; `apt install g++` brings one")
    return way(trial)


def some_doses(count: int, seed: int = 4) -> np.ndarray:
    lot = np.random.default_rng(seed)
    rates = {name: 10 ** lot.uniform(-2, -1, count) for name in ("lr-1", "lr-2")}
    rest = {"momentum": lot.uniform(0, 0.5, count), "initial-scale": lot.uniform(0.5, 1.5, count)}
    return doses_of(count, {**rates, **rest, "weight-decay": lot.uniform(0, 0.01, count)})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_one_weight_diverges_exactly_beyond_two_over_its_curvature(way, precision):
    trial = Trial.drawn((5, 1, 1), 2, activation="linear", steps=2000, precision=precision)
    curvature = 2 * float(((trial.inputs[:, 0] * trial.first[0, 0]) ** 2).mean())
    rates = 2 / curvature * np.array([0.5, 0.99, 1.01, 2.0])
    fates = made(way, trial)(doses_of(4, {"lr-1": 0.0, "lr-2": rates}))
    assert fates.stopped.tolist() == [False, False, True, True]
    assert fates.converged.tolist() == [True, True, False, False]
    assert fates.taken[0] == 2000 and fates.taken[3] < fates.taken[2] < 2000


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
@pytest.mark.parametrize(("way", "plain", "precision", "tolerance"), [
    (AllTogether, OneByOne, "float64", 1e-11),
    (AllTogether, OneByOne, "float32", 2e-4),
    (NativeTrainings, AllTogether, "float64", 1e-11),
    (NativeTrainings, AllTogether, "float32", 2e-4),
])  # fmt: skip
def test_the_ways_agree_before_chaos(way, plain, precision, tolerance, activation):
    trial = Trial.drawn((6, 3, 5), 1, activation=activation, steps=60, precision=precision)
    doses = some_doses(9)
    one, other = made(way, trial)(doses), plain(trial)(doses)
    for name in ("last", "mean", "inverse", "tail"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=tolerance, err_msg=name)
    assert (one.taken == 60).all() and not one.stopped.any()


@pytest.mark.parametrize("way", WAYS)
def test_a_training_is_stopped_at_the_first_loss_beyond_the_bound(way):
    trial = Trial.drawn((6, 3, 5), 1, steps=40, bound=50.0)
    doses = doses_of(3, {"lr-1": [0.05, 5.0, 500.0], "lr-2": [0.05, 5.0, 500.0]})
    fates, plain = made(way, trial)(doses), OneByOne(trial)(doses)
    assert fates.taken.tolist() == plain.taken.tolist() and fates.taken[0] == 40 > fates.taken[1]
    assert np.isinf(fates.last).tolist() == fates.stopped.tolist() == [False, True, True]


@pytest.mark.parametrize("way", [AllTogether, NativeTrainings])
def test_what_becomes_of_a_training_does_not_depend_on_those_beside_it(way):
    trial = Trial.drawn((16, 4, 6), 3, steps=80)
    lot = np.random.default_rng(0)
    doses = doses_of(75, {"lr-1": 10 ** lot.uniform(-2, 3, 75), "lr-2": 10 ** lot.uniform(-2, 2, 75)})
    trainings = made(way, trial)
    whole = trainings(doses).speed
    parts = [trainings(doses[:, part]).speed for part in np.array_split(np.arange(75), 7)]
    assert 0.1 < (whole > 1).mean() < 0.9
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@given(st.lists(st.tuples(*[st.floats(0, 1e12)] * 3, st.booleans()), min_size=1, max_size=20))
def test_the_edge_lies_at_a_speed_of_one(rows):
    mean, inverse, tail, stopped = (np.array(column) for column in zip(*rows, strict=True))
    fates = Fates(mean, mean, inverse, tail, np.zeros(len(rows)), stopped)
    assert ((fates.speed < 1) == fates.converged).all()
    assert (fates.speed != 1).all() and (fates.speed >= 0).all() and (fates.speed <= 2).all()


def test_sooner_is_farther_from_the_edge():
    few = np.array([1e-6, 1e-3, 1.0, 1e3])
    learned = Fates(few, few, few, few * 0, few, np.zeros(4, bool)).speed
    lost = Fates(few, few, few, few, few, np.ones(4, bool)).speed
    assert (np.diff(learned) > 0).all() and (np.diff(lost) < 0).all()


def test_a_dose_that_nobody_has_set_is_as_usual():
    assert doses_of(2, QUIET).tolist() == [[0.05] * 2, [0.03] * 2, [0.0] * 2, [1.0] * 2, [0.0] * 2]
