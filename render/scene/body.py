"""The body that is cut out of a landscape, and the ground that it stands on."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from render.scene.part import Auto, Part, auto_or_number

COLOUR = "^#[0-9a-fA-F]{6}$"
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]
Share = Annotated[float, Field(ge=0, le=1)]
CLEAR = "transparent"
BACKGROUND = "^(#[0-9a-fA-F]{6}|transparent)$"

BodyKind = Literal["block", "disc", "sheet", "points", "none"]
GroundKind = Literal["floor", "void", "paper", "horizon"]


class LookPart(Part):
    """A part of a look: complete in a preset, any part of it in a scene."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))


class Walls(LookPart):
    """The cut faces of a body."""

    thickness: float = Field(
        default=0.1, ge=0, le=1, description="of the body below the lowest point, picture widths; 0.08 to 0.15"
    )
    strata: Share = Field(
        default=0.6,
        description="how clearly the cut shows the palette by height, with a line at every contour; 0 is plain",
    )
    rim: float = Field(default=1.0, ge=0, le=10, description="light of the fine line where top meets cut; 0 none")
    glow: float = Field(
        default=1.0, ge=0, le=10, description="light of the top that goes down through the cut faces; 0 none"
    )
    bevel: float = Field(
        default=0.004, ge=0, le=0.05, description="width of the rounded edge, picture widths; 0.003 to 0.005"
    )
    corner: Annotated[Auto | Annotated[float, Field(ge=0, le=0.3), Tag("number")], Discriminator(auto_or_number)] = (
        Field(
            default=0.0,
            description="how far along both sides the corner of a block nearest to the camera is cut off, picture "
            "widths; 0 not at all; auto cuts it where it faces the camera and hides the path or the valley, "
            "or is high ground before them",
        )
    )
    fade: float = Field(
        default=0.0, ge=0, le=10, description="depth over which the cut fades away, picture widths; 0 is solid"
    )


class FloorSettings(LookPart):
    """What the body does to the ground under it."""

    contact: Share = Field(default=0.9, description="darkening where the base meets the floor")
    shadow: Share = Field(default=0.75, description="darkening by the body's soft shadow")
    pool: float = Field(default=1.0, ge=0, le=10, description="light of path and valley on the floor; 0 none")
    reflection: float = Field(default=0.5, ge=0, le=2, description="strength of the body's mirror image; 0 none")
    roughness: Share = Field(default=0.3, description="blur of the mirror image; 0 is a mirror")
    reach: float = Field(
        default=0.3, gt=0, le=10, description="height over which the mirror image dies, heights of the body"
    )


class MaterialSettings(LookPart):
    """How the terrain takes the light; its heights stay as they were measured."""

    roughness: Share = Field(default=0.5, description="0.15 is glass-like, 0.35 satin, 0.5 mineral, 1 matte")
    index: float = Field(default=1.45, ge=1, le=3, description="of refraction; 1 has no gloss, 1.45 resin, 2 glaze")
    variation: Share = Field(default=0.03, description="variation of the roughness from place to place")


class Background(LookPart):
    """What is behind everything; a colour alone, or "transparent", is enough."""

    colour: Annotated[str, StringConstraints(pattern=BACKGROUND)] = Field(
        description='colour of the ground, sRGB, which comes out as it is asked for; or "transparent"'
    )
    lift: Share = Field(default=0.0, description="light added behind the object, as a share of white; 0.02 is faint")

    @model_validator(mode="before")
    @classmethod
    def _takes_a_colour_alone(cls, data: Any) -> Any:
        return {"colour": data} if isinstance(data, str) else data


class Air(LookPart):
    """What lies between the object and the eye, and what the eye's lens does."""

    haze: Share = Field(default=0.0, description="contrast that the far edge loses; 0.15 to 0.2 gives depth")
    focus: float = Field(
        default=0.0, ge=0, le=10, description="depth of field, focused on the end of the path; 1 is clear, 0 none"
    )
