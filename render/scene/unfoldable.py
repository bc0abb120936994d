"""What an unfolding asks of a scene: a line before it, and a terrain whose cut along that line is the very line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from render.scene.along import LineSettings, other_of
from render.scene.hyperparameters import HyperparameterSurface
from render.scene.part import Fault
from render.scene.plane import others_of
from render.scene.relief import SmoothStep
from render.scene.shot import Shot, shot_called
from render.scene.surface import SurfaceSettings

if TYPE_CHECKING:
    from render.scene.spec import Scene

BODIES = ("block", "sheet")  # that a strip can be cut out of
THROUGH_RUNS = ("between", "three")  # planes that are known by the runs that they go through


def faults(scene: Scene) -> Iterator[Fault]:
    """Gives what is wrong with the shots that unfold out of a line."""
    for index, shot in enumerate(scene.shots):
        if index and shot.transition.kind == "unfold":
            found = _of_shots(scene, scene.shots[index - 1], shot) or _of_what_they_show(scene, index)
            if found:
                yield ("shots", index, "transition", "kind"), "unfold", found
    yield from _of_films(scene)


def _of_shots(scene: Scene, before: Shot, shot: Shot) -> str | None:
    """Returns why a shot cannot take over from the one before by an unfolding, whatever they show, or None."""
    body = scene.look.resolved.body
    if shot.line is not None:
        return "a line unfolds into a surface; name a surface, or take another kind"
    if before.line is None:
        return "unfolds the line of the shot before, and that shows a surface; show a line there, or take another kind"
    if shot.beside:
        return "one surface grows out of the line; leave beside out"
    if shot.camera.projection != "flat":
        return f"the chart of a line is flat; let the camera be so too, since it is {shot.camera.projection}"
    if body not in BODIES:
        return f"nothing can be cut out of a body of {body}; set look.body to block or sheet"
    if any(isinstance(step, SmoothStep) for step in scene.look.steps):
        return "the cut of a smoothed terrain is not the line; leave smooth out of look.relief"
    return None


def _of_what_they_show(scene: Scene, index: int) -> str | None:
    """Returns why the surface of a shot has no such cut as the line of the shot before, or None."""
    name, called = scene.shots[index].surface, scene.shots[index - 1].line
    line, surface = scene.lines.get(called or ""), scene.surfaces.get(name or "")
    if name in scene.series:
        return f'a line lies in one plane, and series "{name}" has several; name a surface'
    if line is None or surface is None:
        return None
    if isinstance(surface, HyperparameterSurface):
        return f'surface "{name}" is of hyperparameters and lies nowhere among the weights; name one that is measured'
    if not isinstance(surface, SurfaceSettings):
        return f'surface "{name}" is ready, and where among the weights it lies is not known; name one that is measured'
    if line.objective != surface.objective:
        return f'line "{called}" and surface "{name}" are of other losses; give both the same objective'
    lacking = _lacking(line, surface)
    return (
        f'the plane of surface "{name}" does not go through run "{lacking}", as line "{called}" does'
        if lacking
        else None
    )


def _lacking(line: LineSettings, surface: SurfaceSettings) -> str | None:
    """Returns a run that a line between runs goes through and a plane through runs does not, or None."""
    other = other_of(line.model_dump())
    if other is None or surface.plane.kind not in THROUGH_RUNS:
        return None
    through = {surface.run, *(name for _, name in others_of(surface.plane.model_dump()))}
    return next((run for run in (line.run, other) if run not in through), None)


def _of_films(scene: Scene) -> Iterator[Fault]:
    """Gives the shots of films that would unfold the line of another shot than in the scene."""
    for name, film in scene.films.items():
        numbers = [shot_called(called, scene.shots) for called in film.shots]
        for place, number in enumerate(numbers):
            if not place or number is None or scene.shots[number].transition.kind != "unfold":
                continue
            if numbers[place - 1] != number - 1:
                sentence = f"it unfolds the line of shot {number}, which has to come before it, or let it come first"
                yield ("films", name, "shots", place), film.shots[place], sentence
