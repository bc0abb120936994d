"""Surfaces in the formats of other programs: any grid of (x, y, value), read and written by the ending of a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from render.errors import DataError, UsageError
from render.exchange import hdf5, numpy_files, picture, table, vtk
from render.exchange.accuracy import fraction_of
from render.exchange.given import Given, neighbour_of
from render.exchange.route import read as read_path
from render.exchange.route import read_noted
from render.scene.language.nearest import nearest

__all__ = ["Given", "read", "read_path", "write"]

READERS: dict[str, Callable[[Path], Given]] = {
    ".npz": numpy_files.read,
    ".npy": numpy_files.read_array,
    ".h5": hdf5.read,
    ".hdf5": hdf5.read,
    ".csv": table.read,
    ".txt": table.read,
    ".tsv": table.read,
    ".dat": table.read,
    ".vtp": vtk.read_poly_data,
    ".vti": vtk.read_image_data,
    ".png": picture.read,
    ".tif": picture.read,
    ".tiff": picture.read,
    ".jpg": picture.read,
    ".jpeg": picture.read,
}
WRITERS: dict[str, Callable[[Given, Path], None]] = {
    "npz": numpy_files.write,
    "h5": hdf5.write,
    "csv": table.write,
    "vtp": vtk.write_poly_data,
    "vti": vtk.write_image_data,
}


PICKLES = {".p", ".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt"}


def read(path: Path, along: Path | None = None) -> Given:
    """Returns the surface in a file; raises DataError where there is none that can be read.

    along: a file with the path that goes with it, instead of one that the surface's own file may have.
    """
    ending = path.suffix.lower()
    if ending in PICKLES:
        raise DataError(
            f"{path}: is a pickle, which can run code and is not opened; save its arrays by numpy.savez(file, x=x, "
            "y=y, z=z), a row of z for each y"
        )
    reader = READERS.get(ending)
    if reader is None:
        raise DataError(f"{path}: surfaces are read from {', '.join(sorted(READERS))}; save it as one of them")
    if not path.is_file():
        raise DataError(f"{path}: there is no such file; {neighbour_of(path)}")
    given = reader(path)
    if along is None:
        return given
    kept = {name: array for name, array in given.more.items() if not name.startswith("path_")}
    path_of_its_own, notes = read_noted(along)
    return replace(given, more={**kept, **path_of_its_own}, notes=(*given.notes, *notes))


def write(given: Given, path: Path, kind: str) -> None:
    """Writes a surface in a format; raises UsageError for an unknown one. A csv has no room for its path."""
    if kind not in WRITERS:
        raise UsageError(f'--to: there is no format "{kind}"; {nearest(kind, WRITERS)}')
    if "accuracy" in given.more:
        given = replace(given, more={**given.more, "accuracy": fraction_of(path, given.more["accuracy"])[0]})
    WRITERS[kind](given, path)
