"""A work: anything that is made once and kept, such as a run, a surface, a still, the frames of a film."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from render.errors import DataError
from render.progress import Reporter

State = Literal["whole", "damaged", "outdated", "not finished", "not made"]


@dataclass(frozen=True)
class Finding:
    """What became of one work."""

    kind: str
    name: str
    path: str
    state: State
    said: str = ""  # what is damaged

    def as_dict(self) -> dict[str, str]:
        """Returns the finding for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.path}: {self.state}{f' ({self.said})' if self.said else ''}"


@dataclass(frozen=True)
class Item:
    """What is still to be made of a work."""

    what: str
    amount: int
    unit: str
    seconds: float
    megabytes: float


def together(items: Iterable[Item]) -> list[Item]:
    """Returns items with those of one name added up."""
    named: dict[str, Item] = {}
    for item in items:
        before = named.get(item.what, Item(item.what, 0, item.unit, 0.0, 0.0))
        amount, seconds = before.amount + item.amount, before.seconds + item.seconds
        named[item.what] = Item(item.what, amount, item.unit, seconds, before.megabytes + item.megabytes)
    return list(named.values())


class Work(Protocol):
    """Anything that is made once and kept."""

    @property
    def kind(self) -> str:
        """What it is: run, surface, series, still, frames, film, print, passes, export, sheet, view, gallery."""

    @property
    def name(self) -> str:
        """What it is called among those of its kind."""

    @property
    def key(self) -> str:
        """The hash of everything that it depends on; raises DataError where data for it are absent."""

    @property
    def place(self) -> Path:
        """The file or folder that is kept from other processes while it is made."""

    @property
    def path(self) -> Path:
        """The file or folder in which it is found."""

    @property
    def needs(self) -> Sequence[Work]:
        """What has to be finished before it is made."""

    @property
    def again(self) -> str:
        """What is said to happen where it is damaged; "" where it cannot be made here."""

    def load(self) -> Any:
        """Returns what is on disk, whole and under its key, or None; raises DataError where it is damaged."""

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Raises what would end it after all else is done.

        Returns about how many megabytes its pictures take; 0 where it has none, or room was looked at exactly.
        """

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Any:
        """Makes what is missing of it, and returns it. finished: what it needs, in that order."""

    def state(self) -> Finding:
        """Returns what it is worth on disk, read to the last byte."""

    def told(self, made: Any) -> dict[str, Any]:
        """Returns what a command answers of it, beside kind, name, path and key."""


class AskedWork(Work, Protocol):
    """A work that a scene asks for, in its file."""

    def left(self) -> Item:
        """Returns what is to be made of it, and about how long that takes on this machine."""

    def claims(self) -> Iterator[Path]:
        """Gives the paths on disk that may be its own; one that ends in * stands for all that begin so."""


def judged(work: Work, place: Path, last: str, read: Callable[[], object]) -> Finding:
    """Returns a finding on a folder whose record, written last, has a name, or on a file."""
    found = Finding(work.kind, work.name, str(place), "whole")
    if not place.exists():
        return Finding(found.kind, found.name, found.path, "not made")
    if last and not (place / last).is_file():
        return Finding(found.kind, found.name, found.path, "not finished")
    try:
        read()
    except DataError as damage:
        return Finding(found.kind, found.name, found.path, "damaged", str(damage))
    return found


def finding_of(work: Work, damaged: Callable[[], str], lacking: Callable[[], Collection[int]]) -> Finding:
    """Returns a finding on numbered pictures: which are damaged, in words or "", and which are still to be drawn."""
    if not work.path.exists():
        return Finding(work.kind, work.name, str(work.path), "not made")
    said = damaged()
    if said:
        return Finding(work.kind, work.name, str(work.path), "damaged", said)
    return Finding(work.kind, work.name, str(work.path), "not finished" if lacking() else "whole")
