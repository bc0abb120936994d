"""The plane of the picture: how its two directions in parameter space are chosen."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from render.scene.key import InKey, OwnSeed
from render.scene.moment import PathMoment
from render.scene.part import Location, Name, Part, refusal

Bounds = tuple[float, float]
AROUND: tuple[Bounds, Bounds] = ((-1.0, 1.0), (-1.0, 1.0))
RANGES: dict[str, tuple[Bounds, Bounds]] = {  # of α and β where a scene says none; a pca plane has a margin instead
    "random": AROUND,
    "hessian": AROUND,
    "gradient": AROUND,
    "between": ((-0.5, 1.5), (-1.0, 1.0)),
    "three": ((-0.5, 1.5), (-0.5, 1.5)),
}


def _named_or_moment(value: Any) -> str:
    return "moment" if isinstance(value, dict | PathMoment) else "named"


Origin = Annotated[
    Annotated[Literal["last", "mean", "first"], Tag("named")] | Annotated[PathMoment, Tag("moment")],
    Discriminator(_named_or_moment),
]


class Pca(Part):
    """The two directions in which the training moved most."""

    kind: Literal["pca"] = "pca"
    origin: Origin = Field(
        default="last",
        description="point of the path that the plane goes through: its last, its mean or its first, or a moment of "
        "it, which is then in the middle of a margin",
    )
    of: Literal["own", "all"] = Field(
        default="own", description="whose moves count: those of the surface's own run, or of all paths on it"
    )


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
    seed: OwnSeed = Field(default=None, description="seed of the directions; the scene's own when absent")
    orthogonal: bool = Field(default=False, description="whether the two directions are turned to a right angle")


class Hessian(Part):
    """The two directions of largest curvature at the end of the run."""

    kind: Literal["hessian"] = "hessian"


class Gradient(Part):
    """The direction of steepest descent at the end of the run, and a random one at right angles to it."""

    kind: Literal["gradient"] = "gradient"
    seed: OwnSeed = Field(default=None, description="seed of the random direction; the scene's own when absent")


class Between(Part):
    """From the end of the run (α = 0) to that of another (α = 1), and a random direction at right angles, as long."""

    kind: Literal["between"] = "between"
    run: Annotated[Name, InKey.NAME] = Field(examples=["b"], description="name of the other run under runs")
    seed: OwnSeed = Field(default=None, description="seed of the random direction; the scene's own when absent")


class Three(Part):
    """Through the ends of the run (0, 0) and of two others: the first at (1, 0), the second where β is positive."""

    kind: Literal["three"] = "three"
    runs: Annotated[tuple[Name, Name], Field(strict=False), InKey.NAME] = Field(
        examples=[["b", "c"]], description="names of the other two runs"
    )

    @model_validator(mode="after")
    def _ends_at_three_places(self) -> Self:
        first, second = self.runs
        if first == second:
            raise refusal((("runs", 1), second, f'run "{second}" is named twice; name two others'))
        return self


class Osculating(Part):
    """The plane of a path's velocity and acceleration at a moment, through the point of the path there."""

    kind: Literal["osculating"] = "osculating"
    at: PathMoment = Field(default=PathMoment(share=1.0), description="moment of the path; its last point when absent")
    window: int = Field(
        default=16,
        ge=1,
        le=100_000,
        description="logged points on each side that velocity and acceleration are fitted to: 4 follows every turn, "
        "40 only the wide ones",
    )
    after: list[PathMoment] = Field(
        default=[],
        max_length=500,
        description="moments before it, in order; the axes of each are turned to be as near as can be to those of the "
        "one before, and those of the first to the pca plane's",
    )
    coordinates: Literal["own", "pca"] = Field(
        default="own",
        description="own measures along its axes; pca in those of the pca plane, each of whose points stands for the "
        "nearest one of this plane",
    )


PlaneSettings = Annotated[Pca | Random | Hessian | Gradient | Between | Three | Osculating, Field(discriminator="kind")]


def others_of(plane: Any) -> list[tuple[Location, Any]]:
    """Returns the other runs in the plain data of a plane, which may be wrong, each with its location there.

    The location begins with the plane's kind, as pydantic's own do.
    """
    if not isinstance(plane, dict):
        return []
    if plane.get("kind") == "between":
        return [(("between", "run"), plane.get("run"))]
    if plane.get("kind") == "three" and isinstance(plane.get("runs"), list | tuple):
        return [(("three", "runs", index), name) for index, name in enumerate(plane["runs"])]
    return []
