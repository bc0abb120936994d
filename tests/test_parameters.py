"""θ as one vector, and a network that is left as it was found."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from render.descent.parameters import layout_of, load_parameters, parameters_of, restoring
from render.errors import DataError


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3, bias=False))


def state_of(model: nn.Module) -> list[bytes]:
    return [tensor.detach().numpy().tobytes() for tensor in (*model.parameters(), *model.buffers())]


def test_theta_holds_the_parameters_row_by_row_in_the_order_of_their_names():
    model = network()
    expected = np.concatenate([parameter.detach().numpy().ravel() for _, parameter in model.named_parameters()])
    theta = parameters_of(model)
    assert theta.dtype == np.float32
    assert np.array_equal(theta, expected)


def test_the_layout_says_where_every_parameter_lies():
    layout = layout_of(network())
    assert layout.names == ("0.weight", "0.bias", "1.weight", "1.bias", "3.weight")
    assert layout.shapes == ((4, 5), (4,), (4,), (4,), (3, 4))
    assert layout.offsets == (0, 20, 24, 28, 32)
    assert layout.size == 44
    assert layout.slices()["1.bias"] == slice(28, 32)


def test_loading_what_was_read_changes_nothing():
    model = network()
    before = state_of(model)
    load_parameters(model, parameters_of(model))
    assert state_of(model) == before


def test_what_was_loaded_is_read_back_to_the_last_bit():
    model = network()
    theta = np.random.default_rng(1).normal(size=44).astype(np.float32)
    load_parameters(model, theta)
    assert np.array_equal(parameters_of(model), theta)


def test_theta_is_a_copy_that_training_does_not_change():
    model = network()
    theta = parameters_of(model)
    kept = theta.copy()
    load_parameters(model, np.zeros(44, np.float32))
    assert np.array_equal(theta, kept)


def test_a_frozen_parameter_is_no_part_of_theta():
    model = network()
    model[0].requires_grad_(False)
    frozen = model[0].weight.detach().clone()
    assert layout_of(model).names == ("1.weight", "1.bias", "3.weight")
    load_parameters(model, np.ones(20, np.float32))
    assert torch.equal(model[0].weight, frozen)


def test_a_theta_of_another_network_is_refused():
    with pytest.raises(DataError, match=r"shape \(43,\), this network has 44 parameters"):
        load_parameters(network(), np.zeros(43, np.float32))


@pytest.mark.parametrize("fails", [False, True])
def test_a_network_is_found_again_bit_for_bit_whatever_was_done_to_it(fails: bool):
    model = network()
    model[3].eval()
    model[0].bias.requires_grad_(False)
    model(torch.randn(8, 5)).sum().backward()
    gradients = [None if p.grad is None else (p.grad, p.grad.clone()) for p in model.parameters()]
    modes, flags = [m.training for m in model.modules()], [p.requires_grad for p in model.parameters()]
    tensors, state, random = [*model.parameters(), *model.buffers()], state_of(model), torch.get_rng_state()
    try:
        with restoring(model):
            model.train().requires_grad_(True)
            load_parameters(model, np.full(44, 2.0, np.float32))
            model(torch.randn(8, 5)).sum().backward()
            model[1].running_mean = torch.ones(4)
            model[3].weight.grad = None
            if fails:
                raise ArithmeticError("in the middle")
    except ArithmeticError:
        pass
    assert state_of(model) == state
    assert all(a is b for a, b in zip([*model.parameters(), *model.buffers()], tensors, strict=True))
    assert [m.training for m in model.modules()] == modes
    assert [p.requires_grad for p in model.parameters()] == flags
    assert torch.equal(torch.get_rng_state(), random)
    for parameter, found in zip(model.parameters(), gradients, strict=True):
        assert parameter.grad is (found and found[0])
        assert found is None or torch.equal(parameter.grad, found[1])
