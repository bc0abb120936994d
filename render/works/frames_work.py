"""The frames of a film as a work: numbered, drawn by one process or several, whole or in shares."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.film.attempts import draw_here
from render.film.film import Draft, opaque_file_of
from render.film.frames import FrameStore
from render.film.pool import FOLDER, VARIABLE, Pool
from render.film.preflight import require_drawing, require_writable
from render.film.programme import Programme
from render.film.shooting import Shooting
from render.progress import Reporter
from render.scene.framerate import plain
from render.scene.output import Film
from render.storage.files import content_key
from render.works.drawers import DrawingJob, draw
from render.works.drawing_cost import FrameManner, frame_manner
from render.works.file import megabytes_of, require_letters, surfaces_shown
from render.works.order import Order
from render.works.paces import Paces, Stopwatch, remember, told_by
from render.works.shard import place_of, require_others, share_of
from render.works.work import Finding, Item, Work, finding_of


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
    only: tuple[int, ...] | None = None  # numbers of those that its outputs show, where they do not show all

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
        return place_of(self.path, self.order.means)

    @cached_property
    def wanted(self) -> list[int]:
        """The numbers of those that are asked for."""
        chosen = self.order.choice.of(self.programme.timeline, self.order.scene.shots)
        return chosen if self.only is None else sorted(set(chosen) & set(self.only))

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
        opaque = opaque_file_of(self.film, self.order.scene)
        if opaque:
            reporter.say(f"film {self.name}: {opaque}")
        watch = Stopwatch()
        draft = draw(self._job(missing), finished, reporter)
        shooting = draft.shooting if draft else None
        if shooting:
            self._remember(shooting, watch, len(missing))
        if means.shard:
            require_others(self.name, means, len(self.missing()))
            return Frames(self.store.paths(len(self.keys)), shooting, time.perf_counter() - start)
        self.tidy()
        self.trim_pool(reporter)
        return Frames(self.store.paths(len(self.keys)), shooting, time.perf_counter() - start)

    def _job(self, missing: Sequence[int]) -> DrawingJob:
        return DrawingJob(self, FramesWork.draft, missing, self._seconds(missing), f"film {self.name}")

    @property
    def manner(self) -> FrameManner:
        """What they are like, for what they take."""
        return frame_manner(self.order.scene, self.film, self.programme.timeline.shots, self.depth)

    def _remember(self, shooting: Shooting, watch: Stopwatch, frames: int) -> None:
        """Keeps what this machine took for them, for the plans of other films."""
        manner, compiled = self.manner, watch.compiled
        told = told_by(manner, shooting.drawn_in, watch.seconds + compiled, frames, compiled)
        kernels = {manner.shots[shot].kernels for shot, _ in shooting.drawn_in}
        remember(self.order.output, told, kernels, compiled)

    def tidy(self) -> None:
        """Removes what a kill has left of them, and puts their manifest in order."""
        self.store.trim(len(self.keys))
        self.pool.sweep()

    def trim_pool(self, reporter: Reporter) -> None:
        """Removes pictures of earlier variants where there are too many, and says so."""
        gone = self.pool.trim(self.programme.keys_of_pictures())
        if gone:
            reporter.say(f"{gone:,} pictures of earlier variants have gone; {VARIABLE} says how many gigabytes stay")

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
        draw_here(self.draft(shooting), missing, f"film {self.name}", len(self.wanted))

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        return finding_of(self, self._damaged, self.missing)

    def left(self) -> Item:
        """Returns those that are missing."""
        missing = self.missing()
        pictures = len(self.undrawn(missing))
        megabytes = self._megabytes(pictures + len(missing))
        return Item(f"film {self.name}", len(missing), "frames", self._seconds(missing), megabytes)

    def _seconds(self, missing: Sequence[int]) -> float:
        """Returns about how long one process takes for some of them."""
        undrawn = self.undrawn(missing)
        parts = (part for index in missing for part in self.programme.frames[index].parts)
        shots = {part.key: part.slice.shot for part in parts if part.key in undrawn}
        return Paces.of(self.order.output).seconds(self.manner, shots.values(), len(missing))

    def claims(self) -> Iterator[Path]:
        """Gives their folder."""
        yield self.path

    def told(self, made: Frames) -> dict[str, Any]:
        """Returns how many were asked for."""
        return {"frames": len(self.wanted)}
