"""The bench: where works are taken from disk, or made there, each once; the one way in which a result is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.film.preflight import say_of_room
from render.progress import Reporter
from render.storage.files import locked
from render.works.work import Work


@dataclass(frozen=True)
class Bench:
    """Works that one command has finished; their bytes are verified once."""

    reporter: Reporter
    _finished: dict[tuple[Path, str], Any] = field(default_factory=dict)
    _made: set[tuple[Path, str]] = field(default_factory=set)
    _foreseen: dict[tuple[Path, str], float] = field(default_factory=dict)

    def find(self, work: Work) -> Any:
        """Returns a work that is on disk, whole, or None; a damaged one is none."""
        with contextlib.suppress(DataError):
            return self._looked(work)
        return None

    def obtain(self, work: Work) -> Any:
        """Returns a work from disk, or makes it, after all that it needs; one that is damaged is made again."""
        try:
            found = self._looked(work)
        except DataError as damage:
            if not work.again:
                raise
            self.reporter.say(f"{work.kind} {work.name} {work.again}: {damage}")
            found = None
        if found is not None:
            return found
        self._foresee(work)
        finished = [self.obtain(need) for need in work.needs]
        with locked(work.place, self.reporter.say), self.reporter.hearing():
            found = self.find(work)  # whoever was there before has made it
            if found is None:
                found = self._finished[work.path, work.key] = work.make(finished, self.reporter)
                self._made.add((work.path, work.key))
        return found

    def _looked(self, work: Work) -> Any:
        known = work.path, work.key
        if known not in self._finished:
            found = work.load()
            if found is None:
                return None
            self._finished[known] = found
        return self._finished[known]

    def was_there(self, work: Work) -> bool:
        """Whether a finished work was taken from disk as it was."""
        return (work.path, work.key) not in self._made

    def look_ahead(self, works: Iterable[Work], output: Path) -> None:
        """Raises what would end any of these works after all else is done, since a training may take hours."""
        needed = sum(self._foresee(work) for work in self.lacking(works))
        say_of_room(needed, output, self.reporter)

    def _foresee(self, work: Work) -> float:
        known = work.path, work.key
        if known not in self._foreseen:
            self._foreseen[known] = work.look_ahead(self.reporter.say)
        return self._foreseen[known]

    def lacking(self, works: Iterable[Work]) -> Iterator[Work]:
        """Gives the works that are not on disk, and what they need of pictures, each after what it needs."""
        for work in works:
            if self.find(work) is None:
                yield from self.lacking(need for need in work.needs if need.kind == "frames")
                yield work
