"""What a film is made of, for compositing: its passes, its mattes, its frames without words; numbered, in folders."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.encoders.encoder import DEPTH, EncoderPart

PassName = Literal[
    "depth", "normal", "albedo", "sun", "sky", "bounce", "lamp", "gloss", "path", "ground", "rest", "mattes"
]
MatteName = Literal["path", "body", "ground", "shadow", "words"]


class LayerPart(EncoderPart):
    """What numbered pictures of a part of a film have in common."""

    ending = ""
    alpha = True

    @property
    def called(self) -> str:
        """What its folder is called after the film's name, where it has no name of its own."""
        raise NotImplementedError

    @property
    def suffix(self) -> str:
        """The ending of its pictures."""
        return "png"

    @property
    def is_written(self) -> bool:
        """Whether it is of finished frames and their words, and not of the light of the stage."""
        return False


class PassSequence(LayerPart):
    """The passes of every frame, as numbered OpenEXR of many layers."""

    kind: Literal["passes"] = "passes"
    layers: list[PassName] = Field(
        default=[],
        max_length=12,
        examples=[["depth", "normal", "mattes"]],
        description="layers that are written beside the picture of all light; all when absent",
    )

    @property
    def called(self) -> str:
        """Passes."""
        return "passes"

    @property
    def suffix(self) -> str:
        """The ending of its pictures."""
        return "exr"


class MatteSequence(LayerPart):
    """A matte of every frame, as numbered grey PNG; of words, these themselves with straight alpha."""

    kind: Literal["matte"] = "matte"
    of: MatteName = Field(
        description="what is white: path, body and ground part a picture; shadow is what of the terrain the terrain "
        "hides from the sun; words are all that is written"
    )
    depth: Literal[8, 16] = Field(default=16, description=DEPTH)

    @property
    def called(self) -> str:
        """A matte, and of what."""
        return f"matte-{self.of}"

    @property
    def is_written(self) -> bool:
        """Whether it is of words."""
        return self.of == "words"


class PlateSequence(LayerPart):
    """The frames without words, on which those of a matte of words are laid."""

    kind: Literal["plate"] = "plate"
    depth: Literal[8, 16] = Field(default=16, description=DEPTH)

    @property
    def called(self) -> str:
        """A plate."""
        return "plate"

    @property
    def frame_depth(self) -> int:
        """As asked."""
        return self.depth

    @property
    def is_written(self) -> bool:
        """It is."""
        return True
