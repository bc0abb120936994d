"""A scene's surface: the plane it asks for, measured on its objective, with the run's path on it, kept in one folder.

output/surfaces/<plane>-<key8>/   surface.zarr, path.npz, path-1.npz and so on for the paths of further runs, and
surface.json, which is written last
"""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path as File
from typing import Any

import numpy as np

from render.descent import runs
from render.descent.runs import AnyRun
from render.errors import DataError
from render.landscape.landscape import Landscape
from render.landscape.planning import Ground, objective_of, plane_of, scaling_of
from render.landscape.record import path_record, record_of
from render.loss.objective import Objective
from render.progress import Reporter
from render.sampling import surface as surfaces
from render.sampling.adaptive import FEWEST, PLACES, WHOLE
from render.sampling.lattice import lattices
from render.sampling.sampling import sample
from render.sampling.status import Status
from render.sampling.surface import Surface, SurfaceStore
from render.sampling.survey import Means
from render.scene import surface as spec
from render.scene.existing import ImportedRun
from render.scene.plane import others_of
from render.scene.spec import Scene
from render.space.grid import Grid
from render.space.path import Path
from render.space.section import Section
from render.storage.files import content_key, file_digest, is_whole, locked, replacing, sweep
from render.storage.records import read_record, write_record

ALGORITHM = 2  # raise it when the same settings would measure other heights
RECORD = {  # what others read of surface.json
    "run": {"data": str, "network": str, "training": str, "parameters": int, "train": dict, "test": dict},
    "settings": dict,
    "plane": dict,
    "objective": dict,
    "points": list,
    "counts": dict,
    "path": dict,
    "paths": list,
    "loss": (list, type(None)),
    "loss_digest": str,
    "path_digest": str,
}


def key_of(scene: Scene, name: str) -> str:
    """Returns the key of a scene's surface, without measuring anything."""
    settings = scene.measured[name]
    return content_key(
        {
            "stage": "surface",
            "algorithm": ALGORITHM,
            "settings": settings.model_dump(
                mode="json",
                exclude={**dict.fromkeys(("run", "paths", "label", "budget"), True), "plane": {"run", "runs"}},
            ),
            "budget": scene.budget_of(name),
            "seed": scene.seed if _is_seeded(settings) else None,
            "relief": {**asdict(scaling_of(scene.look.steps)), "places": PLACES}
            if settings.mode == "adaptive"
            else None,
            "runs": [runs.key_of(scene.runs[other], scene.seed) for other in (settings.run, *_through(settings))],
            "paths": [runs.key_of(scene.runs[other], scene.seed) for other in settings.paths],
        }
    )


def _is_seeded(settings: spec.Surface) -> bool:
    """Whether a surface draws something from the scene's seed."""
    return getattr(settings.plane, "seed", 0) is None or settings.objective.dropout == "fixed"


def _through(settings: spec.Surface) -> list[str]:
    """Returns the other runs that the plane goes through."""
    return [str(name) for _, name in others_of(settings.plane.model_dump())]


def _others(settings: spec.Surface) -> list[str]:
    """Returns all runs but its own that a surface needs."""
    return list(dict.fromkeys([*_through(settings), *settings.paths]))


def runs_of(settings: spec.Surface) -> list[str]:
    """Returns the names of all runs that a surface is measured with, its own first."""
    return [settings.run, *_others(settings)]


def folder_of(scene: Scene, name: str, output: File) -> File:
    """Returns the folder of a scene's surface."""
    return output / "surfaces" / f"{scene.measured[name].plane.kind}-{key_of(scene, name)[:8]}"


def choices_in(output: File) -> File:
    """Returns the file that remembers the fastest strategies."""
    return output / "strategies.json"


def is_done(scene: Scene, name: str, output: File) -> bool:
    """Whether a scene's surface and path are on disk, whole; a million points take 0.2 s."""
    return _finished(scene, name, output) is not None


def _finished(scene: Scene, name: str, output: File) -> Landscape | None:
    try:
        return load(scene, name, output)
    except DataError:
        return None


def points_left(scene: Scene, name: str, output: File) -> int:
    """Returns how many points of a scene's surface are still to be measured; of an adaptive one, at least so many."""
    settings = scene.measured[name]
    columns, rows = settings.points
    found = SurfaceStore.open(folder_of(scene, name, output) / "surface.zarr")
    begun = found is not None and found.record.get("key") == key_of(scene, name)
    if settings.mode == "adaptive":
        finished = begun and found is not None and found.outcome is not None
        first = lattices((rows, columns))[:WHOLE][-1].shape
        return 0 if finished else min(rows * columns, first[0] * first[1] + FEWEST)
    if found is None or not begun:
        return rows * columns
    status = found.read(lambda tile: None)["status"]
    return int((status == Status.MISSING).sum())


def load(scene: Scene, name: str, output: File) -> Landscape:
    """Returns a finished surface from disk; raises DataError where it is missing or damaged."""
    folder, key = folder_of(scene, name, output), key_of(scene, name)
    record = _record_in(folder, key)
    if record is None:
        said = "is damaged" if (folder / "surface.json").is_file() else "is missing"
        raise DataError(f"{folder / 'surface.json'}: {said}; `thalweg sample` makes it")
    surface = surfaces.load(folder / "surface.zarr")
    if surface.loss_digest != record["loss_digest"]:
        raise DataError(f"{folder}: is not finished, its record tells of other heights; `thalweg sample` mends it")
    digests = [record["path_digest"], *(kept["digest"] for kept in record["paths"])]
    paths = tuple(_path_in(folder / _path_file(number), digest) for number, digest in enumerate(digests))
    return Landscape(folder, key, surface, paths, record)


def _record_in(folder: File, key: str) -> dict[str, Any] | None:
    return read_record(folder / "surface.json", RECORD, key)


def _path_file(number: int) -> str:
    return f"path-{number}.npz" if number else "path.npz"


def _path_in(file: File, digest: str) -> Path:
    if not is_whole(file, digest):
        raise DataError(f"{file}: is missing or damaged; `thalweg sample` makes it anew")
    with np.load(file) as arrays:
        return Path(**{field.name: arrays[field.name] for field in fields(Path)})


def obtain(scene: Scene, name: str, output: File, reporter: Reporter, means: Means | None = None) -> Landscape:
    """Returns a scene's surface, measuring what is missing of it; a damaged one is mended.

    means: processes, a cluster, or a share of the tiles, after which MachineError tells what is left.
    """
    means = means or Means()
    folder, settings = folder_of(scene, name, output), scene.measured[name]
    if (folder / "surface.json").is_file():
        _require_network(scene, settings.run, output, means)
        try:
            return load(scene, name, output)
        except DataError as damage:
            reporter.say(f"surface {name} is mended: {damage}")
    ends = {run: runs.obtain(run, scene.runs[run], scene.seed, output, reporter) for run in _others(settings)}
    run = runs.obtain(settings.run, scene.runs[settings.run], scene.seed, output, reporter)
    with contextlib.nullcontext() if means.shard else locked(folder, reporter.say):
        return _finished(scene, name, output) or _Job(scene, name, output, run, ends, reporter, means).measured()


def _require_network(scene: Scene, name: str, output: File, means: Means) -> None:
    """Raises DataError where a function makes another network than the one that a run was imported with."""
    made_by, run = means.model_of(name), runs.find(scene.runs[name], scene.seed, output)
    if made_by and isinstance(scene.runs[name], ImportedRun) and run is not None:
        run.model(run.dataset(), made_by)


@dataclass(frozen=True)
class _Job:
    """A scene's surface that is to be measured."""

    scene: Scene
    name: str
    output: File
    run: AnyRun
    others: dict[str, AnyRun]
    reporter: Reporter
    means: Means

    def measured(self) -> Landscape:
        """Measures what is missing, and writes path and record."""
        scene, settings, seed = self.scene, self.scene.measured[self.name], self.scene.seed
        folder, key = folder_of(scene, self.name, self.output), key_of(scene, self.name)
        dataset = self.run.dataset()
        model = self.run.model(dataset, self.means.model_of(settings.run))
        objective = objective_of(settings, dataset, model, seed)
        ground = Ground(self.run, self.others, tuple(settings.paths), model, objective, seed)
        plane, grid = _kept(folder / "surface.zarr", key) or plane_of(settings, ground)
        surface = self._sampled(objective, plane, grid, folder / "surface.zarr", key)
        if surface.record["precision"] != settings.objective.precision:
            objective = objective_of(settings, dataset, model, seed, str(surface.record["precision"]))
        shown = [self.run, *(self.others[other] for other in settings.paths)]
        paths = [Path.on(plane, run.trajectory(), surface, objective) for run in shown]
        with locked(folder, self.reporter.say) if self.means.shard else contextlib.nullcontext():
            return self._written(folder, key, surface, paths, objective)

    def _sampled(self, objective: Objective, plane: Section, grid: Grid, store: File, key: str) -> Surface:
        settings = self.scene.measured[self.name]
        scaling, budget = scaling_of(self.scene.look.steps), self.scene.budget_of(self.name)
        adaptive = {
            "tolerance": settings.tolerance,
            "scale": scaling.kind,
            "floor": scaling.floor,
            "clip": scaling.clip,
        }
        return sample(
            objective,
            plane,
            grid,
            store,
            settings.mode,
            **(adaptive if settings.mode == "adaptive" else {}),  # type: ignore[arg-type]
            strategy=settings.strategy,
            budget=budget / 60 if budget else None,
            workers=self.means.workers,
            scheduler=self.means.scheduler,
            shard=self.means.shard,
            choices=choices_in(self.output),
            record={"key": key},
            progress=self.reporter,
            name=f"surface {self.name}",
        )

    def _written(self, folder: File, key: str, surface: Surface, paths: list[Path], objective: Objective) -> Landscape:
        files = [folder / _path_file(number) for number in range(len(paths))]
        for file, path in zip(files, paths, strict=True):
            with replacing(file) as temporary:
                np.savez(temporary, **asdict(path))
        own, *further = paths
        digest, *digests = map(file_digest, files)
        budget = self.scene.budget_of(self.name)
        record = record_of(key, self.run, self.scene.measured[self.name], budget, surface, own, objective)
        shown = zip(self.scene.measured[self.name].paths, further, digests, strict=True)
        said = [{**path_record(self.others[name], path), "digest": digest} for name, path, digest in shown]
        record |= {"path_digest": digest, "paths": said}
        sweep(folder)
        kept = write_record(folder / "surface.json", record)
        return Landscape(folder, key, surface, tuple(paths), kept)


def _kept(store: File, key: str) -> tuple[Section, Grid] | None:
    """Returns the plane and the grid that were asked for when a surface was begun.

    Another number of threads gives a plane of other last digits.
    """
    found = SurfaceStore.open(store)
    if found is None or found.record.get("key") != key or "asked" in found.record:
        return None
    try:
        return found.geometry()
    except DataError:
        return None
