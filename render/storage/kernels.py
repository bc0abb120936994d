"""Compiled kernels kept in the user's cache folder, so that a new process need not compile them again.

The name of a file is a digest of all that its kernel was made of: source, compiler, flags, and the processor, since
-march=native makes code that another one may not run. In front of the kernel stands a digest of both, so that a damaged
file is noticed. The folder is the user's own; what another user could have written is neither read nor loaded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from render.errors import MachineError
from render.progress import notice
from render.storage.files import cache_folder, content_key, replacing

LAYOUT = 1  # raise it when the files look otherwise
ENDING = ".kernel"
DIGEST = 64  # hexadecimal digits in front of a kernel
MOST_BYTES = 256_000_000  # bytes; a library takes 20 to 100 kB, a kernel of torch 50 to 600 kB
UNUSED = 90 * 86_400.0  # seconds after which a kernel that nobody used goes
LEFT = 86_400.0  # seconds after which a file that was never finished goes, and after which a use is noted again
CPUINFO = Path("/proc/cpuinfo")
TELLING = (  # of the processor, on x86, ARM, POWER, RISC-V and s390
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
    "cpu", "revision", "isa", "mvendorid", "marchid", "mimpid", "machine", "features",
)  # fmt: skip
SEARCHED = ("CPATH", "CPLUS_INCLUDE_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH")  # where a compiler finds its parts


def key_of(source: str, command: Sequence[str], flags: Sequence[str]) -> str | None:
    """Returns the digest of all that a kernel is made of, or None where the system does not tell its processor."""
    running = processor()
    if not running:
        return None
    return content_key(
        {
            "layout": LAYOUT,
            "source": source,
            "compiler": compiler_identity(command),
            "flags": list(flags),
            "searched": {name: os.environ.get(name) for name in SEARCHED},
            "processor": running,
            "platform": sysconfig.get_platform(),
        }
    )


def processor() -> dict[str, str]:
    """Returns what the first processor says of itself, empty where the system does not tell; takes 0.1 ms."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError), CPUINFO.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if not line.strip():
                break
            if name.strip() in TELLING:
                found[name.strip()] = value.strip()
    return found


def compiler_identity(command: Sequence[str]) -> dict[str, object]:
    """Returns a compiler's words, path, size and date, and what it says of its version; takes 2 ms."""
    path = Path(shutil.which(command[0]) or command[0]).resolve()
    with contextlib.suppress(OSError):
        told = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout
        state = path.stat()
        return {"command": list(command), "path": str(path), "at": [state.st_size, state.st_mtime_ns], "told": told}
    return {"command": list(command), "path": str(path)}


def read(key: str) -> bytes | None:
    """Returns the kernel of a key, or None where none is kept; one that is damaged is said, and not returned."""
    folder = _own_folder()
    if folder is None:
        return None
    path = folder / f"{key}{ENDING}"
    try:
        content = _own_bytes(path)
    except OSError:
        return None
    digest, kernel = content[:DIGEST], content[DIGEST:]
    if digest != _digest(key, kernel):
        notice(f"{path} is damaged; its kernel is compiled again")
        return None
    _note_use(path)
    return kernel


def keep(key: str, kernel: bytes) -> None:
    """Writes a kernel for later processes, and removes what was not used for long; does nothing where it may not."""
    folder = _own_folder(make=True)
    if folder is None:
        return
    with contextlib.suppress(OSError, MachineError):
        with replacing(folder / f"{key}{ENDING}") as path:
            path.write_bytes(_digest(key, kernel) + kernel)
        _trim(folder)


def census() -> tuple[Path, int, int] | None:
    """Returns the folder, the number of kernels in it and their bytes, or None where there is none."""
    folder = _own_folder()
    if folder is None:
        return None
    sizes = [state.st_size for path, state in _files(folder) if _is_finished(path)]
    return folder, len(sizes), sum(sizes)


def _digest(key: str, kernel: bytes) -> bytes:
    return hashlib.sha256(key.encode() + kernel).hexdigest().encode()


def _own_folder(make: bool = False) -> Path | None:
    """Returns the folder of this user's kernels, closed to others, or None where there is none or it is not theirs."""
    if os.name != "posix":
        return None
    folder = cache_folder().absolute() / f"libraries-{os.getuid()}"
    with contextlib.suppress(OSError):
        if make:
            folder.parent.mkdir(parents=True, exist_ok=True)
        above = folder.parent.stat().st_mode
        if above & stat.S_IWOTH and not above & stat.S_ISVTX:  # anyone could put another folder in its place
            return None
        if make:
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid():  # a link leads elsewhere
            return None
        if state.st_mode & 0o077:
            folder.chmod(0o700)
        return folder
    return None


def _own_bytes(path: Path) -> bytes:
    """Returns the bytes of a plain file that this user alone can write; raises OSError for any other."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o022:
            raise PermissionError(f"{path}: others can write it")
        return file.read()


def _note_use(path: Path) -> None:
    """Sets the date of a file to now, once a day, so that what is used stays."""
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > LEFT:
            os.utime(path)


def _trim(folder: Path) -> None:
    """Removes what was not used for long or was never finished, and the oldest of more than MOST_BYTES bytes."""
    now, total = time.time(), 0
    for path, state in sorted(_files(folder), key=lambda found: found[1].st_mtime, reverse=True):
        total += state.st_size
        age = now - state.st_mtime
        if age > (UNUSED if _is_finished(path) else LEFT) or total > MOST_BYTES:
            path.unlink(missing_ok=True)


def _is_finished(path: Path) -> bool:
    return path.suffix == ENDING and not path.name.startswith(".")


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # another process may have removed it
                yield Path(entry.path), entry.stat(follow_symlinks=False)
