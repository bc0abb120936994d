"""The rig: what every camera has, whatever its move: what it looks at, and the lens that it looks through."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from render.scene.part import Auto, Part, auto_or_number, refusal

Coordinate = Annotated[float, Field(ge=-1e9, le=1e9)]
PlanePlace = Annotated[tuple[Coordinate, Coordinate], Field(strict=False), Tag("place")]  # α and β
Angle = Annotated[Auto | Annotated[float, Field(ge=5, le=100), Tag("number")], Discriminator(auto_or_number)]
FrameWidths = Annotated[float, Field(ge=-2, le=2)]  # widths of the frame

SENSOR = 24.0  # millimetres, the height of a full frame of film, 36 × 24
LENSES = 11.0, 275.0  # millimetres
MILLIMETRES = re.compile(r"(\d+(?:\.\d+)?) ?mm", re.ASCII)


def _word_or_place(value: Any) -> str:
    """Returns which of the two a target is meant as."""
    return "word" if isinstance(value, str) else "place"


def _what_focus(value: Any) -> str:
    """Returns what a focus is meant as."""
    if isinstance(value, str):
        return "word"
    return "place" if isinstance(value, list | tuple) else "distance"


Target = Annotated[
    Annotated[Literal["auto", "start", "end", "head", "lowest"], Tag("word")] | PlanePlace,
    Discriminator(_word_or_place),
]
Focus = Annotated[
    Annotated[Literal["auto", "head", "end", "start"], Tag("word")]
    | PlanePlace
    | Annotated[float, Field(gt=0, le=1000), Tag("distance")],
    Discriminator(_what_focus),
]


def _millimetres(value: Any) -> Any:
    """Returns a focal length in millimetres; a number is one already. Raises ValueError where text is none."""
    if not isinstance(value, str):
        return value
    match = MILLIMETRES.fullmatch(value.strip())
    if match is None:
        raise ValueError(f'"{value}" is not a focal length; write it like 65mm, or give the view angle as angle')
    return float(match[1])


FocalLength = Annotated[
    float,
    Field(ge=LENSES[0], le=LENSES[1]),
    BeforeValidator(_millimetres),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": LENSES[0], "maximum": LENSES[1]},
                {"type": "string", "pattern": f"^{MILLIMETRES.pattern}$"},
            ]
        }
    ),
]


def angle_of(lens: float) -> float:
    """Returns the vertical view angle, degrees, of a focal length in millimetres."""
    return 2 * math.degrees(math.atan(SENSOR / 2 / lens))


class Rig(Part):
    """What every camera has."""

    natural: ClassVar[float] = 22.0  # degrees, the view angle where the scene gives none
    follows: ClassVar[bool] = False  # one path over one terrain; surfaces side by side are pictures of their own

    target: Target = Field(
        default="auto",
        description="what it looks at: start, end or head of the path, lowest ground, or a place [α, β] of the plane; "
        "auto is up to the kind: the middle of the terrain, or what lies ahead",
    )
    shift: Annotated[tuple[FrameWidths, FrameWidths], Field(strict=False)] = Field(
        default=(0.0, 0.0),
        description="move of what is seen to the right and upwards, widths of the frame; upright lines stay upright",
    )
    roll: float = Field(
        default=0.0, ge=-360, le=360, description="turn of the camera about its own axis, degrees clockwise; 0 is level"
    )
    shake: float = Field(
        default=0.0, ge=0, le=10, description="unrest of a hand that holds it; 0 is none, 1 is a calm hand, 3 a walk"
    )
    angle: Angle = Field(
        default="auto",
        description="vertical view angle, degrees: 20 to 23 is a lens of 60 to 70 mm, 27 to 34 one of 40 to 50 mm, 35 "
        "to 50 feels near; auto is 22, wider for those that go along the path or a valley, and 8 for a plan, whose "
        "walls stay upright",
    )
    lens: FocalLength | None = Field(
        default=None,
        examples=["65mm"],
        description="focal length in place of angle, millimetres of a frame of 36 × 24: 65mm is 20.9 degrees",
    )
    focus: Focus = Field(
        default="auto",
        description="what is sharp where the lens is open: head, end or start of the path, a place [α, β] of the "
        "plane, or a distance from the camera in picture widths; auto is the head",
    )
    aperture: Annotated[float, Field(ge=0, le=10)] | None = Field(
        default=None,
        description="opening of the lens: 0 is a pinhole, for which all is sharp, 1 is clearly out of focus far from "
        "what is sharp; look.air.focus when absent",
    )
    blur: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="part of a frame's time for which the shutter is open, so that what moves is blurred: 0.5 is the "
        "180 degrees of a film camera, 0 none",
    )

    @model_validator(mode="after")
    def _has_one_lens(self) -> Self:
        if self.lens is not None and self.angle != "auto":
            sentence = f"{self.lens:g} mm is a view angle of its own; leave out angle or lens"
            raise refusal((("lens",), self.lens, sentence))
        return self

    @property
    def view_angle(self) -> float:
        """Vertical view angle, degrees."""
        if self.lens is not None:
            return angle_of(self.lens)
        return self.natural if self.angle == "auto" else float(self.angle)
