"""Shares: the frames of a film dealt out to workers, so that each goes on with frames that follow each other.

A worker keeps the stage of its shot, and makes another one for another shot. So each has a share of its own; whoever
has nothing left takes a share that nobody has, or else the second half of the longest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

TOGETHER = 8  # frames of an errand at most; each waits at its end until its last frame is saved


class Shares(Iterator[tuple[int, ...]]):
    """Frames that are to be drawn, given out errand by errand; what is given next is for whoever was done last."""

    def __init__(self, numbers: Sequence[int], workers: int, shot_of: Callable[[int], int]):
        count = max(1, min(workers, len(numbers)))
        cuts = [len(numbers) * place // count for place in range(count + 1)]
        self._shot_of = shot_of
        self._shares = [deque(numbers[begin:end]) for begin, end in pairwise(cuts)]
        self._first = iter(list(self._shares))
        self._given: dict[int, deque[int]] = {}  # the share of an errand, by its first frame
        self._owned: dict[str, deque[int]] = {}  # by the worker
        self._idle: deque[str] = deque()

    def done_by(self, worker: str, first: int) -> None:
        """Says which worker has done the errand that began with a frame, and has nothing to do now."""
        self._owned.setdefault(worker, self._given[first])
        self._idle.append(worker)

    def __next__(self) -> tuple[int, ...]:
        """Returns the frames of the next errand, all of one shot; fewer in the end, so that all are done together."""
        left = sum(map(len, self._shares))
        if not left:
            raise StopIteration
        share = self._for(self._idle.popleft()) if self._idle else next(self._first, deque()) or self._longest()
        most = max(1, min(TOGETHER, left // (2 * len(self._owned or self._shares))))
        errand = [share.popleft()]
        while share and len(errand) < most and self._shot_of(share[0]) == self._shot_of(errand[0]):
            errand.append(share.popleft())
        self._given[errand[0]] = share
        return tuple(errand)

    def _for(self, worker: str) -> deque[int]:
        if not self._owned[worker]:
            self._owned[worker] = self._taken_over()
        return self._owned[worker]

    def _taken_over(self) -> deque[int]:
        free = [share for share in self._shares if share and not any(share is own for own in self._owned.values())]
        if free:
            return max(free, key=len)
        longest = self._longest()
        later = deque(reversed([longest.pop() for _ in range((len(longest) + 1) // 2)]))
        self._shares.append(later)
        return later

    def _longest(self) -> deque[int]:
        return max(self._shares, key=len)
