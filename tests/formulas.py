"""Stand-ins for objectives: losses that are formulas of α and β, and cost nothing."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.loss.measurement import Measurement
from render.space.grid import Grid
from render.space.line import Line
from render.space.plane import Plane

PLANE = Plane.through(np.zeros(2), *np.eye(2))
LINE = Line.through(np.zeros(2), np.eye(2)[0])


def noise(a, b):
    return np.modf(np.sin(a * 1234.5 + b * 987.6) * 43758.5453)[0]


FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "bowl": lambda a, b: a**2 + 2 * b**2,
    "hills": lambda a, b: 1.6 + np.sin(3 * a) * np.cos(2 * b) + a**2 + np.exp(-20 * ((a - 0.3) ** 2 + (b + 0.2) ** 2)),
    "valley": lambda a, b: 0.02 + a**2 + 2 * (b - 0.3 * np.sin(3 * a)) ** 2,
    "kink": lambda a, b: np.abs(a - 0.113) + 0.5 * np.abs(b + 0.271 + 0.3 * a),
    "cliff": lambda a, b: 1.1 + np.tanh(20 * (a - 0.2 * b - 0.1)),
    "step": lambda a, b: 0.2 + (a > 0.3 * b + 0.05) + 0.1 * a,
    "noise": lambda a, b: 2 + noise(a, b),
    "growth": lambda a, b: np.exp(10 * a) + b**2,
    "flat": lambda a, b: np.full_like(a, 3.0),
    "nought": lambda a, b: 0 * a,
    "half a plane of NaN": lambda a, b: np.where(a > 0.37 + 0.2 * b, np.nan, a**2 + b + 2),
    "a disc of infinity": lambda a, b: np.where((a - 0.2) ** 2 + b**2 < 0.2, np.inf, a**2 + b**2),
    "scattered NaN": lambda a, b: np.where(noise(a, b) > 0.99, np.nan, a**2 + b**2),
    "NaN": lambda a, b: np.full_like(a, np.nan),
}


@dataclass
class Formula:
    """An objective and its evaluator; it may stop after a number of points, or take its time."""

    kind: str = "hills"
    limit: int = 10**9
    pause: float = 0.0  # seconds of every call
    classes: bool = True
    batch: int = 64
    fails_in: str = ""  # "worker": DataError elsewhere than in the process it was made in
    asked: list[np.ndarray] = dataclasses.field(default_factory=list)
    home: int = dataclasses.field(default_factory=os.getpid)
    strategy: str = "formula"
    precision: str = "float32"

    def on(self, origin, u, v, strategy="auto", **_):
        return self

    def spread(self, thetas):
        return None

    def measure(self, coordinates: np.ndarray) -> Measurement:
        if self.fails_in == "worker" and os.getpid() != self.home:
            raise DataError("stand-in: cannot be measured elsewhere")
        if self.count + len(coordinates) > self.limit:
            raise KeyboardInterrupt
        time.sleep(self.pause)
        self.asked.append(coordinates)
        with np.errstate(over="ignore"):
            loss = FORMULAS[self.kind](*coordinates.T).astype(np.float32)
        accuracy = np.exp(-np.abs(loss)) if self.classes else np.full_like(loss, np.nan)
        return Measurement.of(loss, accuracy)

    @property
    def count(self) -> int:
        return sum(map(len, self.asked))


def square(n: int, m: int | None = None) -> Grid:
    """Returns m rows of n points over ±1."""
    return Grid(np.linspace(-1, 1, n), np.linspace(-1, 1, m or n))


def exact(kind: str, grid: Grid) -> np.ndarray:
    alpha, beta = np.meshgrid(grid.alphas, grid.betas)
    return FORMULAS[kind](alpha, beta).astype(np.float32).reshape(grid.shape)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same_files(folder: Path, whole: dict[str, bytes]) -> None:
    found = contents(folder)
    assert sorted(found) == sorted(whole)
    assert [name for name in whole if found[name] != whole[name]] == []
