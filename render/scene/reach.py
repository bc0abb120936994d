"""A place of the path: how far along it a shot begins or ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from render.scene.part import Part


class AtStep(Part):
    """A place of the path by its step."""

    step: int = Field(ge=0, le=10**9, description="step of the training of the first path")


class AtEpoch(Part):
    """A place of the path by its epoch."""

    epoch: float = Field(
        ge=0, le=10**9, description="epoch of the training of the first path; parts of one may be given"
    )


def _what_reach(value: Any) -> str:
    """Returns what a place of the path is meant as."""
    if isinstance(value, Mapping):
        return "epoch" if "epoch" in value else "step"
    return "step" if isinstance(value, AtStep) else "epoch" if isinstance(value, AtEpoch) else "share"


Reach = Annotated[
    Annotated[float, Field(ge=0, le=1), Tag("share")]
    | Annotated[AtStep, Tag("step")]
    | Annotated[AtEpoch, Tag("epoch")],
    Discriminator(_what_reach),
]
