"""Files that are whole or absent, keys that say what a result depends on, and where results lie.

Anything final is written under a temporary name in its own folder, flushed, then renamed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import platformdirs

from render.errors import DataError, MachineError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

RANDOM = "[a-z0-9_]{8}"  # what tempfile puts into a name
FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG)
GONE = (errno.ENOENT, errno.ESTALE, errno.EIO, errno.ENODEV, errno.ENXIO)


def content_key(settings: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of settings in canonical JSON, 64 hexadecimal digits."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def asset(name: str) -> Path:
    """Returns the path of a file in assets/: the packaged copy if there is one, else the sibling folder."""
    here = Path(__file__).resolve().parent.parent
    for folder in (here / "assets", here.parent / "assets"):
        if (folder / name).is_file():
            return folder / name
    raise DataError(f"asset {name} was not found; install the package again")


def cache_folder() -> Path:
    """Returns the folder of what can be made again; THALWEG_CACHE names another."""
    named = os.environ.get("THALWEG_CACHE")
    if named:
        return Path(named)
    try:
        return Path(platformdirs.user_cache_dir("thalweg"))
    except RuntimeError:  # a user without a home folder
        return Path(tempfile.gettempdir(), f"thalweg-{os.getuid()}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path in the same folder, flushed and renamed to path at the end, removed on an error."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        with disk_errors(path):
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path, names: Sequence[str] = ()) -> None:
    """Removes what a kill has left of files that were being replaced: all in a folder, or those of some names.

    A name goes without its last ending. Nobody else may be writing them.
    """
    begin = "|".join(map(re.escape, names)) or ".+"
    for path in folder.glob(".*"):
        if re.fullmatch(rf"\.({begin})\.{RANDOM}(\.[A-Za-z0-9]+)?", path.name) and path.is_file():
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def disk_errors(path: Path, option: str = "--out") -> Iterator[None]:
    """Makes a sentence of a disk that is full, a folder that cannot be written, and one that has vanished.

    option: of the command line, that chooses another folder.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise MachineError(f"{path}: the disk is full", "make room, then run the same command again") from error
        if error.errno in REFUSED:
            raise MachineError(
                f"{path}: cannot be written ({error.strerror})", f"choose another folder with {option}"
            ) from error
        if error.errno in GONE:
            raise MachineError(
                f"{path}: has vanished while it was written ({error.strerror})",
                "when its disk is there again, run the same command again",
            ) from error
        raise


def is_of_the_disk(error: OSError) -> bool:
    """Whether an error is of a disk, and not of a network, a pipe or a process."""
    return error.errno in (*FULL, *REFUSED, *GONE)


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a path leads out of a folder, by links perhaps; links in a circle lead nowhere, which is out."""
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return True


@contextlib.contextmanager
def locked(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Keeps other processes from a folder while the block runs; where one is there already, says so and waits.

    The lock is <folder>.lock, beside the folder, since the folder itself may be removed. Where the system or the disk
    knows no locks, none is taken.
    """
    if fcntl is None:
        yield
        return
    file = _lock_file(folder, say)
    try:
        yield
    finally:
        Path(file.name).unlink(missing_ok=True)
        fcntl.flock(file, fcntl.LOCK_UN)  # closing is not enough where a forked worker holds the file too
        file.close()


def idle(folder: Path) -> bool:
    """Whether no process is at work in a folder; a lock that was left behind there is removed."""
    path = folder.with_name(f"{folder.name}.lock")
    if fcntl is None or not path.exists():
        return True
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        path.unlink(missing_ok=True)
    return True


def _lock_file(folder: Path, say: Callable[[str], None]) -> TextIO:
    path = folder.with_name(f"{folder.name}.lock")
    while True:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a", encoding="utf-8")
        _lock(file, f"{folder}: another process is at work there; waiting until it is done", say)
        with contextlib.suppress(FileNotFoundError):  # whoever held it last removes it, and the next one makes it anew
            if path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()


def _lock(file: TextIO, notice: str, say: Callable[[str], None]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(notice)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, or of the names and bytes of all files of a folder."""
    if path.is_dir():
        return content_key({file.name: file_digest(file) for file in path.iterdir() if file.is_file()})
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """Whether a file or folder is there with the bytes whose SHA-256 is given."""
    return path.exists() and file_digest(path) == digest
