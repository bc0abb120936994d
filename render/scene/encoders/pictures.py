"""Pictures of a film: sequences in a folder, a poster, a contact sheet."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.duration import Duration
from render.scene.encoders.encoder import DEPTH, EncoderPart


class SequencePart(EncoderPart):
    """What numbered pictures in a folder have in common."""

    ending = ""
    alpha = True


class PngSequence(SequencePart):
    """Numbered PNG pictures with straight alpha, for compositing."""

    kind: Literal["png"] = "png"
    depth: Literal[8, 16] = Field(default=16, description=DEPTH)

    @property
    def frame_depth(self) -> int:
        """As asked."""
        return self.depth


class TiffSequence(SequencePart):
    """Numbered TIFF pictures with straight alpha, for compositing."""

    kind: Literal["tiff"] = "tiff"
    depth: Literal[8, 16] = Field(default=16, description=DEPTH)

    @property
    def frame_depth(self) -> int:
        """As asked."""
        return self.depth


class ExrSequence(SequencePart):
    """Numbered OpenEXR pictures in linear light, half floats, colour times alpha, for compositing."""

    kind: Literal["exr"] = "exr"
    deep = True


class Poster(EncoderPart):
    """One frame of the film as a PNG."""

    kind: Literal["poster"] = "poster"
    at: Duration = Field(default=0.0, description="its moment on the film's clock, seconds or with a unit")

    ending = "png"
    alpha = True


class FrameSheet(EncoderPart):
    """Frames of the film at even steps on one sheet, each with its time beneath."""

    kind: Literal["contact-sheet"] = "contact-sheet"
    frames: int = Field(default=12, ge=1, le=200, description="how many frames are on it")
    width: int = Field(default=480, ge=64, le=2048, description="width of each, pixels")

    ending = "png"
    alpha = True
