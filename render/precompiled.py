"""Fused kernels that outlive their process: loaded in 20 ms each by the next.

torch.compile keeps what its compiler made, but a new process has to trace each kernel before it finds that: five to six
seconds before a film's first picture, in every worker. What is kept here is traced and compiled, for arguments of one
kind. The constants that a kernel reads are a part of its code.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import os
import time
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from render.storage import kernels

KINDS = 8  # of arguments that a kernel is compiled for in one process; each takes seconds
CHANGED = "GuardManager check failed"  # the words of torch where something that a kernel reads is not what it was
TENSORIFY = "TENSORIFY_PYTHON_SCALARS"  # a step of torch's that starts over, which a kernel made ahead cannot do


_SPENT: list[float] = []  # seconds of each kernel that this process has compiled


class TooManyKindsError(Exception):
    """A kernel was asked for more kinds of arguments than it is compiled for."""


@dataclass(frozen=True)
class Precompiled:
    """A kernel compiled for each kind of arguments: shapes, strides and types of tensors, values of all else.

    Calls raise TooManyKindsError, and whatever torch raises where a kernel cannot be compiled.
    """

    kernel: Callable[..., Any]
    command: Sequence[str]  # of the C++ compiler
    _made: dict[Any, Callable[..., Any]] = field(default_factory=dict)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        kind = _kind(arguments, named)
        if kind not in self._made:
            if len(self._made) >= KINDS:
                raise TooManyKindsError
            key = self._key(kind)
            self._made[kind] = self._kept(key, arguments, named) or self._compiled(key, arguments, named)
        try:
            return self._made[kind](*arguments, **named)
        except RuntimeError as error:
            if CHANGED not in str(error):
                raise
        self._made[kind] = _traced(self.kernel, arguments, named)
        return self._made[kind](*arguments, **named)

    def _kept(self, key: str | None, arguments: tuple[Any, ...], named: dict[str, Any]) -> Callable[..., Any] | None:
        """Returns a kernel that an earlier process has kept, or None where none is, or none that can be used here."""
        import torch

        found = kernels.read(key) if key else None
        if found is None:
            return None
        with contextlib.suppress(Exception):  # of another torch, or without a library that it needs: it is made anew
            loaded = torch.compiler.load_compiled_function(io.BytesIO(found), f_globals=self.kernel.__globals__)
            if loaded.guard_check(*arguments, **named):  # type: ignore[attr-defined]
                return loaded
        return None

    def _compiled(self, key: str | None, arguments: tuple[Any, ...], named: dict[str, Any]) -> Callable[..., Any]:
        made = _traced(self.kernel, arguments, named)
        if key:
            with contextlib.suppress(Exception):  # what cannot be written down is compiled by each process
                kernels.keep(key, type(made).serialize(made).serialized_data)
        return made

    def _key(self, kind: Any) -> str | None:
        import torch

        code = _code_of_package()
        if code is None:
            return None
        told = (self.kernel.__module__, self.kernel.__qualname__, kind, code, torch.__version__)
        return kernels.key_of(repr(told), self.command, [])


def seconds_spent() -> float:
    """Returns for how many seconds this process has compiled kernels until now."""
    return sum(_SPENT)


def is_noted(what: str, command: Sequence[str]) -> bool:
    """Tells whether an earlier process, of the same code, has kept all kernels for something."""
    key = _key_of_note(what, command)
    return key is not None and kernels.read(key) is not None


def note(what: str, command: Sequence[str]) -> None:
    """Notes beside the kernels that all for something are kept."""
    if key := _key_of_note(what, command):
        kernels.keep(key, what.encode())


def _key_of_note(what: str, command: Sequence[str]) -> str | None:
    import torch

    code = _code_of_package()
    told = repr(("note", what, code, torch.get_num_threads(), torch.__version__))
    return kernels.key_of(told, command, []) if code else None


def _traced(kernel: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Returns a kernel compiled for arguments like these, and for no others."""
    import torch

    begun = time.perf_counter()
    before = os.environ.get(TENSORIFY)
    os.environ[TENSORIFY] = "0"
    try:
        fused = torch.compile(_own_code(kernel), dynamic=False, fullgraph=True)
        return fused.aot_compile((arguments, named))  # type: ignore[attr-defined]
    finally:
        _SPENT.append(time.perf_counter() - begun)
        os.environ.pop(TENSORIFY)
        if before is not None:
            os.environ[TENSORIFY] = before


def _own_code(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the function with a code object of its own, since torch compiles each code object eight times at most."""
    if not isinstance(kernel, types.FunctionType):
        return kernel
    code = kernel.__code__.replace()
    copy = types.FunctionType(code, kernel.__globals__, kernel.__name__, kernel.__defaults__, kernel.__closure__)
    copy.__kwdefaults__ = kernel.__kwdefaults__
    return copy


def _kind(arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    import torch

    state = (torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled())
    return *state, str(torch.get_default_dtype()), _told(arguments), _told(named)


def _told(value: Any) -> Any:
    """Returns what a kernel is compiled for of an argument."""
    import torch

    if isinstance(value, torch.Tensor):
        return "tensor", tuple(value.shape), value.stride(), str(value.dtype), str(value.device), value.requires_grad
    if isinstance(value, tuple | list):
        return type(value).__qualname__, *map(_told, value)
    if isinstance(value, dict):
        return "dict", *((name, _told(each)) for name, each in value.items())
    return repr(value)


@functools.cache
def _code_of_package() -> str | None:
    """Returns the digest of all code of the package, or None where that cannot be read; takes 30 ms once."""
    digest = hashlib.sha256()
    try:
        for path in sorted(Path(__file__).parent.rglob("*.py")):
            digest.update(path.read_bytes() + b"\0")
    except OSError:
        return None
    return digest.hexdigest()
