"""The objective agrees with the plain loop: load_state_dict, model(inputs), criterion."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render import compiler
from render.descent.parameters import layout_of, parameters_of
from render.errors import UsageError
from render.loss.objective import Objective, OneHotMSELoss
from render.loss.ways import race
from render.loss.ways.dense import dense_plane as dense

NO_COMPILER = pytest.mark.skipif(compiler.strategy() == "eager", reason="needs a C++ compiler")
DENSE = ["dense-eager", pytest.param("dense-compiled", marks=NO_COMPILER)]
EVERY = ["loop", *DENSE]
ACTIVATIONS = [nn.Tanh(), nn.Sigmoid(), nn.ReLU(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Identity()]

Criterion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times strategies briefly; which of them is the fastest does not matter here."""
    monkeypatch.setattr(race, "TRIAL", 0.01)


class Bowl(nn.Module):
    """Gives ½·Σ kᵢ·(θᵢ − cᵢ)² as its output, whatever the inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(2, 3))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return 0.5 * (inputs[0] * (self.theta.reshape(-1) - inputs[1]).square()).sum()


def network(activation: nn.Module, widths: tuple[int, ...] = (12, 9, 7, 5)) -> nn.Sequential:
    torch.manual_seed(3)
    layers: list[nn.Module] = []
    for index, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
        layers += [copy.deepcopy(activation)] * bool(index) + [nn.Linear(fan_in, fan_out)]
    return nn.Sequential(*layers)


def data(count: int = 150, size: int = 12, classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    inputs = torch.randn(count, size, generator=generator)
    return inputs, torch.randint(classes, (count,), generator=generator)


def plane_of(model: nn.Module, length: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origin = parameters_of(model).astype(np.float64)
    u, v = np.random.default_rng(5).normal(size=(2, len(origin))) * length * np.abs(origin).mean()
    return origin, u, v


def points(count: int) -> np.ndarray:
    return np.random.default_rng(6).uniform(-2, 2, (count, 2))


def plain(
    model: nn.Module,
    data: tuple[torch.Tensor, torch.Tensor],
    criterion: Criterion,
    thetas: np.ndarray,
    dtype: torch.dtype,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns loss and accuracy by the plain loop, in the given precision."""
    model, layout = copy.deepcopy(model).to(dtype).eval(), layout_of(model)
    inputs, targets = (tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in data)
    losses, accuracies = [], []
    with torch.no_grad():
        for theta in torch.as_tensor(thetas):
            parts = zip(layout.slices().items(), layout.shapes, strict=True)
            model.load_state_dict({name: theta[part].reshape(shape) for (name, part), shape in parts}, strict=False)
            outputs = model(inputs)
            losses.append(criterion(outputs, targets).item())
            accuracies.append((outputs.argmax(1) == targets).float().mean().item() if targets.ndim == 1 else np.nan)
    return np.array(losses), np.array(accuracies, np.float32)


def check(
    model: nn.Module,
    data: tuple[torch.Tensor, torch.Tensor],
    criterion: Criterion,
    strategy: str,
    length: float = 1.0,
    count: int = 40,
) -> None:
    """Compares an objective on a plane with the plain loop in float32, within 1e-5."""
    origin, u, v = plane_of(model, length)
    coordinates = points(count)
    evaluator = Objective(model, *data, criterion).on(origin, u, v, strategy)
    assert evaluator.strategy == strategy
    found = evaluator.measure(coordinates)
    thetas = (origin + coordinates[:, :1] * u + coordinates[:, 1:] * v).astype(np.float32)
    loss, accuracy = plain(model, data, criterion, thetas, torch.float32)
    assert found.loss.dtype == found.accuracy.dtype == np.float32
    np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(found.accuracy, accuracy, atol=1e-7)


def bowl() -> tuple[Objective, Callable[[np.ndarray], np.ndarray]]:
    stiffness, centre = np.arange(1.0, 7.0), np.linspace(-1, 1, 6)
    inputs = np.stack([stiffness, centre]).astype(np.float32)
    objective = Objective(Bowl(), inputs, np.zeros(1, np.float32), lambda outputs, targets: outputs - 4)
    return objective, lambda thetas: 0.5 * (stiffness * (thetas - centre) ** 2).sum(1) - 4


def test_a_bowl_has_the_height_of_its_formula_at_every_point():
    objective, formula = bowl()
    thetas = np.random.default_rng(0).normal(size=(50, 6))
    np.testing.assert_allclose(objective(thetas), formula(thetas), rtol=1e-5, atol=1e-5)
    assert np.isnan(objective.measure(torch.from_numpy(thetas)).accuracy).all()


def test_a_bowl_cut_by_a_plane_has_the_height_of_its_formula_at_every_point():
    objective, formula = bowl()
    origin, u, v = np.random.default_rng(1).normal(size=(3, 6))
    evaluator, coordinates = objective.on(origin, u, v), points(50)
    expected = formula(origin + coordinates[:, :1] * u + coordinates[:, 1:] * v)
    np.testing.assert_allclose(evaluator.measure(coordinates).loss, expected, rtol=1e-5, atol=1e-5)
    assert (evaluator.strategy, evaluator.batch) == ("loop", 1)


def test_the_centre_of_a_loop_is_the_loss_of_the_network_to_the_last_bit():
    model, examples = network(nn.Tanh()), data()
    evaluator = Objective(model, *examples, nn.CrossEntropyLoss()).on(*plane_of(model), "loop")
    with torch.no_grad():
        expected = functional.cross_entropy(model(examples[0]), examples[1]).item()
    assert evaluator.measure(np.zeros((1, 2))).loss[0] == np.float32(expected)


@pytest.mark.parametrize("strategy", DENSE)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_the_centre_of_a_plane_is_the_loss_of_the_network(activation: nn.Module, strategy: str):
    model, (inputs, targets) = network(activation), data()
    objective = Objective(model, inputs, targets, nn.CrossEntropyLoss())
    origin, u, v = plane_of(model)
    centre = objective.on(origin, u, v, strategy).measure(np.zeros((1, 2))).loss
    with torch.no_grad():
        expected = functional.cross_entropy(model(inputs), targets).item()
    np.testing.assert_allclose(centre, objective(origin[None]), rtol=1e-6)
    np.testing.assert_allclose(centre, expected, rtol=1e-6)


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_activation_agrees_with_the_plain_loop(activation: nn.Module, strategy: str):
    check(network(activation), data(), nn.CrossEntropyLoss(), strategy)


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize(
    "criterion",
    [nn.CrossEntropyLoss(), functional.cross_entropy, OneHotMSELoss()],
    ids=["module", "function", "one-hot"],
)
def test_every_criterion_of_classes_agrees_with_the_plain_loop(criterion: Criterion, strategy: str):
    check(network(nn.Sigmoid()), data(), criterion, strategy)


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize("criterion", [nn.MSELoss(), functional.mse_loss], ids=["module", "function"])
def test_the_squared_error_of_values_agrees_with_the_plain_loop(criterion: Criterion, strategy: str):
    inputs, _ = data()
    check(network(nn.Tanh()), (inputs, torch.randn(150, 5)), criterion, strategy)


@pytest.mark.parametrize("strategy", DENSE)
@pytest.mark.parametrize("widths", [(12, 5), (12, 1), (12, 3, 5), (12, 17, 1, 6, 5), (12, 130, 70, 5)], ids=str)
def test_every_depth_and_width_agrees_with_the_plain_loop(widths: tuple[int, ...], strategy: str):
    check(network(nn.Tanh(), widths), data(classes=widths[-1]), nn.CrossEntropyLoss(), strategy, length=0.5)


@pytest.mark.parametrize("strategy", DENSE)
@pytest.mark.parametrize("count", [1, 15, 16, 63, 64, 65, 1000])
def test_every_number_of_examples_agrees_with_the_plain_loop(count: int, strategy: str):
    check(network(nn.Tanh()), data(count), nn.CrossEntropyLoss(), strategy)


@pytest.mark.parametrize("strategy", DENSE)
def test_examples_that_do_not_fit_the_cache_agree_with_the_plain_loop(strategy: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dense, "CACHED", 9 * 70)
    check(network(nn.Tanh()), data(), nn.CrossEntropyLoss(), strategy)


@pytest.mark.parametrize("strategy", DENSE)
def test_images_biasless_layers_frozen_layers_and_chains_of_activations_agree_with_the_plain_loop(strategy: str):
    torch.manual_seed(7)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(12, 6, bias=False), nn.Tanh(), nn.SiLU(), nn.Linear(6, 6), nn.Linear(6, 5, bias=False)
    )
    model[4].requires_grad_(False)
    inputs, targets = data()
    check(model, (inputs.reshape(-1, 3, 4), targets), nn.CrossEntropyLoss(), strategy)


@pytest.mark.parametrize("strategy", DENSE)
def test_a_tiny_loss_is_nearer_to_float64_than_the_plain_loop_in_float32(strategy: str):
    """The plain loop rounds 1 + s, so it is held to one half here, and ours to the 1e-4 that float32 weights allow."""
    model, (inputs, _) = network(nn.Tanh()), data()
    with torch.no_grad():
        model[-1].weight *= 200
        outputs = model(inputs)
    sure = outputs.topk(2, 1).values.diff(dim=1)[:, 0] < -12
    examples = (inputs[sure], outputs.argmax(1)[sure])
    origin, u, v = plane_of(model, 1e-3)
    coordinates = points(20) * 0.1
    thetas = origin + coordinates[:, :1] * u + coordinates[:, 1:] * v
    exact, _ = plain(model, examples, nn.CrossEntropyLoss(), thetas, torch.float64)
    rough, _ = plain(model, examples, nn.CrossEntropyLoss(), thetas.astype(np.float32), torch.float32)
    found = Objective(model, *examples, nn.CrossEntropyLoss()).on(origin, u, v, strategy).measure(coordinates)
    assert 0 < exact.max() < 1e-6
    np.testing.assert_allclose(rough, exact, rtol=0.5)
    np.testing.assert_allclose(found.loss, exact, rtol=1e-4)


@pytest.mark.parametrize("strategy", DENSE)
def test_a_height_does_not_depend_on_how_the_points_are_divided(strategy: str):
    model = network(nn.Tanh())
    evaluator = Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), strategy)
    coordinates = points(2 * evaluator.batch + 3)
    whole = evaluator.measure(coordinates)
    for count in (1, evaluator.batch - 1, evaluator.batch, evaluator.batch + 1):
        part = evaluator.measure(coordinates[:count])
        assert np.array_equal(part.loss, whole.loss[:count])
        assert np.array_equal(part.accuracy, whole.accuracy[:count])
    assert evaluator.measure(coordinates[:0]).loss.shape == (0,)


@pytest.mark.parametrize("strategy", DENSE)
def test_a_height_does_not_depend_on_the_number_of_threads(strategy: str):
    model = network(nn.Tanh())
    evaluator = Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), strategy)
    threads = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(evaluator.measure(points(700)).loss)
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_allclose(*found, rtol=1e-6)


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize("activation", [nn.Tanh(), nn.ReLU()], ids=str)
def test_a_point_that_diverged_is_never_finite(activation: nn.Module, strategy: str):
    model = network(activation)
    evaluator = Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), strategy)
    found = evaluator.measure(np.array([[1e300, 1.0], [np.nan, 0.0], [0.0, np.inf], [1e40, -1e40], [0.5, 0.5]]))
    assert not np.isfinite(found.loss[:4]).any()
    assert np.isnan(found.accuracy[:4]).all()
    assert np.isfinite([found.loss[4], found.accuracy[4]]).all()


@pytest.mark.parametrize("strategy", EVERY)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_plane_through_a_network_that_diverged_is_never_finite(value: float, strategy: str):
    model = network(nn.Tanh())
    origin, u, v = plane_of(model)
    for index in (0, 9 * 12 + 9 + 3, -1):
        broken = origin.copy()
        broken[index] = value
        found = Objective(model, *data(), nn.CrossEntropyLoss()).on(broken, u, v, strategy).measure(points(3))
        assert not np.isfinite(found.loss).any()


@pytest.mark.parametrize("strategy", DENSE)
def test_a_loss_that_overflows_is_infinite_or_nan(strategy: str):
    model = network(nn.ReLU())
    evaluator = Objective(model, *data(), OneHotMSELoss()).on(*plane_of(model), strategy)
    assert not np.isfinite(evaluator.measure(np.array([[1e15, 1e15]])).loss).any()


def test_equal_outputs_count_as_the_first_class_as_argmax_has_it():
    model, examples = network(nn.ReLU()), data()
    zeros = np.zeros(len(parameters_of(model)))
    for strategy in ("loop", "folded", "dense-eager", "dense-compiled"):
        found = Objective(model, *examples, nn.CrossEntropyLoss()).on(zeros, zeros, zeros, strategy)
        assert found.measure(np.zeros((1, 2))).accuracy[0] == pytest.approx((examples[1] == 0).float().mean().item())
        assert found.measure(np.zeros((1, 2))).loss[0] == pytest.approx(np.log(5))


NO_STACKS = [
    nn.Sequential(nn.Linear(12, 5), nn.Softplus(), nn.Linear(5, 5)),
    nn.Sequential(nn.Linear(12, 5), nn.Tanh()),
    nn.Sequential(nn.Tanh(), nn.Linear(12, 5)),
    nn.Sequential(nn.Linear(12, 5), nn.BatchNorm1d(5), nn.Linear(5, 5)),
    nn.Sequential(nn.Sequential(nn.Linear(12, 5))),
    nn.Linear(12, 5),
    nn.Sequential(nn.Linear(12, 12), *[nn.Linear(12, 12)] * 2, nn.Linear(12, 5)),
]


def hooked() -> nn.Module:
    """Returns a stack of linear layers whose first gives twice its outputs."""
    model = network(nn.Tanh())
    model[0].register_forward_hook(lambda module, inputs, output: output * 2)
    return model


def refused(model: nn.Module, examples: tuple[torch.Tensor, torch.Tensor], criterion: Criterion) -> None:
    """Checks that the kernels of linear layers are refused, and that what auto takes agrees with the plain loop."""
    objective = Objective(model, *examples, criterion)
    origin, u, v = plane_of(model)
    for strategy in ("dense-eager", "dense-compiled"):
        with pytest.raises(UsageError, match=f"strategy: {strategy} does not fit this network.*; choose auto"):
            objective.on(origin, u, v, strategy)
    thetas = origin + points(5)[:, :1] * u + points(5)[:, 1:] * v
    expected, _ = plain(model, examples, criterion, thetas, torch.float32)
    np.testing.assert_allclose(objective(thetas), expected, rtol=1e-5)
    np.testing.assert_allclose(objective.on(origin, u, v).measure(points(5)).loss, expected, rtol=1e-5)


@pytest.mark.parametrize("model", [*NO_STACKS, hooked()], ids=str)
def test_a_network_that_is_no_plain_stack_of_linear_layers_is_refused_by_its_kernels(model: nn.Module):
    refused(model, data(), nn.CrossEntropyLoss())


CRITERIA = {
    "smoothed": nn.CrossEntropyLoss(label_smoothing=0.1),
    "weighted": nn.CrossEntropyLoss(weight=torch.arange(1.0, 6.0)),
    "a class ignored": nn.CrossEntropyLoss(ignore_index=2),
    "one more": lambda outputs, targets: functional.cross_entropy(outputs, targets) + 1,
    "margin": nn.MultiMarginLoss(),
}


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=CRITERIA)
def test_a_criterion_that_is_not_plain_is_refused_by_the_kernels_of_linear_layers(criterion: Criterion):
    refused(network(nn.Tanh()), data(), criterion)


def test_a_label_that_is_ignored_is_refused_by_the_kernels_of_linear_layers():
    inputs, targets = data()
    targets[3] = -100
    refused(network(nn.Tanh()), (inputs, targets), nn.CrossEntropyLoss())


def test_the_strategy_without_a_compiler_is_eager(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    model = network(nn.Tanh(), (12, 8, 5))
    monkeypatch.setenv("CXX", "false")
    compiler.library.cache_clear()
    evaluator = Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), "dense-compiled")
    compiler.library.cache_clear()
    assert evaluator.strategy == "dense-eager"
    assert "a kernel could not be compiled" in capsys.readouterr().err
    assert np.isfinite(evaluator.measure(points(3)).loss).all()


@pytest.mark.parametrize("strategy", EVERY)
def test_a_scan_leaves_the_network_as_it_found_it(strategy: str):
    model = network(nn.Tanh()).train()
    before, random = parameters_of(model), torch.get_rng_state()
    Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), strategy).measure(points(5))
    assert np.array_equal(parameters_of(model), before)
    assert model.training
    assert torch.equal(torch.get_rng_state(), random)


def test_a_criterion_that_fails_leaves_the_network_as_it_was():
    def fail(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise ArithmeticError("the criterion failed")

    model = nn.Sequential(network(nn.Tanh()), nn.Dropout()).train()
    before = parameters_of(model)
    objective = Objective(model, *data(), fail)
    for strategy in ("auto", "loop", "folded"):
        with pytest.raises(ArithmeticError, match="the criterion failed"):
            objective.on(*plane_of(model), strategy).measure(points(2))
    assert np.array_equal(parameters_of(model), before)
    assert model.training


def test_dropout_and_batch_norm_are_measured_in_evaluation_mode_whatever_the_order_of_points():
    torch.manual_seed(8)
    model = nn.Sequential(nn.Linear(12, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 5)).train()
    evaluator = Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model))
    coordinates, order = points(9), np.random.default_rng(9).permutation(9)
    assert np.array_equal(evaluator.measure(coordinates).loss[order], evaluator.measure(coordinates[order]).loss)
    assert int(model[1].num_batches_tracked) == 0


def test_an_unknown_strategy_is_refused():
    model = network(nn.Tanh())
    with pytest.raises(UsageError, match="'fast' is unknown; choose auto, loop, folded, compiled, dense-eager"):
        Objective(model, *data(), nn.CrossEntropyLoss()).on(*plane_of(model), "fast")


def test_a_plane_of_another_network_is_refused():
    objective = Objective(network(nn.Tanh()), *data(), nn.CrossEntropyLoss())
    whole = np.ones(227)
    for vectors, name in ((np.zeros((3, 7)), "θ₀"), ((whole, whole[:7], whole), "u"), ((whole, whole, whole[:7]), "v")):
        with pytest.raises(UsageError, match=f"plane: {name}: 7 parameters, but the network has 227"):
            objective.on(*vectors)
    with pytest.raises(UsageError, match=r"plane: θ₀: the shape \(1, 227\), but the network has 227 parameters"):
        objective.on(whole[None], whole, whole)


def test_the_objective_keeps_the_parameters_it_was_made_with():
    model = network(nn.Tanh())
    assert np.array_equal(Objective(model, *data(), nn.CrossEntropyLoss()).parameters, parameters_of(model))
