"""The series: surfaces on one grid, one after the other, which a shot morphs through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.changed import varied
from render.scene.duration import Duration
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.moment import PathMoment
from render.scene.part import Name, Part, refusal
from render.scene.plane import RANGES, Osculating, Pca, PlaneSettings, Random
from render.scene.surface import Count, EpochSettings, ObjectiveSettings, Range, Span, SurfaceSettings, epoch_fault
from render.scene.words import Label

OBJECTIVE = "objective"
DIGITS = 6  # of a share of the path
MARGIN = "empty ground on each side, fraction of the longer extent of the path"
EASE = "how it morphs: stops comes to rest at each of its surfaces, whole only at the first and the last"


@dataclass(frozen=True)
class Member:
    """One surface of a series, as it is measured."""

    stop: str  # what it is called within the series
    surface: SurfaceSettings
    change: tuple[str, Any] | None = None  # a key of its run, and the value that it has there


class SeriesSettings(Part):
    """What all series have in common."""

    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None, examples=["Réseau A"], description="what it is called on pictures; its name when absent"
    )
    ease: Literal["stops", "whole"] = Field(default="stops", description=EASE)
    hold: Annotated[Duration, Field(ge=0)] = Field(
        default=1.0,
        description="time at the beginning and at the end of a shot when it rests, seconds or with a unit; at most a "
        "quarter of the shot each",
    )


class MeasuredSeries(SeriesSettings):
    """What all series have in common whose surfaces are measured for them."""

    run: Annotated[Name, InKey.NAME] = Field(description="name of the run under runs")
    objective: ObjectiveSettings = Field(default=ObjectiveSettings(), description="the loss that is measured")
    points: Annotated[tuple[Count, Count], Field(strict=False)] = Field(
        description="points along α and along β of each surface"
    )
    range: Range | None = Field(
        default=None,
        examples=[{"alpha": [-1, 1], "beta": [-1, 1]}],
        description="part of the plane in its own units; excludes margin",
    )
    mode: Literal["exact", "adaptive"] = Field(default="exact", description="how each surface is measured")
    tolerance: float | None = Field(
        default=None, gt=0, le=0.5, description="largest error of adaptive, as of a surface; 0.002"
    )
    strategy: Literal["auto", "loop", "folded", "compiled", "dense-eager", "dense-compiled", "native"] = Field(
        default="auto", description="how points are computed, as of a surface"
    )
    budget: Annotated[Annotated[Duration, Field(gt=0)] | None, InKey.APART] = Field(
        default=None,
        description="time for measuring the whole series, seconds or with a unit, shared out evenly among its "
        "surfaces; needs mode adaptive",
    )

    def surface(self, plane: Part, **changes: Any) -> SurfaceSettings:
        """Returns a surface of it on a plane; raises ValidationError where there is none such."""
        alike = ("run", OBJECTIVE, "points", "range", "mode", "tolerance", "strategy")
        return SurfaceSettings.model_validate(
            {**{name: getattr(self, name) for name in alike}, "plane": plane, **changes}
        )


class RideAlong(MeasuredSeries):
    """The ground around the network while it learns: the plane is centred anew on it at every stop."""

    kind: Literal["ride-along"] = "ride-along"
    ease: Literal["stops", "whole"] = Field(default="whole", description=EASE)
    stops: int = Field(default=24, ge=2, le=500, description="moments of the training at which it is measured")
    pace: Literal["steps", "arc"] = Field(
        default="arc", description="what lies evenly between stops: steps, or the way through parameter space"
    )
    axes: Literal["fixed", "follow"] = Field(
        default="fixed",
        description="directions of the plane: fixed are the path's two main ones; follow takes those of its velocity "
        "and acceleration at each stop, turned to be as near as can be to those before",
    )
    window: int = Field(
        default=16,
        ge=1,
        le=100_000,
        description="logged points on each side of a stop that axes follow: 4 follows every turn, 40 the wide ones",
    )
    margin: float | None = Field(default=None, ge=0.01, le=100, description=f"{MARGIN}; 0.75")

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        list(self.members())
        return self

    def members(self) -> Iterator[Member]:
        """Gives its surfaces; raises ValidationError where there are none such."""
        moments = moments_of(self.stops, self.pace)
        for number, moment in enumerate(moments):
            plane = (
                Pca(origin=moment)
                if self.axes == "fixed"
                else Osculating(at=moment, window=self.window, after=moments[:number])
            )
            yield Member(f"{number + 1:02d}", self.surface(plane, margin=self.margin))


class Epochs(MeasuredSeries):
    """One plane, measured with what each epoch of the training had: statistics, order of data, or augmentation."""

    kind: Literal["epochs"] = "epochs"
    epochs: list[Annotated[int, Field(ge=0, le=10_000_000)]] = Field(
        min_length=2,
        max_length=500,
        examples=[[1, 2, 5, 10]],
        description="numbers of the epochs, rising; 1 is the first",
    )
    of: Literal["statistics", "order", "augmentation"] = Field(
        default="statistics",
        description="what each epoch lends: batch norm's statistics as they were at its end, the order in which it "
        "took the examples, whose first ones are measured, or how it changed their images",
    )
    plane: PlaneSettings = Field(
        default=Pca(), description=f"how the two directions are chosen: {kinds_of(PlaneSettings)}"
    )
    margin: float | None = Field(default=None, ge=0, le=100, description=f"{MARGIN}; only for a pca plane, 0.75")

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        for place, (before, after) in enumerate(zip(self.epochs, self.epochs[1:], strict=False)):
            if before >= after:
                raise refusal((("epochs", place + 1), after, f"{after} does not rise above {before} before it"))
        sentence = epoch_fault(self.objective, self.of, self.epochs[0])
        if sentence:
            raise refusal((("of",), self.of, sentence))
        list(self.members())
        return self

    def members(self) -> Iterator[Member]:
        """Gives its surfaces; raises ValidationError where there are none such."""
        for number in self.epochs:
            epoch = EpochSettings(number=number, of=self.of)
            objective = self.objective.model_copy(update={"epoch": epoch})
            yield Member(f"epoch={number}", self.surface(self.plane, margin=self.margin, objective=objective))


class Vary(Part):
    """A key and the values that it takes one after the other."""

    key: str = Field(
        min_length=3,
        max_length=100,
        examples=["network.width"],
        description="key of the run, such as network.width, training.optimiser.weight_decay or data.label_noise; or of "
        "the objective, such as objective.examples or objective.split",
    )
    values: list[Any] = Field(
        min_length=2, max_length=100, examples=[[1, 2, 4, 8]], description="its values, in the order of the film"
    )


class Hyperparameter(MeasuredSeries):
    """Surfaces that differ in one value: of the run, which is trained for each of them, or of the objective."""

    kind: Literal["hyperparameter"] = "hyperparameter"
    vary: Vary = Field(description="what they differ in")
    plane: PlaneSettings = Field(
        default=Random(), description=f"how the two directions are chosen on each: {kinds_of(PlaneSettings)}"
    )
    margin: float | None = Field(
        default=None, ge=0, le=100, description=f"{MARGIN}; only for a pca plane, and a key of the objective; 0.75"
    )

    @property
    def of_objective(self) -> bool:
        """Whether it varies the loss that is measured, not the run."""
        return self.vary.key.split(".")[0] == OBJECTIVE

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        if self.plane.kind not in RANGES and self.range is None and not self.of_objective:
            sentence = f"a {self.plane.kind} plane of each run would have a grid of its own; give range"
            raise refusal((("margin",), self.margin, sentence))
        list(self.members())
        return self

    def members(self) -> Iterator[Member]:
        """Gives its surfaces; raises ValidationError where there are none such."""
        for place, value in enumerate(self.vary.values):
            stop = f"{self.vary.key.rpartition('.')[2]}={said(value)}"
            if not self.of_objective:
                yield Member(stop, self.surface(self.plane, margin=self.margin), (self.vary.key, value))
                continue
            key = self.vary.key.removeprefix(f"{OBJECTIVE}.")
            objective = varied(self.objective, key, value, ("vary",), ("vary", "values", place))
            yield Member(stop, self.surface(self.plane, margin=self.margin, objective=objective))


class Blend(MeasuredSeries):
    """Planes through the path along its velocity and acceleration, joined on the pca plane by Gaussian weights.

    It is one terrain, on which the path lies, and does not morph.
    """

    kind: Literal["blend"] = "blend"
    stops: int = Field(default=24, ge=2, le=500, description="moments of the training through which planes are laid")
    pace: Literal["steps", "arc"] = Field(
        default="arc", description="what lies evenly between them: steps, or the way through parameter space"
    )
    window: int = Field(
        default=16,
        ge=1,
        le=100_000,
        description="logged points on each side of a moment that velocity and acceleration are fitted to",
    )
    width: float = Field(
        default=0.5,
        gt=0,
        le=100,
        description="standard deviation of the weights, in mean distances between neighbouring moments: 0.3 keeps "
        "planes apart, 0.5 joins neighbours, 2 smooths over several and leaves the path",
    )
    margin: float | None = Field(default=None, ge=0, le=100, description=f"{MARGIN}; 0.75")

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        list(self.members())
        return self

    def members(self) -> Iterator[Member]:
        """Gives its surfaces, the pca plane that they are joined on first."""
        yield Member("pca", self.surface(Pca(), margin=self.margin))
        for number, moment in enumerate(moments_of(self.stops, self.pace), 1):
            plane = Osculating(at=moment, window=self.window, coordinates="pca")
            yield Member(f"{number:02d}", self.surface(plane, margin=self.margin))


class Zoom(SeriesSettings):
    """Ever smaller windows around one point of a surface of hyperparameters, each measured anew."""

    kind: Literal["zoom"] = "zoom"
    ease: Literal["stops", "whole"] = Field(default="whole", description=EASE)
    surface: Name = Field(examples=["border"], description="name of the surface under surfaces, its first window")
    at: Span = Field(examples=[[12.5, 40]], description="values of α and β at the point that stays where it is")
    factor: float = Field(
        default=2.0, gt=1, le=16, description="extent of a window / that of the next; 1.5 stays sharp, 4 saves time"
    )
    stops: int = Field(default=12, ge=2, le=500, description="windows, the first one included")


class Listed(SeriesSettings):
    """Surfaces that the scene has already, in the order of the film."""

    kind: Literal["surfaces"] = "surfaces"
    surfaces: list[Name] = Field(
        min_length=2, max_length=500, examples=[["before", "after"]], description="names of the surfaces under surfaces"
    )


AnyMeasuredSeries = RideAlong | Epochs | Hyperparameter | Blend
AnySeries = Annotated[RideAlong | Epochs | Hyperparameter | Blend | Zoom | Listed, Field(discriminator="kind")]


def moments_of(count: int, pace: str) -> list[PathMoment]:
    """Returns so many moments of a path, evenly from its first point to its last."""
    shares = [round(number / (count - 1), DIGITS) for number in range(count)]
    return [PathMoment(arc=share) if pace == "arc" else PathMoment(share=share) for share in shares]


def said(value: Any) -> str:
    """Returns a value as a name within a series has it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "×".join(map(said, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
