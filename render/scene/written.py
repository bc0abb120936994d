"""What is written on pictures in time, titles, counters, insets and credits, and what of it runs have to tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from render.scene.existing import ImportedRunSettings, ReadySurface
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.inquiry import Inquiry, has_values, wish_of
from render.scene.insets import (
    USUAL_COUNTERS,
    CounterKind,
    CurvesInset,
    ExampleInset,
    GradientInset,
    Inset,
    MapInset,
    nominal_heights,
)
from render.scene.look import preset
from render.scene.output import Film, Still
from render.scene.part import Fault, Location
from render.scene.shot import Shot
from render.scene.titles import (
    TimedTitle,
    Title,
    credit_faults,
    credits_of,
    overlapping,
    title_faults,
)
from render.scene.told_on_lines import ball_wishes, counter_faults_of, inset_faults_of, same_balls, training_wishes

if TYPE_CHECKING:
    from render.scene.spec import Scene

CHAPTER = {"place": "upper-left", "size": 1.5}
CHAPTER_AT, CHAPTER_FADE = 0.3, 0.6  # seconds from the beginning of its shot, and in which it fades in and out
CHAPTER_SECONDS = 3.5  # that the title of a chapter is there, at most
WRITTEN = ("titles", "insets", "counters", "chapter")  # keys of a shot that a key tells of by themselves
RUNLESS = (ReadySurface, HyperparameterSurface)
HIGH = 0.9  # of a picture, between its margins
OF_RUNS = ("accuracy", "epoch", "learning-rate")  # counters that a run has to tell of


def is_ink_asked(scene: Scene) -> bool:
    """Whether a scene asks for the colour of its words, at some time at least, or leaves it to the preset."""
    tracked = any(track.location == ("look", "text") for track in scene.tracks)
    return tracked or bool(scene.look.text != preset(scene.look.name)["text"])


def chapter_of(shot: Shot) -> Title | None:
    """Returns the title of the chapter that begins with a shot."""
    if shot.chapter is None:
        return None
    at = min(CHAPTER_AT, shot.duration / 10)
    time = min(CHAPTER_SECONDS, shot.duration - at)
    fade = min(CHAPTER_FADE, time / 3)
    return Title.model_validate({**CHAPTER, "text": shot.chapter, "at": at, "duration": time, "in": fade, "out": fade})


def timed_titles(scene: Scene) -> list[TimedTitle]:
    """Returns all titles of a scene on its clock: its own, then those of its shots."""
    found = [TimedTitle(("titles", n), title, 0.0, scene.duration) for n, title in enumerate(scene.titles)]
    for number, (start, shot) in enumerate(zip(scene.starts, scene.shots, strict=True)):
        chapter = chapter_of(shot)
        if chapter:
            found.append(TimedTitle(("shots", number, "chapter"), chapter, start, shot.duration))
        for place, title in enumerate(shot.titles):
            found.append(TimedTitle(("shots", number, "titles", place), title, start, shot.duration))
    return found


def without_insets(scene: Scene) -> Scene:
    """Returns a scene whose shots have no insets."""
    return scene.model_copy(update={"shots": [shot.model_copy(update={"insets": []}) for shot in scene.shots]})


def counters_of(output: Film | Still, shot: Shot) -> Sequence[CounterKind]:
    """Returns the values that count along in a shot: its own, else those of the film or still, else step and loss."""
    for asked in (shot.counters, output.counters):
        if asked is not None:
            return asked
    return USUAL_COUNTERS


def tail_of(scene: Scene, film: Film) -> float:
    """Returns the seconds that a film goes on after its last shot, for credits and a closing card."""
    credits = credits_of(scene.credits)
    return (credits.seconds if credits else 0.0) + film.closing


def told(scene: Scene, output: Film | Still) -> dict[str, Any]:
    """Returns what a key is made of for all this; nothing where there is nothing beside the usual."""
    found: dict[str, Any] = {}
    titles = [
        [*map(str, each.location), each.start, each.title.model_dump(mode="json")] for each in timed_titles(scene)
    ]
    if titles and output.titles:
        found["titles"] = titles
    insets = [[inset.model_dump(mode="json") for inset in shot.insets] for shot in scene.shots]
    if any(insets) and output.insets:
        found["insets"] = insets
    counters = [list(counters_of(output, shot)) for shot in scene.shots]
    if output.caption and any(each != list(USUAL_COUNTERS) for each in counters):
        found["counters"] = counters
    credits = credits_of(scene.credits)
    if isinstance(output, Film) and credits:
        found["credits"] = credits.model_dump(mode="json")
    if isinstance(output, Film) and output.closing:
        found["closing"] = output.closing
    return found


def wishes(scene: Scene) -> dict[tuple[str, str], Inquiry]:
    """Returns what runs are to tell of their logged steps, by the names of surface and run."""
    found: dict[tuple[str, str], Inquiry] = {}
    shown = _shows_insets(scene)
    for shot in scene.shots:
        for inset in shot.insets if shown else []:
            name = inset.surface or shot.surface
            if name in scene.telling:
                runs = _runs_of(scene, name) if isinstance(inset, CurvesInset) else _runs_of(scene, name)[:1]
                for run in runs:
                    _add(found, (name, run), wish_of(inset))
        counted = _counted(scene, shot)
        for name in (each for each in shot.surfaces if each in scene.telling and counted & {*OF_RUNS}):
            for run in _runs_of(scene, name):
                _add(found, (name, run), Inquiry(accuracy="accuracy" in counted, pace=bool(counted & {*OF_RUNS[1:]})))
    return found


def wishes_on_lines(scene: Scene) -> dict[str, Inquiry]:
    """Returns what the runs of lines are to tell of their logged steps, by the names of lines."""
    return training_wishes(scene, shown=_shows_insets(scene))


def wishes_at_balls(scene: Scene, shot: Shot) -> dict[int, Inquiry]:
    """Returns what the network is to tell at each step of the balls of a shot, by their numbers.

    Shots whose balls take the same steps on one line ask together.
    """
    found: dict[int, Inquiry] = {}
    for other in scene.shots:
        if other.line == shot.line and same_balls(other.ball, shot.ball):
            counted = [] if has_values(scene, scene.lines[str(shot.line)].run) else _counted(scene, other)
            for number, wish in ball_wishes(other, counted, shown=_shows_insets(scene)).items():
                found[number] = found.get(number, Inquiry()).joined(wish)
    return found


def _shows_insets(scene: Scene) -> bool:
    """Whether a picture of a scene has insets."""
    outputs = _outputs(scene)
    return not outputs or any(output.insets for output in outputs)


def _counted(scene: Scene, shot: Shot) -> set[str]:
    """Returns the counters that some picture has while a shot runs."""
    return {kind for output in _outputs(scene) if output.caption for kind in counters_of(output, shot)}


def _outputs(scene: Scene) -> list[Film | Still]:
    """Returns the films and stills of a scene."""
    return [*scene.films.values(), *scene.stills.values()]


def _runs_of(scene: Scene, surface: str) -> list[str]:
    settings = scene.telling[surface]
    return [settings.run, *settings.paths]


def _add(found: dict[tuple[str, str], Inquiry], of: tuple[str, str], more: Inquiry) -> None:
    if more != Inquiry():
        found[of] = found.get(of, Inquiry()).joined(more)


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives what is wrong with what a scene writes in time."""
    if scene.shots:
        yield from title_faults((), scene.titles, scene.duration, "the shots")
    elif scene.titles:
        yield ("titles",), None, "need at least one shot; add it under shots"
    yield from _on_lines(scene)
    yield from overlapping(timed_titles(scene))
    yield from credit_faults(scene.credits)
    for number, shot in enumerate(scene.shots):
        if all(name in scene.shown for name in shot.surfaces):
            yield from _insets_without_source(scene, ("shots", number), shot)
            yield from _counters_without_source(scene, ("shots", number), shot.counters or (), shot)
        yield from _insets_without_room(scene, ("shots", number), shot)
    for family, outputs in (("films", scene.films), ("stills", scene.stills)):
        for name, output in outputs.items():
            for shot in scene.shots:
                if shot.counters is None and all(each in scene.shown for each in shot.surfaces):
                    yield from _counters_without_source(scene, (family, name), output.counters or (), shot)
            if isinstance(output, Film) and output.sound and output.sonify:
                yield (family, name, "sonify"), output.sonify, "a film has one sound track; leave out sound or sonify"


def _on_lines(scene: Scene) -> Iterator[Fault]:
    """Gives what would follow the chart of a line at the end of a film, which nothing is written over."""
    ending = {name: scene.shots_of(film)[-1] for name, film in scene.films.items() if scene.shots}
    lines = {name: number for name, number in ending.items() if scene.shots[number].surface is None}
    if lines and scene.credits:
        (name, number), *_ = lines.items()
        sentence = f'credits cannot follow the chart of a line, with which film "{name}" ends in shot {number + 1}'
        yield ("credits",), None, f"{sentence}; leave them out"
    for name in lines:
        closing = scene.films[name].closing
        if closing:
            yield ("films", name, "closing"), closing, "a film that ends with the chart of a line has no closing card"


def _insets_without_source(scene: Scene, where: Location, shot: Shot) -> Iterator[Fault]:
    """Gives the insets that tell of what is not known of their surface."""
    if shot.surface is None:
        yield from inset_faults_of(scene, where, shot)
        return
    for number, inset in enumerate(shot.insets):
        place: Location = (*where, "insets", number, inset.kind)
        name = inset.surface or shot.surface
        surface = scene.surfaces.get(name, scene.telling.get(name))
        if name in scene.series:
            yield from _insets_of_series(scene, place, inset, name)
        if isinstance(surface, RUNLESS) and not isinstance(inset, MapInset):
            what = "ready surface" if isinstance(surface, ReadySurface) else "surface of hyperparameters"
            sentence = f"{inset.kind} tells of a run, and a {what} has none; leave it out, or show a map"
            yield (*place, "kind"), inset.kind, sentence
        if surface is None or isinstance(surface, RUNLESS):
            continue
        objective = surface.objective
        if isinstance(inset, GradientInset) and (objective.bn == "recalibrated" or objective.dropout != "off"):
            sentence = "the loss of this surface has no gradient: it needs bn frozen or batch, and dropout off"
            yield (*place, "kind"), inset.kind, sentence
        if isinstance(inset, ExampleInset) and objective.examples is not None and inset.example >= objective.examples:
            sentence = f"the loss is measured on {objective.examples:,} examples, counted from 0; name one of them"
            yield (*place, "example"), inset.example, sentence
        if isinstance(inset, CurvesInset) and "accuracy" in inset.of and has_values(scene, surface.run):
            yield (*place, "of"), inset.of, "these data have values in place of classes, so no accuracy; set of: [loss]"


def _insets_of_series(scene: Scene, place: Location, inset: Inset, name: str) -> Iterator[Fault]:
    """Gives an inset that tells of what a series has several of."""
    if isinstance(inset, MapInset) and scene.series[name].kind != "blend":
        yield (*place, "kind"), inset.kind, f'a map is of one plane, and series "{name}" changes; leave it out'
    elif not isinstance(inset, MapInset) and name not in scene.telling:
        sentence = f'{inset.kind} tells of one run and one loss, and series "{name}" has several; leave it out'
        yield (*place, "kind"), inset.kind, sentence


def _counters_without_source(
    scene: Scene, where: Location, counters: Sequence[CounterKind], shot: Shot
) -> Iterator[Fault]:
    """Gives the counters whose values nobody knows in a shot."""
    for number, counter in enumerate(counters):
        if counter in counters[:number]:
            yield (*where, "counters", number), counter, f"{counter} is named twice; leave one out"
        own = shot.counters is not None
        if own or all(each.line for each in scene.shots):
            yield from counter_faults_of(scene, (*where, "counters", number), shot, counter, own=own)
        if counter not in OF_RUNS:
            continue
        for name in shot.surfaces:
            surface = scene.surfaces.get(name, scene.telling.get(name))
            if surface is None:
                sentence = f'{counter} tells of one run and one loss, and series "{name}" has several; leave it out'
            elif isinstance(surface, RUNLESS):
                what = "ready surface" if isinstance(surface, ReadySurface) else "surface of hyperparameters"
                sentence = f'{counter} tells of a run, and the {what} "{name}" has none; leave it out'
            elif counter != "accuracy" and isinstance(scene.runs.get(surface.run), ImportedRunSettings):
                sentence = f'{counter} is not known of the imported run "{surface.run}"; leave it out'
            elif counter == "accuracy" and has_values(scene, surface.run):
                sentence = "these data have values in place of classes, so no accuracy; leave it out"
            else:
                continue
            yield (*where, "counters", number), counter, sentence
            break


def _insets_without_room(scene: Scene, where: Location, shot: Shot) -> Iterator[Fault]:
    """Gives the insets of a shot that no picture of a scene has room for, at their least size."""
    outputs = [output for output in _outputs(scene) if output.insets]
    for output in outputs[: 1 if shot.insets else 0]:
        width, height = output.size
        for place, taken in nominal_heights(shot.insets, (width, height)).items():
            if taken > HIGH * height:
                sentence = (
                    f"the insets at {place} are {taken / height:.0%} of the height of a picture of {width}×{height} "
                    "at their smallest; give some of them another place, or a smaller size"
                )
                yield (*where, "insets"), None, sentence
