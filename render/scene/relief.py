"""The relief of a scene: the steps that make height from loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from render.scene.part import Part

EDGE = 1.0  # the speed of a training between those that converged, below, and those that did not
FLOOR = 1e-4  # of the logarithm of a loss that is measured, in its own unit


class LogSettings(Part):
    """What the logarithm needs."""

    floor: float = Field(gt=0, description="loss below which everything is level, in the loss's own unit")


class LogStep(Part):
    """Takes the logarithm of the loss; almost always right for cross-entropy."""

    log: LogSettings = Field(description="logarithm of the loss, from a floor upwards")


class ClipSettings(Part):
    """What clipping needs."""

    percentile: float = Field(ge=50, le=100, description="share of the cells that stay, percent; 99 to 99.7")


class ClipStep(Part):
    """Cuts the highest cells down, so that one corner does not rule."""

    clip: ClipSettings = Field(description="levels what lies above a percentile")


class SmoothSettings(Part):
    """What smoothing needs."""

    cells: float = Field(ge=0, le=50, description="standard deviation, cells of the grid")


class SmoothStep(Part):
    """Blurs the height; the caption says so."""

    smooth: SmoothSettings = Field(description="Gaussian blur of the height")


class RankSettings(Part):
    """What ranking needs."""

    edge: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="value that is drawn at half the height; those below it are dealt out over the lower half, those "
        "above over the upper. Absent, all are dealt out over the whole",
    )


class RankStep(Part):
    """Draws each cell as high as the share of cells that lie lower: heights and colours are dealt out evenly."""

    rank: RankSettings = Field(description="height by the share of cells that lie lower, whatever their values")


class ExaggerationStep(Part):
    """Sets how tall the relief stands."""

    exaggeration: float = Field(ge=0, le=2, description="relief height / picture width; 0.25 to 0.45, canyons to 0.6")


STEPS: dict[str, type[Part]] = {
    "log": LogStep,
    "clip": ClipStep,
    "smooth": SmoothStep,
    "rank": RankStep,
    "exaggeration": ExaggerationStep,
}


def _step(value: Any) -> str | None:
    """Returns the name of a step, which is its only key; None for what is not a mapping with one key."""
    if isinstance(value, Part):
        return next(iter(type(value).model_fields))
    return str(next(iter(value))) if isinstance(value, Mapping) and len(value) == 1 else None


ReliefStep = Annotated[
    Annotated[LogStep, Tag("log")]
    | Annotated[ClipStep, Tag("clip")]
    | Annotated[SmoothStep, Tag("smooth")]
    | Annotated[RankStep, Tag("rank")]
    | Annotated[ExaggerationStep, Tag("exaggeration")],
    Discriminator(_step),
]


def clipped_and_moderate() -> list[ReliefStep]:
    """Returns the steps of every relief that a scene leaves open, but for the logarithm."""
    return [ClipStep(clip=ClipSettings(percentile=99.7)), ExaggerationStep(exaggeration=0.3)]


def trained_steps(edge: float | None) -> list[ReliefStep]:
    """Returns the steps of a surface of trainings, where a scene leaves them open: flat, each side evenly."""
    return [RankStep(rank=RankSettings(edge=edge)), ExaggerationStep(exaggeration=0.0)]


def measured_steps() -> list[ReliefStep]:
    """Returns the steps of a surface that is measured, where a scene leaves them open."""
    return [LogStep(log=LogSettings(floor=FLOOR)), *clipped_and_moderate()]
