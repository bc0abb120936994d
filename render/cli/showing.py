"""The commands of showing: a gallery of what was rendered, and a terrain to turn while a scene is composed."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from render.cli import examination
from render.cli.job import Job, command, require_sheets_apart
from render.errors import DataError, SceneError


@dataclass(frozen=True)
class GalleryWish:
    """What a gallery is to be."""

    site: Path
    title: str


def gallery_options(
    job: Job,
    site: Annotated[Path, typer.Option("--site", metavar="DIR", help="Folder of the site.")] = Path("site"),
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Title of the site.")] = "Loss landscapes",
) -> Job:
    """Returns the job of making a gallery."""
    return replace(job, wish=GalleryWish(site, title))


@functools.partial(command, further=gallery_options, first=require_sheets_apart)
def gallery(job: Job) -> Sequence[Any]:
    """Makes a static site of what the scenes have made: an index, and for each work its film, stills, scene and terrain.

    The terrain can be turned; "copy this view" gives the camera as a scene says it. Films and stills have to be there
    already; the site needs no server and asks nothing of the net.

    Example: thalweg gallery scenes/first-descent.yaml scenes/optimisers.yaml --site site
    """
    examination.examine(job)
    from render.works.gallery_work import GalleryWork
    from render.works.hanging import Hanging, kept_file

    hangings = [Hanging(path, order) for (path, _), order in zip(job.scenes, job.finest_orders(), strict=True)]
    for each in hangings:
        if not each.rendered:
            raise SceneError([f"{each.source}: makes no still and no film that a page shows; add one under stills"])
    lacking = [(each, work) for each in hangings for work in each.rendered if kept_file(work) is None]
    if lacking:
        raise DataError(_unrendered(job, lacking))
    return [GalleryWork(job.wish.title, job.wish.site, tuple(hangings))]


def _unrendered(job: Job, lacking: Sequence[tuple[Any, Any]]) -> str:
    """Returns a sentence on what is not rendered, with the command that renders it."""
    first, count = lacking[0][1], len(lacking)
    rest = f" and {count - 1} more are" if count > 1 else " is"
    scenes = list(dict.fromkeys(str(each.source) for each, _ in lacking))
    return f"{first.kind} {first.name}{rest} not rendered at this quality; run `{_command(job, scenes)}` first"


def _command(job: Job, scenes: Sequence[str]) -> str:
    """Returns the command that renders scenes with the options of a job."""
    asked = job.again.keywords
    words = ["thalweg", "render", *scenes]
    words += [] if job.quality == "final" else ["--quality", job.quality]
    words += [] if job.output == Path("output") else ["--out", str(job.output)]
    for option, name in (("--set", "settings"), ("--param", "params"), ("--model", "model")):
        words += [word for value in asked[name] or [] for word in (option, value)]
    words += ["--no-metadata"] if asked["bare"] else []
    return shlex.join(words)
