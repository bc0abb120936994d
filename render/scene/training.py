"""How a network is trained, and how often its parameters are logged."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from render.scene.part import Part, refusal


class Sgd(Part):
    """Stochastic gradient descent."""

    kind: Literal["sgd"] = "sgd"
    lr: float = Field(gt=0, description="learning rate")
    momentum: float = Field(default=0.0, ge=0, lt=1, description="share of the last step that is kept; 0 is none")
    nesterov: bool = Field(default=False, description="whether momentum looks ahead; needs momentum above 0")
    weight_decay: float = Field(
        default=0.0, ge=0, description="pull of the parameters towards zero, per unit of learning rate"
    )

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and self.momentum == 0:
            raise refusal((("nesterov",), True, "true needs momentum; set momentum above 0, or leave nesterov out"))
        return self


class Adam(Part):
    """Adam: steps scaled by running means of the gradient and of its square."""

    kind: Literal["adam"] = "adam"
    lr: float = Field(default=1e-3, gt=0, description="learning rate")
    weight_decay: float = Field(
        default=0.0, ge=0, description="pull of the parameters towards zero, added to the gradient"
    )


Optimiser = Annotated[Sgd | Adam, Field(discriminator="kind")]


class Training(Part):
    """A training from the first to the last step."""

    optimiser: Optimiser = Field(description="rule of the steps: sgd or adam")
    batch: int = Field(ge=1, le=1_000_000, description="examples of each step")
    steps: int = Field(ge=1, le=10_000_000, description="steps of the optimiser")
    every: int = Field(default=1, ge=1, description="steps from one logged point of the path to the next")

    @model_validator(mode="after")
    def _logs_something(self) -> Self:
        if self.every > self.steps:
            raise refusal((("every",), self.every, f"{self.every} is more than the {self.steps} steps of the training"))
        return self
