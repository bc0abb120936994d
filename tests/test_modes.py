"""Every mode of evaluation equals writing it out by hand, anywhere in parameter space and on a plane."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.descent.parameters import load_parameters, parameters_of
from render.errors import DataError, UsageError
from render.loss import evaluation, memory
from render.loss.objective import Objective
from render.loss.ways import race

Criterion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times strategies briefly; which of them is the fastest does not matter here."""
    monkeypatch.setattr(race, "TRIAL", 0.01)


class Residual(nn.Module):
    """A convolution, a residual block with batch norm and dropout, and a linear layer of 3 classes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4, momentum=0.3), nn.Dropout(0.4))
        self.head = nn.Linear(4, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = self.stem(inputs)
        return self.head(torch.relu(hidden + self.block(hidden)).mean((2, 3)))


def network() -> Residual:
    """Returns a network in training mode whose statistics and gradients are none that it starts with."""
    model = Residual()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    return model.train()


def images(count: int = 13, seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 2, 5, 5, generator=generator)
    return inputs, torch.randint(3, (count,), generator=generator)


def coordinates(count: int = 10) -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (count, 2))


def plane_of(model: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origin = parameters_of(model).astype(np.float64)
    u, v = np.random.default_rng(4).normal(0, 0.2, (2, len(origin)))
    return origin, u, v


def lifted(plane: tuple[np.ndarray, np.ndarray, np.ndarray], places: np.ndarray) -> np.ndarray:
    origin, u, v = plane
    return origin + places[:, :1] * u + places[:, 1:] * v


def norms(model: nn.Module) -> Iterator[nn.BatchNorm2d]:
    return (module for module in model.modules() if isinstance(module, nn.BatchNorm2d))


def frozen(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    return model.eval()(inputs)


def of_batches(*sizes: int) -> Callable[[nn.Module, torch.Tensor], torch.Tensor]:
    def outputs(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        model.eval()
        for norm in norms(model):
            norm.train()
        return torch.cat([model(part) for part in inputs.split(list(sizes) or len(inputs))])

    return outputs


def recalibrated(*sizes: int) -> Callable[[nn.Module, torch.Tensor], torch.Tensor]:
    def outputs(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        examples = images(9, seed=7)[0]
        model.eval()
        for norm in norms(model):
            norm.reset_running_stats()
            norm.momentum = None
            norm.train()
        for part in examples.split(list(sizes) or len(examples)):
            model(part)
        return model.eval()(inputs)

    return outputs


def dropped(seed: int) -> Callable[[nn.Module, torch.Tensor], torch.Tensor]:
    def outputs(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
        model.eval()
        model.get_submodule("block.2").train()
        torch.manual_seed(seed)
        return model(inputs)

    return outputs


def dropped_by_batch(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(5)
    return model.train()(inputs)


CALIBRATION = images(9, seed=7)[0].numpy()
MODES: dict[str, tuple[dict[str, Any], Callable[[nn.Module, torch.Tensor], torch.Tensor]]] = {
    "frozen": ({}, frozen),
    "batch of the whole set": ({"bn": "batch"}, of_batches()),
    "batches of 5, the last shorter": ({"bn": "batch", "bn_batch": 5}, of_batches(5, 5, 3)),
    "batches of 6, whose last example joins the second": ({"bn": "batch", "bn_batch": 6}, of_batches(6, 7)),
    "batches that are larger than the set": ({"bn": "batch", "bn_batch": 50}, of_batches()),
    "recalibrated": ({"bn": "recalibrated", "calibration": CALIBRATION}, recalibrated()),
    "recalibrated in batches of 5": (
        {"bn": "recalibrated", "calibration": CALIBRATION, "bn_batch": 5},
        recalibrated(5, 4),
    ),
    "recalibrated in batches of 4, whose last example joins the second": (
        {"bn": "recalibrated", "calibration": CALIBRATION, "bn_batch": 4},
        recalibrated(4, 5),
    ),
    "one mask of dropout": ({"dropout": "fixed", "seed": 5}, dropped(5)),
    "another mask of dropout": ({"dropout": "fixed", "seed": 6}, dropped(6)),
    "dropout and statistics of the batch": ({"dropout": "fixed", "seed": 5, "bn": "batch"}, dropped_by_batch),
    "weight decay": ({"weight_decay": 0.3}, frozen),
    "weight decay and statistics of the batch": ({"weight_decay": 0.3, "bn": "batch"}, of_batches()),
}


def by_hand(
    model: nn.Module,
    mode: dict[str, Any],
    outputs: Callable[[nn.Module, torch.Tensor], torch.Tensor],
    theta: np.ndarray,
) -> tuple[float, float]:
    """Returns loss and accuracy at θ, written out."""
    model = copy.deepcopy(model)
    load_parameters(model, theta.astype(np.float32))
    inputs, targets = images()
    with torch.no_grad(), torch.random.fork_rng():
        found = outputs(model, inputs)
        loss = functional.cross_entropy(found, targets).item()
    right = (found.argmax(1) == targets).double().mean().item()
    return loss + 0.5 * mode.get("weight_decay", 0.0) * float((theta.astype(np.float32) ** 2).sum()), right


@pytest.mark.parametrize(("mode", "outputs"), MODES.values(), ids=MODES)
def test_a_mode_equals_writing_it_out_by_hand(mode, outputs):
    model = network()
    plane, places = plane_of(model), coordinates()
    thetas = lifted(plane, places)
    loss, accuracy = np.transpose([by_hand(model, mode, outputs, theta) for theta in thetas])
    objective = Objective(model, *images(), nn.CrossEntropyLoss(), **mode)
    for found in (objective.measure(thetas), objective.on(*plane, "loop").measure(places)):
        np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
        np.testing.assert_allclose(found.accuracy, accuracy, rtol=1e-6)


@pytest.mark.parametrize(("mode", "outputs"), MODES.values(), ids=MODES)
def test_the_order_of_points_does_not_matter_in_any_mode(mode, outputs):
    model, places = network(), coordinates(5)
    evaluator = Objective(model, *images(), nn.CrossEntropyLoss(), **mode).on(*plane_of(model), "loop")
    assert np.array_equal(evaluator.measure(places).loss[::-1], evaluator.measure(places[::-1]).loss)


def test_another_seed_of_dropout_gives_another_surface():
    model = network()
    thetas = lifted(plane_of(model), coordinates(3))
    first, again, other = (
        Objective(model, *images(), nn.CrossEntropyLoss(), dropout="fixed", seed=seed)(thetas) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert (first != other).all()


ATTENTION = {
    "attention": lambda: nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True),
    "encoder": lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=True),
    "lstm": lambda: nn.LSTM(4, 4, 2, dropout=0.5, batch_first=True),
}


class Sequence(nn.Module):
    """A layer that drops within itself, on sequences (N, T, 4)."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        attended = isinstance(self.layer, nn.MultiheadAttention)
        found = self.layer(inputs, inputs, inputs) if attended else self.layer(inputs)
        return (found if isinstance(found, torch.Tensor) else found[0]).mean(1)


@pytest.mark.parametrize("layer", ATTENTION.values(), ids=ATTENTION)
def test_layers_that_drop_within_themselves_drop_when_dropout_is_asked_for(layer):
    torch.manual_seed(0)
    model = Sequence(layer())
    examples = (torch.randn(6, 5, 4), torch.randint(4, (6,)))
    theta = parameters_of(model)[None]
    off, first, again, other = (
        Objective(model, *examples, nn.CrossEntropyLoss(), dropout=dropout, seed=seed)(theta)[0]
        for dropout, seed in (("off", 1), ("fixed", 1), ("fixed", 1), ("fixed", 2))
    )
    assert first == again
    assert len({off, first, other}) == 3


def state_of(model: nn.Module) -> list[Any]:
    """Returns everything that an evaluation has to leave as it was."""
    return [
        [(name, value.clone()) for name, value in model.state_dict().items()],
        [(id(parameter), parameter.data_ptr(), id(parameter.grad)) for parameter in model.parameters()],
        [(id(buffer), buffer.data_ptr()) for buffer in model.buffers()],
        [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None],
        [module.training for module in model.modules()],
        [(norm.track_running_stats, norm.momentum) for norm in norms(model)],
        torch.get_rng_state(),
    ]


def assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    else:
        assert torch.equal(found, expected) if isinstance(expected, torch.Tensor) else found == expected


class Failing(nn.Module):
    """The residual network, failing at its third pass."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.passes = network(), 0

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        if self.passes > 2:
            raise ArithmeticError("the network failed")
        return self.inner(inputs)


def failing(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    raise ArithmeticError("the criterion failed")


@pytest.mark.parametrize(("mode", "outputs"), MODES.values(), ids=MODES)
def test_the_network_and_the_random_state_are_left_as_they_were_in_any_mode(mode, outputs):
    model = network()
    before = state_of(model)
    objective = Objective(model, *images(), nn.CrossEntropyLoss(), **mode)
    thetas = lifted(plane_of(model), coordinates(2))
    objective(thetas)
    objective.spread(thetas)
    objective.on(*plane_of(model)).measure(coordinates(2))
    assert_same(state_of(model), before)


@pytest.mark.parametrize(("mode", "outputs"), MODES.values(), ids=MODES)
def test_the_network_is_left_as_it_was_when_the_network_or_the_criterion_fails(mode, outputs):
    for model, criterion, name in ((network(), failing, "criterion"), (Failing(), nn.CrossEntropyLoss(), "network")):
        before = state_of(model)
        objective = Objective(model, *images(), criterion, **mode)
        for measure in (objective, lambda thetas, of=objective, model=model: of.on(*plane_of(model)).measure(thetas)):
            with pytest.raises(ArithmeticError, match=f"the {name} failed"):
                measure(lifted(plane_of(model), coordinates(4)) if measure is objective else coordinates(4))
            assert_same(state_of(model), before)


def each(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(outputs, targets, reduction="none")


def seen(criterion: Criterion) -> tuple[Criterion, list[int]]:
    """Returns a criterion that writes down how many examples it sees at a time."""
    counts: list[int] = []

    def watched(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        counts.append(len(outputs))
        return criterion(outputs, targets)

    return watched, counts


@pytest.mark.parametrize("count", [4, 5, 12, 13])
def test_a_criterion_of_one_loss_for_each_example_is_streamed_and_gives_the_mean(count, monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    model, examples = network(), images(count)
    thetas = lifted(plane_of(model), coordinates(3))
    whole = Objective(model, *examples, nn.CrossEntropyLoss()).measure(thetas)
    watched, counts = seen(each)
    streamed = Objective(model, *examples, watched).measure(thetas)
    np.testing.assert_allclose(streamed.loss, whole.loss, rtol=1e-6)
    np.testing.assert_array_equal(streamed.accuracy, whole.accuracy)
    assert max(counts) <= 5  # a last example alone joins the batch before it


def test_a_criterion_of_a_scalar_sees_the_whole_set(monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    model, weights = network(), torch.linspace(0, 1, 13)

    def weighted(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (weights * each(outputs, targets)).sum() / weights.sum()

    watched, counts = seen(weighted)
    thetas = lifted(plane_of(model), coordinates(3))
    objective = Objective(model, *images(), watched)
    objective(thetas[:1])
    counts.clear()
    found = objective(thetas)
    expected = []
    for theta in thetas:
        copied = copy.deepcopy(model).eval()
        load_parameters(copied, theta.astype(np.float32))
        with torch.no_grad():
            expected.append(weighted(copied(images()[0]), images()[1]).item())
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert counts[1:] == [13] * 3


def test_normalisation_that_always_takes_the_batch_takes_the_whole_set(monkeypatch):
    model = nn.Sequential(nn.Flatten(), nn.Linear(50, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 3))
    with torch.no_grad():
        expected = functional.cross_entropy(model(images()[0]), images()[1]).item()
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    objective, plane = Objective(model, *images(), each), plane_of(model)
    for found in (objective(plane[0][None]), objective.on(*plane, "folded").measure(np.zeros((1, 2))).loss):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


SPREAD = {
    "cross-entropy": (nn.CrossEntropyLoss(), each),
    "one for each": (each, each),
    "squared error": (
        nn.MSELoss(),
        lambda outputs, targets: (outputs - targets).square().mean(1),
    ),
}


@pytest.mark.parametrize(("criterion", "losses"), SPREAD.values(), ids=SPREAD)
def test_the_standard_error_is_the_deviation_over_the_root_of_the_number_of_examples(criterion, losses, monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    model, (inputs, targets) = network(), images()
    goals = torch.randn(13, 3) if isinstance(criterion, nn.MSELoss) else targets
    thetas, expected = lifted(plane_of(model), coordinates(3)), []
    for theta in thetas:
        copied = copy.deepcopy(model).eval()
        load_parameters(copied, theta.astype(np.float32))
        with torch.no_grad():
            expected.append(losses(copied(inputs), goals).std().item() / np.sqrt(13))
    np.testing.assert_allclose(Objective(model, inputs, goals, criterion).spread(thetas), expected, rtol=1e-5)


@pytest.mark.parametrize(
    "criterion",
    [lambda outputs, targets: each(outputs, targets).mean(), nn.CrossEntropyLoss(ignore_index=1), nn.MultiMarginLoss()],
)
def test_a_scalar_criterion_that_is_not_known_has_no_standard_error(criterion):
    model = network()
    assert Objective(model, *images(), criterion).spread(parameters_of(model)[None]) is None


WRONG = {
    "outputs": (
        lambda outputs, targets: outputs,
        r"criterion: gave the shape \(13, 3\) for 13 examples; give one mean",
    ),
    "a column": (
        lambda outputs, targets: outputs[:, :1],
        r"the shape \(13, 1\) .* one loss for each example, .*\(13,\)",
    ),
    "one in a row": (lambda outputs, targets: outputs.mean()[None], r"gave the shape \(1,\) for 13 examples"),
    "a float": (lambda outputs, targets: 0.5, "gave a float for 13 examples; give one mean loss"),
}


@pytest.mark.parametrize(("criterion", "sentence"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("largest", [4, 1000])
def test_a_criterion_of_another_shape_is_refused_with_what_came_and_what_is_needed(
    criterion, sentence, largest, monkeypatch
):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", largest)
    model = network()
    objective = Objective(model, *images(), criterion)
    with pytest.raises(DataError, match=sentence):
        objective(parameters_of(model)[None])
    with pytest.raises(DataError, match=sentence):
        objective.on(*plane_of(model)).measure(coordinates(1))
    assert objective.spread(parameters_of(model)[None]) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("place", [0, 100, -1])
def test_parameters_that_are_not_finite_give_no_finite_loss(value, place):
    model = network()
    thetas = np.repeat(parameters_of(model).astype(np.float64)[None], 2, 0)
    thetas[0, place] = value
    objective = Objective(model, *images(), nn.CrossEntropyLoss(), weight_decay=0.1)
    found = objective.measure(thetas)
    assert np.isfinite(found.loss).tolist() == np.isfinite(found.accuracy).tolist() == [False, True]
    spread = objective.spread(thetas)
    assert spread is not None and np.isfinite(spread[1])
    plane = (thetas[0], *plane_of(model)[1:])
    assert not np.isfinite(objective.on(*plane, "loop").measure(coordinates(2)).loss).any()


def test_weight_decay_far_out_is_infinite_and_says_nothing():
    model = network()
    evaluator = Objective(model, *images(), nn.CrossEntropyLoss(), weight_decay=0.1).on(*plane_of(model), "loop")
    assert not np.isfinite(evaluator.measure(np.array([[1e300, 1.0], [np.nan, 0.0], [0.0, np.inf]])).loss).any()


def test_inputs_that_do_not_fit_the_memory_are_refused_with_both_sizes(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_free", lambda device: 10**9)
    large = np.memmap(tmp_path / "inputs", np.float32, "w+", shape=(10_000_000, 2, 5, 5))
    with pytest.raises(DataError, match=r"inputs: 2\.0 GB of examples do not fit 1\.0 GB .*; measure on fewer"):
        Objective(network(), large, np.zeros(10, int), nn.CrossEntropyLoss())


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")])
def test_a_lack_of_memory_while_measuring_is_a_sentence(error):
    def greedy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise error

    model = network()
    objective = Objective(model, *images(), greedy)
    for measure in (objective, lambda thetas: objective.on(*plane_of(model), "loop").measure(coordinates(1))):
        with pytest.raises(DataError, match="13 examples at once need more memory than there is; measure on fewer"):
            measure(parameters_of(model)[None])


NO_EXAMPLES = {
    "empty": (np.zeros((0, 2, 5, 5)), r"inputs: the shape \(0, 2, 5, 5\) holds no examples"),
    "a number": (3.0, r"inputs: the shape \(\) holds no examples; give \(examples, \.\.\.\)"),
}


@pytest.mark.parametrize(("inputs", "sentence"), NO_EXAMPLES.values(), ids=NO_EXAMPLES)
def test_inputs_without_examples_are_refused(inputs, sentence):
    with pytest.raises(DataError, match=sentence):
        Objective(network(), inputs, np.zeros(1, int), nn.CrossEntropyLoss())


@pytest.mark.parametrize("thetas", [np.zeros((2, 7)), np.zeros((0, 7)), torch.zeros(1, 7)])
def test_points_of_another_network_are_refused_with_both_sizes(thetas):
    model = network()
    objective = Objective(model, *images(), nn.CrossEntropyLoss())
    size = len(parameters_of(model))
    for measure in (objective, objective.measure, objective.spread):
        with pytest.raises(UsageError, match=f"θ: 7 parameters, but the network has {size} parameters; choose its own"):
            measure(thetas)
    with pytest.raises(UsageError, match=f"θ: 7 parameters, but the network has {size} parameters; choose its own"):
        objective.differentiable()(torch.zeros(7, dtype=torch.float64))
    with pytest.raises(UsageError, match=rf"θ: the shape \(1, {size}\), but the network has {size} parameters"):
        objective.differentiable()(torch.zeros(1, size, dtype=torch.float64))


@pytest.mark.parametrize("thetas", [np.zeros(255), np.zeros((1, 2, 3)), 1.0])
def test_a_single_vector_is_no_table_of_points(thetas):
    with pytest.raises(UsageError, match=r"θ: the shape .* is no table of points; give \(points, parameters\)"):
        Objective(network(), *images(), nn.CrossEntropyLoss())(thetas)


def test_no_points_have_no_losses():
    model = network()
    objective, none = Objective(model, *images(), nn.CrossEntropyLoss()), np.zeros((0, len(parameters_of(model))))
    assert objective(none).shape == objective.spread(none).shape == (0,)


def test_points_and_examples_may_be_arrays_that_cannot_be_written_or_run_backwards():
    model, (inputs, targets) = network(), images()
    still = inputs.numpy()[::-1].astype(np.float64)
    still.setflags(write=False)
    thetas = parameters_of(model)[None]
    thetas.setflags(write=False)
    found = Objective(model, still[::-1], targets.tolist(), nn.CrossEntropyLoss())(thetas)
    assert np.array_equal(found, Objective(model, inputs, targets, nn.CrossEntropyLoss())(thetas))


def test_integer_inputs_reach_the_network_as_they_are():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(11, 4), nn.Flatten(), nn.Linear(12, 3))
    tokens, targets = torch.randint(11, (9, 3)), torch.randint(3, (9,))
    objective = Objective(model, tokens, targets, nn.CrossEntropyLoss())
    with torch.no_grad():
        expected = functional.cross_entropy(model(tokens), targets).item()
    for found in (objective(parameters_of(model)[None]), objective.on(*plane_of(model)).measure(np.zeros((1, 2))).loss):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    theta = torch.from_numpy(parameters_of(model)).double()
    assert objective.differentiable()(theta).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", [name for name in MODES if "dropout" not in name and "recalibrated" not in name])
def test_the_loss_that_can_be_differentiated_is_the_loss_that_is_measured(name):
    model, (mode, _) = network(), MODES[name]
    objective = Objective(model, *images(), nn.CrossEntropyLoss(), **mode)
    before, thetas = state_of(model), lifted(plane_of(model), coordinates(3))
    found = [objective.differentiable()(torch.from_numpy(theta)).item() for theta in thetas]
    np.testing.assert_allclose(found, objective(thetas), rtol=1e-5)
    assert_same(state_of(model), before)


@pytest.mark.parametrize("mode", [{"dropout": "fixed"}, {"bn": "recalibrated", "calibration": CALIBRATION}])
def test_a_mode_that_cannot_be_differentiated_is_refused(mode):
    with pytest.raises(UsageError, match="need bn 'frozen' or 'batch', and dropout 'off'"):
        Objective(network(), *images(), nn.CrossEntropyLoss(), **mode).differentiable()


REFUSED = {
    "bn": ({"bn": "train"}, "bn: 'train' is unknown; choose frozen, batch, recalibrated"),
    "dropout": ({"dropout": "on"}, "dropout: 'on' is unknown; choose off, fixed"),
    "precision": ({"precision": "int8"}, "precision: 'int8' is unknown; choose float32, tf32"),
    "no calibration": ({"bn": "recalibrated"}, "calibration: examples are needed with bn='recalibrated'"),
    "calibration": ({"calibration": CALIBRATION}, "calibration: .* and only there"),
    "one in a batch": ({"bn": "batch", "bn_batch": 1}, "bn_batch: takes 2 examples or more"),
    "frozen batches": ({"bn_batch": 4}, "bn_batch: .* only with bn='batch' or bn='recalibrated'"),
    "negative decay": ({"weight_decay": -1.0}, r"weight_decay: -1\.0 is not a number of 0 or more"),
    "unknown decay": ({"weight_decay": float("nan")}, "weight_decay: nan is not a number"),
    "device": ({"device": "cuda:77"}, "device: this machine has no 'cuda:77'; choose cpu"),
    "no device": ({"device": "gpu"}, "device: this machine has no 'gpu'"),
}


@pytest.mark.parametrize(("mode", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_mode_that_is_none_is_refused_with_what_to_choose(mode, sentence):
    with pytest.raises(UsageError, match=sentence):
        Objective(network(), *images(), nn.CrossEntropyLoss(), **mode)


@pytest.mark.parametrize("mode", [{"bn": "batch"}, {"bn": "recalibrated", "calibration": CALIBRATION[:1]}])
def test_statistics_of_one_example_are_refused(mode):
    with pytest.raises(DataError, match="bn: one example has no variance to normalise by; give 2 or more"):
        Objective(network(), *images(1), nn.CrossEntropyLoss(), **mode)


def test_a_network_that_holds_no_float32_is_refused():
    model = nn.Linear(4, 3).double()
    with pytest.raises(DataError, match=r"model: weight is torch\.float64, and only float32 .*; call \.float\(\)"):
        Objective(model, torch.zeros(2, 4), torch.zeros(2, dtype=int), nn.CrossEntropyLoss())(np.zeros((1, 15)))


def test_a_network_without_trainable_parameters_is_refused():
    with pytest.raises(DataError, match="model: has no trainable parameters, so there is no θ to move"):
        Objective(nn.Linear(4, 3).requires_grad_(False), torch.zeros(2, 4), torch.zeros(2), nn.CrossEntropyLoss())
