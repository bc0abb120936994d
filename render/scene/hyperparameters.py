"""A surface of trainings: each point is a whole training of one tiny network, each axis a hyperparameter of it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.duration import Duration
from render.scene.key import InKey, OwnSeed
from render.scene.part import Fault, Part, refusal
from render.scene.surface import MOST_POINTS, Count, Span
from render.scene.words import Label

OF = "hyperparameters"
HyperparameterName = Literal["lr", "lr-1", "lr-2", "momentum", "initial-scale", "weight-decay"]
RATES = ("lr", "lr-1", "lr-2")
FINEST = {"float32": 5e-7, "float64": 1e-15}  # of a value, the least step between two points; some four roundings
MOST_WORK = 4096  # weights of the first layer; more are no tiny network


class HyperparameterAxis(Part):
    """One axis: which hyperparameter, from where to where."""

    of: HyperparameterName = Field(
        description="hyperparameter along the axis; lr is the learning rate of both layers, lr-1 that of the first, "
        "lr-2 that of the second"
    )
    range: Span = Field(examples=[[0.1, 1000]], description="lowest and highest value")
    scale: Literal["logarithmic", "linear"] = Field(
        default="logarithmic",
        description="what lies evenly between points: the logarithm of the value, or the value; momentum is linear "
        "where nothing is said",
    )

    @model_validator(mode="before")
    @classmethod
    def _momentum_is_linear(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("of") == "momentum":
            return {"scale": "linear", **data}
        return data

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        low, high = self.range
        if low >= high:
            sentence = f"[{low:g}, {high:g}] does not rise; write the lower bound first"
            raise refusal((("range",), [low, high], sentence))
        if low < 0:
            raise refusal(
                (("range",), [low, high], f"{low:g} is negative, which no {self.of} is; begin with 0 or more")
            )
        if self.scale == "logarithmic" and low <= 0:
            sentence = f"{low:g} has no logarithm; begin above 0, or set scale to linear"
            raise refusal((("range",), [low, high], sentence))
        if self.of == "momentum" and high > 1:
            raise refusal((("range",), [low, high], f"momentum {high:g} grows by itself; end at 1 or below"))
        return self

    @property
    def places(self) -> tuple[float, float]:
        """The ends of the axis as they are laid out: of a logarithmic one, powers of ten."""
        low, high = self.range
        return (math.log10(low), math.log10(high)) if self.scale == "logarithmic" else (low, high)

    def value(self, place: float) -> float:
        """Returns the value at a place of the axis."""
        return float(10.0**place) if self.scale == "logarithmic" else place

    def place(self, value: float) -> float:
        """Returns the place of a value on the axis."""
        return math.log10(value) if self.scale == "logarithmic" else value

    def between(self, low: float, high: float) -> HyperparameterAxis:
        """Returns the axis from one place to another."""
        return self.model_copy(update={"range": (self.value(low), self.value(high))})

    def finest_step(self, points: int) -> float:
        """Returns the smallest step between two points, as a fraction of the value there."""
        low, high = self.places
        step = (high - low) / (points - 1)
        return step * math.log(10) if self.scale == "logarithmic" else step / high


class TinyNetwork(Part):
    """One hidden layer without biases, and one output."""

    inputs: int = Field(default=16, ge=1, le=256, description="inputs, drawn from a normal distribution")
    width: int = Field(default=16, ge=1, le=256, description="hidden units")
    activation: Literal["tanh", "relu", "linear"] = Field(default="tanh", description="activation of the hidden units")

    @model_validator(mode="after")
    def _is_tiny(self) -> Self:
        if self.inputs * self.width > MOST_WORK:
            sentence = f"{self.inputs} × {self.width} weights are too many for each point; at most {MOST_WORK:,}"
            raise refusal((("width",), self.width, sentence))
        return self


class TrialTraining(Part):
    """How each point is trained, but for what lies along the axes."""

    lr: float | None = Field(default=None, ge=0, description="learning rate of the layers that no axis has")
    momentum: float = Field(default=0.0, ge=0, le=1, description="momentum, as torch has it")
    initial_scale: float = Field(
        default=1.0, ge=0, description="deviation of the first weights, in multiples of 1 / √(inputs of their layer)"
    )
    weight_decay: float = Field(default=0.0, ge=0, description="λ, as torch has it")
    steps: int = Field(default=500, ge=2, le=1_000_000, description="steps of full-batch gradient descent")
    bound: float = Field(
        default=1e6, gt=1, le=1e30, description="multiple of the first loss, above which a training has diverged"
    )


class HyperparameterSurface(Part):
    """Trainings of one tiny network over two of its hyperparameters; the edge where they diverge is a fractal."""

    of: Literal["hyperparameters"] = Field(description="what its points differ in: hyperparameters")
    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None, examples=["Réseau A"], description="what it is called on pictures; its name when absent"
    )
    alpha: HyperparameterAxis = Field(
        examples=[{"of": "lr-1", "range": [0.1, 1000]}], description="hyperparameter from left to right"
    )
    beta: HyperparameterAxis = Field(
        examples=[{"of": "lr-2", "range": [0.1, 1000]}], description="hyperparameter from bottom to top"
    )
    network: TinyNetwork = Field(default=TinyNetwork(), description="network that every point trains")
    examples: int = Field(default=16, ge=1, le=1024, description="examples, whose targets are drawn by lot as well")
    seed: OwnSeed = Field(default=None, description="seed of examples and first weights; the scene's own when absent")
    training: TrialTraining = Field(default=TrialTraining(), description="how every point is trained")
    value: Literal["speed", "loss"] = Field(
        default="speed",
        description="speed is 0 to 1 where a training converged, lower the sooner, and 1 to 2 where it did not, higher "
        "the sooner it diverged; loss is the last one",
    )
    points: Annotated[tuple[Count, Count], Field(strict=False)] = Field(description="points along α and along β")
    precision: Literal["float32", "float64"] = Field(
        default="float32", description="arithmetic of the trainings; float64 takes twice as long and goes deeper"
    )
    strategy: Literal["auto", "native", "batched", "loop"] = Field(
        default="auto", description="how points are trained; auto is native where there is a compiler, else batched"
    )
    budget: Annotated[Annotated[Duration, Field(gt=0)] | None, InKey.APART] = Field(
        default=None,
        description="time for measuring, seconds or with a unit; points are fitted to it, and the caption says so",
    )

    @property
    def axes(self) -> tuple[HyperparameterAxis, HyperparameterAxis]:
        """α and β."""
        return self.alpha, self.beta

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        faults = [*self._of_axes(), *self._of_points()]
        if faults:
            raise refusal(*faults)
        return self

    def _of_axes(self) -> list[Fault]:
        found: list[Fault] = []
        names = {axis.of for axis in self.axes}
        if len(names) == 1 or ("lr" in names and names & {"lr-1", "lr-2"}):
            sentence = f"{self.beta.of} is set along alpha already; choose another"
            return [(("beta", "of"), self.beta.of, sentence)]
        free = [rate for rate in ("lr-1", "lr-2") if not names & {rate, "lr"}]
        if free and self.training.lr is None:
            sentence = f"is missing; add it (no axis has {' and '.join(free)})"
            found.append((("training", "lr"), None, sentence))
        return found

    def _of_points(self) -> list[Fault]:
        columns, rows = self.points
        if columns * rows > MOST_POINTS:
            sentence = f"{columns} × {rows} is {columns * rows:,} points; at most {MOST_POINTS:,} are measured"
            return [(("points",), self.points, sentence)]
        if self.is_too_fine:
            remedy = "set it to float64" if self.precision == "float32" else "take fewer, or a larger range"
            sentence = f"{self.precision} does not tell {columns} × {rows} points apart in this range; {remedy}"
            return [(("precision",), self.precision, sentence)]
        return []

    @property
    def is_too_fine(self) -> bool:
        """Whether neighbours differ by so little that its arithmetic would round them to the same value."""
        steps = [axis.finest_step(count) for axis, count in zip(self.axes, self.points, strict=True)]
        return min(steps) < FINEST[self.precision]
