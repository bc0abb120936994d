"""Random directions: every filter has the norm of the filter that it moves, in every kind of layer."""

import numpy as np
import pytest
import torch
from torch import nn

from render.descent.parameters import layout_of, parameters_of
from render.landscape.directions import random_direction

LAYERS = {
    "linear": (nn.Linear(7, 5), 0),
    "convolution 1d": (nn.Conv1d(3, 4, 3), 0),
    "convolution 2d": (nn.Conv2d(3, 4, 3), 0),
    "convolution 3d": (nn.Conv3d(2, 4, 3), 0),
    "transposed convolution": (nn.ConvTranspose2d(3, 6, 3), 1),
    "embedding": (nn.Embedding(11, 4), 0),
}


def part(model: nn.Module, flat: np.ndarray, name: str) -> np.ndarray:
    layout = layout_of(model)
    index = layout.names.index(name)
    return flat[layout.slices()[name]].reshape(layout.shapes[index])


def filter_norms(weight: np.ndarray, axis: int) -> np.ndarray:
    return np.linalg.norm(np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1), axis=1)


@pytest.mark.parametrize(("layer", "axis"), LAYERS.values(), ids=LAYERS)
def test_every_filter_has_the_norm_of_the_one_it_moves(layer, axis):
    model = nn.Sequential(layer)
    drawn, weight = part(model, random_direction(model, 1), "0.weight"), part(model, parameters_of(model), "0.weight")
    np.testing.assert_allclose(filter_norms(drawn, axis), filter_norms(weight, axis), rtol=1e-6)


def test_biases_and_norm_layers_stay_where_they_are_unless_asked():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    still = random_direction(model, 1)
    for name in ("0.bias", "1.weight", "1.bias"):
        assert (part(model, still, name) == 0).all()
    moved = random_direction(model, 1, ignore="none")
    assert (part(model, moved, "0.bias") != 0).all()


@pytest.mark.parametrize("norm", ["none", "filter", "layer", "model"])
def test_a_direction_has_no_common_component(norm):
    model = nn.Linear(400, 300)
    drawn = random_direction(model, 3, norm=norm)[: 400 * 300]
    assert abs(drawn.mean()) < 4 * drawn.std() / np.sqrt(drawn.size)


def test_layer_and_model_norms_match_what_they_are_named_after():
    model = nn.Sequential(nn.Linear(9, 8), nn.Linear(8, 3))
    by_layer, by_model = (random_direction(model, 5, norm=norm) for norm in ("layer", "model"))
    for name in ("0.weight", "1.weight"):
        weight = part(model, parameters_of(model), name)
        np.testing.assert_allclose(np.linalg.norm(part(model, by_layer, name)), np.linalg.norm(weight), rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(by_model), np.linalg.norm(parameters_of(model)), rtol=1e-6)


def test_the_same_seed_gives_the_same_direction_and_leaves_the_global_random_state_alone():
    model = nn.Linear(5, 5)
    state = torch.random.get_rng_state()
    first, again, other = (random_direction(model, seed) for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    assert torch.equal(state, torch.random.get_rng_state())


def test_frozen_parameters_are_no_part_of_a_direction():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    model[0].requires_grad_(False)
    assert random_direction(model, 1).shape == (2 * 4 + 2,)
