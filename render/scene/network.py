"""The network whose loss becomes the terrain."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.part import Part

Width = Annotated[int, Field(ge=1, le=4096)]


class Mlp(Part):
    """Fully connected layers; without hidden layers it is a linear model."""

    kind: Literal["mlp"] = "mlp"
    widths: list[Width] = Field(max_length=16, description="units of each hidden layer; may be empty")
    activation: Literal["relu", "tanh", "sigmoid", "gelu", "silu"] = Field(
        default="tanh",
        description="between layers: tanh, sigmoid, gelu and silu give smooth ground, relu gives creases",
    )


Network = Mlp
