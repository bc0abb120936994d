"""How a network is trained, and how often its parameters are logged."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.language.anatomy import kinds_of
from render.scene.part import Location, Part, refusal

Decay = Annotated[float, Field(ge=0)]
DECAY = "pull of the parameters towards zero, per unit of learning rate"
MOMENTUM = "share of the last step that is kept"
Beta = Annotated[float, Field(ge=0, lt=1)]
Betas = Annotated[tuple[Beta, Beta], Field(strict=False)]


class Sgd(Part):
    """Stochastic gradient descent."""

    kind: Literal["sgd"] = "sgd"
    lr: float = Field(gt=0, description="learning rate")
    momentum: float = Field(default=0.0, ge=0, lt=1, description=f"{MOMENTUM}; 0 is none")
    nesterov: bool = Field(default=False, description="whether momentum looks ahead; needs momentum above 0")
    weight_decay: Decay = Field(default=0.0, description=DECAY)

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise refusal((("nesterov",), True, "true needs momentum; set momentum above 0, or leave nesterov out"))
        return self


class Momentum(Part):
    """Stochastic gradient descent with the heavy ball (Polyak 1964)."""

    kind: Literal["momentum"] = "momentum"
    lr: float = Field(gt=0, description="learning rate")
    momentum: float = Field(default=0.9, gt=0, lt=1, description=MOMENTUM)
    weight_decay: Decay = Field(default=0.0, description=DECAY)


class Nesterov(Part):
    """Stochastic gradient descent with a momentum that looks ahead (Nesterov 1983)."""

    kind: Literal["nesterov"] = "nesterov"
    lr: float = Field(gt=0, description="learning rate")
    momentum: float = Field(default=0.9, gt=0, lt=1, description=MOMENTUM)
    weight_decay: Decay = Field(default=0.0, description=DECAY)


class Adam(Part):
    """Adam: steps scaled by running means of the gradient and of its square (Kingma and Ba 2014)."""

    kind: Literal["adam"] = "adam"
    lr: float = Field(default=1e-3, gt=0, description="learning rate")
    betas: Betas = Field(default=(0.9, 0.999), description="shares of both running means that are kept")
    weight_decay: Decay = Field(default=0.0, description="pull of the parameters towards zero, added to the gradient")


class Adamw(Part):
    """Adam with a weight decay that does not go through its scaling (Loshchilov and Hutter 2017)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = Field(default=1e-3, gt=0, description="learning rate")
    betas: Betas = Field(default=(0.9, 0.999), description="shares of both running means that are kept")
    weight_decay: Decay = Field(default=0.01, description=DECAY)


class Rmsprop(Part):
    """RMSprop: steps scaled by a running mean of the square of the gradient (Hinton 2012)."""

    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = Field(default=1e-3, gt=0, description="learning rate")
    smoothing: Beta = Field(default=0.99, description="share of the running mean that is kept")
    momentum: float = Field(default=0.0, ge=0, lt=1, description=f"{MOMENTUM}; 0 is none")
    weight_decay: Decay = Field(default=0.0, description="pull of the parameters towards zero, added to the gradient")


class Adagrad(Part):
    """Adagrad: steps scaled by the sum of all squares of the gradient (Duchi et al. 2011)."""

    kind: Literal["adagrad"] = "adagrad"
    lr: float = Field(default=1e-2, gt=0, description="learning rate")
    weight_decay: Decay = Field(default=0.0, description="pull of the parameters towards zero, added to the gradient")


class Lbfgs(Part):
    """L-BFGS: a quasi-Newton method with a line search, best on all examples at once."""

    kind: Literal["lbfgs"] = "lbfgs"
    lr: float = Field(default=1.0, gt=0, description="length of a first try / length of the quasi-Newton step")
    iterations: int = Field(default=4, ge=1, le=1000, description="iterations within one step")
    history: int = Field(default=10, ge=1, le=200, description="past iterations that make the curvature")


class Muon(Part):
    """Muon: momentum, made orthogonal, for the matrices; AdamW at a tenth of the rate for all else (Jordan 2024)."""

    kind: Literal["muon"] = "muon"
    lr: float = Field(default=0.02, gt=0, description="learning rate of the matrices")
    momentum: float = Field(default=0.95, gt=0, lt=1, description=MOMENTUM)
    weight_decay: Decay = Field(default=0.0, description=DECAY)


class Gd(Part):
    """Plain gradient descent on all training examples at once."""

    kind: Literal["gd"] = "gd"
    lr: float = Field(gt=0, description="learning rate")
    weight_decay: Decay = Field(default=0.0, description=DECAY)


Optimiser = Annotated[
    Sgd | Momentum | Nesterov | Adam | Adamw | Rmsprop | Adagrad | Lbfgs | Muon | Gd, Field(discriminator="kind")
]
FULL_BATCH = ("gd", "lbfgs")  # kinds that may take all examples at once


class ScheduleSettings(Part):
    """What all schedules have in common."""

    warmup: int = Field(default=0, ge=0, description="first steps, in which the learning rate rises evenly from zero")


class Constant(ScheduleSettings):
    """The learning rate stays."""

    kind: Literal["constant"] = "constant"


class StepDown(ScheduleSettings):
    """The learning rate falls by a factor, again and again."""

    kind: Literal["step"] = "step"
    every: int = Field(ge=1, description="steps from one fall to the next")
    factor: float = Field(default=0.1, gt=0, lt=1, description="learning rate after a fall / before it")


class Cosine(ScheduleSettings):
    """The learning rate falls along half a cosine."""

    kind: Literal["cosine"] = "cosine"
    floor: float = Field(default=0.0, ge=0, lt=1, description="learning rate in the end / at first")


class OneCycle(Part):
    """The learning rate rises and falls along half cosines (Smith and Topin 2017)."""

    kind: Literal["one-cycle"] = "one-cycle"
    peak: float = Field(default=0.3, gt=0, lt=1, description="when it is highest, share of all steps")
    start: float = Field(default=0.04, ge=0, lt=1, description="learning rate at first / at its highest")
    end: float = Field(default=0.0, ge=0, lt=1, description="learning rate in the end / at its highest")


AnySchedule = Annotated[Constant | StepDown | Cosine | OneCycle, Field(discriminator="kind")]


class Training(Part):
    """A training from the first to the last step."""

    optimiser: Optimiser = Field(description=f"rule of the steps: {kinds_of(Optimiser)}")
    schedule: AnySchedule = Field(
        default=Constant(), description=f"learning rate over the steps: {kinds_of(AnySchedule)}"
    )
    loss: Literal["cross-entropy", "squared-error"] = Field(
        default="cross-entropy",
        description="cross-entropy in nats, or squared-error of the outputs to one-hot classes (or to values)",
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of each label that is spread over all classes; cross-entropy only"
    )
    clip: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="longest gradient; a longer one is shortened to it"
    )
    batch: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="examples of each step; none for gd, which takes all, and lbfgs where it does"
    )
    steps: int = Field(ge=1, le=10_000_000, description="steps of the optimiser")
    every: int = Field(default=1, ge=1, description="steps from one logged point of the path to the next")
    stored: Literal["float32", "float16"] = Field(
        default="float32",
        description="how logged points are kept; float16 keeps differences to full ones, in half the room",
    )

    @model_validator(mode="after")
    def _logs_something(self) -> Self:
        if self.every > self.steps:
            raise refusal((("every",), self.every, f"{self.every} is more than the {self.steps} steps of the training"))
        return self

    @model_validator(mode="after")
    def _has_batches_where_it_needs_them(self) -> Self:
        kind, faults = self.optimiser.kind, list[tuple[Location, Any, str]]()
        if self.batch is None and kind not in FULL_BATCH:
            faults.append(
                (("batch",), None, f"is missing, {kind} takes some examples at a time; set batch, such as 64")
            )
        if self.batch is not None and kind == "gd":
            faults.append((("batch",), self.batch, "has no use where gd takes all examples; leave it out, or use sgd"))
        if self.label_smoothing and self.loss != "cross-entropy":
            sentence = f"has no use for {self.loss}; leave it out, or set loss to cross-entropy"
            faults.append((("label_smoothing",), self.label_smoothing, sentence))
        if faults:
            raise refusal(*faults)
        return self
