"""What is told on shots of lines: of the run by its steps, of the network where balls stand; and what nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from render.scene.along import LineSettings
from render.scene.ball import Ball
from render.scene.inquiry import Inquiry, has_values, wish_of
from render.scene.insets import CounterKind, CurvesInset, ExampleInset, Inset, MapInset
from render.scene.part import Fault, Location
from render.scene.shot import Shot

if TYPE_CHECKING:
    from render.scene.spec import Scene

OF_BALLS = ("step", "loss", "accuracy")  # counters that a ball has
NO_CLASSES = "these data have values in place of classes, so no accuracy"


def training_name(line: str) -> str:
    """Returns what the training of a line's run is called among all that pictures show; no surface has a blank."""
    return f"line {line} training"


def ball_name(shot: Shot, ball: int) -> str:
    """Returns what is told at one of the balls of a shot is called among all that pictures show."""
    return f"{shot.balls_name} at {ball}"


def training_wishes(scene: Scene, *, shown: bool) -> dict[str, Inquiry]:
    """Returns what the runs of lines are to tell of their logged steps, by line. shown: whether insets are."""
    found: dict[str, Inquiry] = {}
    for shot in scene.shots:
        for inset in shot.insets if shown and shot.line in scene.lines else []:
            if isinstance(inset, CurvesInset):
                assert shot.line is not None
                found[shot.line] = found.get(shot.line, Inquiry()).joined(replace(wish_of(inset), loss=True))
    return found


def ball_wishes(shot: Shot, counted: Collection[str], *, shown: bool) -> dict[int, Inquiry]:
    """Returns what the network is to tell where the balls of a shot stand after each step, by ball.

    Insets tell of the first one, and are shown or not; counted are the counters that some picture has.
    """
    if shot.ball is None:
        return {}
    asked = [wish_of(inset) for inset in shot.insets if shown and not isinstance(inset, CurvesInset)]
    each = Inquiry(accuracy="accuracy" in counted)
    found = {number: each for number in range(len(shot.ball.starts))}
    for wish in asked:
        found[0] = found[0].joined(wish)
    return {number: wish for number, wish in found.items() if wish != Inquiry()}


def same_balls(one: Ball | None, other: Ball | None) -> bool:
    """Whether balls take the same steps, at whatever pace these are shown."""
    return one is not None and other is not None and one.model_copy(update={"pace": other.pace}) == other


def inset_faults_of(scene: Scene, where: Location, shot: Shot) -> Iterator[Fault]:
    """Gives the insets of a shot of a line that tell of what there is not."""
    line = scene.lines.get(shot.line or "")
    for number, inset in enumerate(shot.insets if line else []):
        assert line is not None
        key, value, sentence = _lacking(scene, inset, line, shot)
        if sentence:
            yield (*where, "insets", number, inset.kind, key), value, sentence


def _lacking(scene: Scene, inset: Inset, line: LineSettings, shot: Shot) -> tuple[str, object, str]:
    """Returns why an inset cannot tell of a line, with its key and value, or an empty sentence."""
    if isinstance(inset, MapInset):
        return "kind", inset.kind, "a map is of a plane, and a line has none; leave it out"
    if isinstance(inset, CurvesInset):
        unknown = "accuracy" in inset.of and has_values(scene, line.run)
        return "of", inset.of, f"{NO_CLASSES}; set of: [loss]" if unknown else ""
    if shot.ball is None:
        sentence = "tells of the network where the first ball stands, and the shot has none; say ball, or leave it out"
        return "kind", inset.kind, sentence
    count = line.objective.examples
    if isinstance(inset, ExampleInset) and count is not None and inset.example >= count:
        sentence = f"the loss is measured on {count:,} examples, counted from 0; name one of them"
        return "example", inset.example, sentence
    return "kind", inset.kind, ""


def counter_faults_of(scene: Scene, where: Location, shot: Shot, counter: CounterKind, *, own: bool) -> Iterator[Fault]:
    """Gives a counter that nobody knows in a shot of a line. own: whether the shot asks for it itself."""
    line = scene.lines.get(shot.line or "")
    if line is None:
        return
    if counter not in OF_BALLS:
        yield where, counter, f"{counter} is of a training, and on a line there is none; leave it out"
    elif counter == "accuracy" and has_values(scene, line.run):
        yield where, counter, f"{NO_CLASSES}; leave it out"
    elif shot.ball is None and own:
        yield where, counter, f"{counter} is of balls, and the shot has none; say ball, or leave it out"
