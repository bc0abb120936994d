"""Planes of the Hessian and of the gradient, beside formulas and a decomposition of the whole matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from render.descent.parameters import layout_of, parameters_of
from render.errors import DataError, UsageError
from render.loss.objective import Objective
from render.space.plane import Plane


@dataclass
class Formula:
    """A loss that is written down."""

    loss: Callable[[torch.Tensor], torch.Tensor]

    def differentiable(self):
        return self.loss


def bowl(matrix: np.ndarray) -> Formula:
    """Returns ½ θᵀAθ, whose Hessian is A and whose gradient is Aθ."""
    inner = torch.from_numpy(matrix)
    return Formula(lambda theta: 0.5 * theta @ inner @ theta)


def symmetric(values: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns a matrix (P, P) with these eigenvalues, and its eigenvectors as rows."""
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))[0].T
    return axes.T @ np.diag(values) @ axes, axes


def network(*sizes: int, activation: type[nn.Module] = nn.Tanh) -> tuple[nn.Module, Formula]:
    """Returns a perceptron and its mean cross-entropy on 50 made-up examples, in float64."""
    torch.manual_seed(0)
    layers = [part for pair in pairwise(sizes) for part in (nn.Linear(*pair), activation())]
    model = nn.Sequential(*layers[:-1]).double()
    inputs, targets = torch.randn(50, sizes[0], dtype=torch.float64), torch.randint(0, sizes[-1], (50,))
    layout = layout_of(model)

    def loss(theta: torch.Tensor) -> torch.Tensor:
        parts = zip(layout.slices().items(), layout.shapes, strict=True)
        named = {name: theta[part].reshape(shape) for (name, part), shape in parts}
        return nn.functional.cross_entropy(functional_call(model, named, (inputs,)), targets)

    return model, Formula(loss)


@pytest.mark.parametrize("size", [2, 3, 10, 64, 65, 150])
def test_a_bowl_has_the_eigenvalues_and_eigenvectors_it_was_made_from(size):
    values = np.linspace(-9.0, 5.0, size)  # the largest in magnitude is negative, and not asked for
    matrix, axes = symmetric(values)
    plane = Plane.hessian(bowl(matrix), np.zeros(size))
    np.testing.assert_allclose(plane.eigenvalues, values[:-3:-1], atol=1e-6)
    np.testing.assert_allclose(np.abs([plane.u @ axes[-1], plane.v @ axes[-2]]), 1, atol=1e-8)


@pytest.mark.parametrize("sizes", [(2, 3, 2), (5, 8, 3), (4, 16, 16, 4)])
def test_the_hessian_of_a_network_agrees_with_a_decomposition_of_the_whole_matrix(sizes):
    model, objective = network(*sizes)
    theta = parameters_of(model).astype(np.float64)
    values, vectors = np.linalg.eigh(torch.func.hessian(objective.loss)(torch.from_numpy(theta)).numpy())
    plane = Plane.hessian(objective, theta, k=3)
    np.testing.assert_allclose(plane.eigenvalues, values[:-4:-1], atol=1e-4)
    for axis, expected in ((plane.u, vectors[:, -1]), (plane.v, vectors[:, -2])):
        np.testing.assert_allclose(axis, np.sign(expected @ axis) * expected, atol=1e-4)
    np.testing.assert_array_equal(plane.origin, theta)


def test_a_trained_network_measured_by_an_objective_has_the_hessian_of_its_own_loss():
    model = network(5, 12, 3)[0].float()
    objective = Objective(model, torch.randn(40, 5), torch.randint(0, 3, (40,)), nn.CrossEntropyLoss())
    theta = parameters_of(model).astype(np.float64)
    plane = Plane.hessian(objective, theta)
    whole = torch.func.hessian(objective.differentiable())(torch.from_numpy(theta)).detach().numpy()
    np.testing.assert_allclose(plane.eigenvalues, np.linalg.eigvalsh(whole)[:-3:-1], atol=1e-6)


@pytest.mark.parametrize("sizes", [(2, 3, 2), (5, 12, 3)])
def test_an_eigen_direction_is_unit_as_a_whole_and_never_scaled_filter_by_filter(sizes):
    model, objective = network(*sizes)
    theta = parameters_of(model).astype(np.float64)
    plane = Plane.hessian(objective, theta)
    hessian = torch.func.hessian(objective.loss)(torch.from_numpy(theta)).numpy()
    for axis, value in zip((plane.u, plane.v), plane.eigenvalues, strict=True):
        np.testing.assert_allclose(np.linalg.norm(axis), 1, atol=1e-12)
        np.testing.assert_allclose(hessian @ axis, value * axis, atol=1e-6)
        assert axis[np.abs(axis).argmax()] > 0
    assert abs(plane.u @ plane.v) < 1e-6


def test_the_eigenvectors_are_the_same_every_time():
    model, objective = network(5, 12, 3)
    first, second = (Plane.hessian(objective, parameters_of(model)) for _ in range(2))
    np.testing.assert_array_equal(first.u, second.u)
    np.testing.assert_array_equal(first.v, second.v)
    assert first.eigenvalues == second.eigenvalues


class Attending(nn.Module):
    """Words that attend to each other."""

    def __init__(self):
        super().__init__()
        self.words, self.attention, self.classes = nn.Embedding(9, 4), nn.MultiheadAttention(4, 2), nn.Linear(4, 3)

    def forward(self, inputs):
        words = self.words(inputs)
        return self.classes(self.attention(words, words, words, need_weights=False)[0].mean(1))


CONVOLUTIONS = (nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3))
NETWORKS = {
    "attention": (Attending, lambda: torch.randint(0, 9, (30, 5))),
    "convolutions": (lambda: nn.Sequential(*CONVOLUTIONS), lambda: torch.randn(30, 1, 6, 6)),
}


@pytest.mark.parametrize(("build", "draw"), NETWORKS.values(), ids=NETWORKS)
def test_networks_of_every_kind_have_a_hessian_whose_axes_are_eigenvectors(build, draw):
    torch.manual_seed(0)
    model, inputs, targets = build(), draw(), torch.randint(0, 3, (30,))
    objective, theta = Objective(model, inputs, targets, nn.CrossEntropyLoss()), parameters_of(model)
    plane, step = Plane.hessian(objective, theta), 1e-5
    gradient = torch.func.grad(objective.differentiable())
    for axis, value in zip((plane.u, plane.v), plane.eigenvalues, strict=True):
        ahead, behind = (gradient(torch.from_numpy(theta + way * step * axis)) for way in (1, -1))
        np.testing.assert_allclose((ahead - behind).detach().numpy() / (2 * step), value * axis, atol=1e-6)


class Cube(torch.autograd.Function):
    """x³ with a derivative of its derivative, but without a forward one."""

    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, gradient):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * gradient


@pytest.mark.parametrize("size", [5, 80])
def test_an_operation_without_a_forward_derivative_is_differentiated_in_reverse_twice(size):
    theta = np.linspace(-1, 2, size)
    plane = Plane.hessian(Formula(lambda x: Cube.apply(x).sum()), theta)
    np.testing.assert_allclose(plane.eigenvalues, 6 * theta[:-3:-1], atol=1e-8)
    np.testing.assert_allclose([plane.u[-1], plane.v[-2]], 1, atol=1e-6)


def test_a_loss_without_a_second_derivative_is_refused():
    class Opaque(Cube):
        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, gradient):
            raise RuntimeError("no gradient here")

    with pytest.raises(DataError, match="no second derivative of this loss"):
        Plane.hessian(Formula(lambda x: Opaque.apply(x).sum()), np.ones(5))


@pytest.mark.parametrize("size", [4, 100])
def test_a_hessian_that_is_not_finite_is_refused(size):
    with pytest.raises(DataError, match="Hessian at θ₀ is not finite"):
        Plane.hessian(Formula(lambda x: x.sqrt().sum()), np.zeros(size))


def test_a_loss_without_curvature_has_no_eigenvectors():
    with pytest.raises(DataError, match="found no 2 eigenvectors"):
        Plane.hessian(Formula(lambda x: x.sum()), np.zeros(100))


@pytest.mark.parametrize("k", [1, 11])
def test_a_number_of_eigenvectors_that_cannot_be_is_refused(k):
    with pytest.raises(UsageError, match=f"{k} Hessian eigenvectors are asked for; it must be 2 to 10"):
        Plane.hessian(bowl(np.eye(10)), np.zeros(10), k)


def test_a_point_that_is_not_finite_is_refused():
    for make in (
        lambda: Plane.hessian(bowl(np.eye(2)), [0, np.nan]),
        lambda: Plane.gradient(bowl(np.eye(2)), [0, np.nan], 1),
    ):
        with pytest.raises(DataError, match="θ₀ holds values that are not finite"):
            make()


def test_the_steepest_descent_of_a_bowl_is_its_formula_and_the_other_direction_lies_across_it():
    matrix, _ = symmetric(np.linspace(0.1, 5, 30))
    theta = np.random.default_rng(1).normal(size=30)
    plane = Plane.gradient(bowl(matrix), theta, seed=3)
    np.testing.assert_allclose(plane.u, -matrix @ theta / np.linalg.norm(matrix @ theta), atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(plane.v), 1, atol=1e-12)
    assert abs(plane.u @ plane.v) < 1e-12
    assert plane.eigenvalues is None and plane.variance_share is None


def test_the_direction_across_the_gradient_comes_from_its_seed():
    theta = np.ones(30)
    first, again, other = (Plane.gradient(bowl(np.eye(30)), theta, seed).v for seed in (1, 1, 2))
    assert (first == again).all() and abs(first @ other) < 0.9


def test_a_gradient_that_is_zero_or_not_finite_is_refused():
    with pytest.raises(DataError, match="gradient at θ₀ is zero"):
        Plane.gradient(bowl(np.eye(5)), np.zeros(5), 1)
    with pytest.raises(DataError, match="gradient at θ₀ is not finite"):
        Plane.gradient(Formula(lambda x: x.sqrt().sum()), np.zeros(5), 1)
