"""The sheet: a frame to write on, its margins, and how large its words are.

Words keep their share of the frame's height, so that a draft has all that the final picture has, in its place. In a
little picture they are larger than that as long as all of them fit.
"""

from __future__ import annotations

from dataclasses import dataclass

from render.film.canvas import Canvas
from render.film.words.ink import DISPLAY, TEXT
from render.film.words.pieces import Face
from render.scene.typefaces.typeface import Typeface
from render.scene.words import TextSettings, WordStyle
from render.stage.lens.tiles import CanvasBox

TITLE = 1.75  # size of the title / size of the caption
NAME = 1.25  # size of a panel's name / size of the caption
READABLE = 9.0  # pixels; the least size that words are meant to have
LARGEST = 0.05  # of a picture's height, by letters that are larger than their share so that they can be read
HEADING = 12.0  # pixels; the least size that a title is meant to have
LITTLE = 320  # rows of a picture, below which the caption takes its whole width
USUAL = WordStyle()


@dataclass(frozen=True)
class Sheet:
    """A frame and what follows from its size, in pixels."""

    width: int
    height: int
    film: bool = False
    style: WordStyle = USUAL
    fonts: tuple[Typeface, ...] = ()
    least: float = READABLE  # pixels, of captions and counters while they are no larger than LARGEST

    @property
    def stacked(self) -> bool:
        """Whether the caption takes the whole width, and the counters stand beside the title."""
        return self.portrait or self.height < LITTLE

    @property
    def portrait(self) -> bool:
        """Says whether the frame is higher than wide."""
        return self.height > self.width

    def face(self, setting: TextSettings) -> Face:
        """Returns the face of words of a setting."""
        bundled = DISPLAY if setting.weight == "medium" else TEXT
        return bundled._replace(chosen=self.fonts)

    @property
    def text(self) -> Face:
        """The face of labels and scales."""
        return TEXT._replace(chosen=self.fonts)

    @property
    def share(self) -> float:
        """The usual size of captions and counters / height."""
        return (0.026 if self.portrait else 0.020) if self.film else 0.014

    @property
    def size(self) -> float:
        """The size of captions and counters."""
        return max(self.share * self.height, min(self.least, LARGEST * self.height))

    @property
    def heading(self) -> float:
        """The size of the title of a little picture."""
        return max(TITLE * self.share * self.height, min(HEADING, 1.4 * LARGEST * self.height))

    @property
    def safe(self) -> CanvasBox:
        """Where words stand."""
        return Canvas(self.width, self.height).safe

    @property
    def left(self) -> int:
        """The column where lines begin."""
        return self.safe.left

    @property
    def right(self) -> int:
        """The column where values end."""
        return self.safe.right

    @property
    def span(self) -> int:
        """The width between the margins."""
        return self.safe.width

    @property
    def tall(self) -> int:
        """The height between the margins."""
        return self.safe.height

    @property
    def top(self) -> int:
        """The row where the highest capitals begin."""
        return self.safe.top

    @property
    def bottom(self) -> int:
        """The row of the lowest baseline."""
        return self.safe.bottom
