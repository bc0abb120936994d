"""What is said of a line: its caption, from its record, the counters of its balls, and what its axis is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from render.film.lines.line_take import LineTake
from render.film.words.caption import ends_words, objective_words
from render.film.words.essentials import objective_briefly
from render.film.words.figures import format_loss, format_share, format_step, short_loss
from render.film.words.overlay import Counter, Words
from render.landscape.balls import Balls
from render.scene.insets import CounterKind, CurvesInset
from render.scene.output import Film, Still
from render.scene.spec import Scene
from render.scene.words import say
from render.scene.written import counters_of


def line_words(scene: Scene, output: Film | Still, take: LineTake, time: float) -> Words:
    """Returns the words on the picture at a time of a shot of a line, seconds."""
    title, language = scene.title if output.title else "", {**scene.words.language, **output.words.language}
    if not output.caption:
        return Words(title)
    full = output.caption == "full"
    text = line_caption(take) if full else " · ".join(filter(None, _briefly(take, language)))
    return Words(title, text, tuple(_counters(take, time, counters_of(output, take.shot), language)), (), full)


def axis_words(scene: Scene, take: LineTake) -> str:
    """Returns what α is called: the line's label, or its direction in words."""
    assert take.shot.line is not None
    own = scene.lines[take.shot.line].label
    return own or str(take.landscape.record["line"]["words"])


def line_caption(take: LineTake) -> str:
    """Returns the caption of the pictures of a line."""
    record = take.landscape.record
    run, counts = record["run"], record["counts"]
    kinds = [f"{count:,} {kind}" for kind, count in counts.items() if count and kind != "measured"]
    measured = [f"{counts['measured']:,} measured", *kinds] if kinds else ["all measured"]
    parts = [
        run["data"],
        run["network"],
        run["training"],
        objective_words(record["objective"]),
        ", ".join([f"{record['points'][0]:,} points", *measured]),
        f"line: {record['line']['words']}",
        f"α {ends_words(*record['alpha'])}",
        _scale(take),
        _balls(take),
    ]
    return " · ".join(filter(None, parts))


def _scale(take: LineTake) -> str:
    """Returns how a loss becomes a height, and what lies over the top."""
    floor = take.scale.floor
    words = "linear height" if floor is None else f"log height from {floor:g}"
    top = float(take.scale.loss(np.array(1.0)))
    cut = float((take.loss > top * (1 + 1e-9)).mean())
    return f"{words}, {100 * cut:.2g} % of the line above the top" if cut > 0 else words


def _balls(take: LineTake) -> str:
    """Returns by which rule balls go."""
    asked = take.shot.ball
    if asked is None:
        return ""
    swing = f", momentum {asked.momentum:g}" if asked.momentum else ""
    count = f"{len(asked.starts)} balls go" if len(asked.starts) > 1 else "the ball goes"
    return (
        f"{count} by gradient descent held on the line, lr {asked.lr:g}{swing}, {asked.steps:,} steps; the slope of "
        f"the loss is computed on the network at each{_unit(take)}{_told(take)}"
    )


def _told(take: LineTake) -> str:
    """Returns of which ball insets tell, where there are several."""
    of_balls = any(not isinstance(inset, CurvesInset) for inset in take.shot.insets)
    return ", and so is what insets tell of the first ball" if of_balls and len(take.told) > 1 else ""


def _unit(take: LineTake) -> str:
    """Returns what a slope that is written is told per, where that is not a unit of the weights."""
    length = take.balls.length if take.balls else 1.0
    return "" if abs(length - 1) < 1e-6 else f" and written per unit of α, which is {length:.3g} of the weights"


def _briefly(take: LineTake, language: Mapping[str, str]) -> Iterator[str]:
    """Gives the essentials of the caption, in a language."""
    record = take.landscape.record
    run, counts = record["run"], record["counts"]
    yield from (run["data"], run["network"], run["training"].split(",")[0])
    yield objective_briefly(record["objective"])
    lost = counts.get("diverged", 0)
    whole = say(language, "measured") if not lost else say(language, "counted", f"{counts['measured']:,}")
    kinds = [say(language, "diverged", f"{lost:,}")] if lost else []
    yield ", ".join([say(language, "points", f"{record['points'][0]:,}"), whole, *kinds])
    yield say(language, "linear" if take.scale.floor is None else "log")
    if take.shot.ball:
        yield say(language, "ball", f"{take.shot.ball.lr:g}")


def _counters(
    take: LineTake, time: float, asked: Sequence[CounterKind], language: Mapping[str, str]
) -> Iterator[Counter]:
    """Gives what counts along: the last whole step of the balls, and what each has come to there.

    The slope follows the loss of one ball. Of several balls each value has the colour of its ball.
    """
    if take.balls is None:
        return
    step, _ = take.step(time)
    for kind in asked:
        if kind == "step":
            yield Counter(say(language, kind), format_step(step, take.balls.steps))
        elif kind == "loss":
            yield from _losses(take, take.balls, step, language)
        elif kind == "accuracy":
            yield from _accuracies(take, take.balls, step, language)


def _losses(take: LineTake, balls: Balls, step: int, language: Mapping[str, str]) -> Iterator[Counter]:
    lost = say(language, "lost")
    if len(balls.alpha) == 1:
        yield Counter(say(language, "loss"), format_loss(float(balls.loss[0, step]), lost))
        yield Counter(say(language, "slope"), format_loss(float(balls.rise[0, step]), lost))
        return
    for ball, (start, colour) in enumerate(_started(take, balls)):
        value = format_loss(float(balls.loss[ball, step]), lost)
        yield Counter(say(language, "started", start), value, colour)


def _accuracies(take: LineTake, balls: Balls, step: int, language: Mapping[str, str]) -> Iterator[Counter]:
    """Gives the accuracy at each ball that is told of: on data with values in place of classes there is none."""
    name = say(language, "accuracy")
    for told, (start, colour) in zip(take.told, _started(take, balls), strict=True):
        if told is not None:
            value = format_share(float(told.accuracy[step]))
            yield Counter(f"{name}, {start}", value, colour) if len(take.told) > 1 else Counter(name, value)


def _started(take: LineTake, balls: Balls) -> list[tuple[str, str]]:
    """Returns where each ball has started, in figures, and its colour."""
    colours = [take.look.path.colour, *take.look.path.others]
    return [(short_loss(float(start)), colours[ball % len(colours)]) for ball, start in enumerate(balls.alpha[:, 0])]
