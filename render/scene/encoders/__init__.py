"""The kinds of output that a film may have, told apart by their kind: films and pictures, and what they are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from render.scene.encoders.animations import Apng, Gif, WebP
from render.scene.encoders.compositing import MatteSequence, PassSequence, PlateSequence
from render.scene.encoders.editing import Ffv1, Hap, ProRes
from render.scene.encoders.pictures import ExrSequence, FrameSheet, PngSequence, Poster, TiffSequence
from render.scene.encoders.video import H264, Av1, Hevc, Vp9

Encoders = (
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
    | FrameSheet
)
Layers = PassSequence | MatteSequence | PlateSequence
AnyEncoder = Annotated[Encoders, Field(discriminator="kind")]
AnyLayer = Annotated[Layers, Field(discriminator="kind")]
AnyOutput = Annotated[Encoders | Layers, Field(discriminator="kind")]

__all__ = [
    "H264", "AnyEncoder", "AnyLayer", "AnyOutput", "Apng", "Av1", "ExrSequence", "Ffv1", "FrameSheet", "Gif", "Hap",
    "Hevc", "MatteSequence", "PassSequence", "PlateSequence", "PngSequence", "Poster", "ProRes", "TiffSequence", "Vp9",
    "WebP",
]  # fmt: skip
