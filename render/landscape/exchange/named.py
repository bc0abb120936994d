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
from render.landscape.exchange import matrix
from render.landscape.exchange.columns import ACCURACIES, VALUES, first_of, key_of, name_of, places_of
from render.landscape.exchange.given import Given, checked, require_path
from render.landscape.exchange.scattered import ROUNDING, gridded

PATH = {
    "path_alpha": "pathalpha projxcoord",
    "path_beta": "pathbeta projycoord",
    "path_loss": "pathloss projloss",
}
ALONG = " ".join(PATH.values()).split()
ORDER = ["arr0", "arr1", "arr2"]  # what numpy.savez calls arrays without names
WANTED = "alphas, betas and loss, or x, y and z"


class Named:
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
            return self._over(x, y, z, self._name(value))
        if value is not None and "coordinates" in keys:
            return self._along_directions(self._array(keys.index("coordinates")), self._array(value))
        alone = value if value is not None else 0 if len(self.names) == 1 else None
        if alone is None or (places is None and set(keys) & {"alphas", "betas", "x", "y"}):
            raise DataError(f"{self.path}: holds {self._listed()}; name its arrays {WANTED}{self._hint()}")
        return of_array(self.path, self._array(alone), self._name(alone), self._more())

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
        if x.ndim != 2 or not x.shape == y.shape == z.shape:
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
        return Named(path, ["x", "y", "z"], dict(zip("xyz", array, strict=True)).__getitem__).surface()
    if array.ndim == 2 and array.shape[1] == 3 and not more:
        x, y, z = _floats(array.T)
        return gridded(path, x, y, z, name)
    if array.ndim == 2 and array.shape[1] == 2:
        raise DataError(f"{path}: holds {len(array)} × 2 numbers, which are a path and no surface; give x, y and z")
    return matrix.plain(path, array, name, more)


def _floats(array: np.ndarray) -> np.ndarray:
    return np.asarray(array, np.float64)


def _turned(more: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns what goes with values whose rows and columns are exchanged."""
    return {name: array.T if array.ndim == 2 else array for name, array in more.items()}


def _is_same(mesh: np.ndarray, line: np.ndarray) -> bool:
    """Whether a mesh repeats a line, but for rounding."""
    if not np.isfinite(mesh).all():
        return False
    return bool(np.abs(mesh - line).max() <= ROUNDING * np.ptp(mesh))
