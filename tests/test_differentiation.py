"""Derivatives are those of exactly what is measured, or an error."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.descent.parameters import parameters_of
from render.errors import DataError
from render.loss.objective import Objective
from render.space.plane import Plane


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 7), nn.Tanh(), nn.Linear(7, 3))


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(40, 6, generator=generator), torch.randint(3, (40,), generator=generator)


def through_the_network(model):
    return lambda outputs, targets: (
        functional.cross_entropy(outputs, targets) + sum(p.pow(2).sum() for p in model.parameters())
    )


def through_a_list(model):
    held = list(model.parameters())
    return lambda outputs, targets: functional.cross_entropy(outputs, targets) + sum(p.pow(2).sum() for p in held)


def through_one_layer(model):
    weight = model[0].weight
    return lambda outputs, targets: functional.cross_entropy(outputs, targets) + weight.abs().pow(3).sum()


def through_a_module(model):
    class Penalised(nn.Module):
        def __init__(self):
            super().__init__()
            self.model, self.register = model, torch.ones(3)

        def forward(self, outputs, targets):
            return functional.cross_entropy(outputs, targets, weight=self.register) + self.model[2].weight.pow(2).sum()

    return Penalised()


def through_weights_in_float32(model):
    return lambda outputs, targets: functional.cross_entropy(outputs, targets, weight=torch.tensor([1.0, 2.0, 3.0]))


CRITERIA = {
    "a penalty on model.parameters()": through_the_network,
    "a penalty on a list of parameters": through_a_list,
    "a penalty on one layer": through_one_layer,
    "a criterion that is a module with the network in it": through_a_module,
    "class weights in float32": through_weights_in_float32,
}


@pytest.mark.parametrize("made", CRITERIA.values(), ids=CRITERIA)
def test_the_gradient_is_that_of_the_whole_loss(made):
    model = network()
    criterion, (inputs, targets) = made(model), examples()
    expected = torch.autograd.grad(criterion(model(inputs), targets), list(model.parameters()))
    expected = torch.cat([part.reshape(-1) for part in expected]).numpy()
    plane = Plane.gradient(Objective(model, inputs, targets, criterion), parameters_of(model), 0)
    assert plane.u @ -expected / np.linalg.norm(expected) == pytest.approx(1, abs=1e-5)
    assert all(parameter.dtype == torch.float32 and parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("made", CRITERIA.values(), ids=CRITERIA)
def test_eigenvalues_are_the_second_differences_of_what_is_measured(made):
    model = network()
    objective = Objective(model, *examples(), made(model))
    theta = parameters_of(model).astype(np.float64)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    plane = Plane.hessian(objective, theta)
    step = 0.05
    for value, axis in zip(plane.eigenvalues, (plane.u, plane.v), strict=True):
        behind, middle, ahead = objective(theta + step * np.array([[-1.0], [0.0], [1.0]]) * axis).astype(np.float64)
        assert (ahead - 2 * middle + behind) / step**2 == pytest.approx(value, rel=0.05, abs=2e-3)
    assert all(torch.equal(p, kept) for p, kept in zip(model.parameters(), before, strict=True))


def test_a_network_with_a_graph_that_is_still_alive_has_its_derivatives():
    model, (inputs, targets) = network(), examples()
    loss = functional.cross_entropy(model(inputs), targets)
    loss.backward(retain_graph=True)
    kept = [parameter.grad.clone() for parameter in model.parameters()]
    plane = Plane.hessian(Objective(model, inputs, targets, nn.CrossEntropyLoss()), parameters_of(model))
    again = network()
    gc.collect()
    expected = Plane.hessian(Objective(again, inputs, targets, nn.CrossEntropyLoss()), parameters_of(again))
    np.testing.assert_allclose(plane.eigenvalues, expected.eigenvalues, rtol=1e-4)
    assert all(torch.equal(p.grad, grad) for p, grad in zip(model.parameters(), kept, strict=True))


def test_buffers_that_move_and_inputs_that_are_written_have_no_part_in_derivatives():
    class Moving(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network()
            self.register_buffer("average", torch.zeros(3))

        def forward(self, inputs):
            inputs -= 0.5
            outputs = self.inner(inputs)
            self.average.mul_(0.9).add_(0.1 * outputs.detach().mean(0))
            return outputs

    model, (inputs, targets) = Moving(), examples()
    found = Plane.hessian(Objective(model, inputs, targets, nn.CrossEntropyLoss()), parameters_of(model))
    expected = Plane.hessian(
        Objective(network(), examples()[0] - 0.5, targets, nn.CrossEntropyLoss()), parameters_of(network())
    )
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues, rtol=1e-5)
    assert torch.equal(model.average, torch.zeros(3)) and torch.equal(inputs, examples()[0])


def detached(model):
    return lambda outputs, targets: (
        functional.cross_entropy(outputs, targets) + sum(p.detach().pow(2).sum() for p in model.parameters())
    )


def by_numpy(model):
    return lambda outputs, targets: (
        functional.cross_entropy(outputs, targets)
        + float(sum(np.square(p.detach().numpy()).sum() for p in model.parameters()))
    )


def by_data(model):
    return lambda outputs, targets: functional.cross_entropy(outputs, targets) + model[0].weight.data.pow(2).sum()


class Straight(torch.autograd.Function):
    """Steps whose derivative is that of the identity."""

    @staticmethod
    def forward(context, values):
        return values.sign()

    @staticmethod
    def backward(context, slopes):
        return slopes


def straight_through(model):
    return lambda outputs, targets: functional.cross_entropy(Straight.apply(outputs), targets)


def anchored(model):
    """A penalty outside of autograd that is level at the very point, as at the anchor of elastic weights."""
    weight, anchor = model[0].weight, model[0].weight.detach().clone()
    return lambda outputs, targets: (
        functional.cross_entropy(outputs, targets) + 5 * (weight.detach() - anchor).square().sum()
    )


def test_a_part_outside_of_autograd_that_is_level_at_the_point_is_found_by_the_hessian():
    model = network()
    with pytest.raises(DataError, match="a part of it is computed outside of autograd"):
        Plane.hessian(Objective(model, *examples(), anchored(model)), parameters_of(model))


ESCAPES = {"detach": detached, "NumPy": by_numpy, ".data": by_data, "a derivative of its own": straight_through}


@pytest.mark.parametrize("plane", [Plane.hessian, lambda o, t: Plane.gradient(o, t, 0)], ids=["hessian", "gradient"])
@pytest.mark.parametrize("made", ESCAPES.values(), ids=ESCAPES)
def test_a_derivative_that_is_not_the_slope_of_what_is_measured_is_refused(made, plane):
    model = network()
    objective = Objective(model, *examples(), made(model))
    with pytest.raises(DataError, match="a part of it is computed outside of autograd"):
        plane(objective, parameters_of(model))


class Bent(torch.autograd.Function):
    """A square whose gradient is right, and whose second derivative is lost."""

    @staticmethod
    def forward(context, values):
        context.save_for_backward(values.detach().clone())
        return values.square()

    @staticmethod
    def backward(context, slopes):
        (values,) = context.saved_tensors
        return slopes * 2 * values.detach()


def test_a_second_derivative_that_is_not_the_slope_of_the_first_is_refused():
    model = network()
    objective = Objective(model, *examples(), lambda outputs, _: Bent.apply(outputs).mean())
    Plane.gradient(objective, parameters_of(model), 0)
    with pytest.raises(DataError, match="the second derivative of this loss is not the slope of its first"):
        Plane.hessian(objective, parameters_of(model))


def test_a_loss_without_any_gradient_is_refused():
    objective = Objective(network(), *examples(), lambda outputs, _: outputs.detach().square().mean())
    with pytest.raises(DataError, match="the loss has no gradient by the network's parameters"):
        Plane.gradient(objective, parameters_of(network()), 0)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.GELU, nn.Softplus])
def test_kinks_are_no_reason_to_refuse_a_derivative(activation):
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 64), activation(), nn.Linear(64, 64), activation(), nn.Linear(64, 3))
    inputs, targets = examples()
    optimiser = torch.optim.SGD(model.parameters(), 0.5)
    for _ in range(150):  # to where the gradient is small, and kinks are many
        optimiser.zero_grad()
        functional.cross_entropy(model(inputs), targets).backward()
        optimiser.step()
    objective = Objective(model, inputs, targets, nn.CrossEntropyLoss(), weight_decay=1e-4)
    plane = Plane.hessian(objective, parameters_of(model))
    assert plane.eigenvalues[0] > 0
    Plane.gradient(objective, parameters_of(model), 0)
