"""Inking: the words and the furniture of a print, set at its own size and made readable by a small picture of it.

Letters keep the share of the sheet's height that they have on a still, and on paper are large enough to be read at
arm's length. Nothing is written in the bleed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import median_filter

from render.compiler import unfused
from render.film.canvas import Canvas
from render.film.furniture.furnish import Furnishing, furnish, furnishing
from render.film.furniture.legend import LevelColours
from render.film.overlaid import Overlaid, overlaid, tellings, titles_in
from render.film.prints.patches import Draw, Patch, patches
from render.film.shooting import Shooting, bare_picture
from render.film.take import Take
from render.film.words.breaking import SHRINK
from render.film.words.ground import Dress, dressed, measured
from render.film.words.layout import Box
from render.film.words.lettering import path_names, plots_of, sheet_for
from render.film.words.overlay import Words, draw_words, page_of
from render.film.words.sheet import READABLE, Sheet
from render.film.words.wording import is_furnished, language_of, words_of
from render.scene.printing import Print
from render.scene.written import is_ink_asked

LEAST = 7.0  # points of the smallest letters on paper
POINT = 1 / 72  # inch
CALM = 11  # pixels of a proof, over whose medians the ground of lines is told: contours go, outlines stay
PROOF = 960  # pixels along the longer side of the picture that words are fitted to


@dataclass(frozen=True)
class Proof:
    """A small picture of a print, without words."""

    picture: np.ndarray  # (h, w, 3) uint8
    shown: LevelColours  # what levels look like where they are flat and lit


def inked(shooting: Shooting, take: Take, time: float, printed: Print) -> list[Patch]:
    """Returns the ink of a print at a time of its shot, seconds."""
    page = sheet_of(shooting, take, printed), words_on(shooting, take, time, printed)
    return patches(_writing(shooting, take, time, page), printed.trim, printed.bleed)


def sheet_of(shooting: Shooting, take: Take, printed: Print) -> Sheet:
    """Returns the sheet, without its bleed, that words are set on."""
    return replace(sheet_for(shooting.output, take), least=least_of(printed))


def least_of(printed: Print) -> float:
    """Returns the least size of letters on a print, pixels."""
    return max(READABLE, LEAST / SHRINK * POINT * printed.dpi) if printed.is_on_paper else READABLE


def words_on(shooting: Shooting, take: Take, time: float, printed: Print) -> Words:
    """Returns the words of a print; on paper a caption has as many lines as its letters need."""
    words = words_of(shooting.scene, shooting.output, take, time)
    return replace(words, full=words.full or printed.is_on_paper)


def _writing(shooting: Shooting, take: Take, time: float, page: tuple[Sheet, Words]) -> Draw:
    """Returns what writes on a print (H, W, 3) uint8 of which only the ground is there."""
    sheet, words = page
    proof = _proof(take, sheet, time)
    dress = _dress(shooting, take, page, proof)
    over = _overlaid(shooting, take, (page, dress, proof))
    made = _furnishing(shooting, take, time, (page, dress, proof), over.boxes)
    plots = plots_of(shooting.output, take, time)

    def write(pixels: np.ndarray) -> np.ndarray:
        written = draw_words(pixels, words, dress, sheet)
        if made:
            furnish(written, plots, made)
        over.draw(written, time)
        return written

    return write


def _proof(take: Take, sheet: Sheet, time: float) -> Proof:
    """Draws a small picture of a print."""
    small = _smaller(sheet)
    areas = Canvas(small.width, small.height, len(take.pictures)).panels
    stages = [take.stage(shown, area.size, 2) for shown, area in zip(take.pictures, areas, strict=True)]
    try:
        with unfused():
            picture = bare_picture(take, stages, time)
    finally:
        for stage in stages:
            stage.close()
    return Proof(np.ascontiguousarray(picture[..., :3]), stages[0].shown)


def _smaller(sheet: Sheet) -> Sheet:
    """Returns the sheet at the size of a proof, its words in their places."""
    share = min(1.0, PROOF / max(sheet.width, sheet.height))
    width, height = (max(16, round(side * share)) for side in (sheet.width, sheet.height))
    return replace(sheet, width=width, height=height, least=sheet.least * share)


def _dress(shooting: Shooting, take: Take, page: tuple[Sheet, Words], proof: Proof) -> Dress:
    """Returns how words are made readable on a print."""
    sheet, words = page
    behind = measured([proof.picture], page_of(words, _smaller(sheet)))
    return dressed(behind, take.look.text, asked=is_ink_asked(shooting.scene), way=take.look.words.ground)


def _overlaid(shooting: Shooting, take: Take, made: tuple[tuple[Sheet, Words], Dress, Proof]) -> Overlaid:
    """Returns the titles and the insets of a print."""
    (sheet, words), dress, proof = made
    scene, output = shooting.scene, shooting.output
    asked = titles_in(scene, output, take), tellings(scene, output, take, proof.shown)
    return overlaid(asked, sheet, dress, page_of(words, sheet).boxes, [proof.picture], take.start)


def _furnishing(
    shooting: Shooting,
    take: Take,
    time: float,
    made: tuple[tuple[Sheet, Words], Dress, Proof],
    further: Sequence[Box],
) -> Furnishing | None:
    """Returns the furniture of a print, or None where it has none."""
    (sheet, words), dress, proof = made
    if not (is_furnished(shooting.output) and take.look.furniture.drawn):
        return None
    seen = [(plots_of(shooting.output, take, time), proof.picture)]
    laid = sheet, dress, (*page_of(words, sheet).boxes, *further)
    colours = proof.shown, language_of(shooting.scene, shooting.output)
    laid_out = furnishing(take.look.furniture, seen, path_names(shooting.scene, take), laid, colours)
    # on one colour a line is one colour too: it does not change at every contour that it crosses
    return replace(laid_out, ground=median_filter(proof.picture, (CALM, CALM, 1)))
