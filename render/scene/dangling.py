"""Dangling names: those in the plain data of a scene that lead nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from render.scene.along import lost_lines
from render.scene.language.nearest import nearest
from render.scene.part import Fault, Location
from render.scene.plane import others_of

MEASURED = "measured"  # what pydantic's locations call a surface that is no ready one


def dangling(scene: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the names that lead nowhere in the plain data of a scene, which may be wrong in other ways."""
    runs, surfaces, shots = scene.get("runs"), scene.get("surfaces"), scene.get("shots")
    if isinstance(runs, dict) and isinstance(surfaces, dict):
        for name, surface in surfaces.items():
            yield from _lost((*surface_at(name), "run"), "run", _in(surface, "run"), runs)
            yield from _lost_others(surface_at(name), surface, runs)
    series = scene.get("series") or {}
    shown = [*(surfaces or {}), *series] if isinstance(surfaces or {}, dict) and isinstance(series, dict) else None
    if isinstance(series, dict):
        yield from _lost_of_series(series, runs, surfaces)
    if shown is not None and isinstance(shots, list):
        for index, shot in enumerate(shots):
            yield from _lost(("shots", index, "surface"), "surface", _in(shot, "surface"), shown)
            for place, name in enumerate(_listed(shot, "beside")):
                yield from _lost(("shots", index, "beside", place), "surface", name, shown)
    yield from lost_lines(scene)


def _lost_of_series(series: Mapping[str, Any], runs: Any, surfaces: Any) -> Iterator[Fault]:
    """Gives the runs and surfaces of series that are not there."""
    for name, part in series.items():
        here = ("series", name, str(_in(part, "kind")))
        if isinstance(runs, dict):
            yield from _lost((*here, "run"), "run", _in(part, "run"), runs)
            for step, other in others_of(_in(part, "plane")):
                yield from _lost((*here, "plane", *step), "run", other, runs)
        if isinstance(surfaces or {}, dict):
            yield from _lost((*here, "surface"), "surface", _in(part, "surface"), surfaces or {})
        for place, surface in enumerate(_listed(part, "surfaces")):
            if isinstance(surfaces or {}, dict):
                yield from _lost((*here, "surfaces", place), "surface", surface, surfaces or {})


def _lost_others(location: Location, surface: Any, runs: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the other runs of a surface that are not there, or are its own."""
    own = _in(surface, "run")
    others = [name for name in runs if name != own]
    for step, name in _named_by(surface):
        if name == own and name in runs:
            yield (*location, *step), name, f'"{name}" is the surface\'s own run; {_others(others)}'
        else:
            yield from _lost((*location, *step), "run", name, others)


def surface_at(name: str) -> Location:
    return "surfaces", name, MEASURED


def _listed(holder: Any, key: str) -> list[Any]:
    found = _in(holder, key)
    return list(found) if isinstance(found, list | tuple) else []


def _others(names: list[str]) -> str:
    return f"name another: {', '.join(names)}" if names else "add another under runs"


def _named_by(surface: Any) -> list[tuple[Location, Any]]:
    """Returns the other runs in the plain data of a surface, of its plane and of its paths, with their locations."""
    planes = [(("plane", *step), name) for step, name in others_of(_in(surface, "plane"))]
    return [*planes, *((("paths", index), name) for index, name in enumerate(_listed(surface, "paths")))]


def _lost(location: Location, family: str, name: Any, known: Collection[str]) -> Iterator[Fault]:
    if isinstance(name, str) and name not in known:
        yield location, name, f'there is no {family} "{name}"; {nearest(name, known)}'


def _in(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None
