"""The plan: what a scene still lacks, about how long that takes on this machine, and how much disk it needs.

Points per second are timed on the scene's own network, untrained, for a moment; of an adaptive surface only the points
are counted that it needs at least. Seconds a frame follow from its size.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from render import data
from render.descent import networks, runs
from render.descent.parameters import parameters_of
from render.descent.run import trial
from render.film import film as films
from render.film import record, still
from render.film.frames import FrameStore
from render.film.preflight import BYTES_PER_PIXEL
from render.landscape import measure, planning
from render.sampling.sampling import points_per_second
from render.scene.output import Film
from render.scene.spec import Run, Scene
from render.space.grid import Grid
from render.upkeep.audit import Finding

SECONDS_PER_FRAME = (0.15, 0.4)  # for any frame, and for each million pixels; measured on two cores without a GPU
ANEW = 0.3  # seconds for each megabyte of a print or an export
FIRST_PICTURE = 15  # seconds: kernels are compiled, light is baked


@dataclass(frozen=True)
class Item:
    """One thing that is missing."""

    what: str
    amount: int
    unit: str
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Plan:
    """Everything that is missing of a scene."""

    items: tuple[Item, ...]

    def and_also(self, items: Iterable[Item]) -> Plan:
        """Returns the plan with further things."""
        return Plan((*self.items, *items))

    def as_dict(self) -> dict[str, Any]:
        """Returns the plan for JSON."""
        return {
            "missing": [vars(item) for item in self.items],
            "seconds": sum(item.seconds for item in self.items),
            "megabytes": sum(item.megabytes for item in self.items),
        }

    def as_text(self) -> str:
        """Returns the plan for a person."""
        if not self.items:
            return "  nothing is missing"
        lines = [
            f"  {item.what}: {item.amount:,} {item.unit}, about {_minutes(item.seconds)}, {item.megabytes:,.1f} MB"
            for item in self.items
        ]
        total = self.as_dict()
        return "\n".join([*lines, f"  in all about {_minutes(total['seconds'])}, {total['megabytes']:,.1f} MB of disk"])


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def make(scene: Scene, quality: str, output: Path, metadata: bool = True) -> Plan:
    """Returns what is missing of a scene at a quality (already applied to it)."""
    items = [
        *_runs(scene, output),
        *_surfaces(scene, output),
        *_stills(scene, quality, output, metadata),
        *_films(scene, quality, output, metadata),
    ]
    return Plan(tuple(items))


def anew(findings: Iterable[Finding]) -> list[Item]:
    """Returns what was made once, beside what a scene asks for, and would have to be made anew to be of that scene."""
    items = []
    for finding in findings:
        if finding.state != "whole":
            path = Path(finding.path)
            megabytes = path.stat().st_size / 1e6 if path.is_file() else 0.0
            seconds = FIRST_PICTURE + ANEW * megabytes
            items.append(Item(f"{finding.kind} {finding.name} ({finding.state})", 1, "file", seconds, megabytes))
    return items


def _runs(scene: Scene, output: Path) -> list[Item]:
    trained = {name: run for name, run in scene.runs.items() if isinstance(run, Run)}
    missing = {name: run for name, run in trained.items() if runs.find(run, scene.seed, output) is None}
    items = []
    for name, run in missing.items():
        rate, size = trial(run, scene.seed)
        logged, steps = run.training.steps // run.training.every + 2, run.training.steps
        width = 2 if run.training.stored == "float16" else 4
        items.append(Item(f"run {name}", steps, "steps", steps / rate, logged * size * width / 1e6))
    return items


def _surfaces(scene: Scene, output: Path) -> list[Item]:
    items = []
    for name, surface in scene.measured.items():
        left = measure.points_left(scene, name, output)
        if left:
            unit = "points" if surface.mode == "exact" else "points or more"
            budget = scene.budget_of(name)
            seconds = min(left / _rate(scene, name, output), budget or float("inf"))
            items.append(Item(f"surface {name}", left, unit, seconds, left * 9 / 1e6))
    return items


def _rate(scene: Scene, name: str, output: Path) -> float:
    """Returns points per second on the surface's own network, untrained, by the strategy that will measure it."""
    settings = scene.measured[name]
    run = scene.runs[settings.run]
    if not isinstance(run, Run):
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
        choices=measure.choices_in(output),
    )
    return points_per_second(evaluator, grid)


def _picture_seconds(size: tuple[int, int]) -> float:
    return SECONDS_PER_FRAME[0] + SECONDS_PER_FRAME[1] * size[0] * size[1] / 1e6


def _stills(scene: Scene, quality: str, output: Path, metadata: bool) -> list[Item]:
    items = []
    for name, settings in scene.stills.items():
        if not record.is_current(still.target_of(name, quality, output), record.file_key(scene, settings, metadata)):
            width, height = settings.size
            seconds = FIRST_PICTURE + 2 * _picture_seconds(settings.size)
            items.append(Item(f"still {name}", 1, "picture", seconds, width * height * BYTES_PER_PIXEL / 1e6))
    return items


def _films(scene: Scene, quality: str, output: Path, metadata: bool) -> list[Item]:
    return [
        _film(scene, name, settings, quality, output)
        for name, settings in scene.films.items()
        if not record.is_current(films.target_of(name, quality, output), record.file_key(scene, settings, metadata))
    ]


def _film(scene: Scene, name: str, settings: Film, quality: str, output: Path) -> Item:
    store = FrameStore(films.frames_of(name, quality, output))
    missing = len(store.missing(films.frame_keys(scene, settings)))
    width, height = settings.size
    megabytes = missing * width * height * BYTES_PER_PIXEL / 1e6
    return Item(f"film {name}", missing, "frames", FIRST_PICTURE + missing * _picture_seconds(settings.size), megabytes)
