"""Sampling: the loss over a grid, each tile written to disk as soon as it is measured.

Exact mode measures every cell. Adaptive mode measures what it needs to fill the rest within a tolerance (adaptive.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from render.progress import Reporter
from render.sampling.campaign import PlaneObjective
from render.sampling.commission import Commission
from render.sampling.scaling import Scaling
from render.sampling.surface import OUTCOME, Surface
from render.sampling.survey import Means, Survey
from render.space.grid import Grid
from render.space.section import Section
from render.storage.files import locked


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
    survey = Survey.of(mode, tolerance, Scaling(scale, floor, clip), 60 * budget if budget is not None else None)
    means = Means(strategy, choices, workers, scheduler, shard)
    reporter = progress if isinstance(progress, Reporter) else Reporter.for_terminal(quiet=not progress)
    folder = Path(store) if store is not None else None
    order = Commission(objective, plane, grid, survey, means, reporter, name, record or {}, folder)
    order.say_what_is_unknown()
    found = order.finished()
    if found is not None:
        return found
    if folder is None or means.shard:
        with reporter.hearing():
            return order.begin().measure()
    before = _outcome_in(folder)
    with locked(folder, reporter.say), reporter.hearing():
        found = order.finished() if _outcome_in(folder) != before else None
        return found or order.begin().measure()


def _outcome_in(folder: Path) -> bytes | None:
    """Returns what tells whether another process has finished a store in the meantime."""
    with contextlib.suppress(OSError):
        return (folder / OUTCOME).read_bytes()
    return None
