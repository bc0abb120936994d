"""Packing: bands of rows compressed on several cores, in their order, with no more than a few of them in memory.

zlib lets go of the interpreter's lock, so threads are enough; a picture with grain hardly shrinks whatever the level.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

LEVEL = 3  # of zlib; with grain, 6 takes twice as long for 1 % less

Unpacked = TypeVar("Unpacked")
Packed = TypeVar("Packed")


def in_order(work: Callable[[Unpacked], Packed], pieces: Iterable[Unpacked]) -> Iterator[Packed]:
    """Gives work(piece) of pieces in their order, while the next ones are worked on and made."""
    workers = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, thread_name_prefix="packing") as pool:
        waiting: deque[Future[Packed]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def raw_deflate(data: bytes) -> bytes:
    """Returns data as blocks of a deflate stream that others may follow."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)


END = b"\x03\x00"  # an empty last block
