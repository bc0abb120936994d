"""A scene's surface of trainings: what becomes of one tiny network over two of its hyperparameters, kept in one folder.

output/surfaces/hyperparameters-<key8>/   surface.zarr, and surface.json, which is written last

What is measured is the speed or the last loss. Beside it, where other surfaces have the accuracy, stands the share of
its steps that each training took until it was stopped, 1 where it took them all.
"""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

import numpy as np

from render import compiler
from render.descent.many.alone import OneByOne
from render.descent.many.natively import NativeTrainings, source_of
from render.descent.many.tiny_trial import HYPERPARAMETERS, Fates, ManyTrainings, Trial, doses_of
from render.descent.many.together import AllTogether
from render.landscape.landscape import Landscape
from render.landscape.measure import recorded
from render.landscape.provenance import VERSIONED
from render.loss.measurement import Measurement
from render.progress import Reporter
from render.sampling.commission import Commission, points_per_second
from render.sampling.scaling import Scaling
from render.sampling.surface import Surface
from render.sampling.survey import Means, Survey
from render.scene.hyperparameters import OF, HyperparameterAxis, HyperparameterSurface
from render.scene.key import counted, draws_from_scene
from render.scene.relief import EDGE
from render.scene.spec import Scene
from render.space.grid import Grid
from render.space.plane import Plane
from render.storage.files import content_key, sweep
from render.storage.fingerprint import digest_of
from render.storage.records import write_record

ALGORITHM = 1  # raise it when the same settings would measure other values
RECORD = {"trainings": dict, "settings": dict, "points": list, "counts": dict, "loss": (list, type(None)),
          "loss_digest": str, "strategy": str}  # fmt: skip
PROBES = 24  # trainings along an axis, by which it is told beforehand whether there is an edge


@dataclass(frozen=True)
class TrainedSite:
    """A scene's surface of trainings, and where it lies under its key."""

    scene: Scene
    name: str
    output: File

    @property
    def settings(self) -> HyperparameterSurface:
        """What the scene asks of it."""
        return self.scene.trained[self.name]

    @property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        settings = self.settings
        return content_key(
            {
                "stage": "surface of trainings",
                "algorithm": ALGORITHM,
                "settings": counted(settings),
                "budget": self.scene.budget_of(self.name),
                "seed": self.scene.seed if draws_from_scene(settings) else None,
            }
        )

    @property
    def folder(self) -> File:
        """Its folder."""
        return self.output / "surfaces" / f"{OF}-{self.key[:8]}"


@dataclass(frozen=True)
class TrainedValue:
    """The value of trainings as what is sampled over a plane, whose coordinates are the places on both axes."""

    trial: Trial
    axes: tuple[HyperparameterAxis, HyperparameterAxis]
    fixed: dict[str, float]  # hyperparameters that no axis has
    value: str  # speed or loss

    @staticmethod
    def of(settings: HyperparameterSurface, seed: int) -> TrainedValue:
        """Returns what a surface asks for; seed: the scene's."""
        network, training = settings.network, settings.training
        trial = Trial.drawn(
            (settings.examples, network.inputs, network.width),
            seed if settings.seed is None else settings.seed,
            activation=network.activation,
            steps=training.steps,
            bound=training.bound,
            precision=settings.precision,
        )
        fixed = {"momentum": training.momentum, "initial-scale": training.initial_scale}
        rates = {} if training.lr is None else {"lr-1": training.lr, "lr-2": training.lr}
        fixed |= {"weight-decay": training.weight_decay, **rates}
        return TrainedValue(trial, settings.axes, fixed, settings.value)

    def on(
        self,
        origin: np.ndarray,
        u: np.ndarray,
        v: np.ndarray,
        strategy: str = "auto",
        *,
        grid: Grid | None = None,
        choices: File | None = None,
    ) -> TrainedPlane:
        """Returns its evaluator; raises MachineError where it is to be native and no kernel can be compiled."""
        return TrainedPlane(self, trainings_by(strategy, self.trial))

    def spread(self, thetas: np.ndarray) -> None:
        """Returns that there is no standard error: a training is what it is."""

    def identity(self) -> dict[str, Any]:
        """Returns what identifies it, for a record: all that was drawn by lot."""
        trial = self.trial
        parts = (trial.inputs, trial.targets, trial.first, trial.second)
        return {"trial": [digest_of(part) for part in parts]}

    @property
    def conduct(self) -> dict[str, Any]:
        """Nothing that would show besides."""
        return {}

    def doses(self, places: np.ndarray) -> np.ndarray:
        """Returns the hyperparameters (5, B) at places (B, 2)."""
        values: dict[str, Any] = dict(self.fixed)
        for axis, own in zip(self.axes, np.asarray(places, np.float64).T, strict=True):
            along = 10.0**own if axis.scale == "logarithmic" else own
            values |= {name: along for name in (("lr-1", "lr-2") if axis.of == "lr" else (axis.of,))}
        return doses_of(len(places), {name: values[name] for name in HYPERPARAMETERS})


class TrainedPlane:
    """Measures the value of trainings at places."""

    def __init__(self, what: TrainedValue, trainings: ManyTrainings):
        """Prepares a value that is found by a way of training."""
        self._what, self._trainings = what, trainings
        self.strategy, self.batch, self.precision = trainings.name, trainings.batch, what.trial.precision

    def measure(self, coordinates: np.ndarray) -> Measurement:
        """Measures the points with coordinates (B, 2), α first; in place of accuracy, the share of steps taken."""
        fates: Fates = self._trainings(self._what.doses(np.asarray(coordinates).reshape(-1, 2)))
        with np.errstate(over="ignore"):
            value = fates.speed if self._what.value == "speed" else fates.last.astype(np.float32)
        return Measurement(value, (fates.taken / self._what.trial.steps).astype(np.float32))


def trainings_by(strategy: str, trial: Trial) -> ManyTrainings:
    """Returns a way of training by its name; auto is the native one where that can be compiled, else batched."""
    if strategy == "auto":
        strategy = "native" if compiler.library(source_of(trial, momentum=False)) is not None else "batched"
    return {"native": NativeTrainings, "batched": AllTogether, "loop": OneByOne}[strategy](trial)


def plane_of_axes(settings: HyperparameterSurface) -> tuple[Plane, Grid]:
    """Returns the plane of two axes, which is all that there is, and the grid on it."""
    ends = zip(settings.axes, settings.points, strict=True)
    return Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0])), Grid(
        *(np.linspace(*axis.places, count) for axis, count in ends)
    )


def commission_of(site: TrainedSite, means: Means, reporter: Reporter) -> Commission:
    """Returns a surface of trainings, ready to be measured."""
    settings = site.settings
    means = replace(means, strategy=settings.strategy)
    survey = Survey.of("exact", None, Scaling(), site.scene.budget_of(site.name))
    what = TrainedValue.of(settings, site.scene.seed)
    name, folder = f"surface {site.name}", site.folder / "surface.zarr"
    return Commission(what, *plane_of_axes(settings), survey, means, reporter, name, {"key": site.key}, folder)


def measured_trainings(site: TrainedSite, means: Means, reporter: Reporter) -> Landscape:
    """Returns a surface of trainings with what is missing of it measured."""
    commission = commission_of(site, means, reporter)
    surface = commission.finished() or commission.begin().measure()
    sweep(site.folder)
    kept = write_record(site.folder / "surface.json", trained_record(site, surface))
    return Landscape(site.folder, site.key, surface, (), kept)


def load_trained(site: TrainedSite) -> Landscape:
    """Returns a finished surface from disk; raises DataError where it is missing or damaged."""
    record, surface = recorded(site.folder, "surface.json", RECORD, site.key)
    return Landscape(site.folder, site.key, surface, (), record)


def trained_record(site: TrainedSite, surface: Surface) -> dict[str, Any]:
    """Returns what surface.json says of a surface of trainings."""
    settings, budget = site.settings, site.scene.budget_of(site.name)
    finite = surface.loss[np.isfinite(surface.loss)]
    rows, columns = surface.grid.cells
    asked = {"budget": {"minutes": budget / 60, "asked": list(settings.points)}} if budget else {}
    return {
        "key": site.key,
        "trainings": told_of(settings, surface),
        "settings": settings.model_dump(mode="json", exclude={"label"}),
        "points": [columns, rows],
        "counts": surface.counts,
        "alpha": [float(surface.grid.alphas[0]), float(surface.grid.alphas[-1])],
        "beta": [float(surface.grid.betas[0]), float(surface.grid.betas[-1])],
        "loss": [float(finite.min()), float(finite.max())] if finite.size else None,
        "paths": [],
        **(asked if "asked" in surface.record else {}),
        "strategy": surface.record["strategy"],
        "dtype": settings.precision,
        "device": "cpu",
        "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        "loss_digest": surface.loss_digest,
    }


def told_of(settings: HyperparameterSurface, surface: Surface) -> dict[str, Any]:
    """Returns what a record says of the trainings of a surface."""
    network, stopped = settings.network, surface.accuracy < 1
    took = np.rint(surface.accuracy[stopped] * settings.training.steps)
    lost = surface.loss > EDGE if settings.value == "speed" else ~np.isfinite(surface.loss)
    return {
        "network": f"{network.inputs}-{network.width}-1 {network.activation}",
        "examples": settings.examples,
        "steps": settings.training.steps,
        "value": settings.value,
        "axes": [{"of": axis.of, "scale": axis.scale, "range": list(axis.range)} for axis in settings.axes],
        "diverged": int(lost.sum()),
        "stopped": [int(took.min()), int(np.median(took)), int(took.max())] if took.size else None,
        "precision": settings.precision,
    }


def trainings_per_second(settings: HyperparameterSurface, seed: int) -> float:
    """Returns the rate at which a surface will be measured here."""
    what, (_, grid) = TrainedValue.of(settings, seed), plane_of_axes(settings)
    return points_per_second(TrainedPlane(what, trainings_by(settings.strategy, what.trial)), grid)


def lacks_edge(settings: HyperparameterSurface, seed: int) -> str | None:
    """Returns a sentence where all of PROBES × PROBES trainings end on one side of the edge, or None.

    A surface of losses needs no edge.
    """
    if settings.value != "speed":
        return None
    probe = settings.model_copy(update={"points": tuple(min(PROBES, count) for count in settings.points)})
    what, (_, grid) = TrainedValue.of(probe, seed), plane_of_axes(probe)
    places = grid.coordinates(slice(None), slice(None))
    fates = trainings_by(settings.strategy, what.trial)(what.doses(places))
    share = fates.converged.mean()
    if 0 < share < 1:
        return None
    which = "diverges" if share == 0 else "converges"
    return f"every one of {len(places):,} trainings over this range {which}, so that it has no edge; take another"
