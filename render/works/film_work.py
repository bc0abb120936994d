"""A film as a work: the file that its frames are encoded to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film import record
from render.film.encoders.glimpses import frames_shown
from render.film.film import encode_film
from render.film.lacking import require_encoder
from render.film.preflight import require_writable
from render.film.timeline import film_timeline
from render.progress import Reporter
from render.scene.encoders.compositing import LayerPart
from render.scene.encoders.encoder import EncoderPart
from render.scene.encoders.suited import kind_of
from render.scene.output import Film
from render.scene.outputs import FilmFile, files_of, rate_of, size_of
from render.storage.files import locked
from render.works.drawing_cost import Charge
from render.works.encoding_cost import Cost, cost_of
from render.works.file import (
    KeptFile,
    OneFile,
    require_letters,
    write_file,
)
from render.works.frames_work import Frames, FramesWork
from render.works.order import Order
from render.works.paces import FEWEST, Paces, remember, told_once
from render.works.work import Item, Work


@dataclass(frozen=True)
class FilmWork(OneFile):
    """A film, encoded from its frames; or another of its outputs."""

    order: Order
    name: str
    index: int = 0  # among the files that are made of it

    kind = "film"
    again = "is encoded again"

    @property
    def film(self) -> Film:
        """What the scene asks for."""
        return self.order.scene.films[self.name]

    @cached_property
    def file(self) -> FilmFile:
        """Which of its files this is."""
        return files_of(self.film)[self.index]

    @cached_property
    def frames(self) -> FramesWork:
        """Its frames, which it shares with all outputs of its size and rate."""
        work = frames_of(self.order, self.name, self.file.encoder)
        return replace(work, only=self._shown(work))

    def _shown(self, work: FramesWork) -> tuple[int, ...] | None:
        """Returns the numbers of the frames that all outputs of them show, or None where one shows every frame."""
        look, count = _look(self.film, self.file.encoder), film_timeline(self.order.scene, work.film).frame_count
        encoders = [file.encoder for file in files_of(self.film) if _look(self.film, file.encoder) == look]
        shown = [frames_shown(each, count, look[1]) for each in encoders if not isinstance(each, LayerPart)]
        if any(each is None for each in shown):
            return None
        return tuple(sorted({number for each in shown for number in each or ()}))

    @property
    def needs(self) -> Sequence[Work]:
        """Its frames, and the surfaces that its record tells of."""
        return (self.frames, *self.frames.needs)

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return record.file_key(self.frames.key, self.file.encoder, self.order.metadata, self.film)

    @property
    def path(self) -> Path:
        """Its file, or its folder."""
        return self.order.output / "films" / self.file.file_name(self.name, self.order.suffix)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, an encoder, and a folder that can be written."""
        require_letters(self.order.scene)
        require_encoder(kind_of(self.file.encoder))
        require_writable(self.path.parent)
        return self._cost.megabytes

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Encodes it, while nobody else draws frames of its name; those that somebody has replaced are drawn again."""
        frames: Frames = finished[0]
        shooting = frames.shooting or self.frames.shooting(finished[1:], reporter)

        def draw() -> tuple[dict[str, Any], dict[str, float]]:
            start = time.perf_counter()
            replaced = self.frames.missing()
            if replaced:
                self.frames.draw(shooting, replaced)
            self.frames.tidy()  # also where whoever drew them was killed before it had done so
            drawn = time.perf_counter()
            details = encode_film(shooting, frames.paths, self.path, self.file.encoder, self.order.metadata)
            encoded = time.perf_counter()
            if len(self.frames.keys) > FEWEST:
                remember(self.order.output, told_once(self._charge, encoded - drawn))
            return details, {
                "frames": frames.seconds + drawn - start,
                "encoding": encoded - drawn,
                "total": frames.seconds + encoded - start,
            }

        if not self.file.encoder.ending:  # a folder that is half written is no longer what its record tells of
            record.forget(self.path)
        with locked(self.frames.place, reporter.say):
            return write_file(self.order, self.path, self.key, draw)

    def left(self) -> Item:
        """Returns what is to be done when all frames are there."""
        seconds = Paces.of(self.order.output).charged(self._charge)
        return Item(f"film {self.name}", 0, "frames", seconds, self._cost.megabytes)

    @property
    def _charge(self) -> Charge:
        depth = getattr(self.file.encoder, "depth", 8)
        return Charge(f"{kind_of(self.file.encoder)}-encoded {depth}", self._cost.seconds)

    @property
    def _cost(self) -> Cost:
        return cost_of(self.file.encoder, self.frames.film.size, len(self.frames.keys))

    def claims(self) -> Iterator[Path]:
        """Gives its file, its sound, its storyboard and its frames."""
        yield self.path
        yield self.path.with_suffix(".wav")
        yield self.path.with_name(f"{self.path.name}.wav")
        yield self.order.output / "storyboards" / f"{self.name}.*"
        yield from self.frames.claims()


def frames_of(order: Order, name: str, encoder: EncoderPart) -> FramesWork:
    """Returns the frames of an output of a film, as deep as any that shares them needs them."""
    film = order.scene.films[name]
    wanted = size, fps = _look(film, encoder)
    depth = max(file.encoder.frame_depth for file in files_of(film) if _look(film, file.encoder) == wanted)
    return FramesWork(order, name, size if size != film.size else None, fps if fps != film.fps else None, depth)


def _look(film: Film, encoder: EncoderPart) -> tuple[tuple[int, int], Fraction]:
    """Returns what outputs agree in that share their frames: their size and rate."""
    return size_of(film, encoder), rate_of(film, encoder)
