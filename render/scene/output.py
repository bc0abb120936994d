"""What a scene makes: stills and films."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from render.scene.duration import Duration
from render.scene.encoders import H264, AnyEncoder
from render.scene.existing import File
from render.scene.framerate import FrameRate
from render.scene.insets import CounterKind
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.outputs import FilmOutput
from render.scene.part import Name, Part
from render.scene.words import WordsSettings

Pixels = Annotated[int, Field(ge=16, le=16_384)]
EvenPixels = Annotated[int, Field(ge=16, le=8192, multiple_of=2)]  # video halves the colour's resolution


def _switched_or_full(value: Any) -> str:
    return "full" if isinstance(value, str) else "switched"


CaptionSettings = Annotated[
    Annotated[Literal["full"], Tag("full")] | Annotated[bool, Tag("switched")], Discriminator(_switched_or_full)
]
CAPTION = (
    "whether caption and counters are on the picture: true puts the essentials in two lines, full the whole text, "
    "which the record has in any case"
)
FURNITURE = "whether the look's labels, scales and legends are on the picture; as the caption when absent"
TITLES = "whether the texts that come and go, titles of scene and shots, are on the picture"
COUNTERS = "values that count along, with the caption, where the shot has none of its own; step and loss when absent"
LANGUAGE = "fixed words in another language, for this one alone"


class Still(Part):
    """One picture of one moment."""

    at: Duration = Field(description="moment on the scene's clock, seconds or with a unit")
    size: Annotated[tuple[Pixels, Pixels], Field(strict=False)] = Field(description="width and height, pixels")
    caption: CaptionSettings = Field(default=True, description=CAPTION)
    title: bool = Field(True, description="whether the title is on the picture")
    furniture: bool | None = Field(default=None, description=FURNITURE)
    words: WordsSettings = Field(default=WordsSettings(), description=LANGUAGE)
    titles: Annotated[bool, InKey.APART] = Field(default=True, description=TITLES)
    insets: Annotated[bool, InKey.APART] = Field(default=True, description="whether the insets of the shots are on it")
    counters: Annotated[list[CounterKind] | None, InKey.APART] = Field(default=None, max_length=5, description=COUNTERS)


class Film(Part):
    """All shots of a scene, one after another."""

    size: Annotated[tuple[EvenPixels, EvenPixels], Field(strict=False)] = Field(
        description="width and height, even pixels"
    )
    fps: FrameRate = Field(
        default=Fraction(30), description="frames per second: a number, or a fraction such as 24000/1001, kept exact"
    )
    caption: CaptionSettings = Field(default=True, description=CAPTION)
    title: bool = Field(default=True, description="whether the title is on the picture")
    furniture: bool | None = Field(default=None, description=FURNITURE)
    words: WordsSettings = Field(default=WordsSettings(), description=LANGUAGE)
    encoder: Annotated[AnyEncoder, InKey.APART] = Field(
        default=H264(), description=f"what the film is encoded to: {kinds_of(AnyEncoder)}"
    )
    outputs: Annotated[list[FilmOutput], InKey.APART] = Field(
        default=[],
        max_length=20,
        examples=[["web", {"kind": "gif", "size": [480, 270], "fps": 15}]],
        description="files that are made in place of the one of encoder: kinds, presets, or mappings of either",
    )
    titles: Annotated[bool, InKey.APART] = Field(default=True, description=TITLES)
    insets: Annotated[bool, InKey.APART] = Field(default=True, description="whether the insets of the shots are on it")
    counters: Annotated[list[CounterKind] | None, InKey.APART] = Field(default=None, max_length=5, description=COUNTERS)
    shots: Annotated[list[Name], InKey.APART] = Field(
        default=[],
        max_length=1000,
        examples=[["overview", "3"]],
        description="names, or numbers from 1 in quotes, of the shots that it shows, in their order; all when absent",
    )
    closing: Annotated[Duration, InKey.APART] = Field(
        default=0.0, le=60, description="time of a card at the end with the whole caption, over the dimmed last picture"
    )
    sound: Annotated[File | None, InKey.APART] = Field(
        default=None,
        examples=["sound/score.wav"],
        description="sound file that is put into the film, cut or padded to its length; from the working directory",
    )
    sonify: Annotated[Literal["loss"] | None, InKey.APART] = Field(
        default=None,
        description="a sound track that is made of the descent: loss gives pitch to the loss at the head of each path, "
        "and roughness to the curvature of the surface under it",
    )

    @field_validator("encoder", mode="before")
    @classmethod
    def _is_h264_by_itself(cls, encoder: Any) -> Any:
        """Returns an encoder with its kind, which scenes left out while there was one."""
        return {"kind": "h264", **encoder} if isinstance(encoder, dict) else encoder
