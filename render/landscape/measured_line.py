"""A scene's line: the direction it asks for, and the loss and accuracy measured at every point of it, in one folder.

output/lines/<direction>-<key8>/   surface.zarr, and line.json, which is written last
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

import numpy as np
from torch import nn

from render.descent.parameters import layout_of
from render.descent.run import AnyRun
from render.errors import DataError
from render.landscape.epochs import lent
from render.landscape.landscape import Landscape
from render.landscape.measure import choices_in, recorded
from render.landscape.planning import objective_of
from render.landscape.provenance import run_record, said_of
from render.loss.objective import Objective
from render.progress import Reporter
from render.sampling.commission import Commission
from render.sampling.scaling import Scaling
from render.sampling.surface import Surface
from render.sampling.survey import Means, Survey
from render.scene import along
from render.scene.key import counted, draws_from_scene
from render.scene.spec import Scene
from render.space.directions import random_direction
from render.space.grid import Grid
from render.space.line import Line
from render.storage.files import content_key, sweep
from render.storage.records import write_record

ALGORITHM = 1  # raise it when the same settings would measure other losses
LEAST_REACH = 2.0  # of one weight, on either side of its value
RECORD = {
    "run": dict,
    "settings": dict,
    "line": {"kind": str, "length": float, "words": str},
    "points": list,
    "counts": dict,
    "loss_digest": str,
}


def runs_of(settings: along.LineSettings) -> list[str]:
    """Returns the names of the runs that a line is measured with, its own first."""
    other = settings.along.run if isinstance(settings.along, along.AlongRun) else None
    return [settings.run, *([other] if other else [])]


def key_of(scene: Scene, name: str, runs: Mapping[str, str]) -> str:
    """Returns the key of a scene's line from those of the runs that it is measured with, by name."""
    settings = scene.lines[name]
    seeded = draws_from_scene(settings) or settings.objective.dropout == "fixed"
    return content_key(
        {
            "stage": "line",
            "algorithm": ALGORITHM,
            "settings": counted(settings, runs),
            "seed": scene.seed if seeded else None,
        }
    )


def direction_key(scene: Scene, name: str, runs: Mapping[str, str]) -> str:
    """Returns the key of what goes on along a scene's line, however far and finely it is measured."""
    settings = scene.lines[name].model_copy(update={"points": 3, "range": None, "strategy": "auto"})
    return key_of(scene.model_copy(update={"lines": {name: settings}}), name, runs)


@dataclass(frozen=True)
class LineSite:
    """A scene's line, and where it lies under its key."""

    scene: Scene
    name: str
    output: File
    key: str

    @property
    def settings(self) -> along.LineSettings:
        """What the scene asks of it."""
        return self.scene.lines[self.name]

    @property
    def folder(self) -> File:
        """Its folder."""
        return self.output / "lines" / f"{self.settings.along.kind}-{self.key[:8]}"


def load(site: LineSite) -> Landscape:
    """Returns a finished line from disk; raises DataError where it is missing or damaged."""
    record, surface = recorded(site.folder, "line.json", RECORD, site.key)
    return Landscape(site.folder, site.key, surface, (), record)


@dataclass(frozen=True)
class Traced:
    """A line with what is measured on it: the network, its objective, and the line through its parameters."""

    run: AnyRun
    line: Line
    grid: Grid
    words: str  # what α is, as an axis and a caption have it
    objective: Objective
    at: Callable[[str], Objective]  # the objective in a precision


def traced(site: LineSite, runs: Mapping[str, AnyRun], means: Means) -> Traced:
    """Returns a line made ready, from the runs that it is measured with, by name."""
    settings, scene = site.settings, site.scene
    run = runs[settings.run]
    dataset = run.dataset()
    model = run.model(dataset, means.model_of(settings.run))
    dataset = lent(settings.objective.epoch, run, dataset, model, scene.seed)

    def at(precision: str | None = None) -> Objective:
        return objective_of(settings, dataset, model, scene.seed, precision)

    objective = at()
    parameters = run.trajectory().parameters
    start = np.asarray(parameters[-1 if settings.through == "last" else 0], np.float64)
    seed = getattr(settings.along, "seed", None)
    other = settings.along.run if isinstance(settings.along, along.AlongRun) else None
    ground = _Ground(model, objective, start, scene.seed if seed is None else seed, runs[other] if other else None)
    line, words, near = LINES[type(settings.along)](settings.along, ground)
    low, high = settings.reach or near
    return Traced(run, line, Grid.line(np.linspace(low, high, settings.points)), words, objective, at)


@dataclass(frozen=True)
class _Ground:
    """What a line is chosen from."""

    model: nn.Module
    objective: Objective
    start: np.ndarray  # (P,) the point that it goes through
    seed: int
    other: AnyRun | None


Near = tuple[float, float]  # the lowest and highest α, where a scene says none


def _random(settings: along.AlongRandom, ground: _Ground) -> tuple[Line, str, Near]:
    direction = random_direction(ground.model, 2 * ground.seed, settings.norm, settings.ignore)
    norm = "Gaussian" if settings.norm == "none" else f"{settings.norm}-normalised"
    return Line.through(ground.start, direction), f"along a random direction, {norm}", along.REACH["random"]


def _gradient(_: along.AlongGradient, ground: _Ground) -> tuple[Line, str, Near]:
    gradient = ground.objective.differentiable().gradient(ground.start)
    length = float(np.linalg.norm(gradient))
    if not (np.isfinite(length) and length > 0):
        raise DataError(f"line: the gradient has length {length:g} there, so it is no direction; choose another")
    return Line.through(ground.start, gradient / length), "along the gradient", along.REACH["gradient"]


def _between(_: along.AlongRun, ground: _Ground) -> tuple[Line, str, Near]:
    assert ground.other is not None
    end = ground.other.trajectory().parameters[-1]
    return Line.between(ground.start, end), "from one run's end (0) to another's (1)", along.REACH["between"]


def _weight(settings: along.AlongWeight, ground: _Ground) -> tuple[Line, str, Near]:
    name, place = _place_of(settings, ground.model)
    value = float(ground.start[place])
    origin, direction = ground.start.copy(), np.zeros_like(ground.start)
    origin[place], direction[place] = 0.0, 1.0
    reach = max(LEAST_REACH, 2 * abs(value))
    return Line.through(origin, direction), name, (value - reach, value + reach)


def _place_of(settings: along.AlongWeight, model: nn.Module) -> tuple[str, int]:
    """Returns the name of one weight and its place in θ; raises DataError where the network has none there."""
    layout = layout_of(model)
    layers = [name for name in layout.names if name.rpartition(".")[2] == "weight"]
    if settings.layer >= len(layers):
        raise DataError(f"line: layer {settings.layer} is beyond the {len(layers)} of this network, counted from 0")
    name = f"{layers[settings.layer].rpartition('.')[0]}.{settings.of}".lstrip(".")
    if name not in layout.names:
        raise DataError(f"line: layer {settings.layer} of this network has no {settings.of}; choose another")
    shape, index = layout.shapes[layout.names.index(name)], settings.index
    if len(index) != len(shape) or any(at >= side for at, side in zip(index, shape, strict=False)):
        size = " × ".join(map(str, shape))
        raise DataError(f"line: index {index} lies beyond the {settings.of} of layer {settings.layer}, {size}")
    inside = int(np.ravel_multi_index(tuple(index), shape))
    place, whose = layout.slices()[name].start + inside, f"layer {settings.layer}" if len(layers) > 1 else "the network"
    return f"{settings.of} {list(index)} of {whose}" if layout.size > 1 else "the network's only weight", place


LINES: dict[type, Callable[[Any, _Ground], tuple[Line, str, Near]]] = {
    along.AlongRandom: _random,
    along.AlongGradient: _gradient,
    along.AlongRun: _between,
    along.AlongWeight: _weight,
}


@dataclass(frozen=True)
class PreparedLine:
    """A scene's line that is ready to be measured, and written down then."""

    site: LineSite
    traced: Traced
    commission: Commission

    def measure(self) -> Landscape:
        """Measures what is missing; returns the line with its record."""
        return self._write(self.commission.finished() or self.commission.begin().measure())

    def _write(self, surface: Surface) -> Landscape:
        site, settings, objective = self.site, self.site.settings, self.traced.objective
        if surface.record["precision"] != settings.objective.precision:
            objective = self.traced.at(str(surface.record["precision"]))
        finite = surface.loss[np.isfinite(surface.loss)]
        record = {
            "key": site.key,
            "run": run_record(self.traced.run),
            "settings": settings.model_dump(mode="json", exclude={"label"}),
            "line": {
                "kind": settings.along.kind,
                "length": float(np.linalg.norm(surface.plane.u)),
                "words": self.traced.words,
            },
            "objective": dict(said_of(settings.objective, surface, objective)),
            "points": [len(surface.grid.alphas)],
            "counts": surface.counts,
            "alpha": [float(surface.grid.alphas[0]), float(surface.grid.alphas[-1])],
            "loss": [float(finite.min()), float(finite.max())] if finite.size else None,
            "strategy": surface.record["strategy"],
            "loss_digest": surface.loss_digest,
        }
        sweep(site.folder)
        return Landscape(site.folder, site.key, surface, (), write_record(site.folder / "line.json", record))


def prepare(site: LineSite, runs: Mapping[str, AnyRun], means: Means, reporter: Reporter) -> PreparedLine:
    """Returns a line with its objective and its direction, from the runs that it is measured with, by name."""
    ready = traced(site, runs, means)
    means = replace(means, strategy=site.settings.strategy, choices=choices_in(site.output), shard=None)
    survey = Survey.of("exact", None, Scaling(), None)
    store, record = site.folder / "surface.zarr", {"key": site.key}
    name = f"line {site.name}"
    commission = Commission(ready.objective, ready.line, ready.grid, survey, means, reporter, name, record, store)
    commission.say_what_is_unknown()
    return PreparedLine(site, ready, commission)
