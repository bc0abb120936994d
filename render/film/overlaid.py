"""What is laid over a shot's pictures beside words and furniture: titles that come and go, insets, and the ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from render.film.furniture.legend import LevelColours
from render.film.insets.inset_layer import InsetLayer, layer_of, shade_of
from render.film.insets.telling import Telling, Told
from render.film.lines.line_take import LineTake
from render.film.take import Take
from render.film.words import ink
from render.film.words.ending import Ending
from render.film.words.ground import Dress
from render.film.words.layout import Box
from render.film.words.sheet import Sheet
from render.film.words.titling import PlacedTitle, shaded, titled
from render.film.words.wording import language_of, names_of
from render.scene.insets import InsetSettings
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.titles import TimedTitle, credits_of
from render.scene.written import timed_titles


@dataclass(frozen=True)
class Overlaid:
    """The titles and insets of a shot, each in its place for the whole of it."""

    colour: str
    titles: tuple[PlacedTitle, ...] = ()
    insets: InsetLayer = field(default_factory=InsetLayer)
    start: float = 0.0  # of the shot, on the scene's clock, seconds
    left_out: tuple[str, ...] = ()  # what had no room, in words

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The pixels that they need."""
        return (*(each.box for each in self.titles), *self.insets.boxes)

    def draw(self, pixels: np.ndarray, time: float) -> None:
        """Draws them at a time of the shot on a picture (H, W, 3) uint8, in place."""
        self.insets.draw(pixels, time)
        for title in self.titles:
            title.draw(pixels, self.start + time, self.colour)


def titles_in(scene: Scene, output: Film | Still, take: Take | LineTake) -> list[TimedTitle]:
    """Returns the titles that are there at some time of a shot of a film, or at the moment of a still."""
    if not output.titles:
        return []
    start, end = take.start, take.start + take.shot.duration
    if isinstance(output, Still):
        start = end = output.at
    found = [timed for timed in timed_titles(scene) if timed.span[0] <= end and timed.span[1] >= start]
    return [timed for timed in found if timed.location[0] == "titles" or timed.start == take.start]


def tellings(scene: Scene, output: Film | Still, take: Take, shown: LevelColours) -> list[tuple[InsetSettings, Told]]:
    """Returns the insets of a shot with what they tell of; shown: what levels look like on its pictures."""
    rest = names_of(scene, take)
    named = [[next(rest) for _ in panel.walks] for panel in take.panels]
    found: list[tuple[InsetSettings, Told]] = []
    for inset in take.shot.insets:
        number = take.shot.surfaces.index(inset.surface or take.shot.surfaces[0])
        names, colours = ([each[part] for each in named[number]] for part in (0, 1))
        told = Telling(
            take,
            take.panels[number],
            take.placements[number],
            tuple(names),
            tuple(colour or take.look.path.colour for colour in colours),
            shown,
            language_of(scene, output),
        )
        found.append((inset, told))
    return found


def overlaid(
    asked: tuple[Sequence[TimedTitle], Sequence[tuple[InsetSettings, Told]]],
    sheet: Sheet,
    dress: Dress,
    taken: Sequence[Box],
    pictures: Sequence[np.ndarray],
    start: float,
) -> Overlaid:
    """Returns titles and insets in their places on a sheet, off what is taken by words.

    pictures: (H, W, 3) uint8 of some moments of the shot without words, as large as the sheet or smaller.
    """
    titles, lost = titled(asked[0], sheet, taken)
    placed = tuple(shaded(title, shade_of(title.box, sheet, dress, pictures)) for title in titles)
    layer = layer_of(asked[1], sheet, dress, [*taken, *(title.box for title in placed)], pictures)
    said = [f'the title "{timed.title.text}"' for timed in lost] + [f"the inset {kind}" for kind in layer.left_out]
    return Overlaid(dress.ink, placed, layer, start, tuple(said))


def ending_of(scene: Scene, film: Film, sheet: Sheet, dress: Dress, captions: Sequence[str]) -> Ending:
    """Returns what is written after the last shot of a film."""
    return Ending(
        sheet,
        dress.ink,
        _is_pale(dress),
        credits_of(scene.credits),
        film.closing,
        scene.title,
        tuple(dict.fromkeys(captions)),
        float(film.fps),
    )


def _is_pale(dress: Dress) -> bool:
    """Whether words are paler than a ground that they are read on, which is then shaded with black."""
    return float(ink.light_of(dress.ink) @ ink.LUMINANCE) > 0.18
