"""What networks and criteria do besides computing a loss, and that none of it changes what is measured."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.descent.parameters import parameters_of
from render.errors import DataError, UsageError
from render.loss import evaluation
from render.loss.objective import Objective
from render.sampling.sampling import sample
from render.space.grid import Grid
from render.storage.fingerprint import reads

COUNT = 13


def examples(count: int = COUNT) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(count, 6, generator=generator).sort(0).values
    return inputs, torch.randint(3, (count,), generator=generator)


class Network(nn.Module):
    """A linear layer, what stands before it, and what stands behind it."""

    def __init__(self, before=lambda self, x: x, behind=lambda self, y: y):
        super().__init__()
        torch.manual_seed(1)
        self.layer, self.before, self.behind = nn.Linear(6, 3), before, behind
        self.register_buffer("average", torch.zeros(3))
        self.calls = 0

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.behind(self, self.layer(self.before(self, inputs)))


def truth(model: nn.Module, criterion=functional.cross_entropy) -> float:
    """Returns the loss at the first evaluation of a fresh network on fresh examples."""
    inputs, targets = examples()
    with torch.no_grad():
        return criterion(model.eval()(inputs), targets).mean().item()


def halved(self, x):
    x -= 0.5
    return x.mul_(2.0)


def past_the_counter(self, x):
    x.data.sub_(0.5)
    return x


def sorted_in_place(self, x):
    x.copy_(x.flip(0))
    return x


WRITERS = {"in place": halved, "past the version counter": past_the_counter, "the same numbers": sorted_in_place}


@pytest.mark.parametrize("writes", WRITERS.values(), ids=WRITERS)
def test_a_network_that_writes_into_its_inputs_is_measured_right_and_never_touches_the_callers(writes):
    inputs, targets = examples()
    model = Network(writes)
    objective = Objective(model, inputs, targets, nn.CrossEntropyLoss())
    theta = parameters_of(model)
    np.testing.assert_allclose(objective(np.stack([theta] * 3)), truth(Network(writes)), rtol=1e-6)
    plane = (theta, *np.random.default_rng(0).normal(size=(2, len(theta))))
    np.testing.assert_allclose(objective.on(*plane).measure(np.zeros((3, 2))).loss, truth(Network(writes)), rtol=1e-6)
    objective.spread(theta[None])
    assert torch.equal(inputs, examples()[0])
    assert objective.watched.conduct.writes


def test_numpy_inputs_of_the_caller_are_not_written_either():
    inputs, targets = (values.numpy() for values in examples())
    Objective(Network(halved), inputs, targets, nn.CrossEntropyLoss())(parameters_of(Network())[None])
    np.testing.assert_array_equal(inputs, examples()[0].numpy())


def test_a_criterion_that_writes_into_targets_and_outputs_is_measured_right():
    def shifted(outputs, targets):
        targets.sub_(1).clamp_(min=0)
        return functional.cross_entropy(outputs.mul_(2), targets)

    inputs, targets = examples()
    model = Network()
    objective = Objective(model, inputs, targets, shifted)
    expected = functional.cross_entropy(2 * model(inputs), (examples()[1] - 1).clamp(min=0)).item()
    np.testing.assert_allclose(objective(np.stack([parameters_of(model)] * 2)), expected, rtol=1e-6)
    assert torch.equal(targets, examples()[1])


def test_calibration_examples_are_not_written_into():
    model = nn.Sequential(Network(halved), nn.BatchNorm1d(3))
    calibration = examples()[0]
    objective = Objective(model, *examples(), nn.CrossEntropyLoss(), bn="recalibrated", calibration=calibration)
    losses = objective(np.stack([parameters_of(model)] * 2))
    assert losses[0] == losses[1]
    assert torch.equal(calibration, examples()[0])


def test_a_network_that_writes_into_its_inputs_at_some_points_only_is_refused():
    def sometimes(self, x):
        return x.mul_(2.0) if self.layer.bias[0] > 100 else x

    model = Network(sometimes)
    objective = Objective(model, *examples(), nn.CrossEntropyLoss())
    theta = parameters_of(model)
    objective(theta[None])
    theta[18] = 101
    with pytest.raises(DataError, match="inputs: the network or its criterion writes into them at some points only"):
        objective(theta[None])


def averaging(self, y):
    self.average.mul_(0.9).add_(0.1 * y.mean(0))
    return y - self.average


def averaging_past_the_counter(self, y):
    self.average.data = 0.9 * self.average.data + 0.1 * y.data.mean(0)
    return y - self.average


def remembering(self, y):
    earlier = getattr(self, "earlier", torch.zeros(3))
    self.earlier = y.detach().mean(0)
    return y + earlier


def exchanging(self, y):
    self.average = 0.9 * self.average + 0.1 * y.mean(0)
    return y - self.average


MOVERS = {
    "in place": averaging,
    "past the version counter": averaging_past_the_counter,
    "by another tensor": exchanging,
    "in an attribute": remembering,
}


@pytest.mark.parametrize("moves", MOVERS.values(), ids=MOVERS)
def test_buffers_that_a_forward_moves_are_put_back_at_every_point(moves):
    model = Network(behind=moves)
    objective = Objective(model, *examples(), nn.CrossEntropyLoss())
    theta = parameters_of(model)
    expected = truth(Network(behind=moves))
    np.testing.assert_allclose(objective(np.stack([theta] * 4)), expected, rtol=1e-6)
    plane = (theta, *np.random.default_rng(0).normal(size=(2, len(theta))))
    np.testing.assert_allclose(objective.on(*plane).measure(np.zeros((4, 2))).loss, expected, rtol=1e-6)
    assert torch.equal(model.average, torch.zeros(3))
    assert "earlier" not in vars(model)


DRAWERS = {
    "torch": lambda self, y: functional.dropout(y, 0.5),
    "NumPy": lambda self, y: y * np.random.normal(),
    "Python": lambda self, y: y * random.random(),
}


@pytest.mark.parametrize("draws", DRAWERS.values(), ids=DRAWERS)
def test_a_network_that_draws_random_numbers_has_one_draw_at_every_point_and_that_is_said(draws, capsys, tmp_path):
    model = Network(behind=draws)
    states = np.random.get_state()[1].copy(), random.getstate(), torch.get_rng_state()
    objective = Objective(model, *examples(), nn.CrossEntropyLoss())
    losses = objective(np.stack([parameters_of(model)] * 4))
    assert len(set(losses.tolist())) == 1
    assert np.array_equal(np.random.get_state()[1], states[0]) and random.getstate() == states[1]
    assert torch.equal(torch.get_rng_state(), states[2])
    said = capsys.readouterr().err
    assert said.count("draws random numbers, by which the loss differs from draw to draw by 0.") == 1
    plane_like = Objective(model, *examples(), nn.CrossEntropyLoss(), seed=5)
    assert plane_like(parameters_of(model)[None])[0] != losses[0]


def test_a_loss_that_is_not_repeatable_is_said_with_its_spread_and_recorded(capsys, tmp_path):
    from render.space.directions import random_direction
    from render.space.plane import Plane

    calls: list[int] = []
    model = Network(behind=lambda self, y: y * (1 + 0.1 * (calls.append(0) or len(calls))))
    objective = Objective(model, *examples(), nn.CrossEntropyLoss())
    plane = Plane.through(parameters_of(model), *(random_direction(model, seed) for seed in (0, 1)))
    surface = sample(objective, plane, Grid.square(1.0, 3), tmp_path / "s", progress=False)
    assert "from one evaluation to the next" in capsys.readouterr().err
    assert surface.record["conduct"]["wavers"] > 1e-4


def test_nothing_is_said_of_a_plain_network(capsys):
    Objective(Network(), *examples(), nn.CrossEntropyLoss())(parameters_of(Network())[None])
    assert capsys.readouterr().err == ""


class Balanced(nn.Module):
    """A criterion with a state of its own, that moves with every batch."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, outputs, targets):
        loss = functional.cross_entropy(outputs, targets)
        self.mean.mul_(0.9).add_(0.1 * loss.detach())
        return loss / (1 + self.mean)


def by_backward(outputs, targets):
    """Adds a gradient to the parameters, as a penalty on it would."""
    weight = PENALISED[0].layer.weight
    functional.cross_entropy(outputs, targets).backward(retain_graph=True)
    return functional.cross_entropy(outputs, targets) + weight.grad.square().sum()


PENALISED: list[nn.Module] = []


@pytest.mark.parametrize("made", [Balanced, lambda: by_backward], ids=["a buffer", "gradients"])
def test_what_a_criterion_moves_is_put_back_at_every_point(made):
    model, criterion = Network(), made()
    PENALISED[:] = [model]
    objective = Objective(model, *examples(), criterion)
    losses = objective(np.stack([parameters_of(model)] * 3))
    assert len(set(losses.tolist())) == 1
    assert losses[0] == pytest.approx(made()(model(examples()[0]), examples()[1]).item(), rel=1e-5)
    assert all(not buffer.any() for buffer in getattr(criterion, "buffers", list)())


def test_flags_that_a_criterion_sets_are_not_set_on_the_callers_tensors():
    def slopes(outputs, targets):
        targets.requires_grad_(True)
        (slope,) = torch.autograd.grad((outputs[:, 0] - targets).square().mean(), targets, create_graph=True)
        return slope.square().sum()

    targets = torch.randn(COUNT)
    model = Network()
    assert np.isfinite(Objective(model, examples()[0], targets, slopes)(parameters_of(model)[None])).all()
    assert not targets.requires_grad


@pytest.mark.parametrize(
    "values",
    [2.0**25 + torch.arange(13.0, dtype=torch.float64), 1.7e9 + torch.randn(13, dtype=torch.float64)],
    ids=["whole numbers", "times"],
)
def test_numbers_that_float32_does_not_tell_apart_are_refused(values):
    with pytest.raises(DataError, match=r"targets: float32, in which networks compute, rounds them by up to"):
        Objective(Network(), examples()[0], values, lambda o, t: (o[:, 0] - t).square().mean())


def test_an_ordinary_table_of_float64_is_taken():
    inputs, targets = examples()
    found = Objective(Network(), inputs.double(), targets, functional.cross_entropy)(parameters_of(Network())[None])
    np.testing.assert_allclose(found, truth(Network()), rtol=1e-6)


def test_an_altered_criterion_has_its_own_standard_error():
    plain, altered = nn.CrossEntropyLoss(), nn.CrossEntropyLoss()
    altered.register_forward_hook(lambda module, inputs, loss: 10 * loss)
    theta = parameters_of(Network())[None]
    assert Objective(Network(), *examples(), plain).spread(theta) is not None
    assert Objective(Network(), *examples(), altered).spread(theta) is None


def whole_batch(self, y):
    return functional.batch_norm(y, None, None, training=True)


def attending(self, y):
    return torch.softmax(y @ y.T, 1) @ y


COUPLED = {"batch statistics by hand": whole_batch, "attention over examples": attending}


@pytest.mark.parametrize("zeros", [False, True], ids=["", "a last layer of zeros"])
@pytest.mark.parametrize("couples", COUPLED.values(), ids=COUPLED)
def test_a_network_that_looks_at_all_examples_takes_the_whole_set(couples, zeros, monkeypatch):
    def made() -> nn.Module:
        model = nn.Sequential(Network(behind=couples), nn.Linear(3, 3))
        if zeros:
            nn.init.zeros_(model[1].weight)
        return model

    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    model = made()
    objective = Objective(model, *examples(), functional.cross_entropy)
    theta = parameters_of(model) + 0.3
    found = objective(theta[None])
    expected = made()
    with torch.no_grad():
        for parameter in expected.parameters():
            parameter += 0.3
    np.testing.assert_allclose(found, truth(expected), rtol=1e-5)


def contrastive(outputs, targets):
    near = functional.normalize(outputs) @ functional.normalize(outputs).T / 0.1
    return functional.cross_entropy(near, torch.arange(len(outputs)).roll(1), reduction="none")


def test_a_criterion_that_compares_examples_sees_the_whole_set_and_has_no_standard_error(monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    objective = Objective(Network(), *examples(), contrastive)
    theta = parameters_of(Network())[None]
    np.testing.assert_allclose(objective(theta), truth(Network(), contrastive), rtol=1e-5)
    assert objective.spread(theta) is None


class Variational(nn.Module):
    """Keeps a part of its loss from its last pass."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.second = nn.Linear(6, 3), nn.Linear(3, 3)

    def forward(self, inputs):
        hidden = self.first(inputs)
        self.divergence = hidden.square().mean()
        return self.second(hidden)


def test_a_criterion_that_reads_what_the_network_kept_of_its_last_pass_sees_the_whole_set(monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    inputs, targets = examples()
    inputs = inputs * torch.linspace(0.1, 3, COUNT)[:, None]
    model = Variational()
    criterion = lambda outputs, goals: functional.cross_entropy(outputs, goals) + model.divergence  # noqa: E731
    expected = criterion(model(inputs), targets).item()
    found = Objective(model, inputs, targets, criterion)(parameters_of(model)[None])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_couples_in_a_later_part_only_is_found(monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    inputs, targets = examples()
    inputs = inputs.clone()
    inputs[9, 0] = 400.0
    model = Network(before=lambda self, x: 20 * x / x.abs().max().clamp(min=30.0))
    expected = functional.cross_entropy(model(inputs), targets).item()
    found = Objective(model, inputs, targets, nn.CrossEntropyLoss(reduction="none"))(parameters_of(model)[None])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_batches_of_statistics_hold_also_where_the_loss_is_made_of_derivatives():
    class Slopes(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.a, self.b, self.c = nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 1)

        def forward(self, inputs):
            places = inputs.detach().requires_grad_(True)
            outputs = self.c(torch.tanh(self.b(self.a(places))))
            return torch.autograd.grad(outputs.sum(), places, create_graph=True)[0]

    inputs = examples(12)[0]
    model, criterion = Slopes(), lambda outputs, goals: (outputs - goals).square().mean(1)
    by_hand = torch.cat([criterion(model.train()(part), part) for part in inputs.split(4)]).mean().item()
    objective = Objective(Slopes(), inputs, inputs, criterion, bn="batch", bn_batch=4)
    assert objective(objective.parameters[None])[0] == pytest.approx(by_hand, rel=1e-5)
    assert by_hand != pytest.approx(criterion(model(inputs), inputs).mean().item(), rel=1e-2)


def test_examples_that_do_not_meet_are_still_streamed(monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", 4)
    sizes = []
    model = Network(before=lambda self, x: sizes.append(len(x)) or x)
    objective = Objective(model, *examples(), nn.CrossEntropyLoss(reduction="none"))
    objective(parameters_of(model)[None])
    assert max(sizes) <= 5


def test_a_residual_of_derivatives_by_the_inputs_is_measured():
    inputs, targets = examples()
    places = inputs.clone().requires_grad_(True)

    def residual(outputs, _):
        slopes = torch.autograd.grad(outputs.sum(), places, create_graph=True)[0]
        return slopes.square().mean()

    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    objective = Objective(model, places, targets, residual)
    theta = parameters_of(model)
    expected = residual(model(places), None).item()
    np.testing.assert_allclose(objective(np.stack([theta] * 2)), expected, rtol=1e-6)
    plane = (theta, *np.random.default_rng(0).normal(size=(2, len(theta))))
    np.testing.assert_allclose(objective.on(*plane).measure(np.zeros((1, 2))).loss, expected, rtol=1e-6)
    assert all(parameter.grad is None for parameter in model.parameters()) and places.grad is None


def test_a_scripted_network_is_measured_as_it_is():
    def net() -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))

    scripted = torch.jit.script(net())
    objective = Objective(scripted, *examples(), nn.CrossEntropyLoss())
    theta = parameters_of(scripted)
    np.testing.assert_allclose(objective(theta[None]), truth(net()), rtol=1e-6)
    plane = (theta, *np.random.default_rng(0).normal(size=(2, len(theta))))
    points = np.array([[0.0, 0.0], [0.3, -0.2]])
    expected = Objective(net(), *examples(), nn.CrossEntropyLoss()).on(*plane).measure(points).loss
    np.testing.assert_allclose(objective.on(*plane).measure(points).loss, expected, rtol=1e-5)
    np.testing.assert_array_equal(parameters_of(scripted), theta)


REFUSED = {
    "a tuple": (lambda x: (x, x), "inputs: a tuple of several tensors is no table of examples"),
    "a mapping": (lambda x: {"ids": x}, "inputs: a dict of several tensors is no table of examples"),
    "a loader": (
        lambda x: torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x)),
        "inputs: a DataLoader is not read here",
    ),
    "a data set": (lambda x: torch.utils.data.TensorDataset(x), "inputs: a TensorDataset is not read here"),
    "nothing": (lambda x: None, "inputs: there are none"),
    "words": (lambda x: ["a", "b"], "is no table of numbers"),
}


@pytest.mark.parametrize(("made", "sentence"), REFUSED.values(), ids=REFUSED)
def test_inputs_that_are_no_tensor_are_refused_in_a_sentence(made, sentence):
    inputs, targets = examples()
    with pytest.raises(DataError, match=sentence):
        Objective(Network(), made(inputs), targets, nn.CrossEntropyLoss())


NETWORKS = {
    "complex": (lambda: nn.Linear(6, 3, dtype=torch.cfloat), "weight is torch.complex64, and only float32"),
    "double": (lambda: nn.Linear(6, 3).double(), "weight is torch.float64, and only float32"),
    "lazy": (lambda: nn.LazyLinear(3), "has layers without shapes yet; run it once"),
    "a function": (lambda: functional.relu, "is no torch.nn.Module"),
}


@pytest.mark.parametrize(("made", "sentence"), NETWORKS.values(), ids=NETWORKS)
def test_a_network_that_cannot_be_measured_is_refused_in_a_sentence(made, sentence):
    with pytest.raises(DataError, match=sentence):
        Objective(made(), *examples(), nn.CrossEntropyLoss())


def penalty_of(layer):
    return lambda outputs, targets: functional.cross_entropy(outputs, targets) + layer.weight.square().sum()


def test_a_criterion_that_reads_the_network_is_refused_where_a_copy_of_it_is_measured():
    model = Network()
    held = list(model.parameters())
    readers = {
        "the network": lambda o, t: functional.cross_entropy(o, t) + sum(p.square().sum() for p in model.parameters()),
        "its parameters": lambda o, t: functional.cross_entropy(o, t) + held[0].square().sum(),
    }
    for criterion in readers.values():
        with pytest.raises(UsageError, match="criterion: reads the network itself, and device computes on a copy"):
            Objective(model, *examples(), criterion, device="meta")
    assert not reads(functional.cross_entropy, model) and not reads(penalty_of(nn.Linear(2, 2)), model)


def test_complex_parameters_are_no_real_vector():
    with pytest.raises(DataError, match="weight is complex, and θ is real"):
        parameters_of(nn.Linear(6, 3, dtype=torch.cfloat))
