"""Networks of every kind, by every strategy that fits them, equal the plain loop: load_state_dict, model, criterion."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render import compiler
from render.descent.parameters import load_parameters, parameters_of
from render.errors import UsageError
from render.loss.objective import Objective
from render.loss.ways import race, traced
from render.loss.ways.strategies import STRATEGIES
from render.space.grid import Grid

NO_COMPILER = pytest.mark.skipif(compiler.strategy() == "eager", reason="needs a C++ compiler")
QUICK = [name for name in STRATEGIES if name != "compiled"]
COUNT = 37  # examples, more than one pass of folded


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times strategies briefly; which of them is the fastest does not matter here."""
    monkeypatch.setattr(race, "TRIAL", 0.01)


class Does(nn.Module):
    """Modules, and what a function of them and the inputs makes."""

    def __init__(self, function: Callable[..., torch.Tensor], **modules: nn.Module):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.function(self, inputs)


class Block(nn.Module):
    """A residual block, its shortcut a slice filled with zeros (A) or a convolution (B)."""

    def __init__(self, shortcut: str):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(4, 6, 3, 2, 1, bias=False), nn.Conv2d(6, 6, 3, 1, 1, bias=False)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(6), nn.BatchNorm2d(6)])
        self.other = nn.Sequential(nn.Conv2d(4, 6, 1, 2), nn.BatchNorm2d(6)) if shortcut == "B" else None

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        hidden = inputs
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            hidden = norm(convolution(torch.relu(hidden)))
        if self.other is not None:
            return hidden + self.other(inputs)
        return hidden + functional.pad(inputs[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1))


class Tied(nn.Module):
    """Tokens whose embedding is the output layer too."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(7, 5), nn.Linear(5, 7, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.output(torch.tanh(self.embedding(tokens).mean(1)))


class Transformer(nn.Module):
    """Tokens, one pre-norm block with attention, and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.place = nn.Embedding(7, 8), nn.Parameter(torch.randn(6, 8) / 3)
        self.norms = nn.ModuleList([nn.LayerNorm(8), nn.LayerNorm(8)])
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.rest = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 5)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        hidden = self.embedding(tokens) + self.place
        normed = self.norms[0](hidden)
        hidden = hidden + self.attention(normed, normed, normed, need_weights=False)[0]
        hidden = hidden + self.rest(self.norms[1](hidden))
        return self.head(hidden.mean(1))


def branching(self: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    hidden = self.first(inputs.flatten(1))
    return self.second(torch.tanh(hidden)) if hidden.sum() > 0 else self.second(torch.relu(hidden))


def looping(self: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    hidden = inputs.flatten(1)
    for layer in self.layers:
        hidden = torch.tanh(layer(hidden))
    return hidden


def by_rows(self: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    hidden = torch.zeros(len(inputs), 8)
    for row in range(inputs.shape[2]):
        hidden = self.cell(inputs[:, 0, row], hidden)
    return self.head(hidden)


def transposed(self: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    return self.head(self.lstm(inputs[:, 0].transpose(0, 1))[0][-1])


def images(head: int, *modules: nn.Module) -> nn.Sequential:
    """Returns modules behind a convolution to 4 channels, and a linear layer of 5 classes."""
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), *modules, nn.Flatten(), nn.Linear(head, 5))


def half_frozen() -> nn.Module:
    model = images(96, nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU())
    for module in list(model)[:3]:
        module.requires_grad_(False)
    return model


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "convolution": lambda: images(256, nn.ReLU()),
    "strided, dilated convolution in groups": lambda: images(
        96, nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 2, dilation=2, groups=2)
    ),
    "depthwise convolution": lambda: images(
        256, nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1)
    ),
    "transposed convolution": lambda: images(3 * 17 * 17, nn.ReLU(), nn.ConvTranspose2d(4, 3, 3, 2)),
    "convolution of sequences": lambda: nn.Sequential(
        nn.Flatten(2), nn.Conv1d(2, 4, 3, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Flatten(), nn.Linear(248, 5)
    ),
    "reflected edges": lambda: images(256, nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), nn.BatchNorm2d(4)),
    "batch norm without parameters": lambda: images(256, nn.BatchNorm2d(4, affine=False), nn.ReLU()),
    "batch norm of features": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(128, 6), nn.BatchNorm1d(6), nn.SiLU(), nn.Dropout(0.5), nn.Linear(6, 5)
    ),
    "group norm": lambda: images(256, nn.GroupNorm(2, 4), nn.SiLU()),
    "layer norm": lambda: images(256, nn.LayerNorm((8, 8)), nn.GELU()),
    "instance norm": lambda: images(256, nn.InstanceNorm2d(4, affine=True), nn.ReLU()),
    "residual, shortcut A": lambda: images(96, nn.BatchNorm2d(4), Block("A"), nn.ReLU()),
    "residual, shortcut B": lambda: images(96, nn.BatchNorm2d(4), Block("B"), nn.ReLU()),
    "perceptron": lambda: nn.Sequential(nn.Flatten(), nn.Linear(128, 9), nn.Tanh(), nn.Linear(9, 5)),
    "tied weights": Tied,
    "transformer": Transformer,
    "embeddings": lambda: nn.Sequential(nn.Embedding(7, 4), nn.Flatten(), nn.Linear(24, 5)),
    "frozen half": half_frozen,
    "a loop over layers": lambda: Does(
        looping, layers=nn.ModuleList([nn.Linear(128, 9), nn.Linear(9, 9), nn.Linear(9, 5)])
    ),
    "a loop over rows": lambda: Does(by_rows, cell=nn.GRUCell(8, 8), head=nn.Linear(8, 5)),
    "lstm": lambda: Does(transposed, lstm=nn.LSTM(8, 6), head=nn.Linear(6, 5)),
    "weight norm": lambda: nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Conv2d(2, 4, 3)), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 5)
    ),
    "control flow that depends on data": lambda: Does(branching, first=nn.Linear(128, 6), second=nn.Linear(6, 5)),
}
UNTRACED = ("a loop over rows", "control flow that depends on data")
FITS = {  # beside loop and folded
    "perceptron": ("dense-eager", "dense-compiled"),
    "convolution": ("native",),
    "frozen half": ("native",),
    "residual, shortcut A": ("native",),
    "residual, shortcut B": ("native",),
}
TOKENS = ("tied weights", "transformer", "embeddings")


def network(name: str) -> nn.Module:
    """Returns a network in training mode with statistics that none starts with."""
    torch.manual_seed(1)
    model = NETWORKS[name]()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    return model.train()


def examples(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    targets = torch.randint(5, (COUNT,), generator=generator)
    if name in TOKENS:
        return torch.randint(7, (COUNT, 6), generator=generator), targets
    return torch.randn(COUNT, 2, 8, 8, generator=generator), targets


def plane_of(model: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origin = parameters_of(model).astype(np.float64)
    u, v = np.random.default_rng(4).normal(0, 0.1, (2, len(origin)))
    return origin, u, v


def points(count: int = 5) -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (count, 2))


def plain(
    name: str, plane: tuple[np.ndarray, np.ndarray, np.ndarray], made: Callable[[], nn.Module] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns loss and accuracy by the plain loop."""
    model, (inputs, targets) = (made() if made else network(name)).eval(), examples(name)
    found = []
    for alpha, beta in points():
        load_parameters(model, (plane[0] + alpha * plane[1] + beta * plane[2]).astype(np.float32))
        with torch.no_grad():
            outputs = model(inputs)
            right = (outputs.argmax(1) == targets).double().mean()
            found.append((functional.cross_entropy(outputs, targets).item(), right.item()))
    return tuple(np.transpose(found))  # type: ignore[return-value]


def check(name: str, strategy: str) -> None:
    """Compares a strategy with the plain loop, and the network with what it was."""
    model = network(name)
    before, places = copy.deepcopy(model.state_dict()), [p.data_ptr() for p in model.parameters()]
    evaluator = Objective(model, *examples(name), nn.CrossEntropyLoss()).on(*plane_of(model), strategy)
    found, (loss, accuracy) = evaluator.measure(points()), plain(name, plane_of(model))
    np.testing.assert_allclose(found.loss, loss, rtol=1e-5)
    np.testing.assert_allclose(found.accuracy, accuracy, atol=1e-6)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [p.data_ptr() for p in model.parameters()] == places
    assert all(module.training for module in model.modules())


def fits(name: str, strategy: str) -> bool:
    if strategy == "folded":
        return name not in UNTRACED
    return strategy == "loop" or strategy in FITS.get(name, ())


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("strategy", QUICK)
def test_every_strategy_that_fits_a_network_equals_the_plain_loop_and_every_other_says_so(name, strategy):
    if strategy in ("native", "dense-compiled") and compiler.strategy() == "eager":
        pytest.skip("needs a C++ compiler")
    try:
        check(name, strategy)
    except UsageError as refusal:
        assert "does not fit this network" in str(refusal) and "choose auto" in str(refusal)
        assert not fits(name, strategy)


@pytest.mark.parametrize("name", NETWORKS)
def test_auto_equals_the_plain_loop_and_says_where_only_that_is_left(name, capsys):
    check(name, "auto")
    said = capsys.readouterr().err.splitlines()
    told = f"note: {type(network(name)).__name__} is measured one point at a time, by the plain loop: its code"
    assert len(said) == (name in UNTRACED)
    assert all(line.startswith(told) for line in said)


def test_control_flow_that_depends_on_data_ends_in_the_loop():
    name = "control flow that depends on data"
    model = network(name)
    objective = Objective(model, *examples(name), nn.CrossEntropyLoss())
    for grid in (None, Grid.square(1.0, 3)):
        assert objective.on(*plane_of(model), grid=grid).strategy == "loop"
    with pytest.raises(UsageError, match="folded does not fit this network, its code cannot be traced; choose auto"):
        objective.on(*plane_of(model), "folded")


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ["residual, shortcut B", "transformer"])
def test_a_network_compiled_by_torch_equals_the_plain_loop(name):
    check(name, "compiled")


@pytest.mark.slow
@NO_COMPILER
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_network_that_torch_cannot_compile_is_refused():
    name = "control flow that depends on data"
    model = network(name)
    with pytest.raises(UsageError, match=r"strategy: torch\.compile fails on this network .*; choose auto"):
        Objective(model, *examples(name), nn.CrossEntropyLoss()).on(*plane_of(model), "compiled")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("strategy", ["loop", "folded"])
def test_a_network_is_left_as_it_was_when_the_criterion_fails(name, strategy):
    def failing(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise ArithmeticError("the criterion failed")

    model = network(name)
    before = copy.deepcopy(model.state_dict())
    objective = Objective(model, *examples(name), failing)
    if fits(name, strategy):
        with pytest.raises(ArithmeticError, match="the criterion failed"):
            objective.on(*plane_of(model), strategy).measure(points())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(module.training for module in model.modules())


STILL = ["frozen half", "residual, shortcut B", "transformer", "lstm", "a loop over layers", "tied weights"]


@pytest.mark.parametrize("strategy", ["loop", "folded", "native"])
@pytest.mark.parametrize("name", STILL)
@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_a_beginning_that_does_not_move_is_taken_from_the_plane_not_from_the_network(name, strategy, share):
    if strategy == "native" and (not fits(name, strategy) or compiler.strategy() == "eager"):
        pytest.skip("does not fit")
    model = network(name)
    origin, u, v = plane_of(model)
    origin += np.random.default_rng(9).normal(0, 0.1, len(origin))
    still = int(len(origin) * share)
    u[:still] = v[:still] = 0
    evaluator = Objective(model, *examples(name), nn.CrossEntropyLoss()).on(origin, u, v, strategy)
    np.testing.assert_allclose(evaluator.measure(points()).loss, plain(name, (origin, u, v))[0], rtol=1e-5)


def test_what_a_frozen_beginning_gives_is_computed_once(monkeypatch):
    model, passes = network("frozen half"), []
    model[2].forward = lambda inputs, relu=model[2].forward: passes.append(len(inputs)) or relu(inputs)
    evaluator = Objective(model, *examples("frozen half"), nn.CrossEntropyLoss()).on(*plane_of(model), "folded")
    count = len(passes)
    evaluator.measure(points())
    assert len(passes) == count > 0
    monkeypatch.setattr(traced, "MOST_KEPT", 100)
    evaluator = Objective(model, *examples("frozen half"), nn.CrossEntropyLoss()).on(*plane_of(model), "folded")
    evaluator.measure(points())
    assert len(passes) > count + 5


class Direct(nn.Module):
    """Reads its parameters past the trace, so that a graph would keep them as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(128, 5), nn.Linear(128, 5)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        weights = torch.stack([parameter for parameter in self.parameters() if parameter.ndim == 2]).sum(0)
        return inputs.flatten(1) @ weights.T + self.first.bias + self.second.bias


def twice(module: nn.Module, inputs: object, outputs: torch.Tensor) -> torch.Tensor:
    return 2 * outputs


def hooked(name: str, *path: str) -> nn.Module:
    model = network(name)
    for at in path:
        model.get_submodule(at).register_forward_hook(twice)
    return model


def patched() -> nn.Module:
    model = network("residual, shortcut B")
    model[0].forward = lambda inputs, given=model[0].forward: 2 * given(inputs)
    return model


def spectral() -> nn.Module:
    torch.manual_seed(1)
    with pytest.warns(FutureWarning, match="weight_norm"):
        return nn.Sequential(
            nn.utils.weight_norm(nn.Conv2d(2, 4, 3)), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 5)
        )


def direct() -> nn.Module:
    torch.manual_seed(1)
    return Direct()


def discards() -> nn.Module:
    torch.manual_seed(1)
    return Does(discarding, first=nn.Linear(128, 5))


def discarding(self: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    hidden = self.first(inputs.flatten(1))
    torch.relu(hidden)
    return hidden


ALTERED = {
    "a hook on the whole": lambda: hooked("residual, shortcut B", ""),
    "a hook on a convolution that would be folded": lambda: hooked("residual, shortcut B", "0"),
    "a hook on batch norm that would be folded": lambda: hooked("residual, shortcut B", "1"),
    "a hook on a block": lambda: hooked("residual, shortcut B", "2"),
    "a hook of weight norm": spectral,
    "a forward that was replaced": patched,
    "parameters read past the trace": direct,
    "a result that nothing reads": discards,
}


@pytest.mark.parametrize("made", ALTERED.values(), ids=ALTERED)
def test_a_network_that_does_more_than_its_modules_say_is_measured_as_it_is(made):
    model = made().train()
    origin, u, v = plane_of(model)
    for moves in (1.0, 0.0):  # without any move, all is computed once
        plane = (origin, moves * u, moves * v)
        expected, _ = plain("convolution", plane, made)
        for strategy in ("loop", "folded"):
            try:
                found = Objective(model, *examples("convolution"), nn.CrossEntropyLoss()).on(*plane, strategy)
            except UsageError as refusal:
                assert strategy == "folded" and "cannot be traced" in str(refusal)
                continue
            np.testing.assert_allclose(found.measure(points()).loss, expected, rtol=1e-5)
