"""A surface as a file gives it: two axes, a value for each pair, and the path where the file has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange.accuracy import fraction_of
from render.scene.language.nearest import guess
from render.scene.surface import MOST_POINTS

FEWEST_STEPS = 1e4  # of float32, that the range of values is made of
NOISE = 1e-14  # of the size of values: what rounding in float64 makes of a constant


@dataclass(frozen=True)
class Given:
    """Values over a grid."""

    alphas: np.ndarray  # (n_α,) float64, increasing
    betas: np.ndarray  # (n_β,) float64, increasing
    values: np.ndarray  # (n_β, n_α) float32; NaN where there is no data, ±infinity where it diverged
    name: str = "loss"  # of the values
    more: Mapping[str, np.ndarray] = field(default_factory=dict)  # accuracy (n_β, n_α); path_alpha, path_beta (T,)
    notes: tuple[str, ...] = ()  # what a reader had to assume, each a clause for the caption; "axes are row numbers"


def neighbour_of(path: Path) -> str:
    """Returns what to do about a file that is not there: the one of nearly its name, if there is one."""
    try:
        found = guess(path.name, [other.name for other in path.parent.iterdir()])
    except OSError:
        found = None
    return f"did you mean {path.with_name(found)}?" if found else "name one from the working directory"


def require_few(path: Path, *shape: int) -> None:
    """Raises DataError where a file claims more points than are drawn."""
    count = 1
    for size in shape:
        count *= int(size)
    if count > MOST_POINTS:
        raise DataError(f"{path}: holds {count:,} points, at most {MOST_POINTS:,} are drawn; make it coarser")


def checked(
    path: Path,
    alphas: np.ndarray,
    betas: np.ndarray,
    values: np.ndarray,
    name: str = "loss",
    notes: tuple[str, ...] = (),
    more: Mapping[str, np.ndarray] | None = None,
) -> Given:
    """Returns a surface with rising axes; raises DataError where sizes differ or an axis is no axis.

    more: accuracy (n_β, n_α), a fraction or percent; path_alpha, path_beta, path_loss (T,).
    """
    more = dict(more or {})
    for array in (alphas, betas, values, *more.values()):
        require_numbers(path, np.asarray(array).dtype)
    alphas, betas = (np.asarray(axis, np.float64).reshape(-1) for axis in (alphas, betas))
    values = np.asarray(values)
    if values.shape != (len(betas), len(alphas)):
        raise DataError(
            f"{path}: has {' × '.join(map(str, values.shape))} values for axes of {len(betas)} rows and {len(alphas)} "
            "columns; a value is needed for each pair, rows along the second axis"
        )
    if min(values.shape) < 2:
        raise DataError(f"{path}: holds {len(betas)} × {len(alphas)} points; a surface needs two along each axis")
    if "accuracy" in more:
        more["accuracy"], said = fraction_of(path, more["accuracy"])
        notes += said
    _check_more(path, more, values.shape)
    order = [_order(path, symbol, axis) for symbol, axis in (("first", alphas), ("second", betas))]
    turned = np.ascontiguousarray(_rounded(path, values)[order[1]][:, order[0]])
    if not np.isfinite(turned).any():
        raise DataError(f"{path}: holds no value that is finite; there is nothing to draw")
    if "accuracy" in more:
        more["accuracy"] = more["accuracy"][order[1]][:, order[0]]
    return Given(alphas[order[0]], betas[order[1]], turned, name, more, notes)


def _rounded(path: Path, values: np.ndarray) -> np.ndarray:
    """Returns values as float32; raises DataError where that would draw other than what was given."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = values.astype(np.float32)
    finite = np.isfinite(values)
    if np.isinf(rounded[finite]).any():
        largest = np.abs(values[finite].astype(np.float64)).max()
        raise DataError(f"{path}: holds {largest:g}, and float32, which is drawn, ends at 3.4e38; rescale its values")
    if ((rounded == 0) & (values != 0)).any():
        smallest = np.abs(values[(rounded == 0) & (values != 0)].astype(np.float64)).min()
        raise DataError(f"{path}: holds {smallest:g}, which is 0 in float32, which is drawn; rescale its values")
    if values.dtype.itemsize > 2 and values.dtype != np.float32 and finite.any():
        _require_levels(path, values[finite], rounded[finite])
    return rounded


def _require_levels(path: Path, values: np.ndarray, rounded: np.ndarray) -> None:
    """Raises DataError where values that differ by little beside their size would be steps of float32."""
    low, high = float(values.min()), float(values.max())
    size, span = max(abs(low), abs(high)), high - low
    if span <= NOISE * size or span >= FEWEST_STEPS * float(np.finfo(np.float32).eps) * size:
        return
    kept, given = len(np.unique(rounded)), len(np.unique(values))
    if kept < given:
        raise DataError(
            f"{path}: its values from {low:.12g} to {high:.12g} are {given:,} levels, of which float32, which is "
            f"drawn, keeps {kept:,}; subtract {low:g} before saving"
        )


def require_numbers(path: Path, kind: np.dtype) -> None:
    """Raises DataError where an array holds text, dates, complex numbers or records."""
    if kind.kind not in "biuf":
        raise DataError(f"{path}: holds {kind} where a surface has real numbers; save them as float32")


def _check_more(path: Path, more: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> None:
    """Raises DataError where accuracy is not over the grid, or a path is no path."""
    accuracy = more.get("accuracy")
    if accuracy is not None and accuracy.shape != shape:
        raise DataError(f"{path}: has accuracies for {accuracy.shape}, losses for {shape}; save both over one grid")
    require_path(path, more)


def require_path(path: Path, more: Mapping[str, np.ndarray]) -> None:
    """Raises DataError where the parts of a path differ in length, or it comes by a place that is not finite."""
    along = {name: value for name, value in more.items() if name.startswith("path_")}
    shapes = {value.shape for value in along.values()}
    if len(shapes) > 1 or any(len(held) != 1 for held in shapes):
        said = ", ".join(f"{name} {value.shape}" for name, value in along.items())
        raise DataError(f"{path}: its path has {said}; give each as one row of the same length")
    if not all(np.isfinite(along[name]).all() for name in ("path_alpha", "path_beta") if name in along):
        raise DataError(f"{path}: its path comes by a place that is not finite; remove it")


def _order(path: Path, which: str, axis: np.ndarray) -> np.ndarray:
    order = np.argsort(axis, kind="stable")
    if not np.isfinite(axis).all() or (np.diff(axis[order]) <= 0).any():
        raise DataError(f"{path}: its {which} axis holds a number twice, or one that is not finite; make it rise")
    return order
