"""The scene: everything that a film or a print is made from.

Named maps hold what is made once and used by name: runs, surfaces, stills, films.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.data import Data
from render.scene.look import Look
from render.scene.nearest import nearest
from render.scene.network import Network
from render.scene.output import Film, Still
from render.scene.part import Location, Name, Part, refusal
from render.scene.shot import Shot
from render.scene.surface import Surface
from render.scene.training import Training

VERSION = 1
Fault = tuple[Location, Any, str]


class Run(Part):
    """One training of one network on one data set."""

    data: Data = Field(description="data that the network learns: digits or spirals")
    network: Network = Field(description="network that is trained: mlp")
    training: Training = Field(description="way it is trained")


class Scene(Part):
    """A scene of Thalweg."""

    thalweg: Literal[1] = Field(description="version of the scene language: 1")
    title: str = Field(min_length=1, max_length=200, description="title on the picture")
    seed: int = Field(default=0, ge=0, lt=2**32, description="seed of everything random in the scene")
    runs: dict[Name, Run] = Field(description="trainings, by name")
    surfaces: dict[Name, Surface] = Field(default={}, description="surfaces to measure, by name")
    look: Look = Field(default_factory=lambda: Look.model_validate({}), description="relief, colour, light and air")
    shots: list[Shot] = Field(default=[], max_length=1000, description="shots, in the order of the film")
    stills: dict[Name, Still] = Field(default={}, description="pictures to make, by name")
    films: dict[Name, Film] = Field(default={}, description="films to make, by name")

    @property
    def duration(self) -> float:
        """Length of all shots, seconds."""
        return sum(shot.duration for shot in self.shots)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = [*dangling(self.model_dump(include={"runs", "surfaces", "shots"})), *self._moments()]
        if faults:
            raise refusal(*faults)
        return self

    def _moments(self) -> Iterator[Fault]:
        """Gives the stills and films that the shots do not reach."""
        for family, outputs in (("stills", self.stills), ("films", self.films)):
            if outputs and not self.shots:
                yield (family,), None, "need at least one shot; add it under shots"
        end = self.duration
        for name, still in self.stills.items():
            if self.shots and still.at > end:
                yield ("stills", name, "at"), still.at, f"{still.at:g} s is after the end of the shots, {end:g} s"


def dangling(scene: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the names that lead nowhere in the plain data of a scene, which may be wrong in other ways."""
    runs, surfaces, shots = scene.get("runs"), scene.get("surfaces"), scene.get("shots")
    if isinstance(runs, dict) and isinstance(surfaces, dict):
        for name, surface in surfaces.items():
            yield from _lost(("surfaces", name, "run"), surface, runs)
    if isinstance(surfaces, dict) and isinstance(shots, list):
        for index, shot in enumerate(shots):
            yield from _lost(("shots", index, "surface"), shot, surfaces)


def _lost(location: Location, holder: Any, known: Mapping[str, Any]) -> Iterator[Fault]:
    family = str(location[-1])
    name = holder.get(family) if isinstance(holder, dict) else None
    if isinstance(name, str) and name not in known:
        yield location, name, f'there is no {family} "{name}"; {nearest(name, known)}'


def resolved(scene: Scene) -> dict[str, Any]:
    """Returns the complete scene for JSON, with every default written out; loading it gives the same scene."""
    return scene.model_dump(mode="json")
