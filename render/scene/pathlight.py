"""The line of the descent: its colour, width and light, and what is told along it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from render.scene.body import Colour, LookPart, Share
from render.scene.part import refusal

OTHER_PATHS = ("#3fc7ff", "#a6e35a", "#ff5fa8", "#b58cff", "#ffe04d", "#f4f1e8", "#5affc8")


class PathLight(LookPart):
    """The line of the descent."""

    colour: Colour = Field(description="colour of the glow, sRGB; the core is hotter; exact where glow is 0")
    others: list[Colour] = Field(
        default=list(OTHER_PATHS),
        max_length=7,
        description="colours of further paths on the same surface, sRGB, in their order",
    )
    width: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(7.0, 3.0), description="pixels near and far, of a picture 1080 rows high"
    )
    glow: float = Field(ge=0, le=100, description="light of the halo and on the terrain; 1 is plain, 0 a flat line")
    sides: list[Colour] = Field(
        default=[],
        max_length=9,
        description="colours of the first path of each surface side by side, sRGB, from left to right; where the list "
        "ends it is colour again",
    )
    style: Literal["line", "ribbon"] = Field(
        default="line",
        description="line is round and lies on the terrain; ribbon is a band that stands on it, five "
        "times as high as the line is wide",
    )
    between: Literal["curve", "straight"] = Field(
        default="curve",
        description="how logged steps are joined: by a smooth curve through all of them, or by straight lines; what "
        "lies between two is not known",
    )
    trail: Share = Field(
        default=0.0,
        description="part of the whole way over which the line fades to a thread behind its head; 0.3 is a comet's "
        "tail, 0 never fades",
    )
    ghost: Share = Field(
        default=0.0, description="opacity of the way still to come, a thin line ahead of the head; 0.3 is faint, 0 none"
    )
    distance: Literal["none", "halo", "width"] = Field(
        default="none",
        description="what grows with the path's distance from the plane, up to its largest: the light of its halo or "
        "the width of its line",
    )
    arrows: int = Field(
        default=0,
        ge=0,
        le=200,
        description="places evenly along the path at which an arrow points down the slope of the slice as it was "
        "measured, longer where it is steeper; 12 is clear, 0 none",
    )
    drops: int = Field(
        default=0,
        ge=0,
        le=200,
        description="places evenly along the path at which an upright line joins the terrain to the path's own loss, "
        "marked by a dot; 12 is clear, 0 none",
    )
    start: bool = Field(default=True, description="whether a hollow ring marks where the path begins")
    end: bool = Field(default=True, description="whether a bead marks where it has come to")
    beads: int = Field(
        default=0,
        ge=0,
        le=10**9,
        description="steps between small beads on the line, whose spacing shows its speed; 0 none",
    )
    lowest: bool = Field(
        default=True, description="whether the lowest point of the slice is marked where the path ends elsewhere"
    )

    @model_validator(mode="after")
    def _halo_has_light_to_tell_by(self) -> Self:
        if self.distance != "halo":
            return self
        if not self.glow:
            raise refusal(
                (("distance",), "halo", "a line with glow 0 has no halo; give it glow, or say distance: width")
            )
        if self.trail:
            sentence = "a halo that fades with trail would tell two things; say distance: width, or leave out trail"
            raise refusal((("distance",), "halo", sentence))
        return self

    def on_side(self, side: int) -> str:
        """Returns the colour of the first path of a surface, counted from the left."""
        return self.sides[side] if side < len(self.sides) else self.colour

    def seen_on(self, sides: Sequence[int]) -> PathLight:
        """Returns the light of a picture of some of the surfaces alone."""
        return self.model_copy(update={"sides": [self.on_side(side) for side in sides]}) if self.sides else self
