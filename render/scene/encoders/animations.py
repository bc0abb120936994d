"""Animated pictures: GIF, WebP, PNG."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import Field

from render.scene.encoders.encoder import DEPTH, EncoderPart, FittedPart

LOOP = "whether it plays without end; how its end meets its beginning is checked"


class Gif(FittedPart):
    """An animated GIF with one palette for the whole film."""

    kind: Literal["gif"] = "gif"
    loop: bool = Field(default=True, description=LOOP)
    colours: int = Field(default=256, ge=4, le=256, description="colours of the palette")
    dither: Literal["none", "bayer", "sierra"] = Field(
        default="sierra", description="how colours between are made: sierra is the finest, bayer the smaller file"
    )

    ending, fastest = "gif", Fraction(50)
    alpha = True


class WebP(FittedPart):
    """An animated WebP."""

    kind: Literal["webp"] = "webp"
    loop: bool = Field(default=True, description=LOOP)
    quality: int = Field(default=85, ge=0, le=100, description="75 is for the web, 90 hard to tell from the frames")
    lossless: bool = Field(default=False, description="whether nothing is lost, whatever the quality says")

    ending, fastest = "webp", Fraction(100)
    alpha = True


class Apng(EncoderPart):
    """An animated PNG, without any loss."""

    kind: Literal["apng"] = "apng"
    loop: bool = Field(default=True, description=LOOP)
    depth: Literal[8, 16] = Field(default=8, description=DEPTH)

    ending = "apng"
    alpha = True

    @property
    def frame_depth(self) -> int:
        """As asked."""
        return self.depth
