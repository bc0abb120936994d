"""The line to measure: whose loss, along which direction through parameter space, how far."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.key import InKey, OwnSeed
from render.scene.language.anatomy import kinds_of
from render.scene.language.nearest import nearest
from render.scene.part import Fault, Name, Part, refusal
from render.scene.surface import ObjectiveSettings, Span
from render.scene.words import Label

REACH: dict[str, tuple[float, float]] = {  # of α, where a scene says none; of one weight it follows from its value
    "random": (-1.0, 1.0),
    "gradient": (-1.0, 1.0),
    "between": (-0.5, 1.5),
}


class AlongRandom(Part):
    """A random direction; α counts its length."""

    kind: Literal["random"] = "random"
    norm: Literal["filter", "layer", "model", "none"] = Field(
        default="filter",
        description="what the direction is scaled to match: filter (each output unit), layer, model, or none",
    )
    ignore: Literal["none", "biasbn"] = Field(
        default="biasbn", description="parameters that stay where they are: biasbn (biases and batch norm) or none"
    )
    seed: OwnSeed = Field(default=None, description="seed of the direction; the scene's own when absent")


class AlongGradient(Part):
    """The direction in which the loss rises most; α counts units of the weights."""

    kind: Literal["gradient"] = "gradient"


class AlongRun(Part):
    """From the end of the run (α = 0) to that of another (α = 1)."""

    kind: Literal["between"] = "between"
    run: Annotated[Name, InKey.NAME] = Field(examples=["b"], description="name of the other run under runs")


class AlongWeight(Part):
    """One weight alone; α is its own value."""

    kind: Literal["weight"] = "weight"
    layer: int = Field(default=0, ge=0, le=10_000, description="layer with weights, counted from 0 at the inputs")
    of: Literal["weight", "bias"] = Field(default="weight", description="whether it is a weight or a bias of the layer")
    index: list[Annotated[int, Field(ge=0)]] = Field(
        default=[0, 0],
        max_length=8,
        description="its place in the layer's array, counted from 0: [output, input] of a linear layer, [output] of a "
        "bias",
    )


AlongSettings = Annotated[AlongRandom | AlongGradient | AlongRun | AlongWeight, Field(discriminator="kind")]


class LineSettings(Part):
    """The loss of a run's network along a line through parameter space."""

    run: Annotated[Name, InKey.NAME] = Field(description="name of the run under runs")
    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None,
        examples=["the weight"],
        description="what α is called under its axis, in free text; its direction in words when absent",
    )
    objective: ObjectiveSettings = Field(default=ObjectiveSettings(), description="the loss that is measured")
    along: AlongSettings = Field(
        default=AlongGradient(), description=f"direction of the line: {kinds_of(AlongSettings)}"
    )
    through: Literal["last", "first"] = Field(
        default="last", description="point of the run's path that the line goes through: its last or its first"
    )
    range: Span | None = Field(
        default=None,
        description="lowest and highest α; when absent −1 to 1, −0.5 to 1.5 along the way to another run, and for one "
        "weight its value and twice that on either side, but 2 at least",
    )
    points: int = Field(default=400, ge=3, le=1_000_000, description="points along the line, every one measured")
    strategy: Literal["auto", "loop", "folded", "compiled", "dense-eager", "dense-compiled", "native"] = Field(
        default="auto",
        description="how points are computed; auto takes the fastest of those that fit the network, by timing",
    )

    @model_validator(mode="after")
    def _is_a_line(self) -> Self:
        if self.range is not None and self.range[0] >= self.range[1]:
            low, high = self.range
            sentence = f"[{low:g}, {high:g}] does not rise; write the lower bound first"
            raise refusal((("range",), self.range, sentence))
        if self.along.kind == "between" and self.through == "first":
            sentence = "a line between runs goes through their ends; leave it out"
            raise refusal((("through",), self.through, sentence))
        if self.along.kind == "gradient" and not self.has_derivatives:
            sentence = "needs derivatives of the loss, which this objective has none of; choose another direction"
            raise refusal((("along",), "gradient", sentence))
        return self

    @property
    def has_derivatives(self) -> bool:
        """Whether the loss that is measured can be differentiated."""
        return self.objective.bn != "recalibrated" and self.objective.dropout == "off"

    @property
    def reach(self) -> tuple[float, float] | None:
        """The lowest and highest α, where they are known before the run is."""
        return self.range or REACH.get(self.along.kind)


def other_of(line: Any) -> str | None:
    """Returns the other run in the plain data of a line, which may be wrong, or None."""
    along = line.get("along") if isinstance(line, Mapping) else None
    other = along.get("run") if isinstance(along, Mapping) and along.get("kind") == "between" else None
    return other if isinstance(other, str) else None


def lost_lines(scene: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the names of lines that lead nowhere, and those of lines, in the plain data of a scene."""
    runs, lines, shots = scene.get("runs"), scene.get("lines"), scene.get("shots")
    if isinstance(runs, dict) and isinstance(lines, dict):
        for name, line in lines.items():
            own = line.get("run") if isinstance(line, dict) else None
            yield from _lost(("lines", name, "run"), "run", own, runs)
            other, location = other_of(line), ("lines", name, "along", "between", "run")
            if other is not None and other == own and own in runs:
                yield location, other, f'"{other}" is the line\'s own run; name another'
            else:
                yield from _lost(location, "run", other, [run for run in runs if run != own])
    if isinstance(shots, list):
        for index, shot in enumerate(shots):
            name = shot.get("line") if isinstance(shot, dict) else None
            yield from _lost(("shots", index, "line"), "line", name, lines if isinstance(lines, dict) else {})


def _lost(location: tuple[str | int, ...], family: str, name: Any, known: Collection[str]) -> Iterator[Fault]:
    if isinstance(name, str) and name not in known:
        there = nearest(name, known) if known else f"add it under {family}s"
        yield location, name, f'there is no {family} "{name}"; {there}'
