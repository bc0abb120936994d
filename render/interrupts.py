"""Being asked to end: what is in flight is finished first."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def deferred() -> Iterator[Callable[[], int]]:
    """Gives a function that counts how often Ctrl-C was pressed or the process asked to end; twice ends it at once.

    Outside of the main thread, where signals do not arrive, it never is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    asked = 0
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield lambda: asked
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
