"""A surface that is ready in a file becomes a landscape: drawn, never measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np

from render import exchange
from render.errors import DataError
from render.exchange.given import Given
from render.exchange.resampling import on_even_steps
from render.landscape.landscape import Landscape
from render.sampling.status import Status
from render.sampling.surface import Surface
from render.scene.existing import ReadySurface
from render.space.grid import Grid
from render.space.path import Path
from render.space.plane import Plane
from render.storage.files import content_key, file_digest

ALGORITHM = 3  # raise it when the same file would become another landscape

GIVEN = "given"  # what a record says of a path's loss that its file holds


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
    """Returns the landscape of a file: NaN in it is no data, +infinity has diverged; its steps are made even."""
    file = _file(settings.source.surface)
    along = None if settings.source.path is None else _file(settings.source.path)
    given = _with_gaps(_with_holes(exchange.read(file, along)))
    made = on_even_steps(given)
    surface = surface_of(made.given, made.interpolated)
    path = path_of(given.more, surface)
    finite = given.values[np.isfinite(given.values)]
    record = {
        "source": {"file": file.name, "value": given.name, "notes": [*given.notes, *_empty(given.more)]},
        "points": [len(made.given.alphas), len(made.given.betas)],
        "counts": surface.counts,
        "alpha": [float(given.alphas[0]), float(given.alphas[-1])],
        "beta": [float(given.betas[0]), float(given.betas[-1])],
        "loss": [float(finite.min()), float(finite.max())],
        "paths": [],
        "loss_digest": surface.loss_digest,
        **({"resampled": dict(made.said) | {"lost": _lost(given.values)}} if made.said else {}),
        **({"path": _said_of(path, given.more)} if path else {}),
    }
    return Landscape(file.parent, key_of(settings), surface, (path,) if path else (), record)


def _with_holes(given: Given) -> Given:
    """Returns a surface with holes where it is −infinity, which has no height and is no divergence; said so."""
    below = np.isneginf(given.values)
    if not below.any():
        return given
    holes = "value of −infinity is drawn as a hole" if below.sum() == 1 else "values of −infinity are drawn as holes"
    values = np.where(below, np.float32(np.nan), given.values)
    return replace(given, values=values, notes=(*given.notes, f"{below.sum():,} {holes}"))


def _with_gaps(given: Given) -> Given:
    """Returns a surface whose path's loss is unknown where it is −infinity, which has no height either; said so."""
    losses = np.asarray(given.more.get("path_loss", ()), np.float64)
    below = np.isneginf(losses)
    if not below.any():
        return given
    note = f"−infinity is taken as unknown at {below.sum():,} of the {len(losses):,} points of its path"
    more = {**given.more, "path_loss": np.where(below, np.nan, losses)}
    return replace(given, more=more, notes=(*given.notes, note))


def _lost(values: np.ndarray) -> dict[str, int]:
    """Returns how many values of a file are none."""
    return {"diverged": int(np.isposinf(values).sum()), "no_data": int(np.isnan(values).sum())}


def surface_of(given: Given, interpolated: np.ndarray | None = None) -> Surface:
    """Returns the surface of a file, on a plane whose coordinates are the file's own.

    interpolated: (n_β, n_α) bool, the cells that the file does not hold itself.
    """
    plane = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    between = np.zeros(given.values.shape, bool) if interpolated is None else interpolated
    status = np.where(between, Status.INTERPOLATED, Status.MEASURED).astype(np.uint8)
    status[np.isposinf(given.values)] = Status.DIVERGED
    status[np.isnan(given.values)] = Status.NO_DATA
    accuracy = np.asarray(given.more.get("accuracy", np.full(given.values.shape, np.nan)), np.float32)
    return Surface(plane, Grid(given.alphas, given.betas), given.values, accuracy, status)


def path_of(more: Mapping[str, Any], surface: Surface) -> Path | None:
    """Returns the path that a file has beside its surface, or None.

    Its loss is the file's, NaN where it is unknown, or else the surface's under it. Its distance from the plane is
    unknown, and its steps are the numbers of its points.
    """
    if not _has_path(more) or not len(more["path_alpha"]):
        return None
    places = np.stack([np.asarray(more[name], np.float64) for name in ("path_alpha", "path_beta")], 1)
    heights = surface.height_at(places)
    true = np.asarray(more.get("path_loss", heights), np.float32)
    steps = np.arange(len(places))
    return Path(places[:, 0], places[:, 1], true, heights, np.full(len(places), np.nan), steps)


def _has_path(more: Mapping[str, Any]) -> bool:
    return "path_alpha" in more and "path_beta" in more


def _empty(more: Mapping[str, Any]) -> list[str]:
    return ["its path has no point"] if _has_path(more) and not len(more["path_alpha"]) else []


def _said_of(path: Path, more: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the record says of a path; what a file cannot know of it is left out."""
    known = path.true_loss[np.isfinite(path.true_loss)]
    return {
        "points": len(path),
        "loss": GIVEN if "path_loss" in more and not np.isnan(path.true_loss).all() else "of the surface under it",
        **({"true_loss": [float(known[0]), float(known[-1])]} if "path_loss" in more and known.size else {}),
    }
