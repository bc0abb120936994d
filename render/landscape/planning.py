"""What a scene's surface asks for: the objective, the plane and the grid, from the runs that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from render.data import Dataset
from render.descent.run import AnyRun
from render.descent.trajectory import Trajectory
from render.errors import DataError
from render.loss.measurement import OneHotMSELoss
from render.loss.objective import Objective
from render.sampling.scaling import Scaling
from render.scene import plane as planes
from render.scene import relief as reliefs
from render.scene import surface as spec
from render.scene.along import LineSettings
from render.scene.moment import PathMoment
from render.space import osculating
from render.space.directions import random_direction
from render.space.grid import Grid
from render.space.plane import Plane
from render.space.thetas import Joined

LOSSES: dict[str, type[nn.Module]] = {"cross-entropy": nn.CrossEntropyLoss, "squared-error": OneHotMSELoss}


@dataclass(frozen=True)
class Ground:
    """What a plane is chosen from."""

    run: AnyRun
    others: dict[str, AnyRun]  # the runs that a plane names besides, or whose paths it shows
    paths: tuple[str, ...]  # those among them whose paths are shown
    model: nn.Module
    objective: Objective
    seed: int  # the scene's

    @property
    def end(self) -> np.ndarray:
        """The last parameters of the run, (P,)."""
        return self.run.trajectory().parameters[-1]

    def end_of(self, name: str) -> np.ndarray:
        """Returns the last parameters of another run, (P,)."""
        return self.others[name].trajectory().parameters[-1]

    def seeded(self, seed: int | None) -> int:
        """Returns a plane's own seed, or the scene's."""
        return self.seed if seed is None else seed


def _pca(settings: planes.Pca, ground: Ground) -> Plane:
    if isinstance(settings.origin, PathMoment):
        plane = _pca(settings.model_copy(update={"origin": "last"}), ground)
        return replace(plane, origin=_at(settings.origin, ground)[1])
    own = ground.run.trajectory().parameters
    if settings.of == "own" or not ground.paths:
        return Plane.pca(own, settings.origin)
    plane = Plane.pca(Joined([*(ground.others[name].trajectory().parameters for name in ground.paths), own]), "mean")
    ends = {"last": own[-1], "first": own[0], "mean": plane.origin}
    return replace(plane, origin=np.asarray(ends[settings.origin], np.float64))


def _random(settings: planes.Random, ground: Ground) -> Plane:
    seed = ground.seeded(settings.seed)
    u, v = (random_direction(ground.model, 2 * seed + k, settings.norm, settings.ignore) for k in (0, 1))
    return Plane.through(ground.end, u, v, orthogonal=settings.orthogonal)


def _hessian(_: planes.Hessian, ground: Ground) -> Plane:
    return Plane.hessian(ground.objective, ground.end)


def _gradient(settings: planes.Gradient, ground: Ground) -> Plane:
    return Plane.gradient(ground.objective, ground.end, ground.seeded(settings.seed))


def _between(settings: planes.Between, ground: Ground) -> Plane:
    start, way = ground.end, ground.end_of(settings.run).astype(np.float64) - ground.end
    across = np.random.default_rng(ground.seeded(settings.seed)).normal(size=len(way))
    return Plane.through(start, way, across * (np.linalg.norm(way) / np.linalg.norm(across)), orthogonal=True)


def _three(settings: planes.Three, ground: Ground) -> Plane:
    return Plane.three(ground.end, *(ground.end_of(name) for name in settings.runs))


def _osculating(settings: planes.Osculating, ground: Ground) -> Plane:
    chart, trajectory = Plane.pca(ground.run.trajectory().parameters), ground.run.trajectory()
    axes = np.stack([chart.u, chart.v])
    for moment in (*settings.after, settings.at):
        index, point = _at(moment, ground)
        axes = osculating.turned(osculating.frame_at(trajectory, index, settings.window), axes)
    if settings.coordinates == "pca":
        return osculating.seen_from(chart, point, axes)
    return Plane(point, *axes)


def _at(moment: PathMoment, ground: Ground) -> tuple[int, np.ndarray]:
    """Returns the number of the logged point at a moment of the path, and the point (P,) float64."""
    trajectory = ground.run.trajectory()
    index = index_at(moment, trajectory)
    return index, np.asarray(trajectory.parameters[index], np.float64)


def index_at(moment: PathMoment, trajectory: Trajectory) -> int:
    """Returns the number of the logged point that is nearest to a moment of a path."""
    if moment.step is not None:
        return int(np.abs(trajectory.steps - moment.step).argmin())
    if moment.share is not None:
        return round(moment.share * (len(trajectory) - 1))
    assert moment.arc is not None
    way = osculating.walked(trajectory)
    return int(np.abs(way - moment.arc * way[-1]).argmin())


PLANES: dict[type, Callable[[Any, Ground], Plane]] = {
    planes.Pca: _pca,
    planes.Random: _random,
    planes.Hessian: _hessian,
    planes.Gradient: _gradient,
    planes.Between: _between,
    planes.Three: _three,
    planes.Osculating: _osculating,
}


def plane_of(settings: spec.SurfaceSettings, ground: Ground) -> tuple[Plane, Grid]:
    """Returns the plane that a surface asks for, and the grid on it."""
    plane = PLANES[type(settings.plane)](settings.plane, ground)
    return plane, _grid(settings, plane, ground)


def _grid(settings: spec.SurfaceSettings, plane: Plane, ground: Ground) -> Grid:
    columns, rows = settings.points
    if settings.range is not None:
        return Grid(np.linspace(*settings.range.alpha, columns), np.linspace(*settings.range.beta, rows))
    assert settings.margin is not None
    if _is_centred(settings.plane):
        places = Plane.pca(ground.run.trajectory().parameters).project(ground.run.trajectory().parameters)
        return Grid.about(2 * settings.margin * float(np.ptp(places, axis=0).max()), settings.points)
    shown = [ground.run, *(ground.others[name] for name in ground.paths)]
    chart = Plane.pca(ground.run.trajectory().parameters) if settings.plane.kind == "osculating" else plane
    places = np.concatenate([chart.project(run.trajectory().parameters) for run in shown])
    return Grid.around(places, settings.points, settings.margin)


def _is_centred(plane: Any) -> bool:
    """Whether the margin of a plane goes around the point that it goes through, not around the path."""
    if isinstance(plane, planes.Osculating):
        return plane.coordinates == "own"
    return isinstance(plane, planes.Pca) and isinstance(plane.origin, PathMoment)


def objective_of(
    settings: spec.SurfaceSettings | LineSettings,
    dataset: Dataset,
    model: nn.Module,
    seed: int,
    precision: str | None = None,
) -> Objective:
    """Returns the loss that a surface or a line asks for: on the first examples of a split, in its mode."""
    asked = settings.objective
    examples = dataset.split(asked.split).first(asked.examples, asked.balanced)
    calibration = dataset.train.first(asked.calibration).inputs if asked.calibration else None
    return Objective(
        model,
        torch.from_numpy(examples.inputs),
        torch.from_numpy(examples.targets),
        criterion_of(asked.loss, dataset),
        bn=asked.bn,
        bn_batch=asked.bn_batch,
        calibration=None if calibration is None else torch.from_numpy(calibration),
        dropout=asked.dropout,
        seed=seed,
        weight_decay=asked.weight_decay,
        precision=precision or asked.precision,
    )


def criterion_of(loss: str, dataset: Dataset) -> nn.Module:
    """Returns a loss by its name; raises DataError where it needs classes and the data have values."""
    if dataset.classes:
        return LOSSES[loss]()
    if loss == "cross-entropy":
        raise DataError("objective.loss: cross-entropy needs classes, these data have values; use squared-error")
    return nn.MSELoss()


def scaling_of(relief: Any) -> Scaling:
    """Returns the scale that a relief draws on, which an adaptive surface is exact on."""
    logs = [step.log for step in relief if isinstance(step, reliefs.LogStep)]
    clips = [step.clip.percentile for step in relief if isinstance(step, reliefs.ClipStep)]
    clip = min(clips) if clips else None
    return Scaling("log", logs[0].floor, clip) if logs else Scaling(clip=clip)
