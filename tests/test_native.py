"""One kernel for a convolutional network agrees with the plain loop: load_state_dict, model(inputs), criterion."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render import compiler
from render.descent.parameters import layout_of, parameters_of
from render.errors import MachineError
from render.loss.measurement import Mode, OneHotMSELoss, Problem
from render.loss.ways.native import native_plane as native
from render.loss.ways.native.native_plane import NativePlane, is_native
from render.loss.ways.native.program import program_of
from render.loss.ways.native.schedule import schedule_of
from render.space.directions import random_direction

NO_COMPILER = pytest.mark.skipif(compiler.strategy() == "eager", reason="needs a C++ compiler")


class Calls(nn.Module):
    """A convolution, whatever a function makes of what it gives, and a linear layer that reads all of it."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor], channels: int = 9, size: int = 8):
        super().__init__()
        self.convolution = nn.Conv2d(3, channels, 1)
        self.function = function
        with torch.no_grad():
            shape = function(self.convolution(torch.zeros(2, 3, size, size))).shape
        self.linear = nn.Linear(math.prod(shape[1:]), 5)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.flatten(self.function(self.convolution(inputs)), 1))


class Block(nn.Module):
    """A residual block of a ResNet, its shortcut a slice filled with zeros (A) or a convolution (B)."""

    def __init__(self, fan_in: int, fan_out: int, stride: int, shortcut: str):
        super().__init__()
        self.first = nn.Conv2d(fan_in, fan_out, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(fan_out, fan_out, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(fan_out), nn.BatchNorm2d(fan_out)])
        self.relu = nn.ReLU(inplace=True)
        self.beyond = (fan_out - fan_in) // 2
        self.stride, self.other = stride, None
        if fan_in != fan_out and shortcut == "B":
            self.other = nn.Sequential(nn.Conv2d(fan_in, fan_out, 1, stride, bias=False), nn.BatchNorm2d(fan_out))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        made = self.norms[1](self.second(self.relu(self.norms[0](self.first(inputs)))))
        if self.other is not None:
            made = torch.add(made, self.other(inputs))
        else:
            short = inputs[:, :, :: self.stride, :: self.stride]
            made += functional.pad(short, (0, 0, 0, 0, self.beyond, self.beyond)) if self.beyond else short
        return functional.relu(made)


class ResNet(nn.Module):
    """A small residual network whose end asks for the sizes of its values."""

    def __init__(self, shortcut: str):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        blocks = [(8, 8, 1), (8, 16, 2)]
        self.blocks = nn.Sequential(*(Block(*block, shortcut) for block in blocks))
        self.head = nn.Linear(16, 5)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = self.blocks(self.stem(inputs))
        hidden = functional.avg_pool2d(hidden, hidden.size()[3])
        return self.head(hidden.view(hidden.size(0), -1))


def settled(model: nn.Module) -> nn.Module:
    """Gives parameters and statistics values that none of them starts with."""
    torch.manual_seed(3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, 0, 0.2)
    return model


def data(count: int = 11, size: int | tuple[int, int] = 8, channels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    height, width = (size, size) if isinstance(size, int) else size
    inputs = torch.randn(count, channels, height, width, generator=generator)
    return inputs, torch.randint(5, (count,), generator=generator)


def plane_of(model: nn.Module) -> torch.Tensor:
    ways = [random_direction(model, seed, ignore="none").astype(np.float64) for seed in (5, 6)]
    return torch.from_numpy(np.stack([parameters_of(model).astype(np.float64), *ways]))


def points(count: int = 6) -> np.ndarray:
    return np.random.default_rng(6).uniform(-1, 1, (count, 2))


def plain(problem: Problem, plane: torch.Tensor, coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns loss and accuracy by the plain loop in float32."""
    model, layout = copy.deepcopy(problem.model).eval(), layout_of(problem.model)
    losses, accuracies = [], []
    with torch.no_grad():
        for a, b in coordinates:
            theta = (plane[0] + a * plane[1] + b * plane[2]).float()
            parts = zip(layout.slices().items(), layout.shapes, strict=True)
            model.load_state_dict({name: theta[part].reshape(shape) for (name, part), shape in parts}, strict=False)
            outputs = model(problem.inputs.clone())
            losses.append(problem.criterion(outputs, problem.targets).item())
            right = outputs.argmax(1) == problem.targets if problem.targets.ndim == 1 else torch.tensor([math.nan])
            accuracies.append(right.double().mean().item())
    return np.array(losses), np.array(accuracies)


def check(
    model: nn.Module,
    examples: tuple[torch.Tensor, torch.Tensor] | None = None,
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = functional.cross_entropy,
    plane: torch.Tensor | None = None,
) -> None:
    """Compares the kernel on a plane with the plain loop, within 1e-5."""
    problem = Problem(settled(model), *(examples or data()), criterion)
    plane = plane_of(model) if plane is None else plane
    assert is_native(problem)
    found = NativePlane(problem, plane).measure(points())
    loss, accuracy = plain(problem, plane, points())
    np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(found.accuracy, accuracy, atol=1e-6)


def block(*modules: nn.Module) -> nn.Sequential:
    """Returns modules between a convolution to 9 channels and a linear layer of 5 classes, for images of 8×8."""
    torch.manual_seed(2)
    front = nn.Sequential(nn.Conv2d(3, 9, 1), *modules, nn.Flatten())
    with torch.no_grad():
        size = front.eval()(torch.zeros(2, 3, 8, 8)).shape[1]
    return nn.Sequential(*front, nn.Linear(size, 5))


MODULES: dict[str, list[nn.Module]] = {
    "activations": [nn.ReLU(), nn.GELU(), nn.SiLU(), nn.Tanh(), nn.Sigmoid(), nn.GELU("tanh"), nn.Identity()],
    "norms": [nn.BatchNorm2d(9), nn.ReLU(inplace=True), nn.BatchNorm2d(9, affine=False), nn.BatchNorm2d(9, eps=0.1)],
    "maxima": [nn.MaxPool2d((2, 3), (1, 2), (1, 1)), nn.Dropout(), nn.MaxPool2d(2, 1), nn.Dropout2d()],
    "means": [nn.AvgPool2d(2, 1), nn.ReLU(), nn.AvgPool2d(3, 2, 1), nn.AvgPool2d(3, 1, 1, count_include_pad=False)],
    "features": [nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.BatchNorm1d(9), nn.Linear(9, 7), nn.BatchNorm1d(7)],
    "a wide linear layer": [nn.Flatten(), nn.Linear(576, 33), nn.ReLU()],
    "convolutions": [nn.Conv2d(9, 17, 3, padding=1), nn.ReLU(), nn.Conv2d(17, 8, 3, padding=1, bias=False)],
    "a norm behind": [nn.Conv2d(9, 8, 3, padding="same"), nn.BatchNorm2d(8), nn.MaxPool2d(2), nn.Tanh()],
    "paddings": [nn.Conv2d(9, 10, 3, padding=2), nn.SiLU(), nn.Conv2d(10, 8, 3, padding="valid")],
    "strides": [nn.Conv2d(9, 6, (5, 2), (1, 3), (2, 0)), nn.ReLU(), nn.Conv2d(6, 20, 3, 2, 1)],
    "kernels": [nn.Sequential(nn.Conv2d(9, 20, 1), nn.Sequential(nn.Tanh(), nn.Conv2d(20, 3, 7, padding=3)))],
}

FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "rectifiers": lambda x: torch.relu(functional.relu(x, inplace=True)).relu().relu_(),
    "activations": lambda x: functional.gelu(functional.silu(torch.tanh(x)), approximate="tanh").sigmoid(),
    "sums": lambda x: torch.add(x + torch.tanh(x), x) + (x + x),
    "a value read before it is written over": lambda x: functional.max_pool2d(x, 1) + functional.relu_(x),
    "flattened": lambda x: x.flatten(1).view(x.size(0), -1).reshape(-1, 576),
    "mean": lambda x: torch.mean(functional.dropout(x.tanh(), 0.5, training=False), dim=[-1, -2], keepdim=True),
    "mean of features": lambda x: x.mean((2, 3)),
    "pools": lambda x: functional.adaptive_avg_pool2d(functional.max_pool2d(x, 3, stride=2, padding=1), 1),
    "slice and channels": lambda x: functional.avg_pool2d(functional.pad(x[:, :, ::2, ::3], (0, 0, 0, 0, 3, 8)), 2, 1),
}


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.parametrize("name", MODULES)
def test_every_module_agrees_with_the_plain_loop(name: str):
    check(block(*MODULES[name]))


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_agrees_with_the_plain_loop(name: str):
    torch.manual_seed(2)
    check(Calls(FUNCTIONS[name]))


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.parametrize(("shortcut", "size"), [("A", 16), ("B", 13)])
def test_residual_networks_agree_with_the_plain_loop(shortcut: str, size: int):
    torch.manual_seed(2)
    check(ResNet(shortcut), data(size=size))


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.parametrize(("size", "count"), [((9, 7), 1), ((5, 12), 8), ((3, 4), 23)], ids=str)
def test_every_size_and_number_of_images_agrees_with_the_plain_loop(size: int | tuple[int, int], count: int):
    torch.manual_seed(2)
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 11, 3, padding=1), nn.AdaptiveAvgPool2d(1)]
    check(nn.Sequential(*layers, nn.Flatten(), nn.Linear(11, 5)), data(count, size))


@NO_COMPILER
@pytest.mark.parametrize("criterion", [nn.CrossEntropyLoss(), OneHotMSELoss(), nn.MSELoss()], ids=str)
def test_every_criterion_agrees_with_the_plain_loop(criterion: nn.Module):
    inputs, targets = data()
    values = torch.randn(11, 5, generator=torch.Generator().manual_seed(1))
    check(block(nn.Tanh()), (inputs, values if isinstance(criterion, nn.MSELoss) else targets), criterion)


@NO_COMPILER
def test_features_agree_with_the_plain_loop():
    torch.manual_seed(2)
    model = nn.Sequential(nn.Linear(19, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Dropout(), nn.Linear(30, 5))
    check(model, (torch.randn(13, 19), data(13)[1]))


@NO_COMPILER
def test_frozen_parameters_stay_where_they_are():
    model = block(nn.BatchNorm2d(9), nn.ReLU(), nn.Conv2d(9, 8, 3), nn.Tanh())
    model[0].requires_grad_(False)
    model[3].weight.requires_grad_(False)
    check(model)


@NO_COMPILER
def test_a_network_whose_lower_part_does_not_move_agrees_with_the_plain_loop():
    model = block(nn.BatchNorm2d(9), nn.ReLU(), nn.Conv2d(9, 8, 3), nn.Tanh())
    plane = plane_of(model)
    plane[1:, : layout_of(model).offsets[5]] = 0
    plane[0] += 0.01
    check(model, plane=plane)


@NO_COMPILER
def test_a_residual_network_whose_lower_part_does_not_move_agrees_with_the_plain_loop():
    torch.manual_seed(2)
    model = ResNet("A")
    plane = plane_of(model)
    plane[1:, : layout_of(model).slices()["blocks.1.second.weight"].start] = 0
    check(model, data(size=16), plane=plane)


@NO_COMPILER
def test_parameters_that_two_layers_share_agree_with_the_plain_loop():
    torch.manual_seed(2)
    first, second = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
    second.weight = first.weight
    check(nn.Sequential(nn.Conv2d(3, 8, 1), first, nn.Tanh(), second, first, nn.Flatten(), nn.Linear(512, 5)))


@NO_COMPILER
def test_sums_of_the_first_layer_that_would_not_fit_are_not_made(monkeypatch: pytest.MonkeyPatch):
    torch.manual_seed(2)
    model = nn.Sequential(nn.Conv2d(3, 8, 5), nn.Flatten(), nn.Linear(128, 5))
    program = program_of(model, data()[0])
    assert program
    assert [schedule_of(program, planar=planar).steps[0].method for planar in (True, False)] == ["planar", "direct"]
    check(model)
    monkeypatch.setattr(native, "SUMS", 100)
    check(model)


@NO_COMPILER
@pytest.mark.parametrize(
    "modules", [[nn.ReLU(), nn.MaxPool2d(3, 2)], [nn.Conv2d(9, 8, 3, padding=1), nn.MaxPool2d(2)]], ids=str
)
def test_an_input_that_is_no_number_comes_out_as_none(modules: list[nn.Module]):
    model, (inputs, targets) = block(*modules), data()
    inputs[5, 1, 3, 3] = math.nan
    problem = Problem(model, inputs, targets, functional.cross_entropy)
    assert np.isnan(NativePlane(problem, plane_of(model)).measure(points(3)).loss).all()


@NO_COMPILER
def test_a_point_that_diverged_is_never_finite():
    model = block(nn.BatchNorm2d(9), nn.Sigmoid(), nn.MaxPool2d(2))
    evaluator = NativePlane(Problem(model, *data(), functional.cross_entropy), plane_of(model))
    found = evaluator.measure(np.array([[1e300, 1.0], [np.nan, 0.0], [0.0, np.inf], [1e41, -1e41], [0.5, 0.5]]))
    assert not np.isfinite(found.loss[:4]).any()
    assert np.isnan(found.accuracy[:4]).all()
    assert np.isfinite([found.loss[4], found.accuracy[4]]).all()


@NO_COMPILER
def test_a_loss_that_overflows_is_never_finite():
    model = block(nn.ReLU(), nn.Conv2d(9, 8, 3))
    evaluator = NativePlane(Problem(model, *data(), OneHotMSELoss()), plane_of(model))
    assert not np.isfinite(evaluator.measure(np.array([[1e15, 1e15]])).loss).any()


@NO_COMPILER
def test_a_height_does_not_depend_on_the_division_of_points_or_the_number_of_threads():
    model = block(nn.BatchNorm2d(9), nn.ReLU(), nn.Conv2d(9, 8, 3, padding=1), nn.MaxPool2d(2))
    problem, threads = Problem(settled(model), *data(13), functional.cross_entropy), torch.get_num_threads()
    evaluator = NativePlane(problem, plane_of(model))
    whole = evaluator.measure(points(23))
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            for start, end in ((0, 23), (0, 1), (3, 8), (20, 23), (0, 0)):
                part = evaluator.measure(points(23)[start:end])
                assert np.array_equal(part.loss, whole.loss[start:end])
                assert np.array_equal(part.accuracy, whole.accuracy[start:end])
    finally:
        torch.set_num_threads(threads)


@NO_COMPILER
def test_a_scan_leaves_the_network_and_its_inputs_as_it_found_them():
    model, examples = settled(block(nn.ReLU(inplace=True), nn.BatchNorm2d(9), nn.Dropout())).train(), data()
    before, inputs, state = parameters_of(model), examples[0].clone(), copy.deepcopy(model.state_dict())
    NativePlane(Problem(model, *examples, functional.cross_entropy), plane_of(model)).measure(points())
    assert np.array_equal(parameters_of(model), before)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(examples[0], inputs)
    assert all(module.training for module in model.modules())


def test_without_a_compiler_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    model = block(nn.ReLU(), nn.Conv2d(9, 2, 1))
    monkeypatch.setenv("CXX", "false")
    compiler.library.cache_clear()
    with pytest.raises(MachineError, match="native needs a C\\+\\+ compiler"):
        NativePlane(Problem(model, *data(), functional.cross_entropy), plane_of(model))
    compiler.library.cache_clear()


class Gated(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if x.sum() > 0 else -x


class Scaled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(9, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.scale * x


class Own(nn.Conv2d):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * 2


class WrittenOver(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu_(x.view(x.size(0), -1)) + x.view(x.size(0), -1)


class Unread(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.unread = nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


REFUSED: list[nn.Module] = [
    nn.Softplus(),
    nn.LeakyReLU(),
    nn.GroupNorm(3, 9),
    nn.Conv2d(9, 9, 3, groups=9),
    nn.Conv2d(9, 9, 3, dilation=2),
    nn.Conv2d(9, 9, 3, padding=1, padding_mode="reflect"),
    nn.BatchNorm2d(9, track_running_stats=False),
    nn.MaxPool2d(3, ceil_mode=True),
    nn.MaxPool2d(3, dilation=2),
    nn.AvgPool2d(3, divisor_override=2),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(2),
    nn.Linear(8, 8),
    nn.Softmax(1),
    nn.utils.parametrizations.weight_norm(nn.Conv2d(9, 9, 1)),
    Gated(),
    Scaled(),
    Own(9, 9, 1),
    WrittenOver(),
    Unread(),
]
REFUSED_FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "x * 2": lambda x: x * 2,
    "x + 1": lambda x: x + 1,
    "alpha": lambda x: torch.add(x, x, alpha=2),
    "dropout": lambda x: functional.dropout(x, 0.5),
    "rows": lambda x: x.mean((1, 2)),
    "columns": lambda x: x[:, :, 1:, :],
    "channels": lambda x: x[:, :3],
    "edge": lambda x: functional.pad(x, (1, 1, 1, 1)),
    "ones": lambda x: functional.pad(x, (0, 0, 0, 0, 1, 1), value=1.0),
    "transposed": lambda x: x.transpose(1, 2),
    "broadcast": lambda x: x + functional.adaptive_avg_pool2d(x, 1),
    "of the batch": lambda x: x - x.mean(),
}


@pytest.mark.parametrize("module", REFUSED, ids=lambda module: str(module)[:40])
def test_a_module_that_is_not_known_for_certain_is_refused(module: nn.Module):
    assert program_of(block(module), data()[0]) is None


@pytest.mark.parametrize("name", REFUSED_FUNCTIONS)
def test_a_function_that_is_not_known_for_certain_is_refused(name: str):
    assert program_of(Calls(REFUSED_FUNCTIONS[name]), data()[0]) is None


def test_hooks_other_types_and_inputs_that_are_written_over_are_refused():
    inputs, _ = data()
    assert program_of(block(nn.ReLU()), inputs) is not None
    hooked = block(nn.ReLU())
    hooked[1].register_forward_hook(lambda module, inputs, output: output * 2)
    assert program_of(hooked, inputs) is None
    patched = block(nn.ReLU())
    patched[1].forward = torch.tanh
    assert program_of(patched, inputs) is None
    assert program_of(block(nn.ReLU()).double(), inputs.double()) is None
    assert program_of(block(nn.ReLU()), inputs[0]) is None
    assert program_of(nn.Sequential(nn.ReLU(inplace=True), *block(nn.ReLU())), inputs) is None
    assert program_of(block(nn.ReLU())[:2], inputs) is None
    assert program_of(nn.Sequential(nn.Flatten()), inputs) is None


def test_a_criterion_or_a_mode_that_is_not_plain_is_refused():
    model, (inputs, targets) = block(nn.BatchNorm2d(9)), data()
    assert is_native(Problem(model, inputs, targets, nn.CrossEntropyLoss()))
    assert not is_native(Problem(model, inputs, targets, nn.CrossEntropyLoss(label_smoothing=0.1)))
    assert not is_native(Problem(model, inputs, targets - 1, nn.CrossEntropyLoss()))
    assert not is_native(Problem(model, inputs, targets, nn.CrossEntropyLoss(), Mode(bn="batch")))
