"""The plane of the picture: how its two directions in parameter space are chosen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from render.scene.part import Part


class Pca(Part):
    """The two directions in which the training moved most."""

    kind: Literal["pca"] = "pca"


class Random(Part):
    """Two random directions through the trained parameters."""

    kind: Literal["random"] = "random"
    norm: Literal["filter", "layer", "model", "none"] = Field(
        default="filter",
        description="what each direction is scaled to match: filter (each output unit), layer, model, or none",
    )
    ignore: Literal["none", "biasbn"] = Field(
        default="biasbn", description="parameters that stay where they are: biasbn (biases and batch norm) or none"
    )
    seed: int | None = Field(
        default=None, ge=0, lt=2**32, description="seed of the directions; the scene's own when absent"
    )


Plane = Annotated[Pca | Random, Field(discriminator="kind")]
