"""Runs: the same seed gives the same bytes, a network learns, damage is noticed, divergence is a sentence."""

import itertools

import numpy as np
import pytest
import torch

from render import data
from render.descent import networks, session
from render.descent import run as runs
from render.errors import DataError
from render.scene import data as data_spec
from render.scene.language.load import load
from render.scene.network import Mlp
from tests.conftest import SCENE
from tests.kept import found_run, kept_run

QUICK = ["runs.main.training.steps=60", "runs.main.network.widths=[12]", "runs.main.training.every=7"]


def settings(*changes: str):
    return load(SCENE, [*QUICK, *changes]).runs["main"]


def obtain(folder, *changes: str, seed: int = 3) -> runs.Run:
    return kept_run(settings(*changes), seed, folder)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path):
    first, again, other = obtain(tmp_path / "a"), obtain(tmp_path / "b"), obtain(tmp_path / "c", seed=4)
    for name in ("weights.safetensors", "run.json", "trajectory.zarr/parameters/c/0/0"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()
    assert first.key != other.key
    assert (first.trajectory().parameters[:] != other.trajectory().parameters[:]).any()


def test_a_run_with_a_seed_of_its_own_is_that_of_a_scene_of_the_seed(tmp_path):
    shared, own = settings(), settings("runs.main.seed=3")
    assert runs.key_of(own, 11) == runs.key_of(shared, 3) != runs.key_of(shared, 11)
    made, again = obtain(tmp_path / "a"), obtain(tmp_path / "b", "runs.main.seed=3", seed=11)
    assert made.folder.name == again.folder.name
    assert found_run(own, 11, tmp_path / "a") is not None
    for name in ("weights.safetensors", "run.json", "trajectory.zarr/parameters/c/0/0"):
        assert (made.folder / name).read_bytes() == (again.folder / name).read_bytes()


def test_the_start_every_asked_step_and_the_last_one_are_logged(tmp_path):
    trajectory = obtain(tmp_path).trajectory()
    assert trajectory.steps.tolist() == [0, 7, 14, 21, 28, 35, 42, 49, 56, 60]
    assert np.isnan(trajectory.losses[0]) and np.isfinite(trajectory.losses[1:]).all()
    assert len(trajectory) == len(trajectory.parameters)


def test_the_last_logged_step_is_the_network_that_was_saved(tmp_path):
    run = obtain(tmp_path)
    model = run.model(run.dataset())
    saved = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
    np.testing.assert_array_equal(saved, run.trajectory().parameters[-1])


def test_a_network_learns_to_read_digits(tmp_path):
    run = obtain(tmp_path, "runs.main.training.steps=400")
    assert run.record["train"]["accuracy"] > 0.95
    assert run.record["test"]["accuracy"] > 0.9
    assert runs.evaluate(run.model(run.dataset()), run.dataset().test) == run.record["test"]


def test_a_finished_run_is_found_and_not_trained_again(tmp_path, monkeypatch):
    made = obtain(tmp_path)
    monkeypatch.setattr(session, "train", lambda *_: pytest.fail("it was trained already"))
    assert obtain(tmp_path).key == made.key


def test_a_run_without_its_record_is_unfinished_and_made_anew(tmp_path):
    made = obtain(tmp_path)
    before = (made.folder / "weights.safetensors").read_bytes()
    (made.folder / "run.json").unlink()
    assert found_run(settings(), 3, tmp_path) is None
    assert (obtain(tmp_path).folder / "weights.safetensors").read_bytes() == before


def test_a_damaged_trajectory_is_a_sentence(tmp_path):
    run = obtain(tmp_path)
    chunk = run.folder / "trajectory.zarr" / "parameters" / "c" / "0" / "0"
    flipped = bytearray(chunk.read_bytes())
    flipped[1000] ^= 1
    chunk.write_bytes(flipped)
    with pytest.raises(DataError, match="missing or damaged"):
        run.require_whole()


def test_training_that_diverges_at_once_says_at_which_step(tmp_path):
    with pytest.raises(DataError, match=r"diverged at step \d+ .*lower training.optimiser.lr"):
        obtain(tmp_path, "runs.main.training.optimiser.lr=1e30", "runs.main.network.activation=relu")


def test_building_a_network_leaves_the_global_random_state_alone():
    state = torch.random.get_rng_state()
    networks.build(Mlp(widths=[4]), data.load(data_spec.Digits()), seed=1)
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize("widths", [[], [1], [16, 16, 10]])
def test_a_perceptron_has_as_many_parameters_as_its_widths_say(widths):
    model = networks.build(Mlp(widths=widths), data.load(data_spec.Digits()), seed=1)
    sizes = [64, *widths, 10]
    expected = sum(a * b + b for a, b in itertools.pairwise(sizes))
    assert sum(p.numel() for p in model.parameters()) == expected


@pytest.mark.parametrize("spec", [data_spec.Digits(), data_spec.Spirals(classes=4, per_class=50)])
def test_a_data_set_is_split_once_into_parts_that_hold_every_class(spec):
    first, again = data.load(spec), data.load(spec)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    for part in (first.train, first.test):
        assert set(part.targets.tolist()) == set(range(first.classes))
        assert part.inputs.dtype == np.float32 and np.isfinite(part.inputs).all()
    assert abs(len(first.test) / (len(first.test) + len(first.train)) - 0.2) < 0.01


def test_asking_for_more_examples_than_a_split_has_is_a_sentence():
    with pytest.raises(DataError, match="1438"):
        data.load(data_spec.Digits()).train.first(1439)


def test_a_fingerprint_follows_the_settings_of_made_up_data():
    prints = {data.fingerprint(data_spec.Spirals(noise=noise)) for noise in (0.1, 0.2)}
    assert len(prints) == 2
    assert data.fingerprint(data_spec.Digits()) == data.fingerprint(data_spec.Digits())


def test_every_kind_has_exactly_one_builder():
    from typing import get_args

    from render.descent.optimisers import OPTIMISERS
    from render.descent.schedules import SCHEDULES
    from render.film.moves import MOVES
    from render.landscape.planning import PLANES
    from render.scene import camera, network, plane, training
    from render.scene import relief as reliefs
    from render.stage.body.relief import STEPS

    def members(union) -> set:
        (alternatives, *_) = get_args(union)
        return {get_args(part)[0] if get_args(part) else part for part in get_args(alternatives)}

    assert members(data_spec.Data) == set(data.DATASETS)
    assert members(network.AnyNetwork) == set(networks.NETWORKS) == set(networks.DESCRIPTIONS)
    assert members(training.AnySchedule) == set(SCHEDULES)
    assert members(training.Optimiser) == set(OPTIMISERS)
    assert members(plane.PlaneSettings) == set(PLANES)
    assert members(camera.Camera) == set(MOVES)
    assert set(reliefs.STEPS.values()) == set(STEPS)
