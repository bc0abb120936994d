"""The surfaces of a scene as works: measured here, or ready in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from render import data
from render.descent import networks
from render.descent.parameters import parameters_of
from render.errors import DataError, ModelError
from render.landscape import measure, planning, ready
from render.landscape.landscape import Landscape
from render.landscape.measure import Site
from render.progress import Reporter
from render.sampling.commission import points_per_second
from render.scene.existing import ReadySurface
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.run_settings import RunSettings
from render.space.grid import Grid
from render.storage.files import content_key
from render.works.order import Order
from render.works.run_work import ImportedWork, RunWork, run_work
from render.works.shard import place_of
from render.works.trained_surface_work import TrainedSurfaceWork
from render.works.work import Finding, Item, Work, judged

BYTES_PER_POINT = 9  # loss, accuracy and status


@dataclass(frozen=True)
class SurfaceWork:
    """A surface that is measured here, with the paths on it."""

    order: Order
    name: str

    kind = "surface"
    again = "is mended"

    @cached_property
    def runs(self) -> dict[str, RunWork | ImportedWork]:
        """The runs that it is measured with, by name, its own last."""
        scene = self.order.scene
        own, *others = measure.runs_of(scene.measured[self.name])
        return {
            name: run_work(name, scene.runs[name], scene.seed, self.order.output)
            for name in dict.fromkeys((*others, own))
        }

    @property
    def needs(self) -> Sequence[Work]:
        """Its runs."""
        return tuple(self.runs.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return measure.key_of(self.order.scene, self.name, {name: run.key for name, run in self.runs.items()})

    @cached_property
    def site(self) -> Site:
        """Where it lies."""
        return Site(self.order.scene, self.name, self.order.output, self.key)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.site.folder

    @property
    def place(self) -> Path:
        """Its folder, or a share of it, as shards measure side by side."""
        return place_of(self.path, self.order.means)

    def load(self) -> Landscape | None:
        """Returns it from disk; raises ModelError where a function makes another network than was measured."""
        if not (self.path / "surface.json").is_file():
            return None
        self._require_network()
        return measure.load(self.site)

    def _require_network(self) -> None:
        run, made_by = self.runs[self.site.settings.run], self.order.means.model_of(self.site.settings.run)
        if made_by and isinstance(run, ImportedWork):
            imported = run.load()
            dataset = imported.dataset()
            try:
                imported.model(dataset, made_by)
            except DataError as error:
                raise ModelError(str(error)) from error

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Landscape:
        """Measures what is missing of it."""
        runs = dict(zip(self.runs, finished, strict=True))
        prepared = measure.prepare(self.site, runs, self.order.means, reporter)
        return prepared.finish(prepared.commission.finished() or prepared.commission.begin().measure())

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "surface.json", self._read)

    def _read(self) -> None:
        measure.load(self.site)
        measure.require_parts(self.site)

    def left(self) -> Item:
        """Returns its points, at the rate of the strategy that will measure them."""
        settings, budget = self.site.settings, self.order.scene.budget_of(self.name)
        left = measure.points_left(self.site)
        unit = "points" if settings.mode == "exact" else "points or more"
        seconds = min(left / self._timed(), budget or float("inf")) if left else 0.0
        return Item(f"surface {self.name}", left, unit, seconds, left * BYTES_PER_POINT / 1e6)

    def _timed(self) -> float:
        """Returns points per second, timed once for all surfaces that differ in their planes only."""
        settings, run = self.site.settings, self.order.scene.runs[self.site.settings.run]
        alike = [settings.objective.model_dump(mode="json"), settings.strategy, list(settings.points)]
        key = content_key({"alike": alike, "run": run.model_dump(mode="json")})
        if key not in self.order.rates:
            self.order.rates[key] = self._rate()
        return self.order.rates[key]

    def _rate(self) -> float:
        """Returns points per second on its own network, untrained."""
        settings, scene = self.site.settings, self.order.scene
        run = scene.runs[settings.run]
        if not isinstance(run, RunSettings):
            return float("inf")  # a network of one's own is not known here
        dataset = data.load(run.data)
        model = networks.build(run.network, dataset, scene.seed)
        objective = planning.objective_of(settings, dataset, model, scene.seed)
        start = parameters_of(model).astype(np.float64)
        grid = Grid(*(np.linspace(-0.01, 0.01, count) for count in settings.points))
        evaluator = objective.on(
            start,
            np.ones_like(start),
            np.linspace(-1, 1, start.size),
            settings.strategy,
            grid=grid,
            choices=measure.choices_in(self.order.output),
        )
        return points_per_second(evaluator, grid)

    def claims(self) -> Iterator[Path]:
        """Gives its folder; where data are absent, and with them its key, those of all surfaces on such a plane."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "surfaces" / f"{self.order.scene.measured[self.name].plane.kind}-*"

    def told(self, made: Landscape) -> dict[str, Any]:
        """Returns what was counted, and the lowest and the highest loss."""
        return {name: made.record[name] for name in ("counts", "loss")}


@dataclass(frozen=True)
class ReadyWork:
    """A surface that is ready in a file."""

    name: str
    settings: ReadySurface

    kind = "surface"
    again = ""
    needs: tuple[Work, ...] = ()

    @cached_property
    def key(self) -> str:
        """The hash of what its file holds."""
        return ready.key_of(self.settings)

    @property
    def path(self) -> Path:
        """Its file."""
        return Path(self.settings.source.surface)

    @property
    def place(self) -> Path:
        """Its file."""
        return self.path

    def load(self) -> Landscape:
        """Returns what its file holds."""
        return ready.load(self.settings)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Landscape:
        """Is never called: it is on disk, or loading it raises."""
        raise AssertionError(f"{self.path} is not made here")

    def state(self) -> Finding:
        """Returns what it is worth."""
        return judged(self, self.path, "", self.load)

    def left(self) -> Item:
        """Returns nothing that could be made."""
        return Item(f"surface {self.name}", 0, "points", 0.0, 0.0)

    def claims(self) -> Iterator[Path]:
        """Gives its file."""
        yield self.path

    def told(self, made: Landscape) -> dict[str, Any]:
        """Returns what was counted, and the lowest and the highest value."""
        return {**{name: made.record[name] for name in ("counts", "loss")}, "ready": True}


AnySurfaceWork = SurfaceWork | ReadyWork | TrainedSurfaceWork


def surface_work(order: Order, name: str) -> AnySurfaceWork:
    """Returns a surface of a scene as a work."""
    settings = order.scene.surfaces[name]
    if isinstance(settings, HyperparameterSurface):
        return TrainedSurfaceWork(order, name)
    return ReadyWork(name, settings) if isinstance(settings, ReadySurface) else SurfaceWork(order, name)
