"""The look: how height is made from loss, and the colour, light and air of the picture.

A preset is a file of assets/looks; a scene names one and changes what it likes, down to single values.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StringConstraints, Tag, field_validator, model_validator

from render.files import asset
from render.scene.document import read
from render.scene.fonts import Fonts
from render.scene.nearest import nearest
from render.scene.part import Part

COLOUR = "^#[0-9a-fA-F]{6}$"
INK = "^(#[0-9a-fA-F]{6}|ground)$"
Colour = Annotated[str, StringConstraints(pattern=COLOUR)]
Share = Annotated[float, Field(ge=0, le=1)]
PRESET = "ember"
FLOOR = 1e-4  # of the logarithm of a loss that is measured, in its own unit
OTHER_PATHS = ("#3fc7ff", "#a6e35a", "#ff5fa8", "#b58cff", "#ffe04d", "#f4f1e8", "#5affc8")


class LogSettings(Part):
    """What the logarithm needs."""

    floor: float = Field(gt=0, description="loss below which everything is level, in the loss's own unit")


class LogStep(Part):
    """Takes the logarithm of the loss; almost always right for cross-entropy."""

    log: LogSettings = Field(description="logarithm of the loss, from a floor upwards")


class ClipSettings(Part):
    """What clipping needs."""

    percentile: float = Field(ge=50, le=100, description="share of the cells that stay, percent; 99 to 99.7")


class ClipStep(Part):
    """Cuts the highest cells down, so that one corner does not rule."""

    clip: ClipSettings = Field(description="levels what lies above a percentile")


class SmoothSettings(Part):
    """What smoothing needs."""

    cells: float = Field(ge=0, le=50, description="standard deviation, cells of the grid")


class SmoothStep(Part):
    """Blurs the height; the caption says so."""

    smooth: SmoothSettings = Field(description="Gaussian blur of the height")


class ExaggerationStep(Part):
    """Sets how tall the relief stands."""

    exaggeration: float = Field(ge=0, le=2, description="relief height / picture width; 0.25 to 0.45, canyons to 0.6")


STEPS: dict[str, type[Part]] = {
    "log": LogStep,
    "clip": ClipStep,
    "smooth": SmoothStep,
    "exaggeration": ExaggerationStep,
}


def _step(value: Any) -> str | None:
    """Returns the name of a step, which is its only key; None for what is not a mapping with one key."""
    if isinstance(value, Part):
        return next(iter(type(value).model_fields))
    return str(next(iter(value))) if isinstance(value, Mapping) and len(value) == 1 else None


ReliefStep = Annotated[
    Annotated[LogStep, Tag("log")]
    | Annotated[ClipStep, Tag("clip")]
    | Annotated[SmoothStep, Tag("smooth")]
    | Annotated[ExaggerationStep, Tag("exaggeration")],
    Discriminator(_step),
]


def clipped_and_moderate() -> list[ReliefStep]:
    """Returns the steps of every relief that a scene leaves open, but for the logarithm."""
    return [ClipStep(clip=ClipSettings(percentile=99.7)), ExaggerationStep(exaggeration=0.3)]


class LookPart(Part):
    """A part of a look: complete in a preset, any part of it in a scene."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required", None))


class Sun(LookPart):
    """The light that tells the form."""

    azimuth: float = Field(
        ge=-360, le=360, description="degrees clockwise from behind the camera at mid-shot; 180 shines into the lens"
    )
    elevation: float = Field(ge=1, le=89, description="degrees above the ground; 20 to 35 rakes")
    size: float = Field(default=2.2, ge=0, le=45, description="angular radius of the soft disc, degrees")
    colour: Colour = Field(description="colour of the light, sRGB")
    strength: float = Field(ge=0, le=100, description="radiance, multiples of white")


class Sky(LookPart):
    """The light of the shadows."""

    colour: Colour = Field(description="colour of the light, sRGB; opposite in hue to the sun")
    strength: float = Field(ge=0, le=100, description="radiance, multiples of white; about a third of the sun's")


class Contours(LookPart):
    """Lines of equal height."""

    count: int = Field(ge=0, le=200, description="lines over the whole height; every fifth is stronger; 20 to 40")
    strength: Share = Field(description="opacity of the strongest line")
    colour: Annotated[str, StringConstraints(pattern=INK)] = Field(description='sRGB, or "ground" to darken it')


class PathLight(LookPart):
    """The line that glows."""

    colour: Colour = Field(description="colour of the glow, sRGB; the core is hotter")
    others: list[Colour] = Field(
        default=list(OTHER_PATHS),
        max_length=7,
        description="colours of further paths on the same surface, sRGB, in their order",
    )
    radius: float = Field(default=0.0022, gt=0, le=0.1, description="picture widths")
    glow: float = Field(ge=0, le=100, description="light of the halo and on the terrain; 1 is plain, 0 none")


class Background(LookPart):
    """What is behind everything."""

    colour: Colour = Field(description="colour of the ground, sRGB")
    lift: Share = Field(description="light added behind the object, as a share of white; 0.02 to 0.03 is faint")


class LookPreset(LookPart):
    """Colour, light and air."""

    shape: Literal["disc", "square"] = Field(default="disc", description="outline of the terrain")
    plinth: float = Field(default=0.02, ge=0, le=1, description="thickness below the lowest point, picture widths")
    fade: float = Field(
        default=0.05, ge=0, le=10, description="depth over which the cut wall fades away, picture widths"
    )
    palette: list[Annotated[tuple[Share, Colour], Field(strict=False)]] = Field(
        min_length=2, max_length=64, description="[position, sRGB] from deep (0) to high (1), positions rising"
    )
    palette_balance: Share = Field(
        default=0.5,
        description="share of the palette dealt out by area instead of height; evens out a plateau",
    )
    palette_gamma: float = Field(
        default=1.0, ge=0.1, le=10, description="power of height before the palette; below 1 shortens the deep"
    )
    sun: Sun = Field(description="the light that tells the form")
    sky: Sky = Field(description="the light of the shadows")
    rim: float = Field(ge=0, le=10, description="light on slopes that turn away; 0.35 is clear, 0 none")
    contours: Contours = Field(description="lines of equal height")
    path: PathLight = Field(description="the line that glows")
    background: Background = Field(description="what is behind everything")
    exposure: float = Field(gt=0, le=100, description="brightness of everything; 1 is as lit")
    bloom: float = Field(ge=0, le=10, description="halo of what is bright; 1 is strong, 0 none")
    vignette: Share = Field(description="darkening of the corners")
    grain: float = Field(ge=0, le=0.1, description="standard deviation, fraction of white; costs bits in video")
    text: Colour = Field(description="colour of title and caption, sRGB")
    font: Fonts = Field(
        default=[],
        description="font of title and caption: the family of one that is installed, or a file (ttf, otf, ttc) from "
        "the working directory; or several, asked in turn for each letter; what none has is drawn in Inter",
    )

    @field_validator("palette")
    @classmethod
    def _palette_spans_the_height(cls, palette: list[tuple[float, str]]) -> list[tuple[float, str]]:
        positions = [position for position, _ in palette]
        if positions[0] != 0 or positions[-1] != 1:
            raise ValueError(f"runs from {positions[0]:g} to {positions[-1]:g}; let it run from 0 to 1")
        for low, high in itertools.pairwise(positions):
            if low >= high:
                raise ValueError(f"position {high:g} does not lie above {low:g}, the one before it")
        return palette


class Look(LookPreset):
    """A preset by its name, the relief, and whatever the scene changes of the preset; always complete."""

    name: str = Field(default=PRESET, description="preset, a file of assets/looks")
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
        return _merged(preset(name if name in preset_names() else PRESET), data)

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
        if self.relief is not None:
            return self.relief
        return [LogStep(log=LogSettings(floor=FLOOR)), *clipped_and_moderate()]

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
