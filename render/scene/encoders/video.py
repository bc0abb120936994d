"""Films for players and browsers: H.264, HEVC, AV1, VP9."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.encoders.encoder import FittedPart

CRF = "loss of quality: 0 is none or nearly none, {} cannot be seen, {} is for the web"
Speed = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
SPEED = "time spent on compression; slower makes smaller files"


class H264(FittedPart):
    """The video format that plays everywhere."""

    kind: Literal["h264"] = "h264"
    crf: int = Field(
        default=17, ge=0, le=51, description="loss of quality: 0 is none, 17 cannot be seen, 23 is for the web"
    )
    preset: Speed = Field(default="medium", description=SPEED)

    ending, multiples, hears = "mp4", (2, 2), True


class Hevc(FittedPart):
    """H.265 with 10 bits: half the size of H.264, and no bands in skies."""

    kind: Literal["hevc"] = "hevc"
    crf: int = Field(default=18, ge=0, le=51, description=CRF.format(18, 26))
    preset: Speed = Field(default="medium", description=SPEED)

    ending, multiples, hears = "mp4", (2, 2), True
    deep = True


class Av1(FittedPart):
    """AV1 with 10 bits: the smallest files, for browsers of today."""

    kind: Literal["av1"] = "av1"
    crf: int = Field(default=24, ge=1, le=63, description=CRF.format(20, 35))
    speed: int = Field(default=7, ge=0, le=12, description="12 is fastest, 4 is slow; slower makes smaller files")
    grain: int = Field(
        default=0, ge=0, le=50, description="grain that is taken out and put back by the player; 8 suits a fine one"
    )

    ending, multiples, hears = "mp4", (2, 2), True
    deep = True


class Vp9(FittedPart):
    """VP9 in WebM, which keeps a transparent ground, for web pages."""

    kind: Literal["vp9"] = "vp9"
    crf: int = Field(default=20, ge=0, le=63, description=CRF.format(15, 31))
    speed: int = Field(default=2, ge=0, le=5, description="5 is fastest; slower makes smaller files")

    ending, multiples, hears = "webm", (2, 2), True
    alpha = True
