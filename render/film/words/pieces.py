"""Pieces: a line, parted so that each part is drawn by one typeface in one direction, as they stand in the picture."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

from PIL import ImageFont, features

from render.film.words.bidi import in_order, levels
from render.scene.typefaces import fonts, letters
from render.scene.typefaces.typeface import Typeface

USUAL_WEIGHT = 400  # of a variable font


class Face(NamedTuple):
    """A bundled font and those that a scene names, which go before it."""

    bundled: str  # file in assets/
    chosen: tuple[Typeface, ...] = ()

    @property
    def chain(self) -> list[Typeface]:
        """The typefaces in the order in which they are asked for a letter."""
        return [*self.chosen, fonts.bundled(self.bundled)]


class TextPiece(NamedTuple):
    """Letters of one typeface in one direction."""

    text: str
    typeface: Typeface
    direction: str | None  # ltr or rtl; None is left to the library, which knows only one without raqm

    def font(self, size: float) -> ImageFont.FreeTypeFont:
        """Returns the font at a size in pixels, or at the only one that its pictures in colour have."""
        return _font(self.typeface, self.typeface.bitmap or size)

    def scale(self, size: float) -> float:
        """Returns by how much what its font draws is to be enlarged for a size in pixels."""
        return size / self.typeface.bitmap if self.typeface.bitmap else 1.0


@functools.lru_cache(maxsize=512)
def pieces(text: str, face: Face) -> tuple[TextPiece, ...]:
    """Returns the pieces of a line from left to right; a letter that no typeface has stays with the bundled one."""
    text = letters.one_line(text)
    if not face.chosen and not letters.needs_shaping(text):
        return (TextPiece(text, fonts.bundled(face.bundled), None),) if text else ()
    chain = face.chain
    shaped = features.check("raqm")
    runs: list[tuple[str, Typeface, int]] = []
    place, ranks = 0, levels(text)
    for cluster in letters.clusters(text):
        level = ranks[place]
        place += len(cluster)
        last = runs[-1] if runs else None
        spaced = last is not None and cluster.isspace() and not last[1].colour  # a space is as wide as its neighbours
        own = last[1] if last and spaced and not letters.lacking(cluster, last[1]) else None
        typeface = own or letters.typeface_for(cluster, chain) or chain[-1]
        if last and last[1:] == (typeface, level):
            runs[-1] = (last[0] + cluster, typeface, level)
        else:
            runs.append((cluster, typeface, level))
    ordered = in_order(runs, [level for _, _, level in runs])
    return tuple(
        TextPiece(part, typeface, ("rtl" if level % 2 else "ltr") if shaped else None)
        for part, typeface, level in ordered
    )


@functools.lru_cache(maxsize=64)
def _font(typeface: Typeface, size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(typeface.file, size, index=typeface.index)
    if typeface.variable:
        font.set_variation_by_axes([_position(axis) for axis in font.get_variation_axes()])
    return font


def _position(axis: Any) -> float:
    """Returns the place on an axis of a variable font: regular in weight, else what its designer took for usual."""
    if axis.get("name") in (b"Weight", "Weight"):
        return float(min(max(USUAL_WEIGHT, axis["minimum"]), axis["maximum"]))
    return float(axis["default"])
