"""Sampling: the loss over a grid, each tile written to disk as soon as it is measured.

Exact mode measures every cell. Adaptive mode measures what it needs to fill the rest within a tolerance (adaptive.py).
What was decided at the start, the strategy and the points that fit a budget, is kept in the store and obeyed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from render.errors import DataError, MachineError
from render.loss.identity import UNKNOWN, differences
from render.loss.measurement import Evaluator
from render.progress import Reporter
from render.sampling.campaign import Campaign, Identified, PlaneObjective
from render.sampling.layer import TILE, Tile
from render.sampling.scaling import Scaling
from render.sampling.status import Status
from render.sampling.surface import OUTCOME, WHOLE, Surface, SurfaceStore
from render.sampling.survey import Means, Survey
from render.space.grid import Grid
from render.space.section import Section
from render.storage.files import locked
from render.storage.records import plain

FEWEST = 2  # points along an axis, however small the budget
TRIAL = 0.5  # seconds in which a rate is measured
OBJECTIVE = "objective"
DECIDED = ("strategy", "precision", "asked", "conduct")  # what a store says beyond what was asked for


def sample(
    objective: PlaneObjective,
    plane: Section,
    grid: Grid,
    store: Path | str | None = None,
    mode: str = "exact",
    *,
    tolerance: float | None = None,
    scale: str = "linear",
    floor: float = 0.0,
    clip: float | None = None,
    strategy: str = "auto",
    progress: Reporter | bool | None = True,
    budget: float | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    choices: Path | None = None,
    record: Mapping[str, Any] | None = None,
    name: str = "surface",
) -> Surface:
    """Returns the surface of an objective over the grid of a plane or a line.

    mode: exact measures every cell; adaptive fills between measured ones, with an error at held-out cells of at most
    tolerance, a fraction of the range of the loss on a scale (linear, or log from a floor) below a percentile clip.
    With a store (a folder) what was measured is kept there, and only what is missing is measured; one that was begun
    for something else is replaced. budget: minutes; fewer points are measured, or a larger error is accepted, and the
    record says so. workers: processes of this machine; scheduler: address of a Dask scheduler. choices: a file that
    remembers the fastest strategy.

    shard (i, n): this call's share of the tiles, after which Partial tells what is left for others. In exact mode
    the last of n calls gives the surface, and so does any later one. In adaptive mode every level and the check of
    every round are shared out one after the other, and calls are repeated until one gives the surface: where they take
    turns, at most n for each of these, so 5·n where one round of four levels was enough.

    Raises UsageError for what does not go together, MachineError where a store was begun by a strategy that this
    machine lacks. A loss that is not finite is kept as it came, with the status diverged.
    """
    survey = Survey.of(mode, tolerance, Scaling(scale, floor, clip), budget)
    means = Means(strategy, choices, workers, scheduler, shard)
    means.require_fit(survey, store is not None)
    reporter = progress if isinstance(progress, Reporter) else Reporter.for_terminal(quiet=not progress)
    folder = Path(store) if store is not None else None
    identity = objective.identity() if folder and isinstance(objective, Identified) else None
    order = _Order(objective, plane, grid, survey, means, reporter, name, dict(record or {}), identity)
    order.say_what_is_unknown()
    found = order.finished(folder)
    if found is not None:
        return found
    if folder is None or means.shard:
        return order.begin(folder).measure()
    before = _outcome_in(folder)
    with locked(folder, reporter.say):
        found = order.finished(folder) if _outcome_in(folder) != before else None
        return found or order.begin(folder).measure()


def _outcome_in(folder: Path) -> bytes | None:
    """Returns what tells whether another process has finished a store in the meantime."""
    with contextlib.suppress(OSError):
        return (folder / OUTCOME).read_bytes()
    return None


@dataclass(frozen=True)
class _Order:
    """A surface that is asked for."""

    objective: PlaneObjective
    plane: Section
    grid: Grid
    survey: Survey
    means: Means
    reporter: Reporter
    name: str
    record: dict[str, Any]
    identity: dict[str, Any] | None  # of the objective, where it has one and there is a store

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

    def finished(self, folder: Path | None) -> Surface | None:
        """Returns the surface of a store that is finished and whole."""
        found = self._begun(folder)
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

    def _begun(self, folder: Path | None) -> SurfaceStore | None:
        """Returns the store in a folder if it was begun for this surface."""
        found = SurfaceStore.open(folder) if folder is not None else None
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

    def begin(self, folder: Path | None) -> Campaign:
        """Returns the campaign that was begun in a folder, or a new one."""
        with locked(folder, self.reporter.say) if folder and self.means.shard else contextlib.nullcontext():
            found = self._begun(folder)
            strategy = str(found.record["strategy"]) if found else self.means.strategy
            evaluator = self._evaluator(strategy)
            if found:
                _require(evaluator, found)
                return self._campaign(evaluator, self._mended(found), found, found.record)
            grid = self._fitted(evaluator)
            details = self._details(evaluator, grid)
            return self._campaign(evaluator, grid, self._created(folder, grid, details), details)

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
        share = budget * 60 * rate / float(np.prod(self.grid.cells))
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

    def _created(self, folder: Path | None, grid: Grid, details: Mapping[str, Any]) -> SurfaceStore | None:
        if folder is None:
            return None
        if folder.exists():
            self.reporter.say(f"{folder}: {self._reason(folder)}; it is replaced, and every point measured anew")
        return SurfaceStore.create(folder, self.plane, grid, details, TILE if self.survey.mode == "exact" else WHOLE)

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
    count = max(FEWEST, int(len(axis) * share))
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
