"""A commission: a surface that is asked for, and the store in which it may have been begun or finished.

What was decided at the start, the strategy and the points that fit a budget, is kept in the store and obeyed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import DataError, MachineError
from render.loss.identity import UNKNOWN, differences
from render.loss.measurement import Evaluator
from render.progress import Reporter
from render.sampling.campaign import Campaign, Identified, PlaneObjective
from render.sampling.layer import TILE, Tile
from render.sampling.status import Status
from render.sampling.surface import FILLED_SIDE, Surface, SurfaceStore
from render.sampling.survey import Means, Survey
from render.space.grid import Grid
from render.space.section import Section
from render.storage.files import locked
from render.storage.records import plain

FEWEST_POINTS = 2  # points along an axis, however small the budget
TRIAL = 0.5  # seconds in which a rate is measured
OBJECTIVE = "objective"
DECIDED = ("strategy", "precision", "asked", "conduct")  # what a store says beyond what was asked for


@dataclass(frozen=True)
class Commission:
    """A surface that is asked for, as values."""

    objective: PlaneObjective
    plane: Section
    grid: Grid
    survey: Survey
    means: Means
    reporter: Reporter
    name: str
    record: Mapping[str, Any]
    folder: Path | None  # of its store

    def __post_init__(self) -> None:
        """Raises UsageError for what does not go together."""
        self.means.require_fit(self.survey, self.folder is not None)

    @cached_property
    def identity(self) -> dict[str, Any] | None:
        """What identifies the objective, where it has that and there is a store."""
        return self.objective.identity() if self.folder and isinstance(self.objective, Identified) else None

    def say_what_is_unknown(self) -> None:
        """Says where what a criterion or a network computes cannot be told from its code."""
        unknown = [part for part in ("criterion", "network") if (self.identity or {}).get(part) == UNKNOWN]
        if unknown:
            self.reporter.say(
                f"{self.name}: what its {' and '.join(unknown)} computes cannot be told from code and constants, so "
                "that its store knows it by the losses at a few points"
            )

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that tells whether a store was begun for this surface, but the strategy."""
        found = {key: value for key in ("variance_share", "eigenvalues") if (value := getattr(self.plane, key))}
        asked = {**self.record, **self.survey.record, **found, "geometry": geometry_digest(self.plane, self.grid)}
        known = {OBJECTIVE: self.identity} if self.identity else {}
        settings: dict[str, Any] = json.loads(json.dumps(plain({**asked, **known})))
        return settings

    def finished(self) -> Surface | None:
        """Returns the surface of its store where that is finished and whole."""
        found = self._begun()
        outcome = found.outcome if found else None
        if found is None or outcome is None:
            return None
        damaged: list[Tile] = []
        values = found.read(damaged.append)
        grid = _grid_in(found)
        parts = outcome.get("parts", {})
        if damaged or grid is None or (values["status"] == Status.MISSING).any() or not found.is_whole(parts):
            self.reporter.say(f"{self.name}: {found.folder} is damaged; what is lost is made again")
            return None
        return Surface.of(self.plane, grid, values, {**found.record, **outcome})

    def _begun(self) -> SurfaceStore | None:
        """Returns its store if that was begun for this surface."""
        found = SurfaceStore.open(self.folder) if self.folder is not None else None
        if found is None or self._unlike(found):
            return None
        return found if self.means.strategy in ("auto", found.record["strategy"]) else None

    def _unlike(self, found: SurfaceStore) -> list[str]:
        """Returns the names of what a store was begun with another of."""
        ours, theirs = self.settings, {key: part for key, part in found.record.items() if key not in DECIDED}
        names = [name for name in (*ours, *(theirs.keys() - ours.keys())) if name != OBJECTIVE]
        other = [name for name in sorted(names) if ours.get(name) != theirs.get(name)]
        unlike = differences(theirs.get(OBJECTIVE), ours.get(OBJECTIVE))
        return other + ([f"{OBJECTIVE} ({', '.join(unlike)})"] if unlike else [])

    def begin(self) -> Campaign:
        """Returns the campaign that was begun in its folder, or a new one."""
        shared = self.folder if self.means.shard else None
        with locked(shared, self.reporter.say) if shared else contextlib.nullcontext():
            found = self._begun()
            strategy = str(found.record["strategy"]) if found else self.means.strategy
            evaluator = self._evaluator(strategy)
            if found:
                _require(evaluator, found)
                return self._campaign(evaluator, self._mended(found), found, found.record)
            grid = self._fitted(evaluator)
            details = self._details(evaluator, grid)
            return self._campaign(evaluator, grid, self._create(grid, details), details)

    def _evaluator(self, strategy: str) -> Evaluator:
        plane = self.plane
        return self.objective.on(plane.origin, plane.u, plane.v, strategy, grid=self.grid, choices=self.means.choices)

    def _campaign(
        self, evaluator: Evaluator, grid: Grid, store: SurfaceStore | None, details: Mapping[str, Any]
    ) -> Campaign:
        return Campaign(
            objective=self.objective,
            plane=self.plane,
            grid=grid,
            survey=self.survey,
            means=self.means,
            evaluator=evaluator,
            store=store,
            details=details,
            reporter=self.reporter,
            name=self.name,
            begun=store.description if store else b"",
        )

    def _mended(self, found: SurfaceStore) -> Grid:
        """Returns the grid of a store, which a budget may have made coarser; a damaged one is written again."""
        grid = _grid_in(found)
        if grid is None and found.layer.shape != self.grid.cells:
            raise MachineError(f"{found.folder}: its axes are damaged; remove the folder to measure every point anew")
        if grid is None:
            found.mend_geometry(self.plane, self.grid)
        return grid or self.grid

    def _fitted(self, evaluator: Evaluator) -> Grid:
        """Returns the grid with as many points as the budget allows, over the same range."""
        budget = self.survey.budget if self.survey.mode == "exact" else None
        if budget is None:
            return self.grid
        together = self.means.shard[1] if self.means.shard else 1
        rate = together * points_per_second(evaluator, self.grid)
        share = budget * rate / float(np.prod(self.grid.cells))
        if share >= 1:
            return self.grid
        grid = _thinned(self.grid, share)
        asked, fitted = (" × ".join(f"{n:,}" for n in reversed(size.shape)) for size in (self.grid, grid))
        self.reporter.say(f"{self.name}: {fitted} points fit the budget, {asked} were asked for")
        return grid

    def _details(self, evaluator: Evaluator, grid: Grid) -> dict[str, Any]:
        asked = {"asked": list(reversed(self.grid.shape))} if grid is not self.grid else {}
        conduct = self.objective.conduct if isinstance(self.objective, Identified) else {}
        shown = {"conduct": conduct} if conduct else {}
        decided = {"strategy": evaluator.strategy, "precision": evaluator.precision, **asked, **shown}
        return {**self.settings, **decided}

    def _create(self, grid: Grid, details: Mapping[str, Any]) -> SurfaceStore | None:
        folder = self.folder
        if folder is None:
            return None
        if folder.exists():
            self.reporter.say(f"{folder}: {self._reason(folder)}; it is replaced, and every point measured anew")
        side = TILE if self.survey.mode == "exact" else FILLED_SIDE
        return SurfaceStore.create(folder, self.plane, grid, details, side)

    def _reason(self, folder: Path) -> str:
        found = SurfaceStore.open(folder)
        if found is None:
            return "cannot be read"
        names = self._unlike(found)
        if self.means.strategy not in ("auto", found.record.get("strategy")):
            names.append("strategy")
        return f"was begun with another {' and '.join(names) or 'survey'}"


def _grid_in(found: SurfaceStore) -> Grid | None:
    """Returns the grid of a store, or None where it is damaged."""
    try:
        return found.geometry()[1]
    except DataError:
        return None


def _require(evaluator: Evaluator, found: SurfaceStore) -> None:
    """Raises MachineError where an evaluator is not of the kind that a store was begun with."""
    strategy, precision = (found.record[name] for name in ("strategy", "precision"))
    if evaluator.strategy != strategy:
        raise MachineError(
            f"{found.folder}: was begun with the strategy {strategy}, whose compiled kernels cannot be made now; "
            "`apt install g++` brings a compiler, or remove the folder to measure every point anew"
        )
    if evaluator.precision != precision:
        raise MachineError(
            f"{found.folder}: was begun in {precision}, and this machine measures in {evaluator.precision}; "
            "go on where it was begun, or remove the folder to measure every point anew"
        )


def _thinned(grid: Grid, share: float) -> Grid:
    """Returns a grid over the same range with a share of the points."""
    if grid.is_line:
        return Grid.line(_fewer(grid.alphas, share))
    return Grid(_fewer(grid.alphas, share**0.5), _fewer(grid.betas, share**0.5))


def _fewer(axis: np.ndarray, share: float) -> np.ndarray:
    count = max(FEWEST_POINTS, int(len(axis) * share))
    return np.interp(np.linspace(0, len(axis) - 1, count), np.arange(len(axis)), axis)


def points_per_second(evaluator: Evaluator, grid: Grid) -> float:
    """Returns the rate of an evaluator, measured over TRIAL seconds or one batch, after a first one."""
    places = np.resize(grid.coordinates(slice(0, 2), slice(0, 64)), (max(1, evaluator.batch), 2))
    evaluator.measure(places)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < TRIAL:
        evaluator.measure(places)
        count += len(places)
    return count / (time.perf_counter() - start)


def geometry_digest(plane: Section, grid: Grid) -> str:
    """Returns a hash of where the points lie, so that a store is never continued on another plane."""
    digest = hashlib.sha256()
    for values in (plane.origin, plane.u, plane.v, grid.alphas, grid.betas):
        digest.update(np.ascontiguousarray(values, np.float64).tobytes())
    return digest.hexdigest()
