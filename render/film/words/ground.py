"""Ground: what lies behind words, and what makes them readable there.

Readable is a contrast of 4.5 : 1 with every pixel behind them (WCAG 2.2, 1.4.3). The ground is measured once for a
whole shot, so that nothing flickers. An ink that a scene asks for stays as it is, and the ground is shaded as much as
that takes; the ink of a preset may change instead, to the nearest light of its own hue that is read everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from render.film.words import ink
from render.film.words.layout import Box, Page
from render.stage.colour import LUMA, linear_of

CONTRAST = 4.5
MIDDLE = 0.18  # the luminance that black and white are as far from
SURE = 4.8  # what is aimed at: codes are rounded, and between the moments that are measured the ground moves a little
QUIET = (0.7, 0.8, 0.9, 1.0)  # opacities of captions beside titles, of which the least that is read is taken
STRAY = 0.5  # percent of the pixels behind words at each end that may be specks
STEPS = np.linspace(0, 1, 101)  # shares of white or black in a changed ink


@dataclass(frozen=True)
class Dress:
    """How words are made readable in a shot."""

    ink: str  # colour
    quiet: float = 0.7  # opacity of captions and labels
    upper: float = 0.0  # share of the shade at the upper edge
    lower: float = 0.0
    shadow: float = 0.0  # share of a shade that follows the letters
    dark: bool = True  # whether shades are black, else white


@dataclass(frozen=True)
class Behind:
    """The luminance of the ground behind words along both edges: lowest and highest, or None where there are none."""

    upper: tuple[float, float] | None
    lower: tuple[float, float] | None

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest of all."""
        some = [each for each in (self.upper, self.lower) if each] or [(0.0, 0.0)]
        return min(low for low, _ in some), max(high for _, high in some)


def looked_at(picture: np.ndarray, colour: str) -> np.ndarray:
    """Returns a picture (H, W, 3 or 4), uint8 or uint16, as the ground of words of a colour: (H, W, 3) uint8.

    Where it is transparent nobody knows what will be behind; it is taken for a ground on which the colour is read.
    """
    codes = (picture >> 8).astype(np.uint8) if picture.dtype == np.uint16 else picture
    if codes.shape[2] == 3:
        return codes
    readable = 0.0 if linear_of(colour) @ LUMA > MIDDLE else 255.0
    cover = codes[..., 3:] / np.float32(255)
    ground: np.ndarray = np.rint(codes[..., :3] * cover + readable * (1 - cover)).astype(np.uint8)
    return ground


def measured(pictures: Sequence[np.ndarray], page: Page) -> Behind:
    """Returns what lies behind the words of a page in pictures (H, W, 3) uint8 without words."""
    return Behind(*(ends_of(pictures, boxes) for boxes in (page.upper, page.lower)))


def ends_of(pictures: Sequence[np.ndarray], boxes: Sequence[Box]) -> tuple[float, float] | None:
    """Returns the lowest and the highest luminance in boxes of pictures, or None where there is nothing of them."""
    parts = [
        ink.luminance(picture[max(0, box.top) : box.bottom, max(0, box.left) : box.right]).ravel()
        for picture in pictures
        for box in boxes
    ]
    found = [np.percentile(part, (STRAY, 100 - STRAY)) for part in parts if part.size]
    return (float(min(low for low, _ in found)), float(max(high for _, high in found))) if found else None


def contrast(one: float, other: float) -> float:
    """Returns the contrast of two luminances, 1 to 21 (WCAG 2.2)."""
    high, low = max(one, other), min(one, other)
    return (high + 0.05) / (low + 0.05)


def dressed(behind: Behind, colour: str, *, asked: bool, way: str = "auto", least: float = 0.0) -> Dress:
    """Returns how words of a colour are made readable before a ground.

    asked: whether the scene asks for this colour, which is then drawn as it is, or leaves it to its preset. way: of
    look.words.ground. least: share of the shade that the lower edge has in any case.
    """
    if way == "none":
        return Dress(colour, 1.0 if asked else QUIET[0])
    light = ink.light_of(colour)
    if not asked and way == "auto" and not least:
        light = readable(light, behind.ends)
    luminance = float(light @ ink.LUMINANCE)
    dark = _is_read_on_dark(luminance, behind)
    quiet = 1.0 if asked else _quiet(luminance, behind)
    upper, lower = (_share(luminance, ends, dark) for ends in (behind.upper, behind.lower))
    if upper or lower or least:
        quiet = 1.0
    said = colour if asked else ink.colour_of(light)
    if way == "shadow":
        return Dress(said, quiet, shadow=max(upper, lower, least), dark=dark)
    return Dress(said, quiet, upper, max(lower, least if behind.lower else 0.0), dark=dark)


def readable(light: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """Returns the light nearest to an ink's that is read on all of a ground, or the ink's own where there is none."""
    candidates = [light + (end - light) * share for share in STEPS for end in (1.0, 0.0)]
    return next((each for each in candidates if _is_read(float(each @ ink.LUMINANCE), ends)), light)


def _is_read(luminance: float, ends: tuple[float, float], opacity: float = 1.0) -> bool:
    """Whether an ink of an opacity is read on a ground that goes from one luminance to another."""
    inside = ends[0] < luminance < ends[1]
    return not inside and all(contrast(end + (luminance - end) * opacity, end) >= SURE for end in ends)


def _quiet(luminance: float, behind: Behind) -> float:
    return next((opacity for opacity in QUIET if _is_read(luminance, behind.ends, opacity)), 1.0)


def _is_read_on_dark(luminance: float, behind: Behind) -> bool:
    """Whether a black shade makes an ink readable with less of it than a white one."""
    dark, white = ([_share(luminance, ends, way) for ends in (behind.upper, behind.lower)] for way in (True, False))
    return max(dark) < max(white) or (max(dark) == max(white) and luminance > 0.18)


def _share(luminance: float, ends: tuple[float, float] | None, dark: bool) -> float:
    """Returns how much of a black or white shade a ground needs under an ink, 0 to 1."""
    if ends is None or _is_read(luminance, ends):
        return 0.0
    if dark:
        most = (luminance + 0.05) / SURE - 0.05
        return float(np.clip(1 - most / max(ends[1], 1e-9), 0.0, 1.0)) if most > 0 else 1.0
    least = SURE * (luminance + 0.05) - 0.05
    return float(np.clip((least - ends[0]) / max(1 - ends[0], 1e-9), 0.0, 1.0))
