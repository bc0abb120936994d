"""How a strategy is chosen: by timing, remembered, and never one that does not agree with the loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render import compiler
from render.descent.parameters import parameters_of
from render.errors import MachineError, UsageError
from render.loss.measurement import Measurement, Mode, Problem
from render.loss.objective import Objective
from render.loss.ways import race, recollection, strategies
from render.loss.ways.loop import LoopPlane
from render.space.grid import Grid

NO_COMPILER = pytest.mark.skipif(compiler.strategy() == "eager", reason="needs a C++ compiler")
LONG = Grid.square(1.0, 1000)
SHORT = Grid.square(1.0, 3)


class Altered:
    """The loop under another name, its losses scaled."""

    batch = 1

    def __init__(self, problem: Problem, plane: torch.Tensor, strategy: str, factor: float):
        self.strategy, self._loop, self._factor = strategy, LoopPlane(problem, plane), factor

    def measure(self, coordinates: np.ndarray) -> Measurement:
        found = self._loop.measure(coordinates)
        return Measurement(found.loss * np.float32(self._factor), found.accuracy)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begins every test without choices of an earlier one."""
    monkeypatch.setattr(recollection, "_CHOSEN", {})
    yield


def convolutional() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Softplus(), nn.Flatten(), nn.Linear(48, 4))


def dense() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.Tanh(), nn.Linear(8, 4))


def objective(model: nn.Module, **mode: Any) -> Objective:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(20, 1, 6, 6, generator=generator)
    return Objective(model, inputs, torch.randint(4, (20,), generator=generator), nn.CrossEntropyLoss(), **mode)


def plane_of(model: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origin = parameters_of(model).astype(np.float64)
    u, v = np.random.default_rng(4).normal(0, 0.1, (2, len(origin)))
    return origin, u, v


def put(monkeypatch: pytest.MonkeyPatch, rates: dict[str, float], factors: dict[str, float]) -> list[str]:
    """Makes strategies of the loop with given rates and factors; returns the list of those timed, once each."""
    timed: list[str] = []

    def rate(way: Any, seconds: float) -> float:
        timed.extend([way.strategy] if way.strategy not in timed else [])
        return rates[way.strategy]

    monkeypatch.setattr(race, "_rate", rate)
    for name, factor in factors.items():
        monkeypatch.setitem(
            strategies.STRATEGIES,
            name,
            lambda problem, plane, name=name, factor=factor: Altered(problem, plane, name, factor),
        )
    return timed


ALIKE = {"folded": 1.0, "compiled": 1.0}
FASTEST = {
    "loop": {"loop": 30.0, "folded": 20.0, "compiled": 10.0},
    "folded": {"loop": 10.0, "folded": 30.0, "compiled": 20.0},
    "compiled": {"loop": 10.0, "folded": 20.0, "compiled": 30.0},
}


@NO_COMPILER
@pytest.mark.parametrize("fastest", FASTEST)
def test_the_fastest_is_chosen_remembered_in_a_file_and_not_timed_again(fastest, monkeypatch, tmp_path):
    model, choices = convolutional(), tmp_path / "choices.json"
    timed = put(monkeypatch, FASTEST[fastest], ALIKE)
    first = objective(model).on(*plane_of(model), grid=LONG, choices=choices)
    assert timed == ["loop", "folded", "compiled"]
    assert first.strategy == fastest
    assert list(json.loads(choices.read_text()).values()) == [fastest]
    monkeypatch.setattr(recollection, "_CHOSEN", {})
    timed.clear()
    for grid in (LONG, SHORT, None):
        assert objective(model).on(*plane_of(model), grid=grid, choices=choices).strategy == fastest
    assert timed == []


def test_a_choice_in_a_file_is_obeyed(monkeypatch, tmp_path):
    model, choices = convolutional(), tmp_path / "choices.json"
    put(monkeypatch, FASTEST["folded"], ALIKE)
    objective(model).on(*plane_of(model), grid=LONG, choices=choices)
    key = next(iter(json.loads(choices.read_text())))
    choices.write_text(json.dumps({key: "loop", "another": "native"}))
    assert objective(model).on(*plane_of(model), grid=LONG, choices=choices).strategy == "loop"


def test_a_choice_that_no_longer_agrees_with_the_loop_is_made_anew(monkeypatch, tmp_path, capsys):
    model, choices = convolutional(), tmp_path / "choices.json"
    put(monkeypatch, FASTEST["folded"], {**ALIKE, "compiled": 2.0})
    objective(model).on(*plane_of(model), grid=LONG, choices=choices)
    assert list(json.loads(choices.read_text()).values()) == ["folded"]
    put(monkeypatch, FASTEST["folded"], {"folded": 1.01, "compiled": 1.0})
    assert objective(model).on(*plane_of(model), grid=LONG, choices=choices).strategy != "folded"
    assert list(json.loads(choices.read_text()).values()) != ["folded"]
    assert "strategy folded is left out" in capsys.readouterr().err


DAMAGED = {
    "cut off": '{"a": ',
    "a list": '["folded"]',
    "a number": "3",
    "no text": b"\xff\xfe\x00",
    "values of another kind": None,
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_file_of_choices_that_is_damaged_or_of_another_shape_is_ignored(content, monkeypatch, tmp_path):
    model, choices = convolutional(), tmp_path / "choices.json"
    put(monkeypatch, FASTEST["folded"], ALIKE)
    if content is None:
        objective(model).on(*plane_of(model), grid=LONG, choices=choices)
        content = json.dumps({key: ["folded"] for key in json.loads(choices.read_text())})
    choices.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setattr(recollection, "_CHOSEN", {})
    assert objective(model).on(*plane_of(model), grid=LONG, choices=choices).strategy == "folded"
    assert list(json.loads(choices.read_text()).values()) == ["folded"]


MODES = (
    Mode(bn="batch"),
    Mode(bn="batch", bn_batch=5),
    Mode(bn="recalibrated", calibration=torch.zeros(4, 1, 6, 6)),
    Mode(dropout="fixed"),
    Mode(precision="bfloat16"),
)


def key_of(problem: Problem, moved: float = 1.0) -> str:
    origin, u, v = plane_of(problem.model)
    u[:27], v[:27] = moved * u[:27], moved * v[:27]
    plane = torch.from_numpy(np.stack([origin, u, v]))
    return recollection.key_of(problem, plane, strategies.candidates(problem))


def test_the_key_of_a_choice_changes_with_everything_that_it_depends_on(monkeypatch):
    problem = objective(convolutional()).problem
    wider = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Softplus(), nn.Flatten(), nn.Linear(64, 4))
    others = [
        replace(problem, model=wider),
        replace(problem, model=nn.Sequential(*convolutional()[:2], nn.Tanh(), *convolutional()[3:])),
        replace(problem, inputs=problem.inputs[:10], targets=problem.targets[:10]),
        replace(problem, inputs=problem.inputs.double()),
        replace(problem, criterion=functional.cross_entropy),
        *(replace(problem, mode=mode) for mode in MODES),
    ]
    keys = [*map(key_of, (problem, *others)), key_of(problem, moved=0.0)]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(threads + 1)
        keys.append(key_of(problem))
    finally:
        torch.set_num_threads(threads)
    monkeypatch.setattr(compiler, "strategy", lambda: "eager")
    keys.append(key_of(problem))
    assert len(set(keys)) == len(keys)


def test_the_key_of_a_choice_is_that_of_another_run_of_the_same_network():
    problem, other = (objective(convolutional()).problem for _ in range(2))
    with torch.no_grad():
        other.model[0].weight += 1
    assert key_of(replace(other, mode=Mode(weight_decay=0.1))) == key_of(problem)


@NO_COMPILER
def test_a_candidate_that_does_not_agree_with_the_loop_is_left_out_aloud(monkeypatch, capsys):
    model = convolutional()
    timed = put(monkeypatch, FASTEST["folded"], {"folded": 1 + 1e-4, "compiled": float("nan")})
    assert objective(model).on(*plane_of(model), grid=LONG).strategy == "loop"
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in said] == [
        f"note: strategy {name} is left out, since it does not agree with the plain loop" for name in ALIKE
    ]
    assert timed == ["loop"]


@NO_COMPILER
def test_a_candidate_that_fails_is_left_out_aloud(monkeypatch, capsys):
    def failing(problem: Problem, plane: torch.Tensor) -> Any:
        raise RuntimeError("no such operation")

    model = convolutional()
    put(monkeypatch, FASTEST["folded"], ALIKE)
    monkeypatch.setitem(strategies.STRATEGIES, "compiled", failing)
    assert objective(model).on(*plane_of(model), grid=LONG).strategy == "folded"
    assert capsys.readouterr().err == "note: strategy compiled failed (RuntimeError), and is left out\n"


def test_a_candidate_may_diverge_where_the_loop_does(monkeypatch, capsys):
    model = convolutional()
    put(monkeypatch, FASTEST["folded"], ALIKE)
    origin, u, v = plane_of(model)
    origin[:] = np.nan
    assert objective(model).on(origin, u, v, grid=LONG).strategy == "folded"
    assert capsys.readouterr().err == ""


WORTH = {
    "nothing for one point": (1, ["loop"]),
    "nothing below 10 s": (99, ["loop"]),
    "folding from 10 s on": (100, ["loop", "folded"]),
    "folding below 120 s, at its rate": (2399, ["loop", "folded"]),
    "compiling from 120 s on": (2400, ["loop", "folded", "compiled"]),
}


@NO_COMPILER
@pytest.mark.parametrize(("points", "expected"), WORTH.values(), ids=WORTH)
def test_what_takes_long_to_prepare_is_tried_only_where_much_is_to_be_measured(points, expected, monkeypatch, tmp_path):
    model, choices = convolutional(), tmp_path / "choices.json"
    timed = put(monkeypatch, FASTEST["compiled"], ALIKE)
    grid = Grid.line(np.arange(max(2, points))) if points > 1 else None
    found = objective(model).on(*plane_of(model), grid=grid, choices=choices)
    assert timed == expected
    assert found.strategy == expected[-1]
    assert choices.exists() == (len(expected) == 3)


@NO_COMPILER
def test_a_kernel_made_for_a_network_is_remembered_where_it_is_decisively_faster(monkeypatch, tmp_path):
    model = dense()
    for rate, settled in ((41.0, True), (39.0, False)):
        choices = tmp_path / f"{settled}.json"
        timed = put(monkeypatch, {"loop": 10.0, "dense-compiled": rate}, {})
        assert objective(model).on(*plane_of(model), choices=choices, grid=SHORT).strategy == "dense-compiled"
        assert timed == ["loop", "dense-compiled"]
        assert choices.exists() == settled
        monkeypatch.setattr(recollection, "_CHOSEN", {})


@NO_COMPILER
@pytest.mark.parametrize(("rate", "looks"), [(41.0, [0.125, 0.125]), (39.0, [0.125, 0.125, 1, 1])])
def test_a_glance_is_enough_only_where_a_candidate_is_decisively_faster(rate, looks, monkeypatch):
    model, seen = dense(), list[float]()

    def rate_of(way: Any, seconds: float) -> float:
        seen.append(seconds / race.TRIAL)
        return 10.0 if way.strategy == "loop" else rate

    monkeypatch.setattr(race, "_rate", rate_of)
    assert objective(model).on(*plane_of(model), grid=SHORT).strategy == "dense-compiled"
    assert seen == looks


@NO_COMPILER
def test_a_glance_that_a_longer_look_refutes_does_not_count(monkeypatch):
    model = dense()

    def rate_of(way: Any, seconds: float) -> float:
        loop, at_length = way.strategy == "loop", seconds == race.TRIAL
        return (30.0 if at_length else 10.0) if loop else 20.0

    monkeypatch.setattr(race, "_rate", rate_of)
    assert objective(model).on(*plane_of(model), grid=SHORT).strategy == "loop"


@NO_COMPILER
def test_the_loop_is_chosen_where_it_is_faster_than_a_kernel_made_for_the_network(monkeypatch):
    model = dense()
    put(monkeypatch, {"loop": 10.0, "dense-compiled": 9.0}, {})
    assert objective(model).on(*plane_of(model), grid=SHORT).strategy == "loop"


@NO_COMPILER
def test_a_stack_of_linear_layers_is_measured_by_its_kernel(capsys):
    model = dense()
    assert objective(model).on(*plane_of(model), grid=SHORT).strategy == "dense-compiled"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("made", [dense, convolutional])
def test_without_a_compiler_all_is_measured_and_nothing_compiled_is_tried(made, monkeypatch, capsys):
    monkeypatch.setattr(compiler, "strategy", lambda: "eager")
    model = made()
    found = objective(model).on(*plane_of(model), grid=LONG)
    assert found.strategy in ("dense-eager", "folded", "loop")
    assert np.isfinite(found.measure(np.zeros((1, 2))).loss).all()
    assert capsys.readouterr().err == ""


def test_the_lack_of_a_compiler_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(compiler, "_compiler", list)
    compiler.strategy.cache_clear()
    try:
        model = dense()
        for _ in range(2):
            assert objective(model).on(*plane_of(model), grid=SHORT).strategy in ("dense-eager", "loop")
    finally:
        compiler.strategy.cache_clear()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "no C++ compiler was found" in said[0]


@NO_COMPILER
def test_a_kernel_that_cannot_be_made_is_left_to_what_the_compiler_says(monkeypatch, capsys):
    def lacking(problem: Problem, plane: torch.Tensor) -> Any:
        raise MachineError("strategy: native needs a C++ compiler that works")

    torch.manual_seed(1)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))
    monkeypatch.setitem(strategies.STRATEGIES, "native", lacking)
    assert objective(model).on(*plane_of(model), grid=SHORT).strategy == "loop"
    assert capsys.readouterr().err == ""
    with pytest.raises(MachineError, match="native needs a C\\+\\+ compiler that works"):
        objective(model).on(*plane_of(model), "native")


@pytest.mark.parametrize("strategy", ["loop", "folded"])
def test_a_pinned_strategy_is_neither_timed_nor_remembered(strategy, monkeypatch, tmp_path):
    model, choices = convolutional(), tmp_path / "choices.json"
    timed = put(monkeypatch, {}, {})
    assert objective(model).on(*plane_of(model), strategy, grid=LONG, choices=choices).strategy == strategy
    assert not timed and not choices.exists()


class Tied(nn.Module):
    """Reads its first weights a second time past every trace, so that a graph keeps them as they were."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.flat, self.inner = nn.Flatten(), nn.Linear(36, 4, bias=False)
        self.held = [self.inner.weight]

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return functional.linear(torch.tanh(self.inner(self.flat(inputs))), self.held[0][:, :4])


def test_a_pinned_strategy_that_does_not_agree_with_the_loop_is_refused():
    model = Tied()
    with pytest.raises(UsageError, match=r"strategy: folded does not agree with the plain loop .*; choose auto"):
        objective(model).on(*plane_of(model), "folded", grid=SHORT)
    assert objective(model).on(*plane_of(model), "loop", grid=SHORT).strategy == "loop"


def test_a_pinned_strategy_that_is_wrong_far_from_the_origin_only_is_refused(monkeypatch):
    class Flattened(Altered):
        def measure(self, coordinates: np.ndarray) -> Measurement:
            return super().measure(np.clip(coordinates, -0.1, 0.1))

    model = convolutional()
    monkeypatch.setitem(
        strategies.STRATEGIES, "folded", lambda problem, plane: Flattened(problem, plane, "folded", 1.0)
    )
    with pytest.raises(UsageError, match="strategy: folded does not agree with the plain loop"):
        objective(model).on(*plane_of(model), "folded", grid=Grid.square(1.0, 9))


def altered_linear(change: str) -> nn.Module:
    model = dense()
    if change == "hook":
        model[1].register_forward_hook(lambda module, inputs, outputs: 2 * outputs)
    elif change == "replaced forward":
        model[1].forward = lambda inputs, given=model[1].forward: 2 * given(inputs)
    return model


@pytest.mark.parametrize("change", ["hook", "replaced forward", "hook of all"])
@pytest.mark.parametrize("strategy", ["dense-eager", "auto"])
def test_a_stack_that_does_more_than_its_layers_say_is_never_measured_as_a_plain_one(change, strategy):
    model = altered_linear(change)
    everywhere = torch.nn.modules.module.register_module_forward_hook(
        lambda module, inputs, outputs: 2 * outputs if change == "hook of all" and type(module) is nn.Linear else None
    )
    try:
        found = objective(model)
        expected = found(parameters_of(model)[None])
        if strategy == "auto":
            losses = found.on(*plane_of(model), strategy, grid=SHORT).measure(np.zeros((1, 2))).loss
            np.testing.assert_allclose(losses, expected, rtol=1e-6)
        else:
            with pytest.raises(UsageError, match="dense-eager does not fit this network"):
                found.on(*plane_of(model), strategy)
    finally:
        everywhere.remove()


def alter(module: nn.Module, change: str) -> None:
    if change == "hook":
        module.register_forward_hook(lambda module, inputs, outputs: 2 * outputs)
    else:
        module.forward = lambda inputs, given=module.forward: 2 * given(inputs)


@pytest.mark.parametrize("made", [dense, convolutional])
@pytest.mark.parametrize("change", ["hook", "replaced forward"])
@pytest.mark.parametrize("place", ["network", "first layer", "last layer"])
@pytest.mark.parametrize("strategy", ["folded", "dense-eager", "native"])
def test_what_a_module_does_beyond_its_class_is_measured_or_refused_by_every_strategy(made, change, place, strategy):
    model = made()
    layers = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    alter({"network": model, "first layer": layers[0], "last layer": layers[-1]}[place], change)
    found = objective(model)
    try:
        measured = found.on(*plane_of(model), strategy, grid=SHORT).measure(np.array([[0.0, 0.0], [0.5, -0.5]]))
    except UsageError as refused:
        assert "does not fit this network" in str(refused)
        assert strategy != "folded" or place == "network"
        return
    assert strategy == "folded"
    origin, u, v = plane_of(model)
    thetas = np.stack([origin, origin + 0.5 * u - 0.5 * v])
    np.testing.assert_allclose(measured.loss, found(thetas), rtol=1e-5)


UNFIT = {
    "dense": (convolutional, "dense-eager", {}),
    "native": (convolutional, "native", {}),
    "folded, batch statistics": (convolutional, "folded", {"bn": "batch"}),
    "folded, dropout": (convolutional, "folded", {"dropout": "fixed"}),
    "compiled, dropout": (convolutional, "compiled", {"dropout": "fixed"}),
    "dense, dropout": (dense, "dense-eager", {"dropout": "fixed"}),
}


@pytest.mark.parametrize(("made", "strategy", "mode"), UNFIT.values(), ids=UNFIT)
def test_a_pinned_strategy_that_does_not_fit_is_refused(made, strategy, mode):
    model = made()
    sentence = f"strategy: {strategy} does not fit this network, criterion and mode; choose auto"
    with pytest.raises(UsageError, match=sentence):
        objective(model, **mode).on(*plane_of(model), strategy)


@pytest.mark.parametrize("mode", [{"bn": "batch"}, {"dropout": "fixed"}])
def test_a_mode_that_only_the_loop_has_is_measured_without_a_word(mode, capsys):
    model = convolutional()
    assert objective(model, **mode).on(*plane_of(model), grid=SHORT).strategy == "loop"
    assert capsys.readouterr().err == ""


class Slow:
    """Takes a while to begin, and then no time for each point, on a clock of its own."""

    strategy, batch = "slow", 2

    def __init__(self, clock: list[float]):
        self.clock, self.sizes = clock, list[int]()

    def measure(self, coordinates: np.ndarray) -> Measurement:
        self.clock[0] += 0.01 + 0.001 * len(coordinates)
        self.sizes.append(len(coordinates))
        return Measurement(np.zeros(len(coordinates)), np.zeros(len(coordinates)))


def test_a_measuring_that_another_process_interrupts_does_not_count_in_a_rate(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(race.time, "perf_counter", lambda: clock[0])
    way, measure = Slow(clock), Slow.measure

    def interrupted(self: Slow, coordinates: np.ndarray) -> Measurement:
        self.clock[0] += 1.0 if len(coordinates) == 128 else 0.0
        return measure(self, coordinates)

    monkeypatch.setattr(Slow, "measure", interrupted)
    assert race._rate(way, 0.2) == pytest.approx(64 / 0.074)


def test_what_a_measuring_begins_with_hardly_counts_in_a_rate(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(race.time, "perf_counter", lambda: clock[0])
    way = Slow(clock)
    assert race._rate(way, 0.2) == pytest.approx(1000, rel=0.15)
    assert all(size % way.batch == 0 for size in way.sizes)
    assert sum(way.sizes) < 400
