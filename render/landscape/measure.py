"""A scene's surface: the plane it asks for, measured on its objective, with the run's path on it, kept in one folder.

output/surfaces/<plane>-<key8>/   surface.zarr, path.npz, and surface.json, which is written last
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path as File
from typing import Any

import numpy as np
import torch
from torch import nn

from render.descent import run as runs
from render.descent.data import Dataset
from render.descent.run import Run
from render.errors import DataError
from render.files import content_key, file_digest, is_whole, locked, plain, read_record, replacing, write_json
from render.landscape import surface as surfaces
from render.landscape.directions import random_direction
from render.landscape.grid import Grid
from render.landscape.objective import Objective
from render.landscape.path import Path
from render.landscape.plane import RANDOM_WALK_SHARES, Plane
from render.landscape.sampling import sample
from render.landscape.surface import Surface, SurfaceStore
from render.progress import Reporter
from render.scene import plane as planes
from render.scene import surface as spec
from render.scene.spec import Scene

ALGORITHM = 1  # raise it when the same settings would measure other heights
VERSIONED = ("thalweg", "torch", "numpy")
RECORD = {  # what others read of surface.json
    "run": {"network": str, "parameters": int, "train": dict, "test": dict},
    "settings": dict,
    "plane": dict,
    "objective": dict,
    "points": list,
    "counts": dict,
    "path": dict,
    "loss": (list, type(None)),
    "loss_digest": str,
    "path_digest": str,
}


@dataclass(frozen=True)
class Landscape:
    """A finished surface with its path."""

    folder: File
    key: str
    surface: Surface
    path: Path
    record: dict[str, Any]


def _pca(_: planes.Pca, run: Run, model: nn.Module, seed: int) -> Plane:
    return Plane.pca(run.trajectory().parameters)


def _random(settings: planes.Random, run: Run, model: nn.Module, seed: int) -> Plane:
    start = seed if settings.seed is None else settings.seed
    u, v = (random_direction(model, 2 * start + k, settings.norm, settings.ignore) for k in (0, 1))
    return Plane.through(run.trajectory().parameters[-1], u, v)


PLANES: dict[type, Callable[[Any, Run, nn.Module, int], Plane]] = {planes.Pca: _pca, planes.Random: _random}


def key_of(scene: Scene, name: str) -> str:
    """Returns the key of a scene's surface, without measuring anything."""
    settings = scene.surfaces[name]
    return content_key(
        {
            "stage": "surface",
            "algorithm": ALGORITHM,
            "settings": settings.model_dump(mode="json", exclude={"run"}),
            "seed": scene.seed if isinstance(settings.plane, planes.Random) else None,
            "run": runs.key_of(scene.runs[settings.run], scene.seed),
        }
    )


def folder_of(scene: Scene, name: str, output: File) -> File:
    """Returns the folder of a scene's surface."""
    return output / "surfaces" / f"{scene.surfaces[name].plane.kind}-{key_of(scene, name)[:8]}"


def is_done(scene: Scene, name: str, output: File) -> bool:
    """Whether a scene's surface and path are on disk, whole; a million points take 0.2 s."""
    return _finished(scene, name, output) is not None


def _finished(scene: Scene, name: str, output: File) -> Landscape | None:
    try:
        return load(scene, name, output)
    except DataError:
        return None


def points_left(scene: Scene, name: str, output: File) -> int:
    """Returns how many points of a scene's surface are still to be measured."""
    columns, rows = scene.surfaces[name].points
    found = SurfaceStore.open(folder_of(scene, name, output) / "surface.zarr")
    if found is None or found.record.get("key") != key_of(scene, name):
        return rows * columns
    return rows * columns - int((found.read(lambda tile: None)["status"] != surfaces.Status.MISSING).sum())


def load(scene: Scene, name: str, output: File) -> Landscape:
    """Returns a finished surface from disk; raises DataError where it is missing or damaged."""
    folder, key = folder_of(scene, name, output), key_of(scene, name)
    record = _record_in(folder, key)
    if record is None:
        raise DataError(f"{folder}: holds no finished surface; `thalweg sample` makes it")
    surface = surfaces.load(folder / "surface.zarr")
    if surface.loss_digest != record["loss_digest"]:
        raise DataError(f"{folder}: is not finished, its record tells of other heights; `thalweg sample` mends it")
    return Landscape(folder, key, surface, _path_in(folder, record["path_digest"]), record)


def _record_in(folder: File, key: str) -> dict[str, Any] | None:
    return read_record(folder / "surface.json", key, RECORD)


def _path_in(folder: File, digest: str) -> Path:
    file = folder / "path.npz"
    if not is_whole(file, digest):
        raise DataError(f"{file}: is missing or damaged; `thalweg sample` makes it anew")
    with np.load(file) as arrays:
        return Path(**{field.name: arrays[field.name] for field in fields(Path)})


def obtain(scene: Scene, name: str, output: File, reporter: Reporter) -> Landscape:
    """Returns a scene's surface, measuring what is missing of it; a damaged one is mended."""
    folder, settings = folder_of(scene, name, output), scene.surfaces[name]
    if _record_in(folder, key_of(scene, name)) is not None:
        try:
            return load(scene, name, output)
        except DataError as damage:
            reporter.say(f"surface {name} is mended: {damage}")
    run = runs.obtain(settings.run, scene.runs[settings.run], scene.seed, output, reporter)
    with locked(folder, reporter.say):
        return _finished(scene, name, output) or _measure(scene, name, output, run, reporter)


def _measure(scene: Scene, name: str, output: File, run: Run, reporter: Reporter) -> Landscape:
    settings, dataset, trajectory = scene.surfaces[name], run.dataset(), run.trajectory()
    model = run.model(dataset)
    folder, key = folder_of(scene, name, output), key_of(scene, name)
    kept = _kept(folder / "surface.zarr", key)
    plane, grid = kept[:2] if kept else _planned(settings, run, model, scene.seed)
    objective = objective_of(settings, dataset, model, kept[2] if kept else "auto")
    surface = sample(
        objective, plane, grid, folder / "surface.zarr", record={"key": key}, progress=reporter, name=f"surface {name}"
    )
    path = Path.on(plane, trajectory, surface, objective)
    with replacing(folder / "path.npz") as temporary:
        np.savez(temporary, **asdict(path))
    record = plain(_record(key, run, settings, surface, path, len(objective.problem.targets)))
    record["path_digest"] = file_digest(folder / "path.npz")
    write_json(folder / "surface.json", record)
    return Landscape(folder, key, surface, path, record)


def objective_of(settings: spec.Surface, dataset: Dataset, model: nn.Module, strategy: str = "auto") -> Objective:
    """Returns the loss that a surface asks for: cross-entropy on the first examples of a split."""
    examples = dataset.split(settings.objective.split).first(settings.objective.examples)
    inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    return Objective(model, inputs, targets, nn.CrossEntropyLoss(), strategy=strategy)


def _kept(store: File, key: str) -> tuple[Plane, Grid, str] | None:
    """Returns the plane, the grid and the strategy that a surface was begun with.

    One surface has one arithmetic, and another number of threads gives a plane of other last digits.
    """
    found = SurfaceStore.open(store)
    if found is None or found.record.get("key") != key:
        return None
    try:
        return *found.geometry(), str(found.record.get("strategy"))
    except DataError:
        return None


def _planned(settings: spec.Surface, run: Run, model: nn.Module, seed: int) -> tuple[Plane, Grid]:
    plane = PLANES[type(settings.plane)](settings.plane, run, model, seed)
    return plane, _grid(settings, plane.project(run.trajectory().parameters))


def _grid(settings: spec.Surface, path: np.ndarray) -> Grid:
    if settings.range is not None:
        columns, rows = settings.points
        return Grid(np.linspace(*settings.range.alpha, columns), np.linspace(*settings.range.beta, rows))
    assert settings.margin is not None
    return Grid.around(path, settings.points, settings.margin)


def _record(key: str, run: Run, settings: spec.Surface, surface: Surface, path: Path, examples: int) -> dict[str, Any]:
    finite = surface.loss[np.isfinite(surface.loss)]
    columns, rows = settings.points
    return {
        "key": key,
        "run": {name: run.record[name] for name in ("key", "network", "parameters", "train", "test")},
        "settings": settings.model_dump(mode="json"),
        "plane": {
            "kind": settings.plane.kind,
            "variance_share": surface.plane.variance_share,
            "random_walk_share": RANDOM_WALK_SHARES,
            "lengths": [float(np.linalg.norm(surface.plane.u)), float(np.linalg.norm(surface.plane.v))],
        },
        "objective": {"loss": "cross-entropy", "split": settings.objective.split, "examples": examples, "mode": "eval"},
        "points": [columns, rows],
        "counts": surface.counts,
        "alpha": [float(surface.grid.alphas[0]), float(surface.grid.alphas[-1])],
        "beta": [float(surface.grid.betas[0]), float(surface.grid.betas[-1])],
        "loss": [float(finite.min()), float(finite.max())] if finite.size else None,
        "path": {
            "points": len(path),
            "true_loss": [float(path.true_loss[0]), float(path.true_loss[-1])],
            "largest_distance": float(path.distance.max()),
        },
        "strategy": surface.record["strategy"],
        "dtype": "float32",
        "device": "cpu",
        "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        "loss_digest": surface.loss_digest,
    }
