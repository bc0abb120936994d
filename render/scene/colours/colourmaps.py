"""Colour maps of other packages, which the extra `maps` brings: cmcrameri, cmocean, colorcet and matplotlib."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from render.errors import MachineError
from render.scene.colours.colourfile import Stop, evenly, hexadecimal
from render.scene.language.nearest import nearest

BRINGS = "`pip install 'thalweg[maps]'`"
GUESTS = ("cmc.", "cmo.", "cet_")  # how the other packages' maps are called in matplotlib, once they are imported

Maps = Mapping[str, Any]


def _cmcrameri() -> Maps:
    return _own(importlib.import_module("cmcrameri.cm").cmaps)


def _cmocean() -> Maps:
    return _own(importlib.import_module("cmocean.cm").cmap_d)


def _colorcet() -> Maps:
    return _own(importlib.import_module("colorcet").palette)


def _matplotlib() -> Maps:
    maps = importlib.import_module("matplotlib").colormaps
    return _own({name: maps[name] for name in maps if not name.startswith(GUESTS)})


def _own(maps: Maps) -> Maps:
    """Returns maps without those that are others, reversed."""
    return {name: table for name, table in maps.items() if not name.endswith("_r")}


PACKAGES: dict[str, Callable[[], Maps]] = {
    "cmcrameri": _cmcrameri,
    "cmocean": _cmocean,
    "colorcet": _colorcet,
    "matplotlib": _matplotlib,
}


@functools.cache
def maps_of(package: str) -> Maps:
    """Returns the maps of a package by name; raises MachineError where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of one package about another; nothing that a user could set right
            return PACKAGES[package]()
    except ImportError as error:
        raise MachineError(f"look.palette: needs the package {package}; {BRINGS} brings it") from error


def missing() -> list[str]:
    """Returns the packages that are not installed."""
    return [package for package in PACKAGES if importlib.util.find_spec(package) is None]


def having(name: str) -> list[str]:
    """Returns the packages, among those installed, that have a map of a name."""
    absent = missing()
    return [package for package in PACKAGES if package not in absent and name in maps_of(package)]


def find(package: str, name: str) -> tuple[Stop, ...]:
    """Returns the stops of a package's map.

    Raises ValueError, saying what is near, where there is none, and MachineError where the package is missing.
    """
    if package not in PACKAGES:
        raise ValueError(f'"{package}:{name}": no maps are known of "{package}"; {nearest(package, PACKAGES)}')
    maps = maps_of(package)
    if name not in maps:
        raise ValueError(f'"{package}:{name}" is not a map of {package}; {nearest(name, sorted(maps))}')
    return evenly(_colours(maps[name]))


def _colours(table: Any) -> list[str]:
    """Returns the colours of a list of codes, or of a map that is asked by number."""
    if isinstance(table, list):
        return [str(code).lower() for code in table]
    return [hexadecimal(table(place)) for place in range(table.N)]
