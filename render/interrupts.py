"""Being asked to end, by Ctrl-C (SIGINT) or SIGTERM: before the work at once, during it in good order, then never.

A signal that nobody waits for is raised wherever Python happens to be: in an import, a finaliser, an exit handler of
torch's. There it is a traceback, or is lost. What a process was told to ignore when it was started stays ignored.
"""

from __future__ import annotations

import _thread
import contextlib
import enum
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 130  # the exit code
SHOW_CURSOR = b"\x1b[?25h"  # which a bar of progress has hidden
AGAIN = 0.01  # seconds after which a signal that was lost in a finaliser is raised again


class Phase(enum.Enum):
    """How far a program has come."""

    STARTING = enum.auto()  # nothing is there yet that would have to be put away
    WORKING = enum.auto()
    DONE = enum.auto()


class Listener:
    """Hears signals for a program from its first line to its last; it is the handler of SIGNALS meanwhile."""

    def __init__(self) -> None:
        self.phase = Phase.STARTING
        self.asked = 0  # while it was at work

    def __call__(self, number: int, frame: Any) -> None:
        """Ends the process, raises KeyboardInterrupt, or does nothing, by the phase.

        Twice it is raised, so that what hangs while things are put away is left too; after that the process ends, which
        loses no more than a kill does, since what is half written has no name yet.
        """
        if self.phase is Phase.DONE:
            return
        self.asked += self.phase is Phase.WORKING
        if self.phase is Phase.STARTING or self.asked > 2:
            if os.isatty(2):
                os.write(2, SHOW_CURSOR)
            os._exit(INTERRUPTED)
        raise KeyboardInterrupt

    def on_unraisable(self, lost: Any) -> None:
        """Raises again what was raised where nothing can be, such as in a finaliser; after the work says nothing."""
        raced = (
            self.phase is Phase.DONE and issubclass(lost.exc_type, OSError) and "race condition" in str(lost.exc_value)
        )
        if not raced and not issubclass(lost.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(lost)
        elif self.phase is Phase.WORKING:
            timer = threading.Timer(AGAIN, _thread.interrupt_main, (signal.SIGTERM,))
            timer.daemon = True
            timer.start()


@contextlib.contextmanager
def program() -> Iterator[None]:
    """Makes a block the whole of a program, which owns its process: behind it signals are ignored to the very end.

    Until `working` begins, a signal ends the process with the exit code 130, and nothing is said.
    """
    heard = Listener()
    for number in _heard():
        signal.signal(number, heard)
    sys.unraisablehook = heard.on_unraisable
    try:
        yield
    except KeyboardInterrupt:  # a second one, while the first was being told
        sys.exit(INTERRUPTED)
    finally:
        heard.phase = Phase.DONE
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # a handler in Python would be taken out before the process is gone
        exec("")  # Python kills itself at its end where the last text that it ran was interrupted, as imports run some


@contextlib.contextmanager
def working() -> Iterator[None]:
    """Makes a block the work of the program: in it signals raise KeyboardInterrupt, behind it they do nothing.

    Where no program hears, nothing changes.
    """
    heard = next((handler for handler in map(signal.getsignal, SIGNALS) if isinstance(handler, Listener)), Listener())
    heard.phase = Phase.WORKING
    try:
        yield
    finally:
        heard.phase = Phase.DONE


def _heard() -> list[signal.Signals]:
    """Returns the signals that this process was not told to ignore, as a shell tells its background jobs."""
    return [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


class Deferral:
    """Counts how often a process was asked to end; it is the handler of SIGNALS meanwhile."""

    def __init__(self, before: Mapping[int, Any]) -> None:
        self.before = before  # the handlers that it stands in for
        self.asked = 0

    def __call__(self, number: int, frame: Any) -> None:
        """Counts, and from the second time on does what would have been done, or raises KeyboardInterrupt."""
        self.asked += 1
        if self.asked > 1 and callable(self.before[number]):
            self.before[number](number, frame)
        if self.asked > 1:
            raise KeyboardInterrupt


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], int]]:
    """Gives a function that counts how often Ctrl-C was pressed or the process asked to end; twice ends it at once.

    Outside of the main thread, where signals do not arrive, it never is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _heard()}
    deferral = Deferral(before)
    for number in before:
        signal.signal(number, deferral)
    try:
        yield lambda: deferral.asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def finishing() -> Iterator[Callable[[], int]]:
    """As deferred; at its end raises KeyboardInterrupt where that was asked for meanwhile.

    VTK swallows what is raised inside of it and goes on with half a picture, so nothing may be raised while it draws.
    """
    with deferred() as asked:
        yield asked
    if asked():
        raise KeyboardInterrupt


def is_asked_to_end() -> bool:
    """Whether a signal waits for the end of a `deferred` block; children of this process may have heard it too."""
    return any(isinstance(handler, Deferral) and handler.asked for handler in map(signal.getsignal, SIGNALS))


@contextlib.contextmanager
def not_inherited() -> Iterator[None]:
    """Keeps Ctrl-C, which a terminal sends to all, from processes that are started in a block, from their first moment.

    This process does behind the block what it would have done in it: a process that is left half started is given
    nothing to do, and says so. To block the signal is not enough, since another thread may take it for all of them.
    """
    if os.name != "posix":
        yield
        return
    times_asked = 0
    try:
        with deferred() as asked:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                yield
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                times_asked = asked()
    finally:
        if times_asked:
            signal.raise_signal(signal.SIGINT)
