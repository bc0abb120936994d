"""The audit: everything of a scene that lies on disk, read to the last byte against its checksums."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from render.upkeep import exports, prints
from render.works.film_work import FilmWork
from render.works.layer_file_work import LayerFileWork
from render.works.of_scene import works_of
from render.works.order import Order
from render.works.work import Finding


def audit(order: Order) -> Iterator[Finding]:
    """Gives what a scene's runs, surfaces, frames, films and stills on disk are worth; nothing is made or mended."""
    seen: set[Path] = set()  # outputs of one film may share their frames
    for work in works_of(order):
        if isinstance(work, FilmWork | LayerFileWork) and work.frames.path not in seen:
            seen.add(work.frames.path)
            yield work.frames.state()
        yield work.state()


def besides(asked: Order, drawn: Order) -> Iterator[Finding]:
    """Gives findings on what commands have made of a scene beside what it asks for: prints, passes and exports.

    asked: as its file says, which exports are made of. drawn: as pictures of it are drawn, on the finest surfaces.
    """
    yield from prints.findings(drawn)
    yield from exports.findings(asked)
