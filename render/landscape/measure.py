"""A scene's surface: the plane it asks for, measured on its objective, with the run's path on it, kept in one folder.

output/surfaces/<plane>-<key8>/   surface.zarr, path.npz, path-1.npz and so on for the paths of further runs, and
surface.json, which is written last
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path as File
from typing import Any

import numpy as np

from render.descent.run import AnyRun
from render.errors import DataError
from render.landscape.epochs import lent
from render.landscape.landscape import Landscape
from render.landscape.planning import Ground, objective_of, plane_of, scaling_of
from render.landscape.provenance import path_record, record_of
from render.loss.objective import Objective
from render.progress import Reporter
from render.sampling import surface as surfaces
from render.sampling.adaptive import FEWEST_CHECKS, PLACES, WHOLE_LEVELS
from render.sampling.commission import Commission
from render.sampling.lattice import lattices
from render.sampling.scaling import Scaling
from render.sampling.status import Status
from render.sampling.surface import Surface, SurfaceStore
from render.sampling.survey import Means, Survey
from render.scene import surface as spec
from render.scene.key import counted, draws_from_scene
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


def key_of(scene: Scene, name: str, runs: Mapping[str, str]) -> str:
    """Returns the key of a scene's surface from those of the runs that it is measured with, by name."""
    settings = scene.measured[name]
    return content_key(
        {
            "stage": "surface",
            "algorithm": ALGORITHM,
            "settings": counted(settings, runs),
            "budget": scene.budget_of(name),
            "seed": scene.seed if _is_seeded(settings) else None,
            "relief": {**asdict(scaling_of(scene.look.steps)), "places": PLACES}
            if settings.mode == "adaptive"
            else None,
        }
    )


def _is_seeded(settings: spec.SurfaceSettings) -> bool:
    """Whether a surface draws something from the scene's seed."""
    drawn = settings.objective.epoch is not None and settings.objective.epoch.of != "statistics"
    return draws_from_scene(settings) or settings.objective.dropout == "fixed" or drawn


def _through(settings: spec.SurfaceSettings) -> list[str]:
    """Returns the other runs that the plane goes through."""
    return [str(name) for _, name in others_of(settings.plane.model_dump())]


def runs_of(settings: spec.SurfaceSettings) -> list[str]:
    """Returns the names of all runs that a surface is measured with, its own first."""
    return [settings.run, *dict.fromkeys([*_through(settings), *settings.paths])]


@dataclass(frozen=True)
class Site:
    """A scene's surface, and where it lies under its key."""

    scene: Scene
    name: str
    output: File
    key: str

    @property
    def settings(self) -> spec.SurfaceSettings:
        """What the scene asks of it."""
        return self.scene.measured[self.name]

    @property
    def folder(self) -> File:
        """Its folder."""
        return self.output / "surfaces" / f"{self.settings.plane.kind}-{self.key[:8]}"


def choices_in(output: File) -> File:
    """Returns the file that remembers the fastest strategies."""
    return output / "strategies.json"


def points_left(site: Site) -> int:
    """Returns how many points of a surface are still to be measured; of an adaptive one, at least so many."""
    columns, rows = site.settings.points
    found = SurfaceStore.open(site.folder / "surface.zarr")
    begun = found is not None and found.record.get("key") == site.key
    if site.settings.mode == "adaptive":
        finished = begun and found is not None and found.outcome is not None
        first = lattices((rows, columns))[:WHOLE_LEVELS][-1].shape
        return 0 if finished else min(rows * columns, first[0] * first[1] + FEWEST_CHECKS)
    if found is None or not begun:
        return rows * columns
    status = found.read(lambda tile: None)["status"]
    return int((status == Status.MISSING).sum())


def load(site: Site) -> Landscape:
    """Returns a finished surface from disk; raises DataError where it is missing or damaged."""
    folder = site.folder
    record, surface = recorded(folder, "surface.json", RECORD, site.key)
    digests = [record["path_digest"], *(kept["digest"] for kept in record["paths"])]
    paths = tuple(_path_in(folder / _path_file(number), digest) for number, digest in enumerate(digests))
    return Landscape(folder, site.key, surface, paths, record)


def recorded(folder: File, name: str, shape: Mapping[str, Any], key: str) -> tuple[dict[str, Any], surfaces.Surface]:
    """Returns a record in a folder and the surface that it tells of; raises DataError where either is damaged."""
    record = read_record(folder / name, shape, key)
    if record is None:
        said = "is damaged" if (folder / name).is_file() else "is missing"
        raise DataError(f"{folder / name}: {said}; `thalweg sample` makes it")
    surface = surfaces.load(folder / "surface.zarr")
    if surface.loss_digest != record["loss_digest"]:
        raise DataError(f"{folder}: is not finished, its record tells of other heights; `thalweg sample` mends it")
    return record, surface


def require_parts(site: Site) -> None:
    """Raises DataError where a measured point of a level of a finished surface is missing or damaged."""
    place = site.folder / "surface.zarr"
    found = SurfaceStore.open(place)
    if found is None or not found.is_whole((found.outcome or {}).get("parts", {})):
        raise DataError(f"{place}: measured points of a level are missing or damaged")


def _path_file(number: int) -> str:
    return f"path-{number}.npz" if number else "path.npz"


def _path_in(file: File, digest: str) -> Path:
    if not is_whole(file, digest):
        raise DataError(f"{file}: is missing or damaged; `thalweg sample` makes it anew")
    with np.load(file) as arrays:
        return Path(**{field.name: arrays[field.name] for field in fields(Path)})


@dataclass(frozen=True)
class Prepared:
    """A scene's surface that is ready to be measured, and written down then."""

    site: Site
    runs: Mapping[str, AnyRun]
    commission: Commission
    at: Callable[[str], Objective]  # the objective in a precision

    def finish(self, surface: Surface) -> Landscape:
        """Writes paths and record of what was measured; returns the landscape."""
        settings, means, commission = self.site.settings, self.commission.means, self.commission
        objective = commission.objective
        if surface.record["precision"] != settings.objective.precision:
            objective = self.at(str(surface.record["precision"]))
        assert isinstance(objective, Objective)
        shown = [self.runs[name] for name in (settings.run, *settings.paths)]
        paths = [Path.on(surface.plane, run.trajectory(), surface, objective) for run in shown]
        with locked(self.site.folder, commission.reporter.say) if means.shard else contextlib.nullcontext():
            return self._write(surface, paths, objective)

    def _write(self, surface: Surface, paths: list[Path], objective: Objective) -> Landscape:
        site, folder = self.site, self.site.folder
        files = [folder / _path_file(number) for number in range(len(paths))]
        for file, path in zip(files, paths, strict=True):
            with replacing(file) as temporary:
                np.savez(temporary, **asdict(path))
        own, *further = paths
        digest, *digests = map(file_digest, files)
        budget = site.scene.budget_of(site.name)
        record = record_of(site.key, self.runs[site.settings.run], site.settings, budget, surface, own, objective)
        shown = zip(site.settings.paths, further, digests, strict=True)
        said = [{**path_record(self.runs[name], path), "digest": digest} for name, path, digest in shown]
        record |= {"path_digest": digest, "paths": said}
        sweep(folder)
        kept = write_record(folder / "surface.json", record)
        return Landscape(folder, site.key, surface, tuple(paths), kept)


def prepare(site: Site, runs: Mapping[str, AnyRun], means: Means, reporter: Reporter) -> Prepared:
    """Returns a surface with its objective and its plane, from the runs that it is measured with, by name."""
    settings, scene, folder = site.settings, site.scene, site.folder / "surface.zarr"
    run = runs[settings.run]
    dataset = run.dataset()
    model = run.model(dataset, means.model_of(settings.run))
    dataset = lent(settings.objective.epoch, run, dataset, model, scene.seed)

    def at(precision: str | None = None) -> Objective:
        return objective_of(settings, dataset, model, scene.seed, precision)

    objective = at()
    ground = Ground(run, dict(runs), tuple(settings.paths), model, objective, scene.seed)
    where = _kept(folder, site.key) or plane_of(settings, ground)
    scaling = scaling_of(scene.look.steps) if settings.mode == "adaptive" else Scaling()
    tolerance = settings.tolerance if settings.mode == "adaptive" else None
    survey = Survey.of(settings.mode, tolerance, scaling, scene.budget_of(site.name) or None)
    means = replace(means, strategy=settings.strategy, choices=choices_in(site.output))
    name, record = f"surface {site.name}", {"key": site.key}
    commission = Commission(objective, *where, survey, means, reporter, name, record, folder)
    commission.say_what_is_unknown()
    return Prepared(site, runs, commission, at)


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
