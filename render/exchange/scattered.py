"""Scattered points that make a grid: each has a place and a value, in any order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange.given import Given, checked, require_few

ROUNDING = 1e-9  # of the range of an axis; places that are closer are one: programs differ in the 16th digit


def gridded(
    path: Path,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    name: str = "loss",
    *,
    notes: tuple[str, ...] = (),
    accuracy: np.ndarray | None = None,
    rounding: float = ROUNDING,
) -> Given:
    """Returns the surface of points, each (n,); raises DataError where they make no grid, and says what is amiss."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataError(f"{path}: holds a place that is not finite; remove it")
    alphas, columns = _axis(x, rounding)
    betas, rows = _axis(y, rounding)
    if len(alphas) * len(betas) > max(2 * len(x), 4):
        raise DataError(f"{path}: {_count(x, alphas, betas)} are no grid; give one value for each pair")
    require_few(path, len(alphas), len(betas))
    cells, shape = rows * len(alphas) + columns, (len(betas), len(alphas))
    times = np.bincount(cells, minlength=len(alphas) * len(betas))
    _require_once(path, _count(x, alphas, betas), times, alphas, betas)
    order = np.argsort(cells)
    more = {} if accuracy is None else {"accuracy": accuracy[order].reshape(shape)}
    return checked(path, alphas, betas, z[order].reshape(shape), name, notes, more)


def make_grid(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether places, each (n,), are those of a grid, each of which comes once, two or more along each axis."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return False
    (alphas, columns), (betas, rows) = (_axis(places, ROUNDING) for places in (x, y))
    if min(len(alphas), len(betas)) < 2 or len(alphas) * len(betas) != len(x):
        return False
    return bool((np.bincount(rows * len(alphas) + columns, minlength=len(x)) == 1).all())


def _axis(places: np.ndarray, rounding: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the different places in rising order, and which of them each one is."""
    order = np.argsort(places, kind="stable")
    rising = places[order]
    with np.errstate(over="ignore"):
        begins = np.concatenate([[True], np.diff(rising) > rounding * (rising[-1] - rising[0])])
    index = np.empty(len(places), np.int64)
    index[order] = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(places)) - 1
    return rising[(first + last) // 2], index  # the middle one is a place that was given


def _count(x: np.ndarray, alphas: np.ndarray, betas: np.ndarray) -> str:
    return f"{len(x):,} points over {len(alphas):,} × {len(betas):,} different places"


def _require_once(path: Path, count: str, times: np.ndarray, alphas: np.ndarray, betas: np.ndarray) -> None:
    """Raises DataError that names the first place without a value, or with several."""
    odd = {"none": np.flatnonzero(times == 0), "several": np.flatnonzero(times > 1)}
    said = [
        f"{words} for ({alphas[cells[0] % len(alphas)]:g}, {betas[cells[0] // len(alphas)]:g})"
        for words, cells in odd.items()
        if len(cells)
    ]
    if said:
        raise DataError(f"{path}: {count} are no grid: it gives {' and '.join(said)}; give one value for each pair")
