"""Data sets: split once, subset and noise by a seed, landscapes of one and two weights that are known as formulas."""

import numpy as np
import pytest
import torch

from render import data
from render.data.dataset import Examples, noisy
from render.descent import networks
from render.descent.parameters import parameters_of
from render.errors import DataError
from render.landscape.planning import criterion_of
from render.loss.objective import Objective
from render.scene import data as spec
from render.scene.network import Mlp

SMALL = [spec.Digits(), spec.Spirals(classes=4, per_class=50), spec.Moons(per_class=60)]


@pytest.mark.parametrize("settings", SMALL, ids=lambda settings: settings.kind)
def test_a_subset_holds_as_many_of_each_class_as_it_was_asked_for(settings):
    chosen = data.load(settings.model_copy(update={"test_per_class": 5}))
    assert np.bincount(chosen.test.targets).tolist() == [5] * chosen.classes
    whole = data.load(settings)
    rows = {row.tobytes() for row in whole.test.inputs}
    assert all(row.tobytes() in rows for row in chosen.test.inputs)


def test_a_subset_of_the_training_part_follows_its_seed():
    one, again, other = (data.load(spec.Digits(per_class=20, seed=seed)).train.inputs.tobytes() for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_label_noise_changes_a_share_of_the_training_labels_and_no_test_label(share):
    clean, dirty = data.load(spec.Digits()), data.load(spec.Digits(label_noise=share))
    np.testing.assert_array_equal(dirty.test.targets, clean.test.targets)
    np.testing.assert_array_equal(dirty.train.inputs, clean.train.inputs)
    changed = (dirty.train.targets != clean.train.targets).mean()
    assert changed == pytest.approx(0.9 * share, abs=0.03)  # one label in ten is drawn as it was


def test_labels_that_are_all_noise_come_evenly_from_all_classes():
    drawn = noisy(np.zeros(10_000, np.int64), 1.0, 10, np.random.default_rng(0))
    assert np.abs(np.bincount(drawn) - 1000).max() < 5 * np.sqrt(900)


def test_balanced_examples_are_the_first_of_each_class():
    targets = np.array([0, 0, 1, 0, 2, 1, 2, 2, 1])
    chosen = Examples(np.arange(9.0)[:, None], targets).first(7, balanced=True)
    assert chosen.inputs.ravel().tolist() == [0, 1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("examples", "count", "words"),
    [
        (Examples(np.zeros((4, 1)), np.array([0, 1, 2, 2])), 2, "fewer than the 3 classes"),
        (Examples(np.zeros((4, 1)), np.zeros((4, 1), np.float32)), 2, "have no classes"),
    ],
)
def test_balance_that_cannot_be_is_a_sentence(examples, count, words):
    with pytest.raises(DataError, match=words):
        examples.first(count, balanced=True)


def test_more_of_a_class_than_there_are_is_a_sentence():
    with pytest.raises(DataError, match=r"data.per_class: class \d has \d+ examples, 500 were asked for"):
        data.load(spec.Digits(per_class=500))


def loss_of(settings, network, thetas):
    """Returns the loss of a network of the data at parameters (B, P)."""
    dataset = data.load(settings)
    model = networks.build(network, dataset, seed=0)
    assert parameters_of(model).size == thetas.shape[1]
    inputs, targets = map(torch.from_numpy, (dataset.train.inputs, dataset.train.targets))
    return dataset.train, Objective(model, inputs, targets, criterion_of("squared-error", dataset))(thetas)


def test_the_loss_of_one_weight_is_a_parabola():
    weights = np.linspace(-3, 3, 25)
    train, loss = loss_of(spec.OneWeight(slope=1.2, noise=0.3), Mlp(widths=[], bias=False), weights[:, None])
    x, y = train.inputs[:, 0].astype(float), train.targets[:, 0].astype(float)
    parabola = (x**2).mean() * weights**2 - 2 * (x * y).mean() * weights + (y**2).mean()
    np.testing.assert_allclose(loss, parabola, rtol=1e-5)


def test_the_loss_of_two_weights_has_two_equal_valleys_and_its_formula():
    grid = np.stack(np.meshgrid(np.linspace(-3, 3, 13), np.linspace(-3, 3, 13)), -1).reshape(-1, 2)
    settings = spec.TwoWeights(inner=2.0, outer=1.5)
    train, loss = loss_of(settings, Mlp(widths=[1], activation="tanh", bias=False), grid)
    x, y = train.inputs[:, 0].astype(float), train.targets[:, 0].astype(float)
    expected = ((grid[:, 1:] * np.tanh(grid[:, :1] * x) - y) ** 2).mean(1)
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-7)
    _, minima = loss_of(settings, Mlp(widths=[1], bias=False), np.array([[2.0, 1.5], [-2.0, -1.5]]))
    assert minima.max() < 1e-12


def test_classes_are_needed_for_cross_entropy():
    with pytest.raises(DataError, match="needs classes, these data have values; use squared-error"):
        criterion_of("cross-entropy", data.load(spec.OneWeight()))


def test_moons_cannot_be_parted_by_a_line_but_by_their_distance():
    moons = data.load(spec.Moons(per_class=200, noise=0.0))
    inputs = np.concatenate([moons.train.inputs, moons.test.inputs])
    targets = np.concatenate([moons.train.targets, moons.test.targets])
    fit = np.linalg.lstsq(np.column_stack([inputs, np.ones(len(inputs))]), 2.0 * targets - 1, rcond=None)[0]
    wrong = ((np.column_stack([inputs, np.ones(len(inputs))]) @ fit > 0) != targets).mean()
    assert 0.05 < wrong < 0.3
    upper = inputs + np.array([0.5, 0.25])
    on_circle = np.abs(np.hypot(*upper.T) - 1) < 1e-5
    np.testing.assert_array_equal(on_circle, targets == 0)


def test_a_fingerprint_follows_the_settings_of_made_up_data_and_the_bytes_of_files():
    assert len({data.fingerprint(spec.Spirals(noise=noise)) for noise in (0.1, 0.2)}) == 2
    assert data.fingerprint(spec.Digits()) == data.fingerprint(spec.Digits(label_noise=0.5))
