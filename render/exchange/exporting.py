"""Handing out a surface: a folder, a store or a file is read, and written in the format of another program."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile

from render import exchange
from render.errors import DataError, UsageError
from render.exchange.given import Given
from render.exchange.table import write_columns
from render.sampling import surface as surfaces
from render.sampling.status import Status
from render.sampling.surface import Surface

COLUMNS = {"alpha": "path_alpha", "beta": "path_beta", "loss": "path_loss"}
PATH = {"alpha": "path_alpha", "beta": "path_beta", "true_loss": "path_loss"}


def export(source: Path, kind: str, target: Path | None, along: Path | None = None) -> tuple[Path, ...]:
    """Returns the files that a surface was written to; without a target they lie beside the surface.

    They are two where the format has no room for the path. along: a file with the path, where the surface is in one.
    Raises DataError where there is no surface, or one of a line, and UsageError where it would be written over.
    """
    given = given_of(source, along)
    target = target or source.with_name(f"{source.stem}.{kind}")
    beside = (target.with_name(f"{target.stem}.path.csv"),) if kind == "csv" and "path_alpha" in given.more else ()
    for file in (target, *beside):
        for read in (source, *([along] if along else [])):
            if file.exists() and read.exists() and file.samefile(read):
                raise UsageError(f"{read}: would be written over itself; name another file with --out")
    exchange.write(given, target, kind)
    for file in beside:
        columns = {key: given.more[name] for key, name in COLUMNS.items() if name in given.more}
        write_columns(columns, file)
    return (target, *beside)


def given_of(source: Path, along: Path | None = None) -> Given:
    """Returns the surface in the folder of a surface, in a store, or in a file; what diverged is infinite."""
    if source.is_file():
        return exchange.read(source, along)
    if along is not None:
        raise UsageError(f"--path: {source} has a path of its own, or none; leave it out")
    store = source if source.suffix == ".zarr" else source / "surface.zarr"
    if not store.is_dir():
        raise DataError(f"{source}: holds no surface; name a folder of output/surfaces, a surface.zarr, or a file")
    surface = surfaces.load(store)
    if surface.grid.is_line:
        raise DataError(f"{source}: is the profile along a line; only surfaces are exported")
    given = of_surface(surface)
    return replace(given, more={**given.more, **_path(store.parent)})


def of_surface(surface: Surface) -> Given:
    """Returns a measured surface as files hold it: infinite where it diverged, since NaN stands for no data there."""
    diverged = (surface.status == Status.DIVERGED) & np.isnan(surface.loss)
    loss = np.where(diverged, np.float32(np.inf), surface.loss)
    more = {} if np.isnan(surface.accuracy).all() else {"accuracy": surface.accuracy}
    return Given(surface.grid.alphas, surface.grid.betas, loss, "loss", more)


def _path(folder: Path) -> dict[str, np.ndarray]:
    file = folder / "path.npz"
    if not file.is_file():
        return {}
    try:
        with file.open("rb") as opened, NpzFile(opened, allow_pickle=False) as arrays:
            return {name: arrays[key] for key, name in PATH.items()}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file}: is damaged; `thalweg sample` mends it") from error
