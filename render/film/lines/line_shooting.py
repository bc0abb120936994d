"""Shooting a line: the pictures of one shot of a line at given times, each with its axes and words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from render.film.lines.line_axes import LineAxes, axes_of, draw_axes, draw_slopes
from render.film.lines.line_take import LineTake
from render.film.lines.line_words import axis_words, line_words
from render.film.lines.profile_body import LineBody, body_of
from render.film.lines.rolling_balls import draw_moving
from render.film.overlaid import Overlaid, overlaid, titles_in
from render.film.words.ground import Dress, dressed, measured
from render.film.words.layout import Page
from render.film.words.overlay import draw_words, page_of, sheet_of
from render.film.words.sheet import Sheet
from render.film.words.titling import titled
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
    first: LineShooting | None = None  # of a shot on which something changes, whose words are readable in the same way

    @cached_property
    def sheet(self) -> Sheet:
        """The sheet that its words are written on."""
        look = self.take.look
        return sheet_of(self.output.size, film=isinstance(self.output, Film), style=look.words, fonts=look.font)

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
        """The titles that come and go, each in its place for the whole shot, or None."""
        if self.first and self.first.setting == self.setting:
            return self.first.over
        asked = titles_in(self.scene, self.output, self.take)
        if not asked:
            return None
        pictures = [self.bare(share * self.take.shot.duration) for share in MOMENTS]
        return overlaid((asked, ()), self.sheet, self.dress, self.page.boxes, pictures, self.take.start)

    @cached_property
    def axes(self) -> LineAxes:
        """Its axes, and the chart between them, off the titles above and below; those in the middle lie over it."""
        language = {**self.scene.words.language, **self.output.words.language}
        placed, _ = titled(titles_in(self.scene, self.output, self.take), self.sheet, self.page.boxes)
        outer = [each.box for each in placed if each.timed.title.place.partition("-")[0] in ("upper", "lower")]
        taken = (*self.page.boxes, *outer)
        return axes_of(self.take, self.sheet, taken, axis_words(self.scene, self.take), language)

    @cached_property
    def body(self) -> LineBody:
        """The ground under the curve."""
        return body_of(self.take, self.axes.chart, self.output.size)

    @cached_property
    def dress(self) -> Dress:
        """How its words are made readable."""
        if self.first and self.first.setting == self.setting:
            return self.first.dress
        page, look = self.page, self.take.look
        pictures = [self.bare(share * self.take.shot.duration) for share in MOMENTS] if page.boxes else []
        return dressed(measured(pictures, page), look.text, asked=is_ink_asked(self.scene), way=look.words.ground)

    def bare(self, time: float, seed: int = 0) -> np.ndarray:
        """Returns the picture (H, W, 3) uint8 at a time of the shot, seconds, without axes and words.

        Rounding is blurred by noise of one code, and the look's grain: slow gradients would show steps.
        """
        light = draw_moving(self.take, self.axes.chart, self.body, time).astype(np.float32)
        random = np.random.default_rng(seed)
        noise = random.random(light.shape[:2], np.float32) - 0.5
        if self.take.look.grain:
            noise += 255 * self.take.look.grain * random.standard_normal(light.shape[:2], np.float32)
        codes = 255 * srgb_of(np.clip(light, 0, 1)) + noise[..., None]
        return np.rint(np.clip(codes, 0, 255)).astype(np.uint8)

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
