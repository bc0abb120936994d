"""A surface that is ready in a file becomes a landscape: drawn, never measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import numpy as np

from render.errors import DataError
from render.files import content_key, file_digest
from render.landscape import exchange
from render.landscape.exchange.given import Given
from render.landscape.grid import Grid
from render.landscape.landscape import Landscape
from render.landscape.path import Path
from render.landscape.plane import Plane
from render.landscape.status import Status
from render.landscape.surface import Surface
from render.scene.existing import ReadySurface

ALGORITHM = 1  # raise it when the same file would become another landscape


def key_of(settings: ReadySurface) -> str:
    """Returns the key of what a file holds; raises DataError where there is none."""
    digests = {"file": file_digest(_file(settings.source.surface))}
    if settings.source.path is not None:
        digests["path"] = file_digest(_file(settings.source.path))
    return content_key({"stage": "ready surface", "algorithm": ALGORITHM, **digests})


def _file(name: str) -> File:
    file = File(name)
    if not file.is_file():
        raise DataError(f"{file}: there is no such file; name one from the working directory")
    if not file.resolve().is_relative_to(File.cwd().resolve()):
        raise DataError(f"{file}: is a link that leads out of the working directory; copy the file there")
    return file


def load(settings: ReadySurface) -> Landscape:
    """Returns the landscape of a file; what is not finite in it counts as diverged."""
    file = _file(settings.source.surface)
    given = exchange.read(file, None if settings.source.path is None else _file(settings.source.path))
    surface = surface_of(given)
    path = path_of(given.more, surface)
    record = {
        "source": {"file": file.name, "value": given.name},
        "points": [len(given.alphas), len(given.betas)],
        "counts": surface.counts,
        "alpha": [float(given.alphas[0]), float(given.alphas[-1])],
        "beta": [float(given.betas[0]), float(given.betas[-1])],
        "loss": [float(np.nanmin(given.values)), float(np.nanmax(given.values))],
        "paths": [],
        "loss_digest": surface.loss_digest,
    }
    return Landscape(file.parent, key_of(settings), surface, (path,) if path is not None else (), record)


def surface_of(given: Given) -> Surface:
    """Returns the surface of a file, on a plane whose coordinates are the file's own."""
    plane = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    finite = np.isfinite(given.values)
    status = np.where(finite, Status.MEASURED, Status.DIVERGED).astype(np.uint8)
    accuracy = np.asarray(given.more.get("accuracy", np.full(given.values.shape, np.nan)), np.float32)
    return Surface(plane, Grid(given.alphas, given.betas), given.values, accuracy, status)


def path_of(more: Mapping[str, Any], surface: Surface) -> Path | None:
    """Returns the path that a file has beside its surface, or None."""
    if "path_alpha" not in more or "path_beta" not in more or len(more["path_alpha"]) < 2:
        return None
    places = np.stack([np.asarray(more[name], np.float64) for name in ("path_alpha", "path_beta")], 1)
    heights = surface.height_at(places)
    true = np.asarray(more.get("path_loss", heights), np.float32)
    steps = np.arange(len(places))
    return Path(places[:, 0], places[:, 1], true, heights, np.full(len(places), np.nan), steps)
