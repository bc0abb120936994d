"""Presence: who writes into a folder side by side with others, so that what a kill has left there can be told.

Each holds a shared lock on a file in the folder, which the system takes from a process that is killed. Whoever gets the
lock for itself is alone there: what is half written is nobody's.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from render.storage.files import disk_errors

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".present"
LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # a system or a disk that knows no locks


@contextlib.contextmanager
def present(folder: Path) -> Iterator[None]:
    """Says that a process writes into a folder while the block runs; the last one that leaves removes the file."""
    held = _held(folder, shared=True)
    try:
        yield
    finally:
        if held is not None:
            _let_go(held)
            with alone(folder):
                pass


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Gives whether nobody else writes into a folder, and keeps others from it while the block runs."""
    held = _held(folder, shared=False) if folder.is_dir() else None
    try:
        yield held is not None
    finally:
        if held is not None:
            Path(held.name).unlink(missing_ok=True)
            _let_go(held)


def _held(folder: Path, *, shared: bool) -> TextIO | None:
    """Returns the file with its lock, or None where others have it or none can be had."""
    path = folder / NAME
    while fcntl is not None:
        with disk_errors(path):
            folder.mkdir(parents=True, exist_ok=True)
            file = path.open("a", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            if isinstance(error, BlockingIOError) or error.errno in LOCKLESS:
                return None
            raise
        with contextlib.suppress(OSError):  # whoever was alone here has removed it, and the next one makes it anew
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()
    return None


def _let_go(file: TextIO) -> None:
    assert fcntl is not None
    fcntl.flock(file, fcntl.LOCK_UN)  # closing is not enough where a forked process holds the file too
    file.close()
