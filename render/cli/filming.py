"""The options of commands that draw films: which frames, and who draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from render.cli.job import Job, sampling_options


def drawing_options(
    job: Job,
    frames: Annotated[
        str, typer.Option("--frames", metavar="RANGE", help="Draws these frames alone, from 0, e.g. 1-100:2,200.")
    ] = "",
    shots: Annotated[
        str, typer.Option("--shots", metavar="NAMES", help="Draws the frames of these shots alone, e.g. overview,3.")
    ] = "",
    workers: Annotated[int, typer.Option(metavar="N", help="Processes of this machine that draw and measure.")] = 1,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler whose workers do, e.g. tcp://host:8786.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Draws this share of the frames; 1/4 to 4/4 make a whole.")
    ] = None,
) -> Job:
    """Returns the job of drawing films, some frames of them perhaps, shared among several perhaps."""
    from render.film.choice import FrameChoice

    named = tuple(name.strip() for name in shots.split(",") if name.strip())
    return replace(sampling_options(job, workers, scheduler, shard), choice=FrameChoice(frames, named))
