"""A blend of local planes: one terrain, on which the path lies.

    L(c) = Σ wₖ(c)·Lₖ(c) / Σ wₖ(c),   wₖ(c) = exp(−½·|c − cₖ|²/σ²)

cₖ is where the path's point θₖ is seen on the chart, the plane of its principal components, and Lₖ(c) the loss on the
plane of velocity and acceleration through θₖ, at its point nearest to c. The path's own loss is met where neighbouring
planes agree, and how far off it is elsewhere is measured and told. Far from all of them the chart's own loss stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path as File
from typing import Any

import numpy as np

from render.landscape.landscape import Landscape
from render.landscape.series import record_of
from render.sampling.status import Status
from render.sampling.surface import Surface

FAR = 3.0  # standard deviations from the nearest point of the path, from which on the chart's own loss rules


def blended(members: Sequence[Landscape], stops: Sequence[str], width: float, folder: File, key: str) -> Landscape:
    """Returns the blend of local planes, of which the first landscape is the chart; width: see spread_of."""
    chart, *planes = members
    path = chart.paths[0]
    seen = np.stack([path.alpha, path.beta], 1)
    centres = seen[[_centre(plane) for plane in planes]]
    spread = spread_of(centres, width)
    loss, lost = _joined(chart, planes, weights_of(chart, centres, spread))
    status = np.where(lost, Status.DIVERGED, Status.INTERPOLATED).astype(np.uint8)
    surface = Surface(chart.surface.plane, chart.surface.grid, loss, np.full_like(loss, np.nan), status)
    laid = tuple(_laid(each, surface) for each in chart.paths)
    record = _record(members, stops, surface, laid[0].surface_loss - laid[0].true_loss, spread)
    return Landscape(folder, key, surface, laid, record)


def spread_of(centres: np.ndarray, width: float) -> float:
    """Returns the standard deviation of the weights: width mean distances between neighbouring centres (S, 2)."""
    return width * float(np.linalg.norm(np.diff(centres, axis=0), axis=1).mean())


def weights_of(chart: Landscape, centres: np.ndarray, spread: float) -> np.ndarray:
    """Returns the weights (1 + S, n_β, n_α) float32 of the chart and of the planes, which add up to 1."""
    grid = chart.surface.grid
    exponents = np.empty((len(centres) + 1, *grid.cells), np.float32)
    exponents[0] = -0.5 * FAR**2
    for exponent, (alpha, beta) in zip(exponents[1:], centres, strict=True):
        away = ((grid.alphas - alpha) / spread) ** 2 + (((grid.betas - beta) / spread) ** 2)[:, None]
        exponent[:] = -0.5 * away
    found = np.exp(exponents - exponents.max(0))
    return np.asarray(found / found.sum(0))


def _centre(plane: Landscape) -> int:
    """Returns the logged point that a local plane goes through: the one that lies in it."""
    return int(plane.paths[0].distance.argmin())


def _joined(chart: Landscape, planes: Sequence[Landscape], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the blended loss (n_β, n_α), and where a plane that counts for it diverged."""
    losses = np.stack([member.surface.loss for member in (chart, *planes)])
    finite = np.isfinite(losses)
    lost = (~finite & (weights > 1e-3)).any(0)
    loss = (weights * np.where(finite, losses, 0)).sum(0, dtype=np.float64).astype(np.float32)
    return np.where(lost, np.float32(np.inf), loss), lost


def _laid(path: Any, surface: Surface) -> Any:
    """Returns a path with the height of the blend under it."""
    return replace(path, surface_loss=surface.height_at(np.stack([path.alpha, path.beta], 1)))


def _record(
    members: Sequence[Landscape], stops: Sequence[str], surface: Surface, apart: np.ndarray, spread: float
) -> dict[str, Any]:
    """Returns the record of a blend; apart: height of the terrain less the path's own loss, at its logged points."""
    made = record_of("blend", stops[1:], [member.record for member in members])
    finite = surface.loss[np.isfinite(surface.loss)]
    far = np.abs(apart[np.isfinite(apart)])
    series = {
        **made["series"],
        "spread": spread,
        "apart": {"median": float(np.median(far)), "largest": float(far.max())} if far.size else None,
    }
    return {
        **made,
        "planes": {"number": len(members), "counts": made["counts"]},
        "counts": surface.counts,
        "loss": [float(finite.min()), float(finite.max())] if finite.size else None,
        "loss_digest": surface.loss_digest,
        "series": series,
    }
