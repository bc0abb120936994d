"""Furnishing: which furniture a shot has, laid out once, and drawn on each of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from render.film.furniture import labels, legend, rule, scalebar
from render.film.furniture.labels import PointLabel, Seen
from render.film.furniture.numbers import Glance, IsoNumber, chosen, presence
from render.film.furniture.plot import Plot
from render.film.furniture.points import named_points, opacity
from render.film.furniture.room import angles_of, pixels_of
from render.film.furniture.strokes import stroke
from render.film.furniture.turned import turned_ink
from render.film.ticks import ticks
from render.film.words import ink
from render.film.words.figures import short_loss
from render.film.words.ground import Dress
from render.film.words.ink import Ink, line_ink, line_width, together
from render.film.words.layout import CAPITAL, Box
from render.film.words.sheet import Sheet
from render.scene.furniture import Furniture
from render.scene.words import say

SIZE = 0.92  # of labels and ticks / size of the caption
NUMBER = 0.85  # size of the numbers of contours / size of the caption
FINE = 0.075  # width of a line / size
FAINT = 0.55  # opacity of lines beside words
HALO = 0.22  # radius of the shade under words / size
SHADE = 0.85  # share of that shade, where the ground asks for it


@dataclass(frozen=True)
class Furnishing:
    """The furniture of a shot, and what makes it readable."""

    asked: Furniture
    sheet: Sheet
    dress: Dress
    shown: legend.LevelColours
    language: Mapping[str, str]
    labels: tuple[tuple[PointLabel, ...], ...]  # of each panel
    feet: tuple[np.ndarray, ...]  # of each panel, where its rule stands
    legend: Box  # where it stands, with its words
    taken: tuple[Box, ...] = ()  # by words that are not furniture
    ground: np.ndarray | None = None  # (h, w, 3) uint8, a smaller picture that tells what lies under lines
    numbers: tuple[tuple[IsoNumber, ...], ...] = ()  # of each panel, on its contours

    @property
    def size(self) -> float:
        """Size of the letters, pixels."""
        return SIZE * self.sheet.size

    @property
    def line(self) -> float:
        """Width of lines, pixels."""
        return max(0.6, FINE * self.size)


def furnishing(
    asked: Furniture,
    moments: Sequence[tuple[Sequence[Plot], np.ndarray]],
    names: Sequence[Sequence[str]],
    page: tuple[Sheet, Dress, Sequence[Box]],
    colours: tuple[legend.LevelColours, Mapping[str, str]],
) -> Furnishing:
    """Returns the furniture of a shot, placed so that it fits at each of some moments of it.

    moments: the plots of all panels and the picture (H, W, 3) uint8 without words; names: of the paths of each panel;
    page: the sheet, the dress of its words, and the pixels that they need; colours: those of levels, and the language.
    """
    (sheet, dress, taken), (shown, language) = page, colours
    found, size = [], SIZE * sheet.size
    feet = tuple(rule.foot_of(plot) for plot in moments[len(moments) // 2][0])
    bare = Furnishing(asked, sheet, dress, shown, language, (), feet, Box(0, 0, 0, 0), tuple(taken))
    for number, first in enumerate(moments[0][0]):
        points = named_points(first.take, first.panel, list(asked.labels), list(names[number]), language)
        seen = [
            Seen.of(plots[number], picture, [*taken, *_measures(bare, plots[number], number)], dress.ink)
            for plots, picture in moments
        ]
        found.append(tuple(labels.placed(points, seen, sheet, size)))
    keyed = _legend_box(moments, [*taken, *_label_boxes(found, moments, sheet)], sheet)
    made = replace(bare, labels=tuple(found), legend=keyed, taken=tuple(taken))
    return replace(made, numbers=_numbers(made, moments))


def _numbers(
    made: Furnishing, moments: Sequence[tuple[Sequence[Plot], np.ndarray]]
) -> tuple[tuple[IsoNumber, ...], ...]:
    """Returns the numbers on the contours of each panel, where a look has them, off all other furniture."""
    plots = moments[0][0]
    if not plots or not plots[0].take.look.contours.numbers or any(plot.panel.stop for plot in plots):
        return ()
    glances = [
        Glance.of(each, picture, (_in_the_way(made, each), made.labels), made.sheet) for each, picture in moments
    ]
    ink, size = made.dress.ink, NUMBER * made.sheet.size
    return tuple(tuple(chosen(panel, glances, made.sheet, size, ink)) for panel in range(len(plots)))


def _in_the_way(made: Furnishing, plots: Sequence[Plot]) -> list[Box]:
    """Returns the pixels that words, rules, scales and legend need at a moment."""
    found = [*made.taken, *([made.legend] if made.asked.legend else [])]
    for number, plot in enumerate(plots):
        found += _measures(made, plot, number)
    return found


def _measures(made: Furnishing, plot: Plot, number: int) -> list[Box]:
    """Returns the pixels that the rule and the scale of a panel need."""
    parts = [_rule(plot, made.feet[number], made)] if made.asked.height else []
    parts += [_scale(plot, made)] if made.asked.scale else []
    return [_around(together([*words, *lines])) for words, lines in parts if words or lines]


def _around(each: Ink) -> Box:
    columns, rows = each.columns, each.rows
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def _label_boxes(
    found: Sequence[Sequence[PointLabel]], moments: Sequence[tuple[Sequence[Plot], np.ndarray]], sheet: Sheet
) -> list[Box]:
    """Returns the pixels of all labels at all moments."""
    return [
        label.box(plot.at(label.named.point[None])[0], sheet)
        for plots, _ in moments
        for plot, own in zip(plots, found, strict=True)
        for label in own
    ]


def _legend_box(moments: Sequence[tuple[Sequence[Plot], np.ndarray]], taken: Sequence[Box], sheet: Sheet) -> Box:
    """Returns where a legend covers least of the bodies, and no words: at the right or left, high or in the middle."""
    size, plots = SIZE * sheet.size, [plot for each, _ in moments for plot in each]
    scale = plots[0].panel.relief.scale
    losses = [short_loss(loss) for loss in ticks(scale)]
    width = max((line_width(loss, sheet.text, size) for loss in losses), default=0.0) + (legend.WIDTH + 1.2) * size
    high = max(8, round(legend.HEIGHT * min(sheet.height, sheet.width)))
    lows = [box.top for box in taken if box.top > sheet.height / 2]
    middle = min(round((sheet.height - high) / 2), min(lows, default=sheet.bottom) - 2 * high)
    places = [
        Box(round(right - width), top, right, top + high)
        for top in (max(sheet.top, middle), sheet.top)
        for right in (sheet.right, round(sheet.left + width))
    ]
    hulls = [plot.outline() for plot in plots]
    return min(places, key=lambda box: sum(box.meets(other) for other in taken) + labels.covered(box, hulls))


def furnish(pixels: np.ndarray, plots: Sequence[Plot], made: Furnishing) -> None:
    """Draws the furniture of a shot on a picture (H, W, 3) uint8, in place."""
    _draw_numbers(pixels, plots, made)
    for plot, own, foot in zip(plots, made.labels, made.feet, strict=True):
        for label in own:
            _draw_label(pixels, plot, label, made)
        if made.asked.height:
            _write(pixels, made, *_rule(plot, foot, made))
        if made.asked.scale:
            _write(pixels, made, *_scale(plot, made))
    if made.asked.legend and plots:
        _draw_legend(pixels, plots[0], made)


def _draw_numbers(pixels: np.ndarray, plots: Sequence[Plot], made: Furnishing) -> None:
    taken = _in_the_way(made, plots) if any(made.numbers) else []
    for panel, own in enumerate(made.numbers):
        for number in own:
            share = presence(number, plots, panel, taken)
            if share > 0:
                _draw_number(pixels, number, pixels_of(plots[panel], number.points[None]), made, share)


def _draw_number(pixels: np.ndarray, number: IsoNumber, places: np.ndarray, made: Furnishing, share: float) -> None:
    """Draws a number along its line at places (1, 3, 2), on a patch of the ground around it that parts the line."""
    (start, middle, end), angle = places[0], float(angles_of(places)[0])
    words = turned_ink(number.words, made.sheet.text, number.size, (start + middle + end) / 3, angle)
    patch = ink.halo(words, number.halo * number.size)
    way = end - start
    along = ((patch.columns - start[0]) * way[0] + (patch.rows - start[1]) * way[1]) / max(float(way @ way), 1e-9)
    light = np.stack([np.interp(along, (0, 0.5, 1), number.ground[:, k]) for k in range(3)], axis=1)
    ink.paint(pixels, replace(patch.faded(share), light=light), made.dress.ink)
    ink.paint(pixels, words.faded(share), number.ink)


def _draw_label(pixels: np.ndarray, plot: Plot, label: PointLabel, made: Furnishing) -> None:
    share = opacity(label.named, plot.time)
    if share <= 0 or not plot.sees(label.named.point):
        return
    anchor = plot.at(label.named.point[None])[0]
    box = label.box(anchor, made.sheet)
    words = line_ink(label.named.words, made.sheet.text, label.size)
    row = round((box.top + box.bottom) / 2 + 0.36 * label.size)
    line = stroke(np.array(labels.leader(label, anchor, made.sheet)), made.line)
    _write(pixels, made, [words.moved(box.left, row)], [line], share, shaded=label.shaded)


def _write(
    pixels: np.ndarray,
    made: Furnishing,
    words: Sequence[Ink],
    lines: Sequence[Ink],
    share: float = 1.0,
    *,
    shaded: bool = False,
) -> None:
    """Draws words and fine lines in the ink of the picture, shaded where the ground asks for it."""
    if shaded:
        under = "#000000" if made.dress.dark else "#ffffff"
        ink.paint(pixels, ink.halo(together(words), HALO * made.size).faded(SHADE * share), under)
    for line in lines:
        seen = ink.against(line, pixels, made.dress.ink, made.ground)
        ink.paint(pixels, seen.faded(FAINT * share), made.dress.ink)
    for each in words:
        ink.paint(pixels, each.faded(share), made.dress.ink)


def _rule(plot: Plot, foot: np.ndarray, made: Furnishing) -> tuple[list[Ink], list[Ink]]:
    """Returns the words and the lines of a height rule."""
    marks, side, size = rule.marks_of(plot, foot), rule.side_of(plot, foot), made.size
    staff = plot.at(rule.staff_of(plot, foot))
    places = plot.at(np.array([mark.place for mark in marks]).reshape(-1, 3))
    lines, words = [stroke(staff, made.line)], []
    for number in rule.thinned(places[:, 1], size):
        end = places[number] + [side * rule.LONG * size, 0.0]
        lines.append(stroke(np.array([places[number], end]), made.line))
        words.append(_beside(marks[number].words, end + np.array([side * 0.35, 0.36]) * size, side, made))
    return words, lines


def _beside(text: str, place: np.ndarray, side: int, made: Furnishing) -> Ink:
    """Returns words whose baseline begins at a place (2,), or ends there where they stand to its left."""
    face, size = made.sheet.text, made.size
    left = place[0] - (line_width(text, face, size) if side < 0 else 0.0)
    return line_ink(text, face, size).moved(round(left), round(place[1]))


def _scale(plot: Plot, made: Furnishing) -> tuple[list[Ink], list[Ink]]:
    """Returns the words and the lines of a scale bar; none where the length of a direction is not known."""
    whole = scalebar.unit_length(plot)
    if whole is None:
        return [], []
    length, size = scalebar.round_length(whole), made.size
    ends = plot.at(scalebar.bar_of(plot, whole, length))
    across = np.array([0.0, 0.35 * size])
    caps = [np.array([end - across, end + across]) for end in ends]
    lines = [stroke(ends, 1.6 * made.line), *(stroke(cap, made.line) for cap in caps)]
    text = say(made.language, "weights", short_loss(length))
    face, middle = made.sheet.text, ends.mean(axis=0)
    slope = (ends[1] - ends[0])[1] / ((ends[1] - ends[0])[0] or 1e-9)
    side = 1 if slope < 0 else -1  # below the bar, on the side to which it falls away; else beside its upper end
    words = line_ink(text, face, size)
    before = line_width(text, face, size) if side < 0 else 0.0
    ways = [(middle, 1.0 + CAPITAL), (ends[ends[:, 1].argmin()], CAPITAL)]
    places = [start + np.array([side * 0.8, down]) * size - [before, 0.0] for start, down in ways]
    laid = [words.moved(round(place[0]), round(place[1])) for place in places]
    words = next((each for each in laid if not any(_around(each).meets(box) for box in made.taken)), laid[0])
    return [words], lines


def _draw_legend(pixels: np.ndarray, plot: Plot, made: Furnishing) -> None:
    scale, size = plot.panel.relief.scale, made.size
    width, height = max(2, round(legend.WIDTH * size)), made.legend.bottom - made.legend.top
    left, top = made.legend.right - width, made.legend.top
    legend.paint_bar(pixels, made.shown, left, top, width, height)
    losses = ticks(scale)
    levels = scale.level(np.array(losses))
    rows = top + height * (1 - levels)
    lines, words = [], []
    for number in rule.thinned(rows, size):
        start = np.array([left - 0.25 * size, rows[number]])
        end = start - [0.4 * size, 0.0]
        lines.append(stroke(np.array([start, end]), made.line))
        words.append(_beside(short_loss(losses[number]), end + np.array([-0.3, 0.36]) * size, -1, made))
    _write(pixels, made, words, lines)
