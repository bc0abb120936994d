"""A store knows its objective: what was measured of one never answers for another."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.descent.parameters import parameters_of
from render.errors import MachineError
from render.loss.objective import Objective
from render.loss.ways.loop import LoopPlane
from render.sampling.sampling import sample
from render.sampling.surface import SurfaceStore
from render.space.grid import Grid
from render.space.plane import Plane
from tests.faults import wait_until

GRID = Grid(np.linspace(-1, 1, 66), np.linspace(-1, 1, 8))  # two tiles


def network(activation=nn.Tanh) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 7), activation(), nn.Linear(7, 3), nn.BatchNorm1d(3))


def examples(seed: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(20, 6, generator=generator), torch.randint(3, (20,), generator=generator)


def plane() -> Plane:
    theta = parameters_of(network())
    return Plane.through(theta, *np.random.default_rng(3).normal(size=(2, len(theta))))


def moved_buffers() -> nn.Module:
    model = network()
    model[3].running_mean += 0.5
    return model


def other_weights() -> nn.Module:
    model = network()
    with torch.no_grad():
        model[0].weight += 0.1
    return model


def frozen(value: float) -> nn.Module:
    model = network()
    model[2].bias.requires_grad_(False)
    with torch.no_grad():
        model[2].bias += value
    return model


def short_plane() -> Plane:
    theta = parameters_of(frozen(0.0))
    return Plane.through(theta, *np.random.default_rng(3).normal(size=(2, len(theta))))


INPUTS, TARGETS = examples()
CE = nn.CrossEntropyLoss()
OTHERS = {
    "targets": (lambda: Objective(network(), INPUTS, (TARGETS + 1) % 3, CE), "targets"),
    "inputs": (lambda: Objective(network(), examples(5)[0], TARGETS, CE), "inputs"),
    "fewer examples": (lambda: Objective(network(), INPUTS[:10], TARGETS[:10], CE), "inputs, targets"),
    "weights": (lambda: Objective(other_weights(), INPUTS, TARGETS, CE), "parameters"),
    "buffers": (lambda: Objective(moved_buffers(), INPUTS, TARGETS, CE), "parameters"),
    "activation": (lambda: Objective(network(nn.Sigmoid), INPUTS, TARGETS, CE), "network"),
    "weight decay": (lambda: Objective(network(), INPUTS, TARGETS, CE, weight_decay=1.0), "mode"),
    "batch norm": (lambda: Objective(network(), INPUTS, TARGETS, CE, bn="batch"), "mode"),
    "calibration": (
        lambda: Objective(network(), INPUTS, TARGETS, CE, bn="recalibrated", calibration=INPUTS),
        "calibration, mode",
    ),
    "smoothing": (lambda: Objective(network(), INPUTS, TARGETS, nn.CrossEntropyLoss(label_smoothing=0.2)), "criterion"),
    "a lambda": (
        lambda: Objective(network(), INPUTS, TARGETS, lambda o, t: 2 * functional.cross_entropy(o, t)),
        "criterion",
    ),
}


def first() -> Objective:
    return Objective(network(), INPUTS, TARGETS, CE)


@pytest.mark.parametrize(("other", "said"), OTHERS.values(), ids=OTHERS)
def test_a_finished_store_is_measured_anew_for_another_objective_and_that_is_said(other, said, tmp_path, capsys):
    store, grid = tmp_path / "s", Grid.square(1.0, 4)
    sample(first(), plane(), grid, store, progress=False, strategy="loop")
    found = sample(other(), plane(), grid, store, strategy="loop").loss
    np.testing.assert_array_equal(found, sample(other(), plane(), grid, progress=False, strategy="loop").loss)
    assert f"was begun with another objective ({said}); it is replaced" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("mode", ["exact", "adaptive"])
def test_a_store_that_is_half_finished_for_one_objective_has_no_cell_of_it_for_another(mode, tmp_path, monkeypatch):
    store, other = tmp_path / "s", OTHERS["targets"][0]
    options = {"mode": mode, "progress": False, "strategy": "loop"}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        measure, calls = LoopPlane.measure, []

        def stopping(self, coordinates):
            calls.append(len(coordinates))
            if sum(calls) > 300:
                raise KeyboardInterrupt
            return measure(self, coordinates)

        patch.setattr(LoopPlane, "measure", stopping)
        sample(first(), plane(), GRID, store, **options)
    assert sum(calls) > 300
    found = sample(other(), plane(), GRID, store, **options).loss
    np.testing.assert_array_equal(found, sample(other(), plane(), GRID, **options).loss)


def test_the_same_objective_made_again_goes_on_with_what_there_is(tmp_path, capsys):
    store = tmp_path / "s"
    whole = sample(first(), plane(), GRID, store, progress=False, strategy="loop").loss
    found = sample(first(), plane(), GRID, store, strategy="loop").loss
    np.testing.assert_array_equal(found, whole)
    assert "replaced" not in capsys.readouterr().err


def test_frozen_parameters_are_part_of_an_objective(tmp_path):
    store, grid = tmp_path / "s", Grid.square(1.0, 3)
    objectives = [Objective(frozen(value), INPUTS, TARGETS, CE) for value in (0.0, 0.5)]
    losses = [sample(o, short_plane(), grid, store, progress=False, strategy="loop").loss for o in objectives]
    assert np.abs(losses[0] - losses[1]).max() > 1e-2


def test_a_record_says_what_identifies_an_objective(tmp_path):
    sample(first(), plane(), Grid.square(1.0, 3), tmp_path / "s", progress=False, strategy="loop")
    found = SurfaceStore.open(tmp_path / "s").record["objective"]
    assert sorted(found) == ["calibration", "criterion", "inputs", "mode", "network", "parameters", "targets"]
    assert all(len(found[name]) == 64 for name in found if name not in ("calibration", "mode"))
    assert found["calibration"] is None and found["mode"]["weight_decay"] == 0.0


class Hidden:
    """A criterion of which nobody can tell what it computes."""

    def __init__(self, factor: float):
        self.steps = itertools.repeat(factor)
        self.lock = threading.Lock()

    def __call__(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return next(self.steps) * functional.cross_entropy(outputs, targets)


def test_a_criterion_that_cannot_be_told_is_said_to_be_unknown_and_known_by_its_losses(tmp_path, capsys):
    store, grid = tmp_path / "s", Grid.square(1.0, 3)

    def measured(factor: float) -> np.ndarray:
        objective = Objective(network(), INPUTS, TARGETS, Hidden(factor))
        return sample(objective, plane(), grid, store, strategy="loop").loss

    once = measured(1.0)
    said = " ".join(capsys.readouterr().err.split())
    assert "what its criterion computes cannot be told" in said
    assert SurfaceStore.open(store).record["objective"]["criterion"] == "unknown"
    np.testing.assert_array_equal(measured(1.0), once)
    assert "replaced" not in capsys.readouterr().err
    np.testing.assert_allclose(measured(2.0), 2 * once, rtol=1e-5)
    assert "another objective (losses)" in " ".join(capsys.readouterr().err.split())


def test_an_objective_changed_in_place_is_another(tmp_path):
    store, grid, inputs = tmp_path / "s", Grid.square(1.0, 3), INPUTS.clone()
    objective = Objective(network(), inputs, TARGETS, CE)
    once = sample(objective, plane(), grid, store, progress=False, strategy="loop").loss
    inputs.mul_(2)
    again = sample(objective, plane(), grid, store, progress=False, strategy="loop").loss
    np.testing.assert_array_equal(again, sample(objective, plane(), grid, progress=False, strategy="loop").loss)
    assert np.abs(once - again).max() > 1e-3


class Remembering(nn.Module):
    """Keeps what it has computed last, and a hook keeps it too."""

    def __init__(self):
        super().__init__()
        self.inner, self.seen = network(), {}
        self.inner.register_forward_hook(lambda module, inputs, outputs: self.seen.update(last=outputs))

    def forward(self, inputs):
        self.last = self.inner(inputs)
        return self.last


def test_what_measuring_leaves_in_a_network_does_not_make_it_another(tmp_path, capsys):
    model, grid = Remembering(), Grid.square(1.0, 3)
    objective = Objective(model, INPUTS, TARGETS, CE)
    line = Plane.through(objective.parameters, *np.random.default_rng(3).normal(size=(2, len(objective.parameters))))
    for _ in range(3):
        sample(objective, line, grid, tmp_path / "s", strategy="loop")
    assert "replaced" not in capsys.readouterr().err


def test_hooks_of_all_modules_are_part_of_an_objective(tmp_path):
    grid, store = Grid.square(1.0, 3), tmp_path / "s"
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda module, inputs, outputs: 2 * outputs if type(module) is nn.Linear else None
    )
    try:
        doubled = sample(first(), plane(), grid, store, progress=False, strategy="loop").loss
    finally:
        hook.remove()
    found = sample(first(), plane(), grid, store, progress=False, strategy="loop").loss
    assert np.abs(doubled - found).max() > 1e-3


def measured_together(other: bool, store, grid: Grid) -> np.ndarray:
    """Returns the loss of one of two objectives, as soon as another process is ready to measure the other one."""
    objective = OTHERS["targets"][0]() if other else first()
    (store.parent / f"ready {other}").touch()
    wait_until(lambda: (store.parent / f"ready {not other}").exists())
    return sample(objective, plane(), grid, store, progress=False, strategy="loop").loss


@pytest.mark.slow
def test_two_objectives_measured_into_one_store_at_once_are_never_mixed(tmp_path):
    grid, others = Grid.square(1.0, 24), (False, True)
    # Processes, not threads: torch.fx changes the class of all modules of a process while it follows one of them.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(measured_together, others, [tmp_path / "s"] * 2, [grid] * 2))
    for other, loss in zip(others, found, strict=True):
        objective = OTHERS["targets"][0]() if other else first()
        alone = sample(objective, plane(), grid, progress=False, strategy="loop").loss
        np.testing.assert_allclose(loss, alone, rtol=1e-6)


def test_a_shard_whose_store_was_begun_anew_by_another_writes_nothing_into_it(tmp_path, monkeypatch):
    store, other = tmp_path / "s", OTHERS["targets"][0]
    options = {"progress": False, "strategy": "loop"}
    measure, begun = LoopPlane.measure, []

    def overtaken(self, coordinates):
        if len(coordinates) > 4 and not begun:
            begun.append(True)
            sample(other(), plane(), GRID, store, **options)
        return measure(self, coordinates)

    monkeypatch.setattr(LoopPlane, "measure", overtaken)
    with pytest.raises(MachineError, match="another surface was begun there"):
        sample(first(), plane(), GRID, store, shard=(1, 2), **options)
    found = sample(other(), plane(), GRID, store, **options).loss
    np.testing.assert_array_equal(found, sample(other(), plane(), GRID, **options).loss)
