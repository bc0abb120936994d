"""Exporting the stage of scenes, for the command that hands out surfaces too."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from render.cli import examination
from render.cli.job import Job
from render.errors import UsageError

SUFFIXES = (".yaml", ".yml")  # of scenes


def forms() -> tuple[str, ...]:
    """Returns the formats of the stage of a scene."""
    from render.solid.asked import FORMS

    return tuple(FORMS)


def require_known(form: str) -> None:
    """Raises UsageError for a format that there is not."""
    from render.exchange import WRITERS
    from render.scene.language.nearest import nearest

    if form not in WRITERS:
        raise UsageError(f'--to: there is no format "{form}"; {nearest(form, [*forms(), *WRITERS])}')


def export_scenes(job: Job, form: str, width: str | None, cells: int | None, shot: int) -> None:
    """Exports a shot of each scene of a job, measuring its surface where needed."""
    from render.solid.asked import ExportRequest
    from render.solid.export import require_possible
    from render.works.export_work import ExportWork

    asked = ExportRequest.of(form, width, cells, shot)
    for _, scene in job.scenes:
        require_possible(scene, asked)
    examination.examine(job)
    job.make([ExportWork(order, asked) for order in job.orders()])


def require_scenes(paths: Sequence[Path], form: str) -> None:
    """Raises UsageError where something is to be exported as a stage and is no scene, or two would be one file."""
    for path in paths:
        if path.suffix not in SUFFIXES or path.is_dir():
            raise UsageError(
                f"{path}: is no scene, and --to {form} is made of one; name a scene file, such as film.yaml"
            )
    stems = [path.stem for path in paths]
    for path in paths:
        if stems.count(path.stem) > 1:
            raise UsageError(f"{path}: another scene here is called {path.stem} too; export one after the other")


def require_surface(paths: Sequence[Path], form: str, **options: Any) -> Path:
    """Returns the one surface that is to be exported; raises UsageError for a scene, several, or a scene's option."""
    if len(paths) > 1:
        raise UsageError(f"--to {form}: one surface at a time; {paths[1]} is a second")
    if paths[0].suffix in SUFFIXES:
        raise UsageError(
            f"{paths[0]}: is a scene, which is exported as glb, usd, stl or obj; "
            f"for {form}, name the folder of a surface in output/surfaces"
        )
    for option, value in options.items():
        if value:
            raise UsageError(f"--{option.replace('_', '-')}: is for scenes, and {paths[0]} is a surface; leave it out")
    return paths[0]
