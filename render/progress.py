"""Progress for the one who waits: a bar on a terminal, plain lines elsewhere, nothing on request.

Everything goes to standard error; standard output is kept for results.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TextIO

from render.headway import Headway

EVERY = 5.0  # seconds between plain lines


@dataclass
class Task:
    """A piece of work of known size."""

    label: str
    total: int
    unit: str
    done: int  # at first what an earlier run has left
    display: Display
    clock: Callable[[], float]
    headway: Headway = field(default_factory=Headway)
    first: tuple[float, int] = (0.0, 0)
    note: str = ""  # what else there is to see, such as a loss

    def __post_init__(self) -> None:
        self.first = (self.clock(), self.done)

    def advance(self, count: int) -> None:
        """Says that so many more units are done."""
        self.done += count
        self.headway.mark(self.clock(), self.done)
        self.display.show(self)

    @property
    def state(self) -> str:
        """How far it is: 120,000 of 1,000,000 points, 9,100/s, 1 min 37 s left; no time before that can be told."""
        text = f"{self.done:,} of {self.total:,} {self.unit}"
        rate = self.headway.rate(self.clock(), self.done)
        if rate > 0:
            text += f", {format_rate(rate)}, {format_duration((self.total - self.done) / rate)} left"
        return f"{text}, {self.note}" if self.note else text

    @property
    def summary(self) -> str:
        """What has been done in the end: 1,000,000 points in 1 min 49 s, 9,100/s."""
        if self.done < self.total:
            return f"stopped at {self.done:,} of {self.total:,} {self.unit}"
        elapsed = self.clock() - self.first[0]
        rate = self._rate_since(*self.first)
        return f"{self.done:,} {self.unit} in {format_duration(elapsed)}" + (
            f", {format_rate(rate)}" if rate > 0 else ""
        )

    def _rate_since(self, time: float, done: int) -> float:
        """Returns units per second since a mark, 0 where that cannot be told."""
        elapsed = self.clock() - time
        return (self.done - done) / elapsed if elapsed > 0 else 0.0


class Display(Protocol):
    """How tasks and notices are shown."""

    def begin(self, task: Task) -> None:
        """Shows a task that has not moved yet."""

    def show(self, task: Task) -> None:
        """Shows a task that has moved."""

    def end(self, task: Task) -> None:
        """Shows a task that is done, or was stopped."""

    def say(self, text: str) -> None:
        """Shows a notice of one line."""


@dataclass(frozen=True)
class Reporter:
    """What the stages tell their progress to."""

    display: Display
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def for_terminal(cls, stream: TextIO | None = None, quiet: bool = False) -> Self:
        """Returns a reporter fit for a stream (standard error): bars, plain lines, or silence if quiet."""
        stream = stream or sys.stderr
        if quiet:
            return cls.silent()
        if stream.isatty() and os.environ.get("TERM") != "dumb":
            return cls(Bars(stream))
        return cls(Lines(stream))

    @classmethod
    def silent(cls) -> Self:
        """Returns a reporter that says nothing."""
        return cls(Silence())

    @contextlib.contextmanager
    def task(self, label: str, total: int, unit: str, done: int = 0) -> Iterator[Task]:
        """Gives a task to advance, and shows it until the block ends."""
        task = Task(label, total, unit, done, self.display, self.clock)
        self.display.begin(task)
        try:
            yield task
        finally:
            self.display.end(task)

    def say(self, text: str) -> None:
        """Tells one line without breaking a bar."""
        self.display.say(text)

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """Tells, while the block runs, what is noticed where no reporter is at hand.

        A silent one leaves that to standard error: it is no progress, and who asked for none still has to know it.
        """
        token = None if isinstance(self.display, Silence) else _HEARING.set(self)
        try:
            yield
        finally:
            if token is not None:
                _HEARING.reset(token)


_HEARING: ContextVar[Reporter | None] = ContextVar("hearing", default=None)


def notice(text: str) -> None:
    """Tells one line to the reporter that is hearing, on standard error where none is."""
    reporter = _HEARING.get()
    if reporter is None:
        print(f"note: {text}", file=sys.stderr)
    else:
        reporter.say(f"note: {text}")


class Silence:
    """Shows nothing."""

    def begin(self, task: Task) -> None:
        """Shows nothing."""

    show = end = begin

    def say(self, text: str) -> None:
        """Says nothing."""


class Lines:
    """A first line, a last one, and one every five seconds between: for logs and plain terminals."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.told: dict[int, float] = {}  # when each running task was last told of

    def begin(self, task: Task) -> None:
        """Tells the first line."""
        self._tell(task, task.state)

    def show(self, task: Task) -> None:
        """Tells a line if the last one is old and the closing one is not about to come."""
        if task.done < task.total and task.clock() - self.told[id(task)] >= EVERY:
            self._tell(task, task.state)

    def end(self, task: Task) -> None:
        """Tells the last line."""
        self._tell(task, task.summary)
        del self.told[id(task)]

    def say(self, text: str) -> None:
        """Tells a notice."""
        print(text, file=self.stream, flush=True)

    def _tell(self, task: Task, text: str) -> None:
        self.told[id(task)] = task.clock()
        self.say(f"{task.label}: {text}")


class Bars:
    """A bar for every running task, one line for every task that is done. rich keeps to NO_COLOR."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.running: dict[int, Any] = {}  # rich's number of each running task
        self.bars: Any = None  # rich's Progress while a task runs

    def begin(self, task: Task) -> None:
        """Draws an empty bar."""
        if self.bars is None:
            self.bars = _bars(self.stream)
            self.bars.start()
        number = self.bars.add_task(task.label, total=task.total, completed=task.done, state=task.state)
        self.running[id(task)] = number

    def show(self, task: Task) -> None:
        """Moves a bar."""
        self.bars.update(self.running[id(task)], total=task.total, completed=task.done, state=task.state)

    def end(self, task: Task) -> None:
        """Replaces a bar by a line."""
        self.bars.remove_task(self.running.pop(id(task)))
        bars = self.bars
        if not self.running:
            bars.stop()
            self.bars = None
        self.say(f"{task.label}: {task.summary}")

    def say(self, text: str) -> None:
        """Prints a line above the bars."""
        if self.bars is None:
            print(text, file=self.stream, flush=True)
        else:
            self.bars.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _bars(stream: TextIO) -> Any:
    """Returns rich's bars; rich is imported only here, because it takes a tenth of a second."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28, complete_style="gold3", finished_style="gold3"),
        TextColumn("{task.fields[state]}", markup=False, style="dim"),
    )
    return Progress(*columns, console=Console(file=stream), transient=True)


def format_duration(seconds: float) -> str:
    """Returns a time as one reads it aloud: 0.44 s, 45 s, 1 min 37 s, 2 h 5 min."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def format_rate(rate: float) -> str:
    """Returns units per second to two significant figures: 9,100/s, 7.2/s, 0.13/s."""
    rounded = float(f"{rate:.1e}")
    return f"{rounded:,.0f}/s" if rounded >= 10 else f"{rounded:.2g}/s"
