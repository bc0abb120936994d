"""What is written on a picture: title, caption, the counters of its paths, and the names of its panels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from render.film.lines.line_take import LineTake
from render.film.lines.line_words import line_caption
from render.film.panel import Panel
from render.film.take import Take
from render.film.ticks import between_lines, factor_words
from render.film.words.caption import caption
from render.film.words.essentials import essentials
from render.film.words.figures import format_loss, format_share, format_step, short_loss
from render.film.words.overlay import Counter, Words
from render.film.words.rolled import rolled_briefly, rolled_counters
from render.film.words.said import told_briefly
from render.landscape.chronicle import Chronicle
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.words import say
from render.scene.written import counters_of

UNKNOWN = "–"


def words_of(scene: Scene, output: Film | Still, take: Take, time: float) -> Words:
    """Returns the words on the picture at a time of a shot, seconds."""
    take = take.now(time)
    title = scene.title if output.title else ""
    names = take.shot.surfaces
    labels = tuple(label_of(scene.shown, name) for name in names) if len(take.panels) > 1 else ()
    language, full = language_of(scene, output), output.caption == "full"
    note = interval_of(take, language) if is_furnished(output) else ""
    if not output.caption:
        return Words(title, note, labels=labels)
    text = " · ".join(filter(None, [caption_of(scene, take) if full else brief_of(take, language), note]))
    return Words(title, text, tuple(_counters(scene, output, take, time)), labels, full)


def is_furnished(output: Film | Still) -> bool:
    """Whether a picture has furniture: as its caption, unless it says so."""
    return bool(output.caption) if output.furniture is None else output.furniture


def interval_of(take: Take, language: Mapping[str, str]) -> str:
    """Returns what parts two contours, a loss or a factor, or "" where that is not to be said."""
    contours, scale = take.look.contours, take.panels[0].relief.scale
    if (
        not (take.look.furniture.interval and contours.count and contours.strength and scale.high > scale.low)
        or scale.ranks
    ):
        return ""
    step = between_lines(scale, contours.count)
    if scale.floor is None:
        return say(language, "line", f"{short_loss(step)} {unit_of(take.panels[0], language)}")
    return say(language, "factor", factor_words(step))


def language_of(scene: Scene, output: Film | Still) -> dict[str, str]:
    """Returns what the fixed words on a picture are called, where a scene says so."""
    return {**scene.words.language, **output.words.language}


def caption_of(scene: Scene, take: Take | LineTake) -> str:
    """Returns the caption of the pictures of a take."""
    if isinstance(take, LineTake):
        return line_caption(take)
    return caption(scene, take.shot, [panel.landscape.record for panel in take.panels], take.drawing)


def brief_of(take: Take, language: Mapping[str, str]) -> str:
    """Returns the essentials of the caption of a take, in a language."""
    records = [panel.landscape.record for panel in take.panels]
    said = essentials(take.shot.path, records, take.drawing, language)
    told = told_briefly(take.look.path, take.shot.path, take.drawing, language)
    return " · ".join([said, *told, *rolled_briefly(take.drawing.rolled, language)])


def label_of(family: Mapping[str, Any], name: str) -> str:
    """Returns what a surface or a run is called: its label, or its name as words."""
    own = getattr(family.get(name), "label", None)
    return own or name.replace("-", " ").replace("_", " ")


def _counters(scene: Scene, output: Film | Still, take: Take, time: float) -> Iterator[Counter]:
    """Gives what counts along: the step of the first path, and the values of every path at its head.

    Where there are several, the loss of each has its name.
    """
    walks = [(panel, number, walk) for panel in take.panels for number, walk in enumerate(panel.walks)]
    progress, language, asked = take.progress(time), language_of(scene, output), counters_of(output, take.shot)
    yield from _stops(scene, take)
    if not take.shot.path.show or not walks:
        rolls = [panel.rolls for panel in take.panels if panel.rolls]
        yield from (Counter(*said) for said in rolled_counters(rolls, progress, language))
        return
    heads = [Head(panel, number, round(walk.head(progress))) for panel, number, walk in walks]
    last = max(int(walk.path.steps[-1]) for _, _, walk in walks)
    for kind in asked:
        if kind in ("loss", "accuracy"):
            yield from _of_each(kind, heads, [*names_of(scene, take)], language)
        else:
            yield _of_leader(kind, heads[0], last, language)


class Head(NamedTuple):
    """How far a path of a panel has come: which of them, and the logged step."""

    panel: Panel
    number: int
    place: int

    @property
    def told(self) -> Chronicle:
        """What the run of the path tells; it is asked for where a counter needs it."""
        found = self.panel.landscape.told[self.number]
        assert found is not None
        return found


def _of_leader(kind: str, head: Head, last: int, language: Mapping[str, str]) -> Counter:
    """Returns the step, the epoch or the learning rate of the first path; all paths of a shot go at one pace."""
    path = head.panel.walks[0].path
    if kind == "epoch":
        return Counter(say(language, kind), format_loss(head.told.epoch(head.place)))
    if kind == "learning-rate":
        return Counter(say(language, kind), format_loss(head.told.learning_rate(head.place)))
    if head.panel.is_ready:  # which steps a file's points were taken at is not known
        return Counter(say(language, "point"), format_step(head.place + 1, len(path)))
    return Counter(say(language, "step"), format_step(int(path.steps[head.place]), last))


def _of_each(
    kind: str, heads: Sequence[Head], names: Sequence[tuple[str, str]], language: Mapping[str, str]
) -> Iterator[Counter]:
    """Gives the loss or the accuracy of every path, by its name where there are several."""
    for head, (name, colour) in zip(heads, names, strict=True):
        walk = head.panel.walks[head.number]
        if kind == "accuracy":
            value, called = format_share(float(head.told.accuracy[head.place])), say(language, kind)
            yield Counter(f"{name}, {called}", value, colour) if len(heads) > 1 else Counter(called, value)
        else:
            value = value_of(head.panel, float(walk.path.true_loss[head.place]), language)
            yield Counter(name, value, colour) if len(heads) > 1 else Counter(unit_of(head.panel, language), value)


def _stops(scene: Scene, take: Take) -> Iterator[Counter]:
    """Gives the stop that each series is nearest to: a value by its key, a surface by its name; a ride has steps."""
    told = [(panel.landscape.record["series"]["kind"], panel.stop) for panel in take.panels if panel.stop]
    for stop in dict.fromkeys(stop for kind, stop in told if kind != "ride-along"):
        key, sign, value = stop.rpartition("=")
        yield Counter(key.replace("_", " "), value) if sign else Counter("", label_of(scene.shown, stop))


def value_of(panel: Panel, loss: float, language: Mapping[str, str]) -> str:
    """Returns a loss in figures; what a file does not say is not known, and not diverged."""
    return UNKNOWN if panel.is_ready and math.isnan(loss) else format_loss(loss, say(language, "lost"))


def unit_of(panel: Panel, language: Mapping[str, str]) -> str:
    """Returns what the values of a panel are called."""
    value = str(panel.landscape.record["source"]["value"]) if panel.is_ready else "loss"
    return say(language, "loss") if value == "loss" else value


def names_of(scene: Scene, take: Take) -> Iterator[tuple[str, str]]:
    """Gives the name and the colour of every path: that of its panel where each panel has only one."""
    colours = [take.look.path.colour, *take.look.path.others]
    for side, (panel, name) in enumerate(zip(take.panels, take.shot.surfaces, strict=True)):
        surface = scene.measured.get(name)
        runs = [surface.run, *surface.paths] if surface else [name]
        first = take.look.path.on_side(side)
        for line, run in enumerate(runs[: len(panel.walks)]):
            if len(runs) > 1:
                yield label_of(scene.runs, run), colours[line % len(colours)] if line else first
            else:
                yield label_of(scene.shown, name), first if take.look.path.sides else ""
