"""The bench: where works are taken from disk, or made there, each once; the one way in which a result is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from render.errors import DataError, ModelError
from render.film.preflight import say_of_room
from render.progress import Reporter
from render.storage.files import locked
from render.works.work import Work

Id = tuple[Path, str]
W = TypeVar("W", bound=Work)


@dataclass(frozen=True)
class Bench:
    """Works that one command has finished; their bytes are verified once."""

    reporter: Reporter
    _finished: dict[Id, Any] = field(default_factory=dict)
    _made: set[Id] = field(default_factory=set)
    _foreseen: dict[Id, float] = field(default_factory=dict)

    def find(self, work: Work) -> Any:
        """Returns a work that is on disk, whole, or None; a damaged one is none."""
        try:
            return self._looked(work)
        except ModelError:
            raise
        except DataError:
            return None

    def obtain(self, work: Work) -> Any:
        """Returns a work from disk, or makes it, after all that it needs; one that is damaged is made again."""
        known = id_of(work)  # raises DataError where data are absent, which is no damage
        try:
            found = self._looked(work)
        except DataError as damage:
            if not work.again or isinstance(damage, ModelError):
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
                found = self._finished[known] = work.make(finished, self.reporter)
                self._made.add(known)
        return found

    def was_there(self, work: Work) -> bool:
        """Whether a finished work had been there already; what was made here has been, once that was told."""
        known = id_of(work)
        there = known not in self._made
        self._made.discard(known)
        return there

    def let_go(self, later: Iterable[Work]) -> None:
        """Lets go what none of the works that are still to come needs: a surface of a large network is large."""
        wanted = {id_of(each) for work in later for each in with_needs(work)}
        for known in self._finished.keys() - wanted:
            del self._finished[known]

    def _looked(self, work: Work) -> Any:
        known = id_of(work)
        if known not in self._finished:
            found = work.load()
            if found is None:
                return None
            self._finished[known] = found
        return self._finished[known]

    def look_ahead(self, works: Iterable[Work], output: Path) -> None:
        """Raises what would end any of these works after all else is done, since a training may take hours.

        Runs and surfaces have nothing that could be foreseen; they are looked at when their turn comes.
        """
        pictures = (work for work in works if work.kind not in ("run", "surface", "series"))
        needed = sum(self._foresee(work) for work in self.lacking(pictures))
        say_of_room(needed, output, self.reporter)

    def _foresee(self, work: Work) -> float:
        known = id_of(work)
        if known not in self._foreseen:
            self._foreseen[known] = work.look_ahead(self.reporter.say)
        return self._foreseen[known]

    def lacking(self, works: Iterable[W]) -> Iterator[W]:
        """Gives the works that are not on disk, and what they need of pictures, each after what it needs."""
        for work in works:
            if self.find(work) is None:
                yield from self.lacking(need for need in work.needs if need.kind == "frames")  # type: ignore[misc]
                yield work
            elif work.kind in ("surface", "series"):
                del self._finished[id_of(work)]


def id_of(work: Work) -> Id:
    """Returns what tells a work from all others."""
    return work.path, work.key


def with_needs(work: Work) -> Iterator[Work]:
    """Gives a work and all that it needs."""
    yield work
    for need in work.needs:
        yield from with_needs(need)
