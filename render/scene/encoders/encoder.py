"""What outputs of a film have in common: a name, a size and a rate of their own, and what follows from their kind.

What follows is looked at before anything is drawn: the ending of the file, the multiples that its sides have to be,
whether it keeps a transparent ground, and the bits of the frames that it is made from.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from render.scene.body import Colour
from render.scene.filesize import FileSize
from render.scene.framerate import FrameRate
from render.scene.key import InKey
from render.scene.part import Name, Part

Side = Annotated[int, Field(ge=16, le=8192)]  # pixels
DEPTH = "bits of a channel"


class EncoderPart(Part):
    """What an output of any kind may say of itself."""

    name: Annotated[Name | None, InKey.APART] = Field(
        default=None, description="what its file is called after the film's name, where two would be called alike"
    )
    size: Annotated[tuple[Side, Side] | None, Field(strict=False), InKey.APART] = Field(
        default=None, description="width and height, pixels; the film's own when absent"
    )
    fps: Annotated[FrameRate | None, InKey.APART] = Field(
        default=None, description="frames per second; the film's own when absent"
    )
    pad: Colour | None = Field(
        default=None,
        description="colour of the rows and columns that are added, right and below, to a size that the format cannot "
        "have; when absent such a size is refused",
    )
    loop: bool = Field(
        default=False, description="whether it is to be played without end; how its end meets its beginning is checked"
    )

    ending: ClassVar[str]  # of its file's name; "" is a folder
    multiples: ClassVar[tuple[int, int]] = (1, 1)  # that width and height have to be of
    fastest: ClassVar[Fraction] = Fraction(240)  # frames per second
    hears: ClassVar[bool] = False  # whether it has room for sound
    alpha: ClassVar[bool] = False  # whether a transparent ground stays transparent, whatever its options
    deep: ClassVar[bool] = False  # whether it has more than 8 bits, whatever its options

    @property
    def keeps_alpha(self) -> bool:
        """Whether a transparent ground stays transparent."""
        return self.alpha

    @property
    def frame_depth(self) -> int:
        """Bits of a channel of the frames that it is made from, 8 or 16."""
        return 16 if self.deep else 8


class FittedPart(EncoderPart):
    """What an output may say that can be made smaller at a loss."""

    max_size: FileSize | None = Field(
        default=None,
        description="most that the file may take, such as 8MB: found by trying, at the best quality that fits",
    )
