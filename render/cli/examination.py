"""The files that scenes name: opened before anything is made, so that one that fails is said where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from render.cli.job import Job
from render.errors import DataError, SceneError

if TYPE_CHECKING:
    from render.scene.existing import ReadySurface
    from render.scene.language.problem import SceneProblem
    from render.scene.spec import Scene


def examine(job: Job) -> list[dict[str, Any]]:
    """Returns what the files of the scenes' ready surfaces hold.

    Raises SceneError with every file, of surfaces and of sound, that is absent or cannot be read, each with the place
    that names it. Nothing heavy is imported where no scene names one.
    """
    from render.scene.existing import ReadySurface

    held: list[dict[str, Any]] = []
    problems: list[str] = []
    for (_, scene), variant in zip(job.scenes, job.variants, strict=True):
        place = variant.document.place
        for name, surface in scene.surfaces.items():
            if isinstance(surface, ReadySurface):
                results, found = _examined(name, surface)
                held += results
                problems += [place(problem.location).says(str(problem)) for problem in found]
        problems += [place(problem.location).says(str(problem)) for problem in _edgeless(scene)]
        problems += [place(problem.location).says(str(problem)) for problem in _lacking(scene)]
        for name, film in scene.films.items():
            if film.sound and (said := _heard(name, film.sound)):
                problems.append(place(said.location).says(str(said)))
    if problems:
        raise SceneError(list(dict.fromkeys(problems)))  # variants of a scene have theirs in common
    return held


def _heard(name: str, sound: str) -> SceneProblem | None:
    """Returns what is wrong with the sound file of a film, or None."""
    from render.film.sound.probing import probed
    from render.scene.language.problem import SceneProblem

    try:
        probed(Path(sound))
    except DataError as error:
        return SceneProblem(("films", name, "sound"), str(error))
    return None


def _edgeless(scene: Scene) -> Iterator[SceneProblem]:
    """Gives the surfaces of trainings, and the last windows of zooms, on which there is no edge; a second for each."""
    if not scene.trained:
        return
    from render.landscape.trained_surface import lacks_edge
    from render.scene.language.problem import SceneProblem
    from render.scene.series import Zoom
    from render.scene.windows import windows_of

    for name, surface in scene.trained.items():
        if said := lacks_edge(surface, scene.seed):
            yield SceneProblem(("surfaces", name, "alpha", "range"), said)
            continue
        for called, zoom in scene.series.items():
            if isinstance(zoom, Zoom) and zoom.surface == name:
                *_, last = windows_of(surface, zoom)
                if said := lacks_edge(last, scene.seed):
                    yield SceneProblem(("series", called, "at"), said.replace("this range", "its last window"))


def _examined(name: str, surface: ReadySurface) -> tuple[list[dict[str, Any]], list[SceneProblem]]:
    """Returns what the files of one surface hold, or the problems of reading them."""
    from render.exchange import read, read_path
    from render.scene.language.problem import SceneProblem

    source, problems, results = surface.source, [], []
    try:
        given = read(Path(source.surface))
        rows, columns = given.values.shape
        held = {"value": given.name, "points": [columns, rows], "notes": list(given.notes)}
        results.append({"kind": "surface", "name": name, "path": source.surface, **held})
    except DataError as error:
        problems.append(SceneProblem(("surfaces", name, "source", "surface"), str(error)))
    if source.path is not None:
        try:
            read_path(Path(source.path))
        except DataError as error:
            problems.append(SceneProblem(("surfaces", name, "source", "path"), str(error)))
    return results, problems


def _lacking(scene: Any) -> list[SceneProblem]:
    """Returns the outputs of a scene's films that this machine has no encoder for; a plain film is looked at later."""
    from render.scene.encoders import H264
    from render.scene.encoders.suited import kind_of
    from render.scene.language.problem import SceneProblem

    asked = [
        ((*("films", name), *place), kind_of(encoder))
        for name, film in scene.films.items()
        for place, encoder in [
            (("encoder",), film.encoder),
            *((("outputs", k), each) for k, each in enumerate(film.outputs)),
        ]
        if not isinstance(encoder, H264)
    ]
    if not asked:
        return []
    from render.film.lacking import lacking

    found = [(location, lacking(kind)) for location, kind in asked]
    return [SceneProblem(location, sentence) for location, sentence in found if sentence]
