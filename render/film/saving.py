"""Saving in the background: files are written while the next pictures are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

IN_FLIGHT = 2  # files that wait to be saved; more would only cost memory


class Saving:
    """A few files on their way to the disk; an error is raised by the next call.

    What was handed over must not be changed any more.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="saving")
        self._waiting: list[Future[object]] = []

    @property
    def waiting(self) -> tuple[Future[object], ...]:
        """The files that are still being saved."""
        return tuple(self._waiting)

    def hand_over(self, save: Callable[[], object], after: Sequence[Future[object]] = ()) -> None:
        """Saves a file soon, and not before others of another saving; waits while two of its own are being saved."""

        def save_in_turn() -> object:
            for other in after:
                other.result()
            return save()

        self._settle(IN_FLIGHT - 1)
        self._waiting.append(self._threads.submit(save_in_turn))

    def _settle(self, allowed: int) -> None:
        """Waits until so many files are left to be saved; raises the first error among the rest."""
        while len(self._waiting) > allowed or (self._waiting and self._waiting[0].done()):
            self._waiting.pop(0).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(wait=True)
        if error is None:
            self._settle(0)
