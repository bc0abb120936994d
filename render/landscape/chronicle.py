"""The chronicle: what a network tells of the points that it comes to, beside the loss that a path has.

output/chronicles/<name>-<key8>/   values.npz, and chronicle.json, which is written last

The points are the logged steps of a run, on the objective of a surface or a line, or the places where a ball stood
after each of its steps. Everything is computed from the parameters there: the accuracy on the objective's examples, the
gradient of the objective, the outputs for single examples; the weights of the first layer are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from render.data.dataset import Dataset
from render.descent import schedules
from render.descent.parameters import Layout, layout_of
from render.descent.run import AnyRun
from render.errors import DataError
from render.landscape.epochs import lent
from render.landscape.planning import objective_of
from render.loss.evaluation import evaluating, parts_of
from render.loss.flat import held_in
from render.loss.objective import Objective
from render.progress import Reporter
from render.scene.along import LineSettings
from render.scene.inquiry import Inquiry
from render.scene.run_settings import RunSettings
from render.scene.surface import ObjectiveSettings, SurfaceSettings
from render.space.thetas import points_of, row_blocks
from render.storage.files import content_key, file_digest, is_whole, replacing
from render.storage.records import read_record, write_record

ALGORITHM = 1  # raise it when the same settings would tell other values
EACH = 24  # parameters of a network of which the gradient is told component by component
LARGEST_PASS = 1024  # examples of one forward pass
RECORD = {"names": list, "digest": str, "shape": list, "classes": int}


@dataclass(frozen=True)
class Chronicle:
    """What a network tells of T points: the logged steps of its run, or those of a ball."""

    steps: np.ndarray  # (T,) int64
    accuracy: np.ndarray  # (T,) on the objective's examples; none, or NaN, where it is unknown
    gradient: np.ndarray  # (T, K): components, or the lengths of those of each parameter tensor
    weights: np.ndarray  # (T, U, ...) of the first layer's first units, shaped as what they look at
    outputs: np.ndarray  # (T, E, C) of the network for single examples
    inputs: np.ndarray  # (E, ...) those examples
    targets: np.ndarray  # (E,) or (E, 1)
    examples: np.ndarray  # (E,) which of the objective's examples they are
    names: tuple[str, ...] = ()  # of the parts of the gradient
    classes: int = 0  # of the data; 0 where they have values
    trained_on: int = 0  # examples of the training part of the data
    settings: RunSettings | None = field(default=None, compare=False)  # of a run that was trained here
    loss: np.ndarray = field(default_factory=lambda: np.zeros(0))  # (T,) on the objective's examples, where asked for

    @property
    def is_split(self) -> bool:
        """Whether the gradient is told component by component, with signs."""
        return not self.names or self.names[0].endswith("]") or self.gradient.size == 0

    def place_of(self, example: int) -> int:
        """Returns where an example stands among those that are told of."""
        return int(np.flatnonzero(self.examples == example)[0])

    def epoch(self, place: int) -> float:
        """Returns the passes through the training data that were done at a logged step."""
        assert self.settings is not None
        batch = self.settings.training.batch
        return float(self.steps[place]) * min(1.0, (batch or self.trained_on) / self.trained_on)

    def learning_rate(self, place: int) -> float:
        """Returns the learning rate of the step that led to a logged one; before the first, that of the first."""
        assert self.settings is not None
        training = self.settings.training
        step = max(int(self.steps[place]) - 1, 0)
        return float(training.optimiser.lr) * schedules.factor(training.schedule, step, training.steps)


def chronicle_name(surface: str, run: str) -> str:
    """Returns by which name a chronicle is found among the surfaces of a picture; no surface has a blank in its own."""
    return f"{surface} {run}"


def key_of(run: str, objective: ObjectiveSettings, seed: int, wish: Inquiry) -> str:
    """Returns the key of a chronicle of a run of a key on an objective, in a scene of a seed."""
    drawn = seed if objective.dropout == "fixed" else None
    told = {"stage": "chronicle", "algorithm": ALGORITHM, "run": run, "objective": objective.model_dump(mode="json")}
    return content_key({**told, "seed": drawn, "wish": _plain(wish)})


def key_at_ball(balls: str, ball: int, wish: Inquiry) -> str:
    """Returns the key of a chronicle of one of the balls of a key."""
    told = {"stage": "chronicle", "algorithm": ALGORITHM, "balls": balls, "ball": ball}
    return content_key({**told, "wish": _plain(wish)})


def _plain(wish: Inquiry) -> dict[str, Any]:
    """Returns a wish as a key has it: keys are older than the loss, which most have no need of."""
    said = asdict(wish)
    return said if wish.loss else {name: value for name, value in said.items() if name != "loss"}


def load(folder: Path, key: str, settings: RunSettings | None) -> Chronicle | None:
    """Returns a chronicle from disk, or None; raises DataError where it is damaged.

    settings: of its run, where that was trained here.
    """
    record = read_record(folder / "chronicle.json", RECORD, key)
    if record is None:
        if (folder / "chronicle.json").is_file():
            raise DataError(f"{folder / 'chronicle.json'}: is damaged")
        return None
    if not is_whole(folder / "values.npz", record["digest"]):
        raise DataError(f"{folder / 'values.npz'}: is missing or damaged")
    with np.load(folder / "values.npz") as arrays:
        values = {name: arrays[name] for name in arrays.files}
    return Chronicle(
        **values,
        names=tuple(record["names"]),
        classes=record["classes"],
        trained_on=record["trained_on"],
        settings=settings,
    )


@dataclass(frozen=True)
class Visited:
    """The points that a network comes to, and the network."""

    steps: np.ndarray  # (T,) int64
    thetas: Iterable[np.ndarray]  # T of (P,)
    objective: Objective
    model: nn.Module
    dataset: Dataset


def visited_by(run: AnyRun, settings: SurfaceSettings | LineSettings, seed: int, made_by: str | None) -> Visited:
    """Returns the logged steps of a run on the objective of a surface or a line. made_by: who makes its network."""
    dataset = run.dataset()
    model = run.model(dataset, made_by)
    dataset = lent(settings.objective.epoch, run, dataset, model, seed)
    trajectory = run.trajectory()
    thetas = (theta for block in row_blocks(points_of(trajectory)) for theta in block)
    return Visited(trajectory.steps, thetas, objective_of(settings, dataset, model, seed), model, dataset)


def make(folder: Path, key: str, visited: Visited, wish: Inquiry, reporter: Reporter) -> None:
    """Computes a chronicle and writes it."""
    objective, dataset = visited.objective, visited.dataset
    teller, rows = _Teller(objective, visited.model, wish), []
    with reporter.task(f"what {folder.name} tells", total=len(visited.steps), unit="steps") as task:
        for theta in visited.thetas:
            rows.append(teller.at(np.asarray(theta, np.float32)))
            task.advance(1)
    told = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    chosen = list(wish.examples)
    inputs, targets = (values[chosen].cpu().numpy() for values in (objective.problem.inputs, objective.problem.targets))
    values = {
        "steps": visited.steps,
        **told,
        "inputs": inputs,
        "targets": targets,
        "examples": np.array(chosen, int),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "values.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **values)
    about = {"names": list(teller.names), "classes": dataset.classes, "trained_on": len(dataset.train)}
    digest = file_digest(folder / "values.npz")
    shape = list(told["weights"].shape[1:])
    write_record(folder / "chronicle.json", {"key": key, "digest": digest, "shape": shape, **about})


class _Teller:
    """Tells of a network at any parameters what is wished."""

    def __init__(self, objective: Objective, model: nn.Module, wish: Inquiry):
        count = len(objective.problem.inputs)
        beyond = [example for example in wish.examples if example >= count]
        if beyond:
            raise DataError(f"insets: example {beyond[0]} was asked for, the loss is measured on {count}; name another")
        self._objective, self._wish, self._layout = objective, wish, layout_of(model)
        self._slope = objective.differentiable() if wish.gradient else None
        self._first = first_layer(self._layout) if wish.units else None
        self._shape = tuple(objective.problem.inputs.shape[1:])
        self.names = _parts(self._layout) if wish.gradient else ()

    def at(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Returns everything at θ (P,)."""
        wished = self._wish
        return {
            **self._measured(theta),
            "gradient": self._gradient(theta),
            "weights": self._weights(theta),
            "outputs": self._outputs(theta) if wished.examples else np.zeros((0, 0), np.float32),
        }

    def _measured(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the accuracy at θ, NaN where nobody asks for it, and the loss where somebody does."""
        unknown = np.array(np.nan, np.float32)
        if not (self._wish.accuracy or self._wish.loss):
            return {"accuracy": unknown}
        found = self._objective.measure(theta[None])
        accuracy = np.asarray(found.accuracy)[0] if self._wish.accuracy else unknown
        return {"accuracy": accuracy, **({"loss": np.asarray(found.loss)[0]} if self._wish.loss else {})}

    def _gradient(self, theta: np.ndarray) -> np.ndarray:
        if self._slope is None:
            return np.zeros(0, np.float32)
        found = self._slope.gradient(theta.astype(np.float64))
        if self._layout.size <= EACH:
            return found.astype(np.float32)
        parts = self._layout.slices().values()
        return np.array([np.linalg.norm(found[part]) for part in parts], np.float32)

    def _weights(self, theta: np.ndarray) -> np.ndarray:
        if self._first is None:
            return np.zeros((0, 0), np.float32)
        name, shape = self._first
        values = theta[self._layout.slices()[name]].reshape(shape)[: self._wish.units]
        looks_at = self._shape if values.ndim == 2 and int(np.prod(self._shape)) == values.shape[1] else shape[1:]
        return values.reshape(len(values), *looks_at)

    def _outputs(self, theta: np.ndarray) -> np.ndarray:
        problem = self._objective.watched
        buffer = torch.from_numpy(theta.astype(np.float32)).to(problem.inputs.device)
        with evaluating(problem) as put_back, held_in(problem.model, buffer):
            put_back()
            outputs = [problem.model(inputs) for inputs, _ in parts_of(problem, LARGEST_PASS)]
        chosen = torch.cat(outputs)[list(self._wish.examples)]
        return chosen.detach().float().reshape(len(chosen), -1).cpu().numpy()


def first_layer(layout: Layout) -> tuple[str, tuple[int, ...]]:
    """Returns the name and the shape of the first parameter that is a matrix or a stack of filters."""
    for name, shape in zip(layout.names, layout.shapes, strict=True):
        if len(shape) in (2, 4):
            return name, shape
    raise DataError("insets: the network has no layer of weights that could be shown; leave first-layer out")


def _parts(layout: Layout) -> tuple[str, ...]:
    """Returns the names of the parts of a gradient: each component of a small network, else each parameter tensor."""
    if layout.size > EACH:
        return layout.names
    pairs: Sequence[tuple[str, Any]] = list(zip(layout.names, layout.shapes, strict=True))
    return tuple(f"{name}[{place}]" for name, shape in pairs for place in range(int(np.prod(shape))))
