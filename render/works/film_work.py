"""A film of a scene as two works: its frames, and the file that they are encoded to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError, FramesError, Partial
from render.film import record
from render.film.film import Draft, draw_here, encode_film
from render.film.frames import FrameStore
from render.film.lacking import require_encoder
from render.film.pool import FOLDER, VARIABLE, Pool
from render.film.preflight import require_drawing, require_writable
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.progress import Reporter
from render.scene.encoders.encoder import EncoderPart
from render.scene.encoders.suited import kind_of
from render.scene.framerate import plain
from render.scene.output import Film
from render.scene.outputs import FilmFile, files_of, rate_of, size_of
from render.storage.files import content_key, locked
from render.works.drawers import draw_together, share_of
from render.works.encoding_cost import Cost, cost_of
from render.works.file import (
    KeptFile,
    OneFile,
    megabytes_of,
    require_letters,
    seconds_of,
    surfaces_shown,
    write_file,
)
from render.works.order import Order
from render.works.work import Finding, Item, Work

LETTERING = 0.1  # seconds for a frame of a million pixels, where words are laid over a kept picture; on two cores


@dataclass(frozen=True)
class Frames:
    """The finished frames of a film."""

    paths: list[Path]
    shooting: Shooting | None = None  # that has drawn them, where they were not all there
    seconds: float = 0.0  # that it took


@dataclass(frozen=True)
class FramesWork:
    """The numbered frames of a film, of its own size and rate or of an output's."""

    order: Order
    name: str
    size: tuple[int, int] | None = None  # pixels; the film's own where there is none
    fps: Fraction | None = None  # frames per second, the same
    depth: int = 8  # bits of a channel, or 16

    kind = "frames"
    again = "are drawn again"

    @cached_property
    def film(self) -> Film:
        """What the scene asks for, of this size and rate."""
        film = self.order.scene.films[self.name]
        return film.model_copy(update={"size": self.size or film.size, "fps": self.fps or film.fps})

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces on them."""
        return surfaces_shown(self.order, film=self.film)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on them."""
        return tuple(self.shown.values())

    @cached_property
    def programme(self) -> Programme:
        """What is on each of them."""
        surfaces = {name: work.key for name, work in self.shown.items()}
        return Programme(self.order.scene, self.film, surfaces, self.depth)

    @cached_property
    def key(self) -> str:
        """The hash of everything that they depend on."""
        return content_key({"stage": "frames", "frames": self.keys})

    @cached_property
    def keys(self) -> list[str]:
        """The key of each."""
        return [frame.key for frame in self.programme.frames]

    @property
    def pool(self) -> Pool:
        """Where their pictures without words lie, which other films may show too."""
        return Pool(self.order.output / FOLDER)

    @property
    def path(self) -> Path:
        """Their folder."""
        size = [f"{self.size[0]}x{self.size[1]}"] if self.size else []
        rate = [str(plain(self.fps)).replace("/", "-") + "fps"] if self.fps else []
        bits = [f"{self.depth}bit"] if self.depth != 8 else []
        return self.order.output / "frames" / ".".join([self.name, *size, *rate, *bits, self.order.quality])

    @property
    def place(self) -> Path:
        """Their folder, or a share of it, as shards draw side by side."""
        shard = self.order.means.shard
        return self.path.with_name(f"{self.path.name}.{shard[0]}-of-{shard[1]}") if shard else self.path

    @cached_property
    def wanted(self) -> list[int]:
        """The numbers of those that are asked for."""
        return self.order.choice.of(self.programme.timeline, self.order.scene.shots)

    def missing(self, *, verify: bool = False) -> list[int]:
        """Returns those that are asked for and absent, or made from something else; verify reads their bytes."""
        lacking = set(self.store.missing(self.keys, verify))
        return [number for number in self.wanted if number in lacking]

    @property
    def store(self) -> FrameStore:
        """Where they lie."""
        return FrameStore(self.path)

    def load(self) -> Frames | None:
        """Returns them from disk, where all are there; raises DataError where some are damaged."""
        damaged = self._damaged()
        if damaged:
            raise DataError(f"{self.path}: {damaged} are not as they were written")
        return None if self.missing() else Frames(self.store.paths(len(self.keys)))

    def _damaged(self) -> str:
        """Returns how many of them have lost their bytes, and which, or "" where none has."""
        found = self.store.damaged(self.keys)
        named = ", ".join(self.store.paths(index + 1)[-1].name for index in found[:5])
        return f"{len(found)} of {len(self.keys)}: {named}" if found else ""

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        require_letters(self.order.scene)
        require_drawing(say)
        require_writable(self.path)
        missing = self._own(self.missing())
        return self._megabytes(len(missing) + len(self.undrawn(missing)))

    def _megabytes(self, count: int) -> float:
        return self.depth / 8 * megabytes_of(self.film.size, count)

    def undrawn(self, missing: Sequence[int]) -> set[str]:
        """Returns the keys of the pictures that some frames show and that are not kept."""
        wanted = {part.key for index in missing for part in self.programme.frames[index].parts}
        return wanted - self.pool.find(wanted).keys()

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Frames:
        """Draws those that are missing, or its share of them; raises Partial where others are left for other calls."""
        start, means = time.perf_counter(), self.order.means
        missing = self._own(self.missing(verify=True))
        shooting = None
        if means.workers > 1 or means.scheduler:
            draw_together(self, missing, reporter)
        else:
            shooting = self.shooting(finished, reporter)
            self.draw(shooting, missing)
        if means.shard:
            self._require_others(*means.shard)
            return Frames(self.store.paths(len(self.keys)), shooting, time.perf_counter() - start)
        self.store.trim(len(self.keys))
        gone = self.pool.trim(self.programme.keys_of_pictures())
        if gone:
            reporter.say(f"{gone:,} pictures of earlier variants have gone; {VARIABLE} says how many gigabytes stay")
        return Frames(self.store.paths(len(self.keys)), shooting, time.perf_counter() - start)

    def _own(self, missing: Sequence[int]) -> list[int]:
        """Returns those that this call draws."""
        share = set(share_of(self.wanted, self.order.means))
        return [number for number in missing if number in share]

    def shooting(self, finished: Sequence[Any], reporter: Reporter) -> Shooting:
        """Returns the scene made ready for them."""
        landscapes = dict(zip(self.shown, finished, strict=True))
        return Shooting(self.order.scene, self.film, landscapes, reporter, depth=self.depth)

    def draft(self, shooting: Shooting) -> Draft:
        """Returns what they are drawn by, and where to."""
        return Draft(shooting, self.store, self.pool, self.programme)

    def draw(self, shooting: Shooting, missing: Sequence[int]) -> None:
        """Draws some of them here; raises FramesError for those that failed twice."""
        failed = draw_here(self.draft(shooting), missing, self.name)
        if failed:
            raise FramesError(self.name, failed, len(self.keys))

    def _require_others(self, number: int, count: int) -> None:
        left = len(self.missing())
        if left:
            raise Partial(
                f"film {self.name}: shard {number}/{count} is done, {left:,} frames are for other shards; when they "
                "are done too, run it again"
            )

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        if not self.path.exists():
            return Finding(self.kind, self.name, str(self.path), "not made")
        damaged = self._damaged()
        if damaged:
            return Finding(self.kind, self.name, str(self.path), "damaged", damaged)
        left = self.missing()
        return Finding(self.kind, self.name, str(self.path), "not finished" if left else "whole")

    def left(self) -> Item:
        """Returns those that are missing."""
        missing, size = self.missing(), self.film.size
        drawn = len(self.undrawn(missing))
        seconds = seconds_of(size, drawn) + LETTERING * len(missing) * size[0] * size[1] / 1e6 if missing else 0.0
        return Item(f"film {self.name}", len(missing), "frames", seconds, self._megabytes(drawn + len(missing)))

    def claims(self) -> Iterator[Path]:
        """Gives their folder."""
        yield self.path

    def told(self, made: Frames) -> dict[str, Any]:
        """Returns how many there are."""
        return {"frames": len(made.paths)}


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
        film, wanted = self.film, _look(self.film, self.file.encoder)
        depth = max(file.encoder.frame_depth for file in files_of(film) if _look(film, file.encoder) == wanted)
        size, fps = wanted
        return FramesWork(
            self.order, self.name, size if size != film.size else None, fps if fps != film.fps else None, depth
        )

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
        store, keys = self.frames.store, self.frames.keys

        def draw() -> tuple[dict[str, Any], dict[str, float]]:
            start = time.perf_counter()
            replaced = store.missing(keys)
            if replaced:
                self.frames.draw(shooting, replaced)
            drawn = time.perf_counter()
            details = encode_film(shooting, frames.paths, self.path, self.file.encoder, self.order.metadata)
            return details, {
                "frames": frames.seconds + drawn - start,
                "encoding": time.perf_counter() - drawn,
                "total": frames.seconds + time.perf_counter() - start,
            }

        if not self.file.encoder.ending:  # a folder that is half written is no longer what its record tells of
            record.forget(self.path)
        with locked(self.frames.place, reporter.say):
            return write_file(self.order, self.path, self.key, draw)

    def left(self) -> Item:
        """Returns what is to be done when all frames are there."""
        return Item(f"film {self.name}", 0, "frames", self._cost.seconds, self._cost.megabytes)

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


def _look(film: Film, encoder: EncoderPart) -> tuple[tuple[int, int], Fraction]:
    """Returns what outputs agree in that share their frames: their size and rate."""
    return size_of(film, encoder), rate_of(film, encoder)
