"""A sequence of layers as a work: the folder of numbered pictures that an output of a film is, and its record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film import record
from render.film.compositing.delivering import deliver
from render.film.compositing.sequence import LayerSequence
from render.film.preflight import require_writable
from render.progress import Reporter
from render.scene.outputs import FilmFile, files_of
from render.storage.files import content_key, locked
from render.works.file import KeptFile, OneFile, require_letters, write_file
from render.works.film_work import frames_of
from render.works.layers_work import LayersWork
from render.works.order import Order
from render.works.work import Item, Work


@dataclass(frozen=True)
class LayerFileWork(OneFile):
    """Passes, a matte or a plate of every frame of a film."""

    order: Order
    name: str
    index: int  # among the files that are made of it

    kind = "film"
    again = "is written again"

    @cached_property
    def file(self) -> FilmFile:
        """Which of the film's files this is."""
        return files_of(self.order.scene.films[self.name])[self.index]

    @cached_property
    def frames(self) -> LayersWork:
        """What it is drawn with: all layers of its size and rate."""
        return LayersWork(frames_of(self.order, self.name, self.file.encoder))

    @cached_property
    def sequence(self) -> LayerSequence:
        """Its pictures."""
        return self.frames.sequence(self.file)

    @property
    def needs(self) -> Sequence[Work]:
        """Its layers, and the surfaces that its record tells of."""
        return (self.frames, *self.frames.needs)

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return record.file_key(content_key({"layers": list(self.sequence.keys)}), self.file.encoder)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.sequence.store.folder

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, and a folder that can be written."""
        require_letters(self.order.scene)
        require_writable(self.path.parent)
        return 0.0  # which its layers have told

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Reads its pictures back, while nobody else draws frames of its name, and writes its record."""
        shooting = self.frames.frames.shooting(finished[1:], reporter)

        def draw() -> tuple[dict[str, Any], dict[str, float]]:
            start = time.perf_counter()
            self.sequence.store.trim(len(self.sequence.keys))  # also where whoever drew them was killed before
            self.frames.frames.pool.sweep()
            details = deliver(shooting, self.sequence)
            return details, {"reading": time.perf_counter() - start}

        with locked(self.frames.place, reporter.say):
            return write_file(self.order, self.path, self.key, draw)

    def left(self) -> Item:
        """Returns nothing but what its layers lack."""
        return Item(f"film {self.name}", 0, "frames", 0.0, 0.0)

    def claims(self) -> Iterator[Path]:
        """Gives its folder, and that of its layers."""
        yield self.path
        yield from self.frames.claims()
