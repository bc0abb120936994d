"""Balls on a line: where they went, and with which slope, as it was recorded; kept in one folder.

output/lines/balls-<key8>/   balls.npz, and balls.json, which is written last
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import numpy as np

from render.errors import DataError
from render.scene.ball import Ball
from render.storage.files import content_key, file_digest, is_whole, replacing, sweep
from render.storage.records import read_record, write_record

ALGORITHM = 1  # raise it when the same settings would give other steps
ARRAYS = ("alpha", "loss", "slope")
RECORD = {"ball": dict, "length": float, "digest": str}


@dataclass(frozen=True)
class Balls:
    """Where balls went: K of them, after each of S steps, their starts first."""

    alpha: np.ndarray  # (K, S + 1) places on the line
    loss: np.ndarray  # (K, S + 1) the network's loss there
    slope: np.ndarray  # (K, S + 1) change of the loss for a unit of the weights along the line
    length: float  # |u|, units of the weights for one of α

    @property
    def steps(self) -> int:
        """How many steps each ball has taken."""
        return self.alpha.shape[1] - 1

    @property
    def rise(self) -> np.ndarray:
        """The slope of the curve over α, (K, S + 1)."""
        return self.slope * self.length


def balls_key(line: str, asked: Ball) -> str:
    """Returns the key of balls on the line of a key; what passes evenly in a film makes them no other ones."""
    settings = asked.model_dump(mode="json", exclude={"pace"})
    return content_key({"stage": "balls", "algorithm": ALGORITHM, "line": line, "ball": settings})


def balls_folder(output: File, key: str) -> File:
    """Returns the folder of the balls of a key."""
    return output / "lines" / f"balls-{key[:8]}"


def load_balls(folder: File, key: str) -> Balls | None:
    """Returns finished balls from disk, or None; raises DataError where they are damaged."""
    record = read_record(folder / "balls.json", RECORD, key)
    if record is None:
        return None
    file = folder / "balls.npz"
    if not is_whole(file, record["digest"]):
        raise DataError(f"{file}: is missing or damaged; `thalweg sample` makes it anew")
    with np.load(file) as arrays:
        alpha, loss, slope = (arrays[name] for name in ARRAYS)
    return Balls(alpha, loss, slope, record["length"])


def write_balls(folder: File, key: str, asked: Ball, balls: Balls) -> Balls:
    """Writes balls and their record; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "balls.npz") as temporary, temporary.open("wb") as stream:
        np.savez(stream, **{name: getattr(balls, name) for name in ARRAYS})
    sweep(folder)
    digest = file_digest(folder / "balls.npz")
    told: Mapping[str, Any] = {"key": key, "ball": asked.model_dump(mode="json", exclude={"pace"})}
    write_record(folder / "balls.json", {**told, "length": balls.length, "digest": digest})
    return balls
