"""Arrays with names, as npz and HDF5 hold them: which are the axes, which the values.

Axes are rows of numbers, or both coordinates of every point as `meshgrid` gives them, in either of its orders.
Landscaper (Vis4SciML) writes `loss` and `coordinates`, its first axis along the first direction; losscape writes X, Y,
losses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from render.errors import DataError
from render.exchange import matrix
from render.exchange.columns import ACCURACIES, VALUES, first_of, key_of, name_of, places_of
from render.exchange.given import Given, checked, require_path
from render.exchange.scattered import ROUNDING, gridded, make_grid

PATH = {
    "path_alpha": "pathalpha projxcoord",
    "path_beta": "pathbeta projycoord",
    "path_loss": "pathloss projloss",
}
ALONG = " ".join(PATH.values()).split()
ROUTES = "trajectory path traj"  # of both places of each step, (T, 2)
IN_ROWS = "rows in order are α, β and the value"
ORDER = ["arr0", "arr1", "arr2"]  # what numpy.savez calls arrays without names
MOST_NAMED = 3
WANTED = "alphas, betas and loss, or x, y and z"


class NamedArrays:
    """The arrays of a file by their names; each is read when it is asked for."""

    def __init__(self, path: Path, names: Iterable[str], read: Callable[[str], np.ndarray]):
        self.path, self.names, self.read = path, list(names), read
        self.keys = [key_of(name) for name in self.names]

    def surface(self) -> Given:
        """Returns the surface that the arrays make; raises DataError where they make none."""
        keys = [key if key not in ALONG else "" for key in self.keys]
        value, places = first_of(VALUES, keys), places_of(keys)
        if self.keys[:3] == ORDER:
            value, places = 2, (0, 1)
        if value is None and places is not None:
            value = self._only_other(places)
        if value is not None and places is not None:
            x, y, z = (self._array(k) for k in (*places, value))
            return self._with_route(self._over(x, y, z, self._name(value)))
        if value is not None and "coordinates" in keys:
            return self._along_directions(self._array(keys.index("coordinates")), self._array(value))
        alone = value if value is not None else 0 if len(self.names) == 1 else None
        if alone is None or (places is None and set(keys) & {"alphas", "betas", "x", "y"}):
            raise DataError(f"{self.path}: holds {self._listed()}; name its arrays {WANTED}{self._hint()}")
        return self._over_any(alone)

    def _over_any(self, value: int) -> Given:
        """Returns the surface of an array over axes of names that say nothing, or over its row and column numbers."""
        z, others = self._array(value), self._others(value)
        if z.ndim == 2:
            fit = [(a, b) for a in others for b in others if a != b and _fit(self._array(a), self._array(b), z)]
            if fit and len({k for pair in fit for k in pair}) == 2:  # where both orders fit, the first is α
                x, y = fit[0]
                found = self._over(self._array(x), self._array(y), z, self._name(value))
                said = f"{name_of(self.names[x])} is α, {name_of(self.names[y])} β"
                return replace(found, notes=(*found.notes, said, *self._aside([k for k in others if k not in (x, y)])))
        found = of_array(self.path, z, self._name(value), self._more())
        return replace(found, notes=(*found.notes, *self._aside(others)))

    def _others(self, value: int) -> list[int]:
        """Returns the arrays that are left beside the value, a path and accuracies."""
        known = {value, first_of(ACCURACIES, self.keys)}
        return [k for k, key in enumerate(self.keys) if k not in known and key not in ALONG]

    def _aside(self, left: list[int]) -> tuple[str, ...]:
        shown = [name_of(self.names[k]) for k in left[:MOST_NAMED]]
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        return (f"left aside: {' and '.join(shown)}{more}",) if left else ()

    def _with_route(self, found: Given) -> Given:
        """Returns a surface with the path that one array (T, 2) holds, or with a note that it is left aside."""
        index = first_of(ROUTES, self.keys)
        if index is None or "path_alpha" in found.more:
            return found
        route, said = self._array(index), name_of(self.names[index])
        if route.ndim != 2 or route.shape[1] != 2 or len(route) < 2:
            return replace(found, notes=(*found.notes, f"left aside: {said}"))
        along = dict(zip(("path_alpha", "path_beta"), _floats(route.T), strict=True))
        require_path(self.path, along)
        return replace(found, more={**found.more, **along}, notes=(*found.notes, f"columns of {said} are α and β"))

    def _only_other(self, places: tuple[int, int]) -> int | None:
        """Returns the array that is left where there is one beside the axes, a path and accuracies."""
        known = {*places, first_of(ACCURACIES, self.keys)}
        left = [k for k, key in enumerate(self.keys) if k not in known and key not in ALONG]
        return left[0] if len(left) == 1 else None

    def _array(self, index: int) -> np.ndarray:
        return self.read(self.names[index])

    def _name(self, index: int) -> str:
        return "value" if self.keys[index].startswith("arr") else name_of(self.names[index])

    def _listed(self) -> str:
        return ", ".join(self.names[:8]) or "nothing"

    def _hint(self) -> str:
        only = set(self.keys) & set(ALONG)
        return ", and give a path beside a surface as source: {surface: FILE, path: FILE}" if only else ""

    def _more(self) -> dict[str, np.ndarray]:
        accuracy = first_of(ACCURACIES, self.keys)
        more = {} if accuracy is None else {"accuracy": self._array(accuracy)}
        places = {name: first_of(words, self.keys) for name, words in PATH.items()}
        return more | {name: self._array(index) for name, index in places.items() if index is not None}

    def _over(self, x: np.ndarray, y: np.ndarray, z: np.ndarray, name: str) -> Given:
        more = self._more()
        if x.ndim == 1 and x.shape == y.shape == z.shape:
            return self._scattered(x, y, z, name, more)
        if _is_open(x, y):  # as ogrid gives it, whose first index goes along x
            return checked(self.path, x[:, 0], y[0], z.T, name, more=_turned(more))
        if not x.shape == y.shape == z.shape:
            _require_lines(self.path, x, y)
            return checked(self.path, x, y, z, name, more=more)
        if x.ndim != 2:
            return checked(self.path, x, y, z, name, more=more)
        if _is_same(x, x[:1]) and _is_same(y, y[:, :1]):
            return checked(self.path, x[0], y[:, 0], z, name, more=more)
        if _is_same(x, x[:, :1]) and _is_same(y, y[:1]):
            return checked(self.path, x[:, 0], y[0], z.T, name, more=_turned(more))
        return self._scattered(x, y, z, name, more)

    def _scattered(
        self, x: np.ndarray, y: np.ndarray, z: np.ndarray, name: str, more: Mapping[str, np.ndarray]
    ) -> Given:
        accuracy = _floats(more["accuracy"]).ravel() if "accuracy" in more else None
        found = gridded(self.path, _floats(x).ravel(), _floats(y).ravel(), _floats(z).ravel(), name, accuracy=accuracy)
        along = {key: array for key, array in more.items() if key != "accuracy"}
        require_path(self.path, along)
        return replace(found, more={**found.more, **along})

    def _along_directions(self, coordinates: np.ndarray, loss: np.ndarray) -> Given:
        if loss.ndim != 2 or coordinates.ndim != 2 or len(coordinates) != 2:
            raise DataError(
                f"{self.path}: has losses over {loss.ndim} directions; a surface has two, so compute it with dim=2"
            )
        return checked(self.path, coordinates[0], coordinates[1], loss.T, "loss", more=_turned(self._more()))


def of_array(path: Path, array: np.ndarray, name: str = "value", more: Mapping[str, np.ndarray] | None = None) -> Given:
    """Returns the surface of one array: a matrix, points (n, 3), or both coordinates and values of a mesh (3, n, m)."""
    array = array.squeeze()
    if array.ndim == 3 and len(array) == 3:
        return NamedArrays(path, ["x", "y", "z"], dict(zip("xyz", array, strict=True)).__getitem__).surface()
    if array.ndim == 2 and array.shape[1] == 3 and not more:
        x, y, z = _floats(array.T)
        return gridded(path, x, y, z, name)
    if array.ndim == 2 and len(array) == 3 and not more and make_grid(_floats(array[0]), _floats(array[1])):
        x, y, z = _floats(array)
        return gridded(path, x, y, z, name, notes=(IN_ROWS,))
    if array.ndim == 2 and array.shape[1] == 2:
        raise DataError(f"{path}: holds {len(array)} × 2 numbers, which are a path and no surface; give x, y and z")
    return matrix.plain(path, array, name, more)


def _floats(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, np.float64)


def _turned(more: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns what goes with values whose rows and columns are exchanged."""
    return {name: array.T if array.ndim == 2 else array for name, array in more.items()}


def _is_open(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether x is a column and y a row, of which a sum has x along its first index."""
    return x.ndim == y.ndim == 2 and x.shape[1] == len(y) == 1 and len(x) > 1 and y.shape[1] > 1


def _require_lines(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    """Raises DataError where an axis is neither a line nor a mesh of as many places as there are values."""
    for axis in (x, y):
        if axis.ndim > 1 and axis.size != max(axis.shape):
            raise DataError(
                f"{path}: has an axis of {' × '.join(map(str, axis.shape))} places; give one line of places, or the "
                "mesh of all"
            )


def _fit(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> bool:
    """Whether arrays are axes of values (n_β, n_α), or the mesh of both."""
    if any(axis.dtype.kind not in "iuf" for axis in (x, y)):
        return False
    if x.shape == y.shape == z.shape:
        return make_grid(_floats(x).ravel(), _floats(y).ravel())
    lines = [_floats(axis) for axis in (x, y)]
    return (x.shape, y.shape) == ((z.shape[1],), (z.shape[0],)) and all(map(matrix.is_monotone, lines))


def _is_same(mesh: np.ndarray, line: np.ndarray) -> bool:
    """Whether a mesh repeats a line, but for rounding."""
    if not np.isfinite(mesh).all():
        return False
    return bool(np.abs(mesh - line).max() <= ROUNDING * np.ptp(mesh))
