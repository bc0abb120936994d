"""A campaign: a surface under way, from the evaluator that measures it to the finished arrays."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from render.errors import Partial
from render.loss.measurement import Evaluator
from render.progress import Reporter, Task
from render.sampling.adaptive import FEWEST_CHECKS, WHOLE_LEVELS, Outcome, Unfinished, adapt
from render.sampling.crew import Alone, Crew, TilePart
from render.sampling.field import Field, at_cells, on_lattice
from render.sampling.fill import Level
from render.sampling.lattice import Lattice, lattices
from render.sampling.layer import Layer, Tile
from render.sampling.status import Status
from render.sampling.surface import Guarded, Surface, SurfaceStore
from render.sampling.survey import Means, Survey
from render.sampling.team import cluster, processes
from render.sampling.workers import Recipe, TileTeam, run_errand
from render.space.grid import Grid
from render.space.section import Section
from render.storage.files import locked
from render.storage.records import plain, read_json, write_json

SPREAD = 3  # cells along each axis at which the standard error is told
RESERVE = 0.1  # of a budget, for the check at its end


class PlaneObjective(Protocol):
    """An objective that can be prepared for one plane."""

    def on(
        self,
        origin: np.ndarray,
        u: np.ndarray,
        v: np.ndarray,
        strategy: str = "auto",
        *,
        grid: Grid | None = None,
        choices: Path | None = None,
    ) -> Evaluator:
        """Returns an evaluator for θ₀ + α·u + β·v."""

    def spread(self, thetas: np.ndarray) -> np.ndarray | None:
        """Returns the standard error (B,) of the mean loss, or None where there is none."""


@runtime_checkable
class Identified(Protocol):
    """An objective that knows what identifies it, so that a store can tell it from another."""

    def identity(self) -> dict[str, Any]:
        """Returns what identifies it, for a record."""

    @property
    def conduct(self) -> dict[str, Any]:
        """What a record says of what shows in the heights besides the loss."""


@dataclass(frozen=True)
class Campaign:
    """A surface under way."""

    objective: PlaneObjective
    plane: Section
    grid: Grid  # what is measured; a budget may have made it coarser than what was asked for
    survey: Survey
    means: Means
    evaluator: Evaluator
    store: SurfaceStore | None
    details: Mapping[str, Any]  # what the record says from the start
    reporter: Reporter
    name: str
    begun: bytes = b""  # the description of the store when this was begun

    def measure(self) -> Surface:
        """Measures what is missing and returns the whole surface."""
        try:
            with self._crew() as crew:
                return self._exact(crew) if self.survey.mode == "exact" else self._adaptive(crew)
        except Unfinished as left:
            assert self.means.shard is not None
            number, count = self.means.shard
            raise Partial(
                f"{self.name}: shard {number}/{count} is done, {left}; when they are done too, run it again"
            ) from left

    @contextlib.contextmanager
    def _crew(self) -> Iterator[Crew]:
        means = self.means
        if means.workers == 1 and means.scheduler is None:
            yield Alone(self.evaluator.batch, means.shard)
            return
        assert self.store is not None
        evaluator, folder = self.evaluator, str(self.store.folder.resolve())
        recipe = Recipe(self.objective, self.plane, self.grid, evaluator.strategy, evaluator.precision, folder)
        packed = recipe.packed()
        at = means.scheduler
        with cluster(at, packed, run_errand) if at else processes(means.workers, packed, run_errand) as team:
            yield TileTeam(team)

    def fill(self, parts: Generator[TilePart, None, None]) -> None:
        """Measures parts of a field; what was measured is saved, also where it is stopped."""
        with contextlib.closing(parts):
            for part in parts:
                part.put(self.evaluator.measure(part.places))

    def _exact(self, crew: Crew) -> Surface:
        cells = self.grid.cells
        places = on_lattice(self.grid, Lattice(np.arange(cells[0]), np.arange(cells[1])))
        field = self.field("", places, cells, self.store.layer if self.store else None)
        left = int((field.values["status"] == Status.MISSING).sum())
        if left:
            with self._task(total=cells[0] * cells[1], done=cells[0] * cells[1] - left) as task:
                self.fill(crew.parts(field, np.ones(cells, bool), task))
        return self._finished(field.values, {})

    def _adaptive(self, crew: Crew) -> Surface:
        assert self.survey.tolerance is not None
        first = lattices(self.grid.cells)[:WHOLE_LEVELS][-1].shape
        total = min(self.grid.cells[0] * self.grid.cells[1], first[0] * first[1] + FEWEST_CHECKS)
        with self._task(total=total) as task:
            probing = Probing(self, crew, task)
            outcome = adapt(self.grid, self.survey.scaling, self.survey.tolerance, probing)
            task.total = task.done
        values = {"loss": outcome.loss, "accuracy": outcome.accuracy, "status": outcome.status}
        return self._finished(values, {"adaptive": self._said(outcome), "parts": probing.measured}, filled=True)

    def _said(self, outcome: Outcome) -> dict[str, Any]:
        tolerance = self.survey.tolerance
        assert tolerance is not None
        if outcome.error > tolerance:
            self.reporter.say(
                f"{self.name}: the budget ended at an error of {outcome.error:.2%} of the range, "
                f"{tolerance:.2%} was asked for"
            )
        return {
            "tolerance": tolerance,
            "error": outcome.error,
            "held_out": outcome.held_out,
            "rounds": outcome.rounds,
            "reached": outcome.error <= tolerance,
            "scale": self.survey.scaling.kind,
        }

    def _finished(self, values: dict[str, np.ndarray], outcome: dict[str, Any], filled: bool = False) -> Surface:
        found = plain({**outcome, "standard_error": self._standard_error(values)})
        if self.store:
            with self.by_itself():
                Guarded(self.store.layer, self.store.folder, self.begun).require_same()
                if filled:
                    self.store.write((slice(None), slice(None)), values)
                self.store.finish(found)
        return Surface.of(self.plane, self.grid, values, {**self.details, **found})

    def _standard_error(self, values: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
        """Returns how far the mean over examples can be trusted, at a few cells over the grid."""
        rows, columns = (np.unique(np.linspace(0, n - 1, SPREAD).round().astype(int)) for n in self.grid.cells)
        row, column = (part.ravel() for part in np.meshgrid(rows, columns, indexing="ij"))
        usable = np.isfinite(values["loss"][row, column])
        places = np.stack([self.grid.alphas[column], self.grid.betas[row]], 1)[usable]
        thetas = self.plane.lift(places[:, :1] if self.grid.is_line else places)
        errors = self.objective.spread(thetas) if len(places) else None
        if errors is None:
            return None
        return {"cells": len(errors), "median": float(np.median(errors)), "largest": float(errors.max())}

    def field(
        self, name: str, places: Callable[[Tile], np.ndarray], shape: tuple[int, int], layer: Layer | None
    ) -> Field:
        """Returns a field of this surface with what is known of it."""
        notice = f"{self.name}: a damaged tile is measured again"
        return Field.of(name, shape, places, self._guarded(layer), lambda _: self.reporter.say(notice))

    def _guarded(self, layer: Layer | None) -> Guarded | None:
        return None if layer is None or self.store is None else Guarded(layer, self.store.folder, self.begun)

    def part(self, name: str, shape: tuple[int, int]) -> Layer | None:
        """Returns the layer of a level or of held-out cells, where there is a store."""
        if self.store is None:
            return None
        with self.by_itself():
            found = self.store.part(name, shape)
            if found is None and (self.store.folder / name).exists():
                self.reporter.say(f"{self.name}: {name} cannot be read; it is measured again")
            return found or self.store.create_part(name, shape)

    def by_itself(self) -> contextlib.AbstractContextManager[None]:
        """Keeps other shards away while something is made that all share."""
        if self.store is None or self.means.shard is None:
            return contextlib.nullcontext()
        return locked(self.store.folder, lambda _: None)

    def _task(self, total: int, done: int = 0) -> contextlib.AbstractContextManager[Task]:
        return self.reporter.task(f"measuring {self.name}", total=total, unit="points", done=done)


class Probing:
    """Measures what adaptive mode asks for, and keeps it, and what the budget allowed."""

    def __init__(self, campaign: Campaign, crew: Crew, task: Task):
        self._campaign, self._crew, self._task = campaign, crew, task
        self._began, self._new = time.monotonic(), 0
        self._answers, self._asked = self._earlier_answers(), 0
        self._fields: dict[str, Field] = {}

    @property
    def measured(self) -> dict[str, int]:
        """How many points each part has."""
        return {name: int((field.values["status"] != Status.MISSING).sum()) for name, field in self._fields.items()}

    def level(self, number: int, lattice: Lattice, wanted: np.ndarray) -> Level:
        """Returns a level with all wanted nodes known."""
        field = self._field(f"level{number}", lattice.shape, on_lattice(self._campaign.grid, lattice), wanted)
        known = wanted & (field.values["status"] != Status.MISSING)
        return Level(lattice, field.values["loss"], field.values["accuracy"], known)

    def held_out(self, number: int, cells: np.ndarray) -> np.ndarray:
        """Returns the losses (k,) of a draw of cells (k, 2)."""
        places, wanted = at_cells(self._campaign.grid, cells)
        return self._field(f"held_out{number}", wanted.shape, places, wanted).values["loss"][wanted]

    def affords(self, points: int) -> bool:
        """Whether the budget has time for so many points more, and for a check after them.

        Answers are kept, so that a surface that goes on, or is mended, is made of the same points.
        """
        budget = self._campaign.survey.budget
        if budget is None:
            return True
        if self._asked == len(self._answers):
            elapsed = time.monotonic() - self._began
            spent = elapsed * (1 + points / self._new) if self._new else 0.0
            self._answers.append(spent < (1 - RESERVE) * budget)
            if self._budget_file:
                write_json(self._budget_file, self._answers)
        self._asked += 1
        return self._answers[self._asked - 1]

    @property
    def _budget_file(self) -> Path | None:
        store = self._campaign.store
        return store.folder / "budget.json" if store else None

    def _earlier_answers(self) -> list[bool]:
        found = read_json(self._budget_file) if self._budget_file else None
        return [bool(answer) for answer in found] if isinstance(found, list) else []

    def _field(
        self, name: str, shape: tuple[int, int], places: Callable[[Tile], np.ndarray], wanted: np.ndarray
    ) -> Field:
        if name not in self._fields:
            self._fields[name] = self._campaign.field(name, places, shape, self._campaign.part(name, shape))
        field = self._fields[name]
        left = int((wanted & (field.values["status"] == Status.MISSING)).sum())
        if left:
            self._task.total = max(self._task.total, self._task.done + left)
            self._campaign.fill(self._crew.parts(field, wanted, self._task))
            self._new += left
        return field
