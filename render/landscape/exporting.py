"""Handing out a surface: a folder, a store or a file is read, and written in the format of another program."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from render.errors import DataError, UsageError
from render.landscape import exchange
from render.landscape import surface as surfaces
from render.landscape.exchange.given import Given

PATH = {"alpha": "path_alpha", "beta": "path_beta", "true_loss": "path_loss"}


def export(source: Path, kind: str, target: Path | None) -> Path:
    """Returns the file that a surface was written to; without a target it lies beside the surface.

    Raises DataError where there is no surface, or one of a line, and UsageError where it would be written over.
    """
    given = given_of(source)
    target = target or source.with_name(f"{source.stem}.{kind}")
    if target.exists() and source.exists() and target.samefile(source):
        raise UsageError(f"{source}: would be written over itself; name another file with --out")
    exchange.write(given, target, kind)
    return target


def given_of(source: Path) -> Given:
    """Returns the surface in the folder of a surface, in a store, or in a file."""
    if source.is_file():
        return exchange.read(source)
    store = source if source.suffix == ".zarr" else source / "surface.zarr"
    if not store.is_dir():
        raise DataError(f"{source}: holds no surface; name a folder of output/surfaces, a surface.zarr, or a file")
    surface = surfaces.load(store)
    if surface.grid.is_line:
        raise DataError(f"{source}: is the profile along a line; only surfaces are exported")
    more = {} if np.isnan(surface.accuracy).all() else {"accuracy": surface.accuracy}
    return Given(surface.grid.alphas, surface.grid.betas, surface.loss, "loss", {**more, **_path(store.parent)})


def _path(folder: Path) -> dict[str, np.ndarray]:
    file = folder / "path.npz"
    if not file.is_file():
        return {}
    try:
        with file.open("rb") as opened, NpzFile(opened, allow_pickle=False) as arrays:
            return {name: arrays[key] for key, name in PATH.items()}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file}: is damaged; `thalweg sample` mends it") from error
