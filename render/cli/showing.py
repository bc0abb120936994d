"""The commands of showing: a gallery of what was rendered, and a terrain to turn while a scene is composed."""

from __future__ import annotations

import functools
import shlex
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from render.cli import composing, examination
from render.cli.job import Job, command, require_sheets_apart
from render.errors import DataError, SceneError, UsageError


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
    """Makes a site of what the scenes have made: an index, and for each work its film, stills, scene and terrain.

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


@dataclass(frozen=True)
class ViewWish:
    """How a terrain is looked at."""

    opens: bool  # in a browser
    once: bool


def view_options(
    job: Job,
    shut: Annotated[bool, typer.Option("--no-open", help="Opens no browser; the page is named.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Makes the page and ends, instead of following the scene.")
    ] = False,
) -> Job:
    """Returns the job of viewing."""
    if len({path for path, _ in job.scenes}) > 1:
        raise UsageError("one scene at a time; open another with a command of its own")
    if job.as_json and not once:
        raise UsageError("view follows the scene until it is interrupted, and --json answers once; add --once")
    return replace(job, wish=ViewWish(not shut, once))


@functools.partial(command, further=view_options, quality="draft")
def view(job: Job) -> None:
    """Opens the terrain of a scene in the browser, to turn while it is composed, at draft quality.

    The page follows the scene: whenever its file is saved, the terrain is made again, and the camera stays where it
    is. "Copy this view" gives the camera for a shot. The page is a file; no server runs.

    Example: thalweg view scenes/first-descent.yaml
    """
    examination.examine(job)
    from render.works.bench import Bench

    bench = Bench(job.reporter)
    pages = _made_views(job, bench)
    for page in pages:
        job.reporter.say(f"page: {page}")
        if job.wish.opens:
            webbrowser.open(page.resolve().as_uri())
    if not job.wish.once:
        composing.watch(job, lambda fresh: _made_views(fresh, bench))


def _made_views(job: Job, bench: Any) -> list[Path]:
    """Makes the views of a job, and the page of each of its scenes; returns the pages."""
    from render.works.live_page import write_live
    from render.works.view_work import views_of

    orders = job.finest_orders(bench)
    groups = [(order, views_of(order)) for order in orders]
    for (path, _), (_, views) in zip(job.scenes, groups, strict=True):
        if not views:
            raise SceneError([f"{path}: no shot shows a terrain; add one under shots with a surface"])
    job.make([work for _, views in groups for work in views], bench)
    return [write_live(order, views, [bench.obtain(work) for work in views]) for order, views in groups]
