"""Fused kernels: torch.compile where a C++ compiler is at hand, the same code in eager mode where none is."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from render.interrupts import is_asked_to_end
from render.precompiled import Precompiled, TooManyKindsError, is_noted, note
from render.progress import notice
from render.storage import kernels
from render.storage.files import cache_folder

FLAGS = ["-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math"]


@functools.cache
def strategy() -> str:
    """Returns "compiled" or "eager"; THALWEG_COMPILE=0 asks for eager."""
    if os.environ.get("THALWEG_COMPILE") == "0":
        return "eager"
    lacking = lacks()
    if lacking is None:
        return "compiled"
    notice(f"{lacking[0]}, so kernels run unfused and slower; {lacking[1]}")
    return "eager"


def lacks() -> tuple[str, str] | None:
    """Returns what torch.compile lacks on this machine, and what brings it, or None where it has all."""
    if not _compiler():
        return "no C++ compiler was found", "`apt install g++` brings one"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "Python.h was not found", "`apt install python3-dev` brings it"
    return None


@functools.cache
def library(source: str) -> ctypes.CDLL | None:
    """Returns C++ source compiled for this machine, or None, with one line that says so, where that fails.

    A template of 200 lines takes 0.3 s, and 5 ms where an earlier process has left it in the cache.
    """
    command = _compiler()
    if not command:
        notice("no C++ compiler was found, so points are measured unfused and slower; `apt install g++` brings one")
        return None
    key = kernels.key_of(source, command, FLAGS)
    kept = kernels.read(key) if key else None
    if kept is not None:
        with contextlib.suppress(OSError):  # it may need a library that has gone since
            return _load(kept)
    made = _compile(source, command)
    if made is None:
        return None
    if key:
        kernels.keep(key, made[1])
    return made[0]


def works() -> bool:
    """Whether the C++ compiler makes a library that can be loaded, tried now; where it does not, one line says so."""
    command = _compiler()
    return bool(command) and _compile('extern "C" int thalweg() { return 1; }', command) is not None


def _compile(source: str, command: list[str]) -> tuple[ctypes.CDLL, bytes] | None:
    """Returns source compiled now, loaded and as bytes, or None, with one line that says so, where that fails."""
    with tempfile.TemporaryDirectory(prefix="thalweg-") as folder:
        code, product = Path(folder, "kernel.cpp"), Path(folder, "kernel.so")
        code.write_text(source, encoding="utf-8")
        try:
            subprocess.run(
                [*command, *FLAGS, "-w", "-shared", "-fPIC", str(code), "-o", str(product)],
                check=True,
                capture_output=True,
                text=True,
            )
            return ctypes.CDLL(str(product)), product.read_bytes()
        except (OSError, subprocess.CalledProcessError) as error:
            reason = (
                error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
            ) or "no reason given"
            notice(f"a kernel could not be compiled, so points are measured slower ({reason.strip().splitlines()[0]})")
            return None


def _load(kernel: bytes) -> ctypes.CDLL:
    """Returns a kernel loaded from a copy of its own: these bytes were checked, and nobody writes to them meanwhile."""
    with tempfile.TemporaryDirectory(prefix="thalweg-") as folder:
        product = Path(folder, "kernel.so")
        product.write_bytes(kernel)
        return ctypes.CDLL(str(product))


def version() -> str | None:
    """Returns the first line that the C++ compiler says of itself, or None where there is none."""
    command = _compiler()
    if not command:
        return None
    told = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout
    return next(iter(told.splitlines()), " ".join(command))


def _compiler() -> list[str]:
    """Returns the command of a C++ compiler, or an empty list."""
    for name in (os.environ.get("CXX", ""), "g++", "clang++", "c++"):
        command = shlex.split(name)
        if command and shutil.which(command[0]):
            return command
    return []


def fuse(kernel: Callable[..., Any], using: str | None = None) -> Callable[..., Any]:
    """Returns the kernel compiled for static shapes, or the kernel itself where the strategy is eager.

    Where compiling fails at the first call, one line says so and the kernel runs as it is from then on.
    """
    if (using or _ASKED.get() or strategy()) == "eager":
        return kernel
    return _fused(kernel)


def has_kept(what: str) -> bool:
    """Tells whether the fused kernels for something need not be compiled here: they are kept, or never made."""
    return strategy() == "eager" or is_noted(what, _compiler())


def note_kept(what: str) -> None:
    """Notes that the fused kernels for something are kept from now on."""
    if strategy() != "eager":
        note(what, _compiler())


@functools.cache
def _fused(kernel: Callable[..., Any]) -> _Fused:
    return _Fused(kernel)


_ASKED: ContextVar[str | None] = ContextVar("asked", default=None)


@contextlib.contextmanager
def unfused(wanted: bool = True) -> Iterator[None]:
    """Runs kernels as they are, if that is wanted: for one picture torch's compiler takes longer than it saves.

    A 1080p still takes 1.6 s so; importing torch's compiler alone, to load kernels that are kept, takes longer.
    """
    token = _ASKED.set("eager") if wanted else None
    try:
        yield
    finally:
        if token is not None:
            _ASKED.reset(token)


def _keep_kernels() -> None:
    """Has compiled kernels kept in the cache folder, where no other place was chosen: a folder for temporary files is
    often emptied, and shared with others.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "kernels"))


class _Fused:
    """A compiled kernel that falls back to eager mode when it cannot be compiled."""

    def __init__(self, kernel: Callable[..., Any]):
        _keep_kernels()
        self._kernel = kernel
        self._run: Callable[..., Any] = Precompiled(kernel, _compiler())

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            return self._run(*arguments, **named)
        except TooManyKindsError:  # this one runs as it is
            return self._kernel(*arguments, **named)
        except Exception as error:
            if self._run is self._kernel or not _is_of_compiler(error):
                raise
            if is_asked_to_end():  # the compiler, a child of this process, was ended by the same Ctrl-C
                raise KeyboardInterrupt from error
            notice(f"a kernel could not be compiled and runs slower ({_first_line(str(error))})")
            self._run = self._kernel
            return self._run(*arguments, **named)


def _is_of_compiler(error: Exception) -> bool:
    """Whether torch raises it where it cannot compile a kernel."""
    from torch._dynamo.exc import TorchDynamoException
    from torch._inductor.exc import CppCompileError

    return isinstance(error, TorchDynamoException | CppCompileError)


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "no reason given")
