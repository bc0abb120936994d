"""Random directions: every filter has the norm of the filter that it moves, in every kind of layer."""

import numpy as np
import pytest
import torch
from torch import nn

from render.descent.parameters import layout_of, parameters_of
from render.errors import DataError, UsageError
from render.space.directions import random_direction

LAYERS = {
    "linear": (nn.Linear(7, 5), 0),
    "convolution 1d": (nn.Conv1d(3, 4, 3), 0),
    "convolution 2d": (nn.Conv2d(3, 4, 3), 0),
    "convolution 3d": (nn.Conv3d(2, 4, 3), 0),
    "convolution in groups": (nn.Conv2d(6, 4, 3, groups=2), 0),
    "transposed convolution 1d": (nn.ConvTranspose1d(3, 6, 3), 1),
    "transposed convolution": (nn.ConvTranspose2d(3, 6, 3), 1),
    "transposed convolution 3d": (nn.ConvTranspose3d(3, 6, 2), 1),
    "embedding": (nn.Embedding(11, 4), 0),
    "bag of embeddings": (nn.EmbeddingBag(11, 4), 0),
    "bilinear": (nn.Bilinear(3, 4, 5), 0),
}
TRANSPOSED = {
    "1d": nn.ConvTranspose1d(6, 4, 3, groups=2),
    "2d": nn.ConvTranspose2d(6, 12, 3, groups=3),
    "3d": nn.ConvTranspose3d(4, 4, 2, groups=4),
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


@pytest.mark.parametrize("layer", TRANSPOSED.values(), ids=TRANSPOSED)
def test_a_filter_of_a_transposed_convolution_is_what_one_output_channel_of_a_group_reads(layer):
    model = nn.Sequential(layer)
    drawn, weight = part(model, random_direction(model, 1), "0.weight"), part(model, parameters_of(model), "0.weight")
    for ours, theirs in zip(*(np.split(values, layer.groups) for values in (drawn, weight)), strict=True):
        np.testing.assert_allclose(filter_norms(ours, 1), filter_norms(theirs, 1), rtol=1e-6)


@pytest.mark.parametrize("name", ["in_proj_weight", "out_proj.weight"])
def test_a_filter_of_attention_is_a_row_of_its_projections(name):
    model = nn.MultiheadAttention(8, 2, add_bias_kv=True)
    direction = random_direction(model, 1)
    drawn, weight = (part(model, values, name) for values in (direction, parameters_of(model)))
    np.testing.assert_allclose(filter_norms(drawn, 0), filter_norms(weight, 0), rtol=1e-6)
    for bias in ("in_proj_bias", "out_proj.bias", "bias_k", "bias_v"):
        assert (part(model, direction, bias) == 0).all()


def test_weights_that_two_layers_share_are_drawn_once_and_matched_row_by_row():
    model = nn.Sequential(nn.Embedding(11, 4), nn.Linear(4, 11, bias=False))
    model[1].weight = model[0].weight
    direction, weights = random_direction(model, 1), parameters_of(model)
    assert direction.shape == weights.shape == (44,)
    rows = (filter_norms(part(model, values, "0.weight"), 0) for values in (direction, weights))
    np.testing.assert_allclose(*rows, rtol=1e-6)


@pytest.mark.parametrize("norm", ["filter", "layer", "model"])
def test_what_is_zero_stays_zero(norm):
    model = nn.Sequential(nn.Embedding(5, 4, padding_idx=2), nn.Linear(4, 3))
    with torch.no_grad():
        model[1].weight[:] = 0
    direction = random_direction(model, 1, norm=norm)
    rows = part(model, direction, "0.weight")
    if norm == "filter":
        assert (rows[2] == 0).all() and (rows[[0, 1, 3, 4]] != 0).all()
    if norm != "model":
        assert (part(model, direction, "1.weight") == 0).all()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter[:] = 0
    assert (random_direction(model, 1, norm=norm, ignore="none") == 0).all()


@pytest.mark.parametrize(
    "layer", [nn.LayerNorm((3, 4)), nn.RMSNorm((3, 4)), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4, affine=True)]
)
def test_norm_layers_of_any_number_of_dimensions_stay_where_they_are(layer):
    model = nn.Sequential(nn.Linear(2, 2), layer)
    direction = random_direction(model, 1)
    for name in layout_of(model).names:
        assert (part(model, direction, name) == 0).all() == (name != "0.weight")


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1e15])
def test_norms_match_at_every_size_of_weights(scale):
    model = nn.Sequential(nn.Linear(50, 40))
    with torch.no_grad():
        model[0].weight *= scale
    drawn, weight = (
        part(model, x, "0.weight").astype(np.float64) for x in (random_direction(model, 1), parameters_of(model))
    )
    np.testing.assert_allclose(filter_norms(drawn, 0), filter_norms(weight, 0), rtol=1e-6)


def test_unknown_choices_are_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="norm: 'filters' is unknown; choose none, filter, layer, model"):
        random_direction(nn.Linear(2, 2), 1, norm="filters")
    with pytest.raises(UsageError, match="ignore: 'bias' is unknown; choose none, biasbn"):
        random_direction(nn.Linear(2, 2), 1, ignore="bias")


def test_a_model_without_trainable_parameters_has_no_directions():
    with pytest.raises(DataError, match="no trainable parameters"):
        random_direction(nn.Linear(2, 2).requires_grad_(False), 1)


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
