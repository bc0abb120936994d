"""Shooting a line: the pictures of one shot of a line at given times, each with its axes and words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from render.film.insets.telling import Told
from render.film.lines.line_axes import LineAxes, axes_of, draw_axes, draw_slopes
from render.film.lines.line_room import LineRoom, room_of
from render.film.lines.line_take import LineTake
from render.film.lines.line_telling import line_tellings
from render.film.lines.line_words import axis_words, line_words
from render.film.lines.profile_body import LineBody, body_of
from render.film.lines.rolling_balls import draw_moving
from render.film.overlaid import Overlaid, overlaid, titles_in
from render.film.words.ground import Behind, Dress, dressed, ends_of, measured
from render.film.words.layout import Box, Page
from render.film.words.overlay import draw_words, page_of, sheet_of
from render.film.words.sheet import READABLE, Sheet
from render.film.words.titling import titled
from render.scene.insets import InsetSettings
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.words import WordStyle
from render.scene.written import is_ink_asked
from render.stage.colour import srgb_of

MOMENTS = (0.0, 0.5, 1.0)  # of a shot, at which the ground behind its words is measured


@dataclass(frozen=True)
class LineShooting:
    """A shot of a line made ready for pictures of one size."""

    scene: Scene
    output: Film | Still
    take: LineTake
    least: float = READABLE  # pixels, of its letters
    first: LineShooting | None = None  # of a shot on which something changes, whose words are readable in the same way

    @cached_property
    def sheet(self) -> Sheet:
        """The sheet that its words are written on."""
        look = self.take.look
        film = isinstance(self.output, Film)
        return replace(sheet_of(self.output.size, film=film, style=look.words, fonts=look.font), least=self.least)

    @property
    def setting(self) -> tuple[str, WordStyle]:
        """The colour of its words, and how they are set."""
        return self.take.look.text, self.take.look.words

    @cached_property
    def page(self) -> Page:
        """Where its words stand, but for titles."""
        return page_of(line_words(self.scene, self.output, self.take, 0.0), self.sheet)

    @cached_property
    def over(self) -> Overlaid | None:
        """The titles that come and go, and the insets, each in its place for the whole shot, or None."""
        if self.first and self.first.setting == self.setting:
            return self.first.over
        titles, insets = titles_in(self.scene, self.output, self.take), self._insets
        shown = [insets[number] for number in self.room.kept]
        if not titles and not insets:
            return None
        pictures = [self.bare(share * self.take.shot.duration) for share in MOMENTS]
        found = overlaid((titles, shown), self.sheet, self.dress, self.page.boxes, pictures, self.take.start)
        lost = (f"the inset {getattr(insets[number][0], 'kind', '')}" for number in self.room.lost)
        return replace(found, left_out=(*found.left_out, *lost))

    @cached_property
    def _insets(self) -> list[tuple[InsetSettings, Told]]:
        return line_tellings(self.take, self.language) if self.output.insets else []

    @property
    def language(self) -> dict[str, str]:
        """What the fixed words are called, where the scene says so."""
        return {**self.scene.words.language, **self.output.words.language}

    @cached_property
    def room(self) -> LineRoom:
        """The room of its chart, off the titles above and below; those in the middle lie over it."""
        placed, _ = titled(titles_in(self.scene, self.output, self.take), self.sheet, self.page.boxes)
        outer = [each.box for each in placed if each.timed.title.place.partition("-")[0] in ("upper", "lower")]
        asked = [settings for settings, _ in self._insets]
        return room_of(self.sheet, (*self.page.boxes, *outer), asked, [each.box for each in placed])

    @cached_property
    def axes(self) -> LineAxes:
        """Its axes, and the chart between them."""
        return axes_of(self.take, self.sheet, self.room.box, axis_words(self.scene, self.take), self.language)

    @cached_property
    def body(self) -> LineBody:
        """The ground under the curve."""
        return body_of(self.take, self.axes.chart, self.output.size)

    @cached_property
    def dress(self) -> Dress:
        """How its words are made readable."""
        if self.first and self.first.setting == self.setting:
            return self.first.dress
        page, look, chart = self.page, self.take.look, self.axes.chart
        pictures = [self.bare(share * self.take.shot.duration) for share in MOMENTS]
        gutter = Box(0, round(chart.top), round(chart.left), round(chart.bottom))  # a chart without words has numbers
        behind = measured(pictures, page) if page.boxes else Behind(ends_of(pictures, [gutter]), None)
        return dressed(behind, look.text, asked=is_ink_asked(self.scene), way=look.words.ground)

    def bare(self, time: float, seed: int = 0, *, depth: int = 8, bleed: int = 0) -> np.ndarray:
        """Returns the picture (H, W, 3) at a time of the shot, seconds, without axes and words.

        Rounding is blurred by noise of one code, and the look's grain: slow gradients would show steps. depth: bits of
        a channel, 8 or 16. bleed: pixels that its ground goes on beyond every edge.
        """
        chart, body = self.axes.chart, self.body
        if bleed:
            chart = chart.moved(bleed)
            body = body_of(self.take, chart, (self.output.size[0] + 2 * bleed, self.output.size[1] + 2 * bleed))
        light = draw_moving(self.take, chart, body, time).astype(np.float32)
        random, most = np.random.default_rng(seed), 2**depth - 1
        noise = random.random(light.shape[:2], np.float32) - 0.5
        if self.take.look.grain:
            noise += most * self.take.look.grain * random.standard_normal(light.shape[:2], np.float32)
        codes = most * srgb_of(np.clip(light, 0, 1)) + noise[..., None]
        return np.rint(np.clip(codes, 0, most)).astype(np.uint8 if depth == 8 else np.uint16)

    def writing(self, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """Returns what writes axes and words of a time of the shot, seconds, on a picture (H, W, 3) uint8."""
        words = line_words(self.scene, self.output, self.take, time)

        def write(pixels: np.ndarray) -> np.ndarray:
            written = pixels.copy()
            draw_axes(written, self.take, self.axes, self.dress)
            draw_slopes(written, self.take, self.axes, self.dress, time)
            written = draw_words(written, words, self.dress, self.sheet)
            if self.over:
                self.over.draw(written, time)
            return written

        return write

    def picture(self, time: float, seed: int = 0) -> np.ndarray:
        """Returns the finished picture (H, W, 3) uint8 at a time of the shot, seconds."""
        return self.writing(time)(self.bare(time, seed))
