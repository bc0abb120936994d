"""The record of a scene's surface: what was measured, of what, and how; captions are written from it."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

import numpy as np
from torch.nn.modules.batchnorm import _BatchNorm

from render.descent.run import AnyRun, Run
from render.loss.objective import Objective
from render.sampling.surface import Surface
from render.scene import surface as spec
from render.space.path import Path
from render.space.plane import RANDOM_WALK_SHARES

VERSIONED = ("thalweg", "torch", "numpy")


def record_of(
    key: str,
    run: AnyRun,
    settings: spec.SurfaceSettings,
    budget: float | None,
    surface: Surface,
    path: Path,
    objective: Objective,
) -> dict[str, Any]:
    """Returns what surface.json says of a measured surface and its own path, but for the digest of the path's file.

    budget: seconds that there were for measuring.
    """
    finite = surface.loss[np.isfinite(surface.loss)]
    rows, columns = surface.grid.cells
    return {
        "key": key,
        "run": run_record(run),
        "settings": settings.model_dump(mode="json", exclude={"label"}),
        "plane": {
            "kind": settings.plane.kind,
            "variance_share": surface.plane.variance_share,
            "random_walk_share": RANDOM_WALK_SHARES,
            "eigenvalues": surface.plane.eigenvalues,
            "lengths": [float(np.linalg.norm(surface.plane.u)), float(np.linalg.norm(surface.plane.v))],
        },
        "objective": dict(said_of(settings.objective, surface, objective)),
        "points": [columns, rows],
        "counts": surface.counts,
        "alpha": [float(surface.grid.alphas[0]), float(surface.grid.alphas[-1])],
        "beta": [float(surface.grid.betas[0]), float(surface.grid.betas[-1])],
        "loss": [float(finite.min()), float(finite.max())] if finite.size else None,
        "path": _path(path),
        **{name: surface.record[name] for name in ("adaptive", "standard_error") if surface.record.get(name)},
        **_budget(settings, budget, surface),
        "strategy": surface.record["strategy"],
        "dtype": "float32",
        "device": str(objective.problem.inputs.device.type),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        "loss_digest": surface.loss_digest,
    }


def path_record(run: AnyRun, path: Path) -> dict[str, Any]:
    """Returns what surface.json says of the path of a further run."""
    return {"run": run_record(run), **_path(path)}


def run_record(run: AnyRun) -> dict[str, Any]:
    known = {name: run.record[name] for name in ("key", "parameters", "train", "test")}
    return {**run.said, **known, **({"epoch": steps_of_epoch(run)} if isinstance(run, Run) else {})}


def steps_of_epoch(run: Run) -> int:
    """Returns the steps of an epoch of a training."""
    batch = run.settings.training.batch
    return 1 if batch is None else int(run.record["data"]["train"]) // batch


def _path(path: Path) -> dict[str, Any]:
    return {
        "points": len(path),
        "true_loss": [float(path.true_loss[0]), float(path.true_loss[-1])],
        "largest_distance": float(path.distance.max()),
    }


def _budget(settings: spec.SurfaceSettings, budget: float | None, surface: Surface) -> dict[str, Any]:
    """Returns what there is to say where a budget has made the grid coarser than it was asked for."""
    if budget is None or "asked" not in surface.record:
        return {}
    return {"budget": {"minutes": budget / 60, "asked": list(settings.points)}}


def said_of(asked: spec.ObjectiveSettings, surface: Surface, objective: Objective) -> Iterator[tuple[str, Any]]:
    """Gives what there is to say of an objective; batch norm only where the network has any."""
    mode = objective.problem.mode
    yield "loss", asked.loss.replace("-", " ") if asked.loss == "squared-error" else asked.loss
    yield "split", asked.split
    yield "examples", len(objective.problem.targets)
    yield "mode", "eval"
    if mode.bn != "frozen" and any(isinstance(module, _BatchNorm) for module in objective.problem.model.modules()):
        yield "bn", mode.bn
        yield "bn_batch", mode.bn_batch
        if mode.bn == "recalibrated":
            yield "calibration", asked.calibration
    if mode.dropout != "off":
        yield "dropout", mode.dropout
    if asked.epoch is not None:
        yield "epoch", asked.epoch.model_dump()
    if mode.weight_decay:
        yield "weight_decay", mode.weight_decay
    yield "precision", surface.record["precision"]
    yield from objective.conduct.items()
