"""The camera that goes through keyframes."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from render.scene.cameras.rig import Coordinate, Rig, Target
from render.scene.cameras.stand import Distance
from render.scene.duration import Duration
from render.scene.part import Part, refusal

Altitude = Annotated[float, Field(ge=-100, le=1000)]


class Keyframe(Part):
    """Where the camera is at a time, and what it sees; what a key leaves out runs on between the keys that give it."""

    t: Duration = Field(description="time from the beginning of the shot, seconds or with a unit")
    position: Annotated[tuple[Coordinate, Coordinate, Altitude], Field(strict=False)] | None = Field(
        default=None,
        description="where the camera is: α and β, coordinates of the plane, and height above the lowest ground in "
        "picture widths",
    )
    azimuth: Annotated[float, Field(ge=-3600, le=3600)] | None = Field(
        default=None,
        description="where it stands around its target, degrees clockwise from +β; between keys it goes as it is "
        "written, so that 350 to 370 is a short way",
    )
    elevation: Annotated[float, Field(ge=-89, le=89)] | None = Field(
        default=None, description="its height above the target's horizon, degrees"
    )
    distance: Distance | None = Field(
        default=None, description="from the target, picture widths; auto, and where no key has one, fits the terrain"
    )
    target: Target | None = Field(
        default=None, description="what it looks at: start, end, head, lowest or [α, β]; auto is the middle"
    )
    angle: Annotated[float, Field(ge=5, le=100)] | None = Field(
        default=None, description="vertical view angle, degrees; where no key has one, that of the camera"
    )


class Keyframes(Rig):
    """Goes through keys on smooth curves that never overshoot, and rests at the first and the last."""

    kind: Literal["keyframes"] = "keyframes"
    keys: Annotated[list[Keyframe], Field(min_length=2, max_length=500)] = Field(
        examples=[[{"t": "0s", "azimuth": 200, "elevation": 35}, {"t": "6s", "azimuth": 240, "elevation": 12}]],
        description="where the camera is at which times, in their order",
    )

    @model_validator(mode="after")
    def _keys_are_in_order(self) -> Self:
        for number, (before, after) in enumerate(pairwise(self.keys), 1):
            if after.t <= before.t:
                sentence = f"{after.t:g} s is not after the key before it, {before.t:g} s; put keys in order of time"
                raise refusal((("keys", number, "t"), after.t, sentence))
        return self

    @model_validator(mode="after")
    def _stands_in_one_way(self) -> Self:
        placed = [number for number, key in enumerate(self.keys) if key.position is not None]
        for number, key in enumerate(self.keys):
            around = [name for name in ("azimuth", "elevation", "distance") if getattr(key, name) is not None]
            if placed and around:
                sentence = (
                    f"the camera is placed by position at {self.keys[placed[0]].t:g} s; say where it is in one way: "
                    "all keys by position, or all by azimuth, elevation and distance"
                )
                raise refusal((("keys", number, around[0]), getattr(key, around[0]), sentence))
        return self
