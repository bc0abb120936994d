"""What is said of many descents: that they rolled down the surface, how, where they came to, and are no trainings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from render.film.panel import Panel
from render.film.rolls import BASINS, Rolls
from render.film.words.figures import format_step, short_loss
from render.landscape.rolling import LEFT, NOWHERE, RESTS, ROLLS, Rolled
from render.scene.words import say


def rolled_words(rolled: Sequence[Rolled]) -> Iterator[str]:
    """Gives a clause on the descents over each surface of a picture."""
    yield from dict.fromkeys(map(_sentence, rolled))


def _sentence(rolled: Rolled) -> str:
    push = rolled.push
    swing = f", momentum {push.momentum:g}" if push.momentum else ""
    how = f"gradient descent on its own heights, rate {push.rate:.3g}{swing}, at most {push.steps:,} steps"
    return (
        f"{rolled.count:,} points rolled down the surface by {how}, and are no trainings: {'; '.join(_fates(rolled))}"
    )


def _fates(rolled: Rolled) -> Iterator[str]:
    """Gives how many came to which basin, and what became of the rest."""
    sizes = np.bincount(rolled.basin[rolled.basin != NOWHERE], minlength=len(rolled.losses))
    for size, loss in list(zip(sizes, rolled.losses, strict=True))[: BASINS - 1]:
        yield f"{size:,} in a basin of loss {short_loss(float(loss))}"
    if len(sizes) >= BASINS:
        yield f"{sizes[BASINS - 1 :].sum():,} in {len(sizes) - BASINS + 1:,} further basins, of one colour"
    rest = rolled.basin == NOWHERE
    for fate, words in ((ROLLS, "still moved"), (LEFT, "left the ground")):
        if (rest & (rolled.fate == fate)).any():
            yield f"{(rest & (rolled.fate == fate)).sum():,} {words}"


def rolled_briefly(rolled: Sequence[Rolled], language: Mapping[str, str]) -> Iterator[str]:
    """Gives the essentials of that, in a language."""
    if rolled:
        counts = " | ".join(dict.fromkeys(f"{each.count:,}" for each in rolled))
        yield say(language, "rolled", counts)


def rolled_counters(rolls: Sequence[Rolls], progress: float, language: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Gives label and value of the step that all have come to, and of how many rest by then."""
    if not rolls:
        return
    last = max(each.rolled.last for each in rolls)
    step = rolls[0].step(progress, last)
    yield say(language, "step"), format_step(int(step), last)
    resting = sum(int(((each.rolled.fate == RESTS) & (each.rolled.ended <= step)).sum()) for each in rolls)
    yield say(language, "resting"), format_step(resting, sum(each.rolled.count for each in rolls))


def rolled_remarks(panel: Panel) -> Iterator[str]:
    """Gives what somebody who draws descents over a panel should know."""
    if panel.rolls is None:
        return
    rolled = panel.rolls.rolled
    for count, where in ((rolled.outside, "beyond its grid"), (rolled.unknown, "where no loss is known")):
        if count:
            yield f"{count:,} of the starts of its descents lie {where} and are left out; give other starts"
    moving = int(((rolled.basin == NOWHERE) & (rolled.fate == ROLLS)).sum())
    if moving:
        yield (
            f"{moving:,} of {rolled.count:,} descents still moved after {rolled.push.steps:,} steps; they have the "
            "last colour; more steps, or momentum, bring them to rest"
        )
