"""The kinds of output that a film may have, told apart by their kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from render.scene.encoders.animations import Apng, Gif, WebP
from render.scene.encoders.editing import Ffv1, Hap, ProRes
from render.scene.encoders.pictures import ExrSequence, FrameSheet, PngSequence, Poster, TiffSequence
from render.scene.encoders.video import H264, Av1, Hevc, Vp9

AnyEncoder = Annotated[
    H264
    | Hevc
    | Av1
    | Vp9
    | ProRes
    | Ffv1
    | Hap
    | Gif
    | WebP
    | Apng
    | PngSequence
    | TiffSequence
    | ExrSequence
    | Poster
    | FrameSheet,
    Field(discriminator="kind"),
]

__all__ = [
    "H264", "AnyEncoder", "Apng", "Av1", "ExrSequence", "Ffv1", "FrameSheet", "Gif", "Hap", "Hevc", "PngSequence",
    "Poster", "ProRes", "TiffSequence", "Vp9", "WebP",
]  # fmt: skip
