"""The look: how height is made from loss, and the body, ground, colour, light and air of the picture.

A preset is a file of assets/looks; a scene names one and changes what it likes, down to single values.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from render.scene.body import (
    Air,
    Background,
    BodyKind,
    Colour,
    FloorSettings,
    GroundKind,
    LookPart,
    MaterialSettings,
    Share,
    Walls,
)
from render.scene.colours.palette import Palette, PaletteKind, require_order
from render.scene.furniture import Furniture
from render.scene.key import InKey
from render.scene.language.document import read
from render.scene.language.nearest import nearest
from render.scene.lines import Contours, Hachures
from render.scene.part import Auto, auto_or_number
from render.scene.pathlight import PathLight
from render.scene.relief import LogStep, ReliefStep, measured_steps
from render.scene.time.blend import Blending
from render.scene.typefaces.fonts import Fonts
from render.scene.words import WordStyle
from render.storage.files import asset

PRESET = "ember"
RADIUS_PIXELS = 2800  # of a line, for a radius of one picture width, which former versions asked for

Turn = Annotated[
    Auto | Annotated[float, Field(ge=-360, le=360), Tag("number")], Discriminator(auto_or_number), Blending.TURN
]
Height = Annotated[Auto | Annotated[float, Field(ge=1, le=89), Tag("number")], Discriminator(auto_or_number)]
ExposureSettings = Annotated[Auto | Annotated[float, Field(gt=0, le=100), Tag("number")], Discriminator(auto_or_number)]


class SunSettings(LookPart):
    """The light that tells the form."""

    azimuth: Turn = Field(
        default="auto",
        description="degrees clockwise from behind the camera at mid-shot; 180 shines into the lens; auto rakes over "
        "the slopes and leaves the end of the path in the light",
    )
    elevation: Height = Field(default="auto", description="degrees above the ground; 20 to 35 rakes; or auto")
    size: float = Field(default=2.2, ge=0, le=45, description="angular radius of the soft disc, degrees")
    colour: Colour = Field(description="colour of the light, sRGB")
    strength: float = Field(ge=0, le=100, description="radiance, multiples of white")


class Sky(LookPart):
    """The light of the shadows."""

    colour: Colour = Field(description="colour of the light, sRGB; opposite in hue to the sun")
    strength: float = Field(ge=0, le=100, description="radiance, multiples of white; about a third of the sun's")


class LookPreset(LookPart):
    """Body, ground, colour, light and air."""

    body: Annotated[BodyKind, Blending.ONCE] = Field(
        default="block",
        description="block and disc are solid, sheet is thin and two-sided, points is one light for every measured "
        "cell, none leaves the path alone",
    )
    walls: Walls = Field(default=Walls(), description="the cut faces of a body")
    ground: GroundKind = Field(
        default="floor",
        description="floor carries shadow and mirror image, horizon ends in a bright line, paper carries shadow alone, "
        "void nothing",
    )
    floor: FloorSettings = Field(default=FloorSettings(), description="what the body does to the ground under it")
    material: MaterialSettings = Field(default=MaterialSettings(), description="how the terrain takes the light")
    palette_kind: Annotated[PaletteKind, Blending.ONCE] = Field(
        default="sequential",
        description="how lightness runs from deep to high: sequential never turns, diverging turns once, cyclic ends "
        "as it begins",
    )
    palette: Palette = Field(
        description="[position, sRGB] from deep (0) to high (1), positions rising; or a name: one of ours such as "
        "ember, cmcrameri:batlow, cmocean:deep, colorcet:fire, matplotlib:viridis, or a csv or txt file of colours; "
        "_r after a name reverses it"
    )
    palette_balance: Share = Field(
        default=0.5,
        description="share of the palette dealt out by area instead of height; evens out a plateau",
    )
    palette_gamma: float = Field(
        default=1.0, ge=0.1, le=10, description="power of height before the palette; below 1 shortens the deep"
    )
    sun: SunSettings = Field(description="the light that tells the form")
    sky: Sky = Field(description="the light of the shadows")
    bounce: float = Field(default=1.0, ge=0, le=10, description="light from slope to slope; 1 is as computed, 0 none")
    rim: float = Field(ge=0, le=10, description="light on slopes that turn away; 0.35 is clear, 0 none")
    contours: Contours = Field(description="lines of equal height")
    hachures: Hachures = Field(default=Hachures(), description="strokes down the slope, in the manner of old maps")
    path: PathLight = Field(description="the line of the descent")
    background: Background = Field(description="what is behind everything")
    transform: Literal["standard", "filmic", "agx", "neutral"] = Field(
        default="filmic", description="from light to the picture's tones; what has a colour by name is exempt"
    )
    exposure: ExposureSettings = Field(
        default="auto", description="brightness of everything; 1 is as lit; auto puts the brightest ground at 86 %"
    )
    air: Air = Field(default=Air(), description="haze and depth of field")
    bloom: float = Field(ge=0, le=10, description="halo of what glows; 1 is strong, 0 none")
    vignette: Share = Field(description="darkening of the corners of the object's light; the ground keeps its colour")
    grain: float = Field(ge=0, le=0.1, description="standard deviation, fraction of white; costs bits in video")
    text: Annotated[Colour, InKey.LABEL] = Field(description="colour of title and caption, sRGB")
    font: Annotated[Fonts, Blending.ONCE, InKey.LABEL] = Field(
        default=[],
        examples=["Noto Sans CJK JP"],
        description="font of title and caption: the family of one that is installed, or a file (ttf, otf, ttc) from "
        "the working directory; or several, asked in turn for each letter; what none has is drawn in Inter",
    )
    words: Annotated[WordStyle, InKey.LABEL] = Field(
        default=WordStyle(), description="how title, caption, counters and names are set"
    )
    furniture: Annotated[Furniture, InKey.LABEL] = Field(
        default=Furniture(), description="labels, scales and legends on the picture"
    )

    @field_validator("palette")
    @classmethod
    def _palette_is_in_order(cls, palette: str | list[tuple[float, str]], known: ValidationInfo) -> Any:
        if "palette_kind" in known.data:
            require_order(palette, known.data["palette_kind"])
        return palette


class Look(LookPreset):
    """A preset by its name, the relief, and whatever the scene changes of the preset; always complete."""

    name: Annotated[str, Blending.ONCE] = Field(default=PRESET, description="preset, a file of assets/looks")
    relief: Annotated[list[ReliefStep], Field(max_length=16)] | None = Field(
        default=None,
        description="steps that make height from loss, in order; where there are none, a logarithm, a clip at 99.7 and "
        "an exaggeration of 0.3, and for a ready surface the logarithm only where its values are positive and span "
        "more than a factor of 20",
    )

    @model_validator(mode="before")
    @classmethod
    def _starts_from_the_preset(cls, data: Any) -> Any:
        """Fills in what the scene leaves to the preset."""
        if not isinstance(data, dict):
            return data
        name = data.get("name", PRESET)
        changes = renewed(data)
        if "palette" in changes:  # another palette is not of the preset's kind
            changes.setdefault("palette_kind", "sequential")
        return _merged(preset(name if name in preset_names() else PRESET), changes)

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in preset_names():
            raise ValueError(f'"{name}" is not a look; {nearest(name, preset_names())}')
        return name

    @field_validator("relief")
    @classmethod
    def _has_one_scale(cls, relief: list[ReliefStep] | None) -> list[ReliefStep] | None:
        if relief and sum(isinstance(step, LogStep) for step in relief) > 1:
            raise ValueError("takes the logarithm twice; keep one log step")
        return relief

    @property
    def steps(self) -> list[ReliefStep]:
        """The steps from loss to height: the scene's, or where it gives none those for a loss that is measured."""
        return measured_steps() if self.relief is None else self.relief

    @property
    def resolved(self) -> LookPreset:
        """The preset with the scene's changes, without name and relief."""
        return LookPreset.model_construct(**{name: getattr(self, name) for name in LookPreset.model_fields})


@functools.cache
def preset_names() -> tuple[str, ...]:
    """Returns the names of the looks in assets/."""
    return tuple(sorted(path.stem for path in asset(f"looks/{PRESET}.yaml").parent.glob("*.yaml")))


@functools.cache
def preset(name: str) -> dict[str, Any]:
    """Returns the plain data of a preset; they are shared, so they are not to be changed."""
    data: dict[str, Any] = read(asset(f"looks/{name}.yaml")).data
    return data


def _merged(base: Any, changes: Any) -> Any:
    """Returns base with changes, mapping by mapping; anything but a mapping is replaced whole."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return {**base, **{key: _merged(base.get(key), value) for key, value in changes.items()}}


OLD_KEYS = {  # of former versions, and what says the same today
    "shape": "body",
    "plinth": "walls.thickness",
    "fade": "walls.fade",
}
OLD_SHAPES = {"square": "block", "disc": "disc"}


def old_keys(look: Any) -> list[str]:
    """Returns a sentence for each key of a former version that the data of a look has."""
    if not isinstance(look, dict):
        return []
    found = [f"look.{key}: is called look.{new} today; both are read" for key, new in OLD_KEYS.items() if key in look]
    if isinstance(look.get("path"), dict) and "radius" in look["path"]:
        found.append("look.path.radius: is look.path.width today, in pixels near and far; both are read")
    return found


def renewed(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the data of a look with the keys of former versions under the names they have today."""
    kept = {key: value for key, value in data.items() if key not in OLD_KEYS}
    if "shape" in data:
        kept.setdefault("body", OLD_SHAPES.get(data["shape"], data["shape"]))
    moved = {OLD_KEYS[key].split(".")[1]: data[key] for key in ("plinth", "fade") if key in data}
    if moved and isinstance(kept.get("walls", {}), dict):
        kept["walls"] = {**moved, **kept.get("walls", {})}
    radius = kept["path"].get("radius") if isinstance(kept.get("path"), dict) else None
    if isinstance(radius, (int, float)):
        path = {key: value for key, value in kept["path"].items() if key != "radius"}
        kept["path"] = {"width": [RADIUS_PIXELS * radius, 0.43 * RADIUS_PIXELS * radius], **path}
    return kept
