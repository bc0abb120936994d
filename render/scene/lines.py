"""Lines on the terrain: those of equal height, and strokes down the slope."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from render.scene.body import LookPart, Share

INK = "^(#[0-9a-fA-F]{6}|ground)$"

InkColour = Annotated[str, StringConstraints(pattern=INK)]


class Contours(LookPart):
    """Lines of equal height."""

    count: int = Field(ge=0, le=200, description="lines over the whole height; every fifth is stronger; 20 to 40")
    strength: Share = Field(description="opacity of the strongest line")
    colour: InkColour = Field(description='sRGB, or "ground" for dark on pale and pale on dark')
    width: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(1.6, 0.6), description="pixels near and far, of a picture 1080 rows high"
    )
    numbers: bool = Field(
        default=False, description="whether every fifth line tells its loss, where it is straight and in the open"
    )


class Hachures(LookPart):
    """Strokes down the slope between every fifth contour, closer and thicker where it is steeper (Lehmann, 1799)."""

    count: int = Field(
        default=0,
        ge=0,
        le=400,
        description="strokes side by side over the width of the terrain where they are closest; 100 to 200; 0 none",
    )
    strength: Share = Field(
        default=0.5,
        description="share of the ground that they cover at 45 degrees and above; below that less, as the angle is",
    )
    colour: InkColour = Field(default="ground", description='sRGB, or "ground" for dark on pale and pale on dark')
    width: float = Field(
        default=0.15,
        ge=0.02,
        le=1,
        description="of the thinnest stroke / distance of the closest ones; gentle ground has fewer, not thinner ones",
    )
