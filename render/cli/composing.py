"""The commands of composing: a moment to look at, again whenever the scene is saved, and a film on one sheet."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from render.cli import examination
from render.cli.job import Job, command, require_sheets_apart
from render.errors import ThalwegError, UsageError

LOOK = 0.1  # seconds between two looks at the files of a scene that is watched
MOST_ANGLES = 36


@dataclass(frozen=True)
class PreviewWish:
    """What a preview is to show."""

    at: float | None  # seconds
    angles: int
    watch: bool


def preview_options(
    job: Job,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Moment, e.g. 3.5s; else that of the first still."),
    ] = None,
    angles: Annotated[int, typer.Option(metavar="N", help="Shows it from so many sides on one sheet.")] = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Draws it again whenever the scene is saved.")] = False,
) -> Job:
    """Returns the job of drawing previews."""
    from render.scene.duration import seconds

    if not 0 <= angles <= MOST_ANGLES:
        raise UsageError(f"--angles {angles}: write 1 to {MOST_ANGLES}")
    if watch and job.as_json:
        raise UsageError("--watch goes on until it is interrupted, and --json answers once; choose one")
    try:
        moment = None if at is None else float(seconds(float(at) if _is_number(at) else at))
    except ValueError as error:
        raise UsageError(f"--at: {error}") from error
    return replace(job, wish=PreviewWish(moment, angles, watch))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


@functools.partial(command, further=preview_options, first=require_sheets_apart, quality="draft")
def preview(job: Job) -> list[Any] | None:
    """Draws one moment of the scenes to look at, at draft quality; with --watch again whenever a scene is saved.

    Example: thalweg preview scenes/first-descent.yaml --at 3.5s --watch
    """
    examination.examine(job)
    if not job.wish.watch:
        return _previews(job)
    from render.works.bench import Bench
    from render.works.preview_work import LastPreview

    bench, stays = Bench(job.reporter), defaultdict[str, Any](LastPreview)
    try:
        job.make(_previews(job, bench, stays), bench)
        watch(job, lambda fresh: fresh.make(_previews(fresh, bench, stays), bench))
    finally:
        for held in stays.values():
            held.leave()
    return None


def _previews(job: Job, bench: Any = None, stays: Mapping[str, Any] | None = None) -> list[Any]:
    from render.works.preview_work import PreviewWork

    wish, orders = job.wish, job.finest_orders(bench)
    return [
        PreviewWork(order, wish.at, wish.angles, stays[order.stem] if stays is not None else None) for order in orders
    ]


def watch(job: Job, draw: Callable[[Job], Any]) -> None:
    """Draws again when a file of a scene has changed, until interrupted; what is wrong is said, and nothing is lost."""
    job.reporter.say("watching; Ctrl-C ends it")
    seen = _stamps(job)
    while True:
        time.sleep(LOOK)
        now = _stamps(job)
        if now == seen:
            continue
        seen, start = now, time.perf_counter()
        try:
            fresh = replace(job.again(), wish=job.wish)
            examination.examine(fresh)
            draw(fresh)
            job.reporter.say(f"drawn in {time.perf_counter() - start:.1f} s")
        except ThalwegError as error:
            job.reporter.say(str(error))


def _stamps(job: Job) -> dict[Path, tuple[int, int]]:
    """Returns when each file of the scenes was written, and its length; one that is being saved is absent."""
    found = {}
    for path in job.files:
        try:
            told = path.stat()
        except OSError:
            continue
        found[path] = told.st_mtime_ns, told.st_size
    return found


def storyboard_options(
    job: Job, count: Annotated[int, typer.Option(metavar="N", help="Frames on the sheet.")] = 12
) -> Job:
    """Returns the job of drawing storyboards."""
    from render.film.storyboard import MOST

    if not 2 <= count <= MOST:
        raise UsageError(f"--count {count}: write 2 to {MOST}")
    return replace(job, wish=count)


@functools.partial(command, further=storyboard_options, quality="draft")
def storyboard(job: Job) -> Sequence[Any]:
    """Draws frames of every film of the scenes at even times on one sheet each, at draft quality.

    Example: thalweg storyboard scenes/first-descent.yaml --count 16
    """
    examination.examine(job)
    from render.works.storyboard_work import StoryboardWork

    return [StoryboardWork(order, name, job.wish) for order in job.finest_orders() for name in order.scene.films]
