"""Consistency: what is wrong between the parts of a scene, each of which is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from render.scene import composable, members, projecting, unfoldable, written
from render.scene.along import LineSettings, other_of
from render.scene.body import CLEAR
from render.scene.camera import Fixed
from render.scene.dangling import surface_at
from render.scene.descents import stray_starts
from render.scene.language.nearest import nearest
from render.scene.outputs import faults_of_films
from render.scene.part import Fault
from render.scene.plane import others_of
from render.scene.reachable import beyond_range, beyond_training
from render.scene.run_settings import RunSettings
from render.scene.shot import Shot, broken_ways, shot_called
from render.scene.surface import SurfaceSettings
from render.scene.time.transition import too_long

if TYPE_CHECKING:
    from render.scene.spec import Scene

SOLID = ("block", "disc")  # bodies with a base
OF_VALUES = ("one-weight", "two-weights")  # data sets without classes


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives everything that is wrong between the parts of a scene; names that lead nowhere are told by dangling."""
    yield from _strangers(scene)
    yield from members.faults(scene)
    yield from _moments(scene)
    yield from _undersides(scene)
    yield from _stray_starts(scene)
    yield from _faulty_lines(scene)
    yield from broken_ways(scene.shots)
    yield from _beyond(scene)
    yield from _transitions(scene)
    yield from _films(scene)
    yield from _twins(scene)
    yield from written.faults(scene)
    yield from projecting.faults(scene)
    yield from composable.faults(scene)
    yield from unfoldable.faults(scene)
    yield from faults_of_films(scene.films, scene.look.background.colour == CLEAR)


def _strangers(scene: Scene) -> Iterator[Fault]:
    """Gives the runs that one plane cannot go through: of another network, of other data, or the same twice."""
    runs = {name: run.seeded(scene.seed) for name, run in scene.runs.items() if isinstance(run, RunSettings)}
    for name, surface in scene.measured.items():
        through = [surface.run]
        for location, other in others_of(surface.plane.model_dump()):
            if runs.keys() >= {*through, other} and other not in through:
                sentence = _unlike(other, through, runs)
                yield from [((*surface_at(name), "plane", *location), other, sentence)] if sentence else []
                through.append(other)
        yield from _other_networks(scene, name, surface)


def _other_networks(scene: Scene, name: str, surface: SurfaceSettings) -> Iterator[Fault]:
    """Gives the paths of a surface that belong to another network, which its plane knows nothing of."""
    own = scene.runs.get(surface.run)
    for index, other in enumerate(surface.paths):
        run = scene.runs.get(other)
        if isinstance(own, RunSettings) and isinstance(run, RunSettings) and run.network != own.network:
            sentence = f'run "{other}" has another network than run "{surface.run}"; a plane shows paths of one'
            yield (*surface_at(name), "paths", index), other, sentence


def _moments(scene: Scene) -> Iterator[Fault]:
    """Gives the stills and films that the shots do not reach."""
    for family, outputs in (("stills", scene.stills), ("films", scene.films)):
        if outputs and not scene.shots:
            yield (family,), None, "need at least one shot; add it under shots"
    end = scene.duration
    for name, still in scene.stills.items():
        if scene.shots and still.at > end:
            yield ("stills", name, "at"), still.at, f"{still.at:g} s is after the end of the shots, {end:g} s"


def _stray_starts(scene: Scene) -> Iterator[Fault]:
    """Gives the starts of descents that lie beyond the range that their surface is measured on."""
    for index, shot in enumerate(scene.shots):
        ranges = [each.range for name in shot.surfaces if (each := scene.measured.get(name)) and each.range]
        for place, start, sentence in stray_starts(shot.descents, ranges):
            yield ("shots", index, "descents", "starts", "places", place), start, sentence


def _faulty_lines(scene: Scene) -> Iterator[Fault]:
    """Gives what cannot be drawn along lines: between runs that differ, balls beyond, accuracy of values."""
    runs = {name: run.seeded(scene.seed) for name, run in scene.runs.items() if isinstance(run, RunSettings)}
    for name, line in scene.lines.items():
        other = other_of(line.model_dump())
        two = bool(other) and other != line.run and runs.keys() >= {line.run, str(other)}
        sentence = _unlike(str(other), [line.run], runs) if two else None
        if sentence:
            yield ("lines", name, "along", "between", "run"), other, sentence.replace("plane", "line")
    for index, shot in enumerate(scene.shots):
        if shot.line and scene.look.background.colour == CLEAR:
            sentence = "a line is drawn on a ground; give look.background a colour"
            yield ("shots", index, "line"), shot.line, sentence
        shown = scene.lines.get(shot.line or "")
        run = runs.get(shown.run) if shown else None
        yield from _beside_the_line(index, shot, shown, run)


def _undersides(scene: Scene) -> Iterator[Fault]:
    """Gives the cameras that would see the base of a solid body and nothing of its terrain."""
    for index, shot in enumerate(scene.shots):
        if isinstance(shot.camera, Fixed) and shot.camera.view == "underside" and scene.look.body in SOLID:
            sentence = f"underside shows the base of a {scene.look.body}; set look.body to sheet"
            yield ("shots", index, "camera", "fixed", "view"), "underside", sentence


def _beyond(scene: Scene) -> Iterator[Fault]:
    """Gives the steps of paths that no training takes, and the places that cameras look at beyond their surface."""
    for index, shot in enumerate(scene.shots):
        surface = scene.measured.get(shot.surface or "")
        if surface is not None:
            run = scene.runs.get(surface.run)
            yield from beyond_training(index, shot, run.training.steps if isinstance(run, RunSettings) else None)
            yield from beyond_range(index, shot, surface)


def _transitions(scene: Scene) -> Iterator[Fault]:
    """Gives the transitions that take longer than their shots are on."""
    for index, shot in enumerate(scene.shots):
        if index == 0 and shot.transition.kind != "cut":
            sentence = "the first shot takes over from none; leave transition out"
            yield ("shots", index, "transition"), shot.transition.kind, sentence
    for number, asked, sentence in too_long([(shot.duration, shot.transition) for shot in scene.shots]):
        yield ("shots", number, "transition", "duration"), asked, sentence


def _films(scene: Scene) -> Iterator[Fault]:
    """Gives the shots of films that are not there, come twice, or are too short for their transitions."""
    there = [shot.name or str(number + 1) for number, shot in enumerate(scene.shots)]
    for name, film in scene.films.items():
        for place, called in enumerate(film.shots):
            location = ("films", name, "shots", place)
            if shot_called(called, scene.shots) is None:
                yield location, called, f'there is no shot "{called}"; {nearest(called, there)}'
            elif called in film.shots[:place]:
                yield location, called, f'"{called}" comes twice; a film shows a shot once'
        chosen = [scene.shots[number] for number in scene.shots_of(film)]
        for sentence in too_long([(shot.duration, shot.transition) for shot in chosen]) if film.shots else ():
            yield ("films", name, "shots"), film.shots, f"in this order {sentence[2]}"


def _twins(scene: Scene) -> Iterator[Fault]:
    """Gives the names that two shots share."""
    names = [shot.name for shot in scene.shots]
    for index, name in enumerate(names):
        if name is not None and name in names[:index]:
            first = names.index(name) + 1
            yield ("shots", index, "name"), name, f'shot {first} is called "{name}" too; choose another name'


def _beside_the_line(index: int, shot: Shot, line: LineSettings | None, run: RunSettings | None) -> Iterator[Fault]:
    """Gives what a shot asks of a line that it has not."""
    if line is None:
        return
    for place, start in enumerate(shot.ball.starts if shot.ball else []):
        if line.reach and not line.reach[0] <= start <= line.reach[1]:
            within = " to ".join(f"{end:g}" for end in line.reach)
            yield ("shots", index, "ball", "starts", place), start, f"{start:g} lies beyond the line, {within}"
    if shot.ball and not line.has_derivatives:
        sentence = "needs the slope of the loss, which this objective has none of; choose another objective"
        yield ("shots", index, "ball"), None, sentence
    if shot.accuracy and run is not None and run.data.kind in OF_VALUES:
        sentence = f"{run.data.kind} has values and no classes, so there is no accuracy; leave it out"
        yield ("shots", index, "accuracy"), True, sentence


def _unlike(name: str, through: Sequence[str], runs: Mapping[str, RunSettings]) -> str | None:
    """Returns why a plane through runs, the surface's own first, cannot go through another one as well."""
    run, own = runs[name], runs[through[0]]
    if run.network != own.network:
        return f'run "{name}" has another network than run "{through[0]}"; a plane needs runs of one network'
    if run.data != own.data:
        return f'run "{name}" learns other data than run "{through[0]}"; a plane needs runs of the same data'
    twin = next((other for other in through if runs[other] == run), None)
    return twin and f'run "{name}" is the same training as run "{twin}"; give it another seed'
