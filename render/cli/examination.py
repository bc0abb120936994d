"""The files that scenes name: opened before anything is made, so that one that fails is said where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from render.cli.job import Job
from render.errors import DataError, SceneError

if TYPE_CHECKING:
    from render.scene.existing import ReadySurface
    from render.scene.language.problem import SceneProblem


def examine(job: Job) -> list[dict[str, Any]]:
    """Returns what the files of the scenes' ready surfaces hold.

    Raises SceneError with every file that is absent or cannot be read, each with the place that names it. Nothing heavy
    is imported where no scene names one.
    """
    from render.scene.existing import ReadySurface

    held: list[dict[str, Any]] = []
    problems: list[str] = []
    for (_, scene), variant in zip(job.scenes, job.variants, strict=True):
        for name, surface in scene.surfaces.items():
            if isinstance(surface, ReadySurface):
                results, found = _examined(name, surface)
                place = variant.document.place
                held += results
                problems += [place(problem.location).says(str(problem)) for problem in found]
    if problems:
        raise SceneError(list(dict.fromkeys(problems)))  # variants of a scene have theirs in common
    return held


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
