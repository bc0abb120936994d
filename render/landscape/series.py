"""A series: landscapes on one grid, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

import numpy as np

from render.errors import DataError
from render.landscape.landscape import Landscape
from render.space.grid import Grid

SAME = 1e-6  # of a cell, by which the places of two grids may differ: other threads give other last digits
JOINED = ("data", "network", "training")  # words of a run


@dataclass(frozen=True)
class Series:
    """Landscapes on one grid, in the order of the film."""

    kind: str
    stops: tuple[str, ...]  # what each is called
    landscapes: tuple[Landscape, ...]
    record: dict[str, Any]  # of all of them, as one surface has it, and what the series is
    folder: File  # of its own record
    key: str
    ease: str = "stops"  # how a shot goes through it: resting at each stop, or only at the ends (whole)
    hold: float = 1.0  # seconds that a shot rests at each end

    @property
    def grid(self) -> Grid:
        """The axes that all have in common."""
        return self.landscapes[0].surface.grid

    @property
    def losses(self) -> np.ndarray:
        """(S, n_β, n_α) float32, as measured."""
        return np.stack([landscape.surface.loss for landscape in self.landscapes])

    @property
    def statuses(self) -> np.ndarray:
        """(S, n_β, n_α) uint8, see Status."""
        return np.stack([landscape.surface.status for landscape in self.landscapes])

    @property
    def records(self) -> tuple[dict[str, Any], ...]:
        """The record of each."""
        return tuple(landscape.record for landscape in self.landscapes)

    def telling(self, told: tuple[Any, ...]) -> Series:
        """Returns it with what the runs of its paths tell."""
        return replace(self, landscapes=tuple(landscape.telling(told) for landscape in self.landscapes))

    def head(self, number: int) -> int | None:
        """Returns the logged point of the path that the plane of a stop goes through, or None where it has no path."""
        paths = self.landscapes[number].paths
        if not paths:
            return None
        away = np.hypot(np.hypot(paths[0].alpha, paths[0].beta), np.nan_to_num(paths[0].distance))
        return int(away.argmin())


def require_one_grid(name: str, landscapes: Mapping[str, Landscape]) -> None:
    """Raises DataError where landscapes, by their names, lie on other grids than the first."""
    (first, lead), *others = landscapes.items()
    for other, landscape in others:
        one, two = lead.surface.grid, landscape.surface.grid
        if one.cells != two.cells:
            sizes = " and ".join("{1:,} × {0:,}".format(*grid.cells) for grid in (one, two))
            raise DataError(f"series {name}: {first} and {other} have {sizes} points; give all the same points")
        for axis, mine, theirs in (("α", one.alphas, two.alphas), ("β", one.betas, two.betas)):
            if np.abs(mine - theirs).max() > SAME * np.ptp(mine):
                ends = " and ".join(f"{ends[0]:.4g}…{ends[-1]:.4g}" for ends in (mine, theirs))
                raise DataError(f"series {name}: {first} and {other} reach over {axis} {ends}; give all one range")


def record_of(kind: str, stops: Sequence[str], records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns one record of several surfaces: what they have in common, counts of all, and what the series is."""
    first, losses = records[0], [record["loss"] for record in records if record["loss"]]
    made = {
        **first,
        "counts": _summed([record["counts"] for record in records]),
        "loss": [min(low for low, _ in losses), max(high for _, high in losses)] if losses else None,
        "series": {"kind": kind, "stops": list(stops)},
    }
    if all("run" in record for record in records):
        words = {name: _joined([record["run"][name] for record in records]) for name in JOINED}
        made["run"] = {**first["run"], **words}
        made["objectives"] = [record["objective"] for record in records]
    fills = [record["adaptive"] for record in records if record.get("adaptive")]
    if fills:
        made["adaptive"] = {
            **fills[0],
            "error": max(fill["error"] for fill in fills),
            "held_out": sum(fill["held_out"] for fill in fills),
            "reached": all(fill["reached"] for fill in fills),
        }
    return made


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for each in counts for name in each)
    return {name: sum(each.get(name, 0) for each in counts) for name in names}


def _joined(words: Sequence[str]) -> str:
    """Returns what several are called, each once: all of a few, of many the first and the last."""
    different = list(dict.fromkeys(words))
    return " | ".join(different if len(different) <= 4 else [different[0], "…", different[-1]])
