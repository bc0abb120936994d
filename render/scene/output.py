"""What a scene makes: stills and films."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from render.scene.duration import Duration
from render.scene.framerate import FrameRate
from render.scene.part import Part

Pixels = Annotated[int, Field(ge=16, le=16_384)]
EvenPixels = Annotated[int, Field(ge=16, le=8192, multiple_of=2)]  # video halves the colour's resolution


class Still(Part):
    """One picture of one moment."""

    at: Duration = Field(description="moment on the scene's clock, seconds or with a unit")
    size: Annotated[tuple[Pixels, Pixels], Field(strict=False)] = Field(description="width and height, pixels")
    caption: bool = Field(
        True, description="whether caption and counters are on the picture; the record has them anyway"
    )
    title: bool = Field(True, description="whether the title is on the picture")


class H264(Part):
    """The video format that plays everywhere."""

    kind: Literal["h264"] = "h264"
    crf: int = Field(
        default=17, ge=0, le=51, description="loss of quality: 0 is none, 17 cannot be seen, 23 is for the web"
    )
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"] = (
        Field(default="medium", description="time spent on compression; slower makes smaller files")
    )


class Film(Part):
    """All shots of a scene, one after another."""

    size: Annotated[tuple[EvenPixels, EvenPixels], Field(strict=False)] = Field(
        description="width and height, even pixels"
    )
    fps: FrameRate = Field(
        default=Fraction(30), description="frames per second: a number, or a fraction such as 24000/1001, kept exact"
    )
    caption: bool = Field(
        True, description="whether caption and counters are on the picture; the record has them anyway"
    )
    title: bool = Field(default=True, description="whether the title is on the picture")
    encoder: H264 = Field(default=H264(), description="video format")
