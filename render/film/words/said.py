"""What is said of that which is told along paths: how far they lie from the plane, arrows, drops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from render.film.words.drawing import Drawing
from render.scene.pathlight import PathLight
from render.scene.shot import PathStyle
from render.scene.words import say
from render.stage.marks.arrow import DECADES


def told_words(style: PathLight, shot: PathStyle, drawn: Drawing) -> Iterator[str]:
    """Gives a clause for each thing that is told along the paths of a picture."""
    if not shot.show or drawn.absent:
        return
    if style.distance != "none" and any(drawn.farthest):
        what = "halo" if style.distance == "halo" else "width of the line"
        yield f"{what}: distance from the plane, up to {_each(drawn.farthest)} in units of the weights"
    if drawn.steepest:
        longest = f"{drawn.steepest:.3g} where longest, 1/{DECADES:g} of that shorter for each factor of ten"
        yield f"arrows: down the gradient of the slice in α and β, {longest}"
    if drawn.drops:
        faint = "" if shot.height == "loss" else ", faint under it"
        yield f"drops: from the surface to the path's own loss{faint}"


def told_briefly(style: PathLight, shot: PathStyle, drawn: Drawing, language: Mapping[str, str]) -> Iterator[str]:
    """Gives the essentials of that, in a language."""
    if not shot.show or drawn.absent:
        return
    if style.distance != "none" and any(drawn.farthest):
        yield say(language, "apart", _each(drawn.farthest))
    if drawn.steepest:
        yield say(language, "arrows")
    if drawn.drops:
        yield say(language, "drops")


def _each(values: Sequence[float]) -> str:
    return " | ".join(dict.fromkeys(f"{value:.3g}" for value in values))
