"""Fingerprints of code and of what it reads, so that a stored result knows by which function it was made.

A function is known by its bytecode, its constants, its defaults, and what it closes over or reads as globals, down to
tensors by their bytes; functions and classes of installed packages are known by name. What none of this tells is
unknown, and is said to be.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import hashlib
import logging
import sys
import types
import weakref
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from torch import nn

from render.storage.bytecode import globals_of, held_in, imported_in, is_installed, names_in, slots_of
from render.storage.digest import UnknownError, digest_of

DEPTH = 60  # of what holds what; deeper is unknown
MOST_THINGS = 100_000  # things that are looked at; more is unknown
PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size, type(...))


def fingerprint(value: Any, known: Mapping[int, str] | None = None, network: nn.Module | None = None) -> str:
    """Returns the SHA-256 of what a value does; raises UnknownError where that cannot be told.

    known: names of objects, by id, that are identified elsewhere, such as the parameters of the network itself.
    network: the one that is measured; which mode it is in does not count, since it is put into one.
    """
    digest = hashlib.sha256(f"{sys.implementation.cache_tag}".encode())  # bytecode is of one version of Python
    _Reader(digest, dict(known or {}), network).read(value)
    return digest.hexdigest()


def code_of(model: nn.Module) -> str | None:
    """Returns what a network computes, whatever its weights, with the Python that says so; None where it is unknown."""
    named = {id(tensor): name for name, tensor in (*model.named_parameters(), *model.named_buffers())}
    try:
        return f"{sys.implementation.cache_tag} {fingerprint(model, named, model)}"
    except UnknownError:
        return None


def may_be_same(first: str | None, second: str | None) -> bool:
    """Tells whether two codes may be of one network: they are equal, unknown, or of different Pythons."""
    return not (first and second) or first == second or first.split()[0] != second.split()[0]


def reads(value: Any, model: nn.Module) -> bool:
    """Tells whether a function reads a network, one of its layers, or its parameters; no where that cannot be told."""
    tensors = (*model.modules(), *model.parameters(), *model.buffers())
    reader = _Reader(hashlib.sha256(), {id(part): "of the network" for part in tensors})
    with contextlib.suppress(UnknownError):
        reader.read(value)
    return "of the network" in reader.met


class _Reader:
    """Feeds a hash with everything that a value is made of."""

    def __init__(self, digest: Any, known: dict[int, str], network: nn.Module | None = None):
        self._digest, self._known, self._depth, self._count = digest, known, 0, 0
        self._layers = {id(layer) for layer in network.modules()} if network is not None else set[int]()
        self._read = set[tuple[int, str]]()  # names of modules of one's own
        self._held: list[Any] = []  # so that no id is used twice
        self.met = set[str]()  # names of what was known from the start

    def _put(self, *words: object) -> None:
        self._digest.update(("\0".join(map(str, words)) + "\1").encode("utf-8", "surrogatepass"))

    def read(self, value: Any) -> None:
        if isinstance(value, PLAIN) and not isinstance(value, enum.Enum):
            self._put(type(value).__name__, repr(value))
            return
        if isinstance(value, tuple | frozenset):  # two that are equal may be one object or two, as a pickle leaves them
            self._counted(value)
            return
        if id(value) in self._known:
            self._put("known", self._known[id(value)])
            self.met.add(self._known[id(value)])
            return
        self._known[id(value)] = f"seen {len(self._known)}"
        self._held.append(value)
        self._counted(value)

    def _counted(self, value: Any) -> None:
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > DEPTH or self._count > MOST_THINGS:
            raise UnknownError(value)
        self._put(type(value).__module__, type(value).__qualname__)
        self._part(value)
        self._put("end")  # or what is within and what comes behind would read alike
        self._depth -= 1

    def _part(self, value: Any) -> None:
        reader = next((read for kind, read in READERS.items() if isinstance(value, kind)), None)
        held = getattr(value, "__dict__", None)
        installed = is_installed(type(value))
        if isinstance(value, nn.Module) and type(value).__module__.startswith("torch._dynamo"):
            self.read(value._orig_mod)  # compiled, it computes the same
        elif reader is not None:
            reader(self, value)
            if isinstance(value, dict | list) and held and not installed:
                self.read(type(value))
                self.mapping(held)
        elif held and (not installed or type(value).__module__ in PLAIN_MODULES):
            self.read(type(value))
            self.mapping(held)
        elif not installed and (slots := slots_of(value)) is not None:
            self.read(type(value))
            self.mapping(slots)
        else:
            raise UnknownError(value)

    def mapping(self, value: Mapping[Any, Any]) -> None:
        for name, part in value.items():
            self.read(name)
            self.read(part)

    def sequence(self, value: Iterable[Any]) -> None:
        for part in value:
            self.read(part)

    def unordered(self, value: Iterable[Any]) -> None:
        if not all(isinstance(part, (*PLAIN, tuple)) for part in value):
            raise UnknownError(value)
        self.sequence(sorted(value, key=repr))

    def array(self, value: torch.Tensor | np.ndarray | np.generic) -> None:
        if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind not in "biufc":
            raise UnknownError(value)
        self._put(digest_of(value if isinstance(value, torch.Tensor) else np.asarray(value)))

    def module(self, value: nn.Module) -> None:
        """Reads a network or a criterion: its class, what its layers hold, and what hooks and patches do to them."""
        self.read(type(value))
        for name, part in sorted(vars(value).items()):
            if name in HOOKS:
                self.read(name)
                self._hooks(vars(value), name)
            elif name not in FLEETING and (name != "training" or id(value) not in self._layers):
                self.read(name)
                self.read(part)

    def _hooks(self, held: Mapping[str, Any], name: str) -> None:
        """Reads hooks in their order, each with its flags; their keys are counted up in a process."""
        flags = [held.get(f"{name}_{flag}", {}) for flag in ("with_kwargs", "always_called")]
        for key, hook in held[name].items():
            self.read(hook)
            self.read([bool(flag.get(key)) for flag in flags])

    def function(self, value: types.FunctionType) -> None:
        if is_installed(value):
            self._put(value.__module__, value.__qualname__)
            return
        self.code(value.__code__)
        self.read(value.__defaults__)
        self.read(value.__kwdefaults__)
        self.mapping({name: part for name, part in vars(value).items() if name != "__wrapped__"})
        for cell in value.__closure__ or ():
            self.read(held_in(cell))
        for name in sorted(imported_in(value.__code__)):
            if name in sys.modules:
                self._within(sys.modules[name], names_in(value.__code__))
            elif name.partition(".")[0] in sys.stdlib_module_names:
                self._put(name)
            else:
                raise UnknownError(value)
        names = names_in(value.__code__)
        for name in globals_of(value.__code__):
            part = value.__globals__.get(name)
            if isinstance(part, types.ModuleType):
                self._within(part, names)
            elif name in value.__globals__:
                self.read(part)

    def _within(self, module: types.ModuleType, names: set[str]) -> None:
        """Reads what a module of one's own has under the names that a function uses; others are known by name."""
        self._put(module.__name__)
        if is_installed(module):
            return
        for name in sorted(names & vars(module).keys()):
            if (id(module), name) in self._read:
                continue
            self._read.add((id(module), name))
            part = vars(module)[name]
            if isinstance(part, types.ModuleType):
                self._within(part, names)
            else:
                self.read(part)

    def code(self, value: types.CodeType) -> None:
        self._put(value.co_code.hex(), value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
        self._put(value.co_argcount, value.co_kwonlyargcount, value.co_posonlyargcount, value.co_flags)
        self._put(getattr(value, "co_exceptiontable", b"").hex())
        for constant in value.co_consts:
            if isinstance(constant, types.CodeType):
                self.code(constant)
            else:
                self.read(constant)

    def method(self, value: types.MethodType) -> None:
        self.read(value.__func__)
        self.read(value.__self__)

    def partial(self, value: functools.partial[Any]) -> None:
        self.sequence((value.func, value.args, value.keywords))

    def type(self, value: type) -> None:
        """Reads a class: by name where it is installed, else by all its methods, and those of what it inherits from."""
        self._put(value.__module__, value.__qualname__)
        if is_installed(value):
            return
        for base in value.__bases__:
            self.read(base)
        for name, part in sorted(vars(value).items()):
            if (
                not (name.startswith("__") and not callable(part))
                and not isinstance(part, SLOTS)
                and name not in UNTOLD
            ):
                self.read(name)
                self.read(part)

    def wrapped(self, value: staticmethod[Any, Any] | classmethod[Any, Any, Any]) -> None:
        self.read(value.__func__)

    def accessor(self, value: property) -> None:
        self.sequence((value.fget, value.fset))

    def named(self, value: Any) -> None:
        self._put(getattr(value, "__module__", ""), getattr(value, "__qualname__", getattr(value, "__name__", "")))
        owner = getattr(value, "__self__", None)
        if not isinstance(owner, types.ModuleType | type | None):
            self.read(owner)

    def member(self, value: enum.Enum) -> None:
        self._put(value.name)
        self.read(value.value)

    def unknown(self, value: Any) -> None:
        raise UnknownError(value)

    def cached(self, value: functools.cached_property[Any]) -> None:
        self.read(value.func)

    def referred(self, value: weakref.ref[Any]) -> None:
        self.read(value())


HOOKS = ("_forward_hooks", "_forward_pre_hooks")
FLEETING = (  # of a module: what does not count for its outputs, and flags of hooks, which are read with them
    "_non_persistent_buffers_set", "_is_full_backward_hook", "_backward_hooks", "_backward_pre_hooks",
    "_forward_hooks_with_kwargs", "_forward_hooks_always_called", "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip
PLAIN_MODULES = ("argparse", "types", "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm")
UNTOLD = ("_abc_impl", "__class__")
SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
READERS: dict[Any, Any] = {
    torch.Tensor: _Reader.array,
    (torch.jit.ScriptModule, torch.jit.ScriptFunction): _Reader.unknown,  # their code is not all that they read
    nn.Module: _Reader.module,
    (np.ndarray, np.generic): _Reader.array,
    Mapping: _Reader.mapping,
    enum.Enum: _Reader.member,
    (list, tuple, range): _Reader.sequence,
    (set, frozenset): _Reader.unordered,
    functools.partial: _Reader.partial,
    types.MethodType: _Reader.method,
    types.FunctionType: _Reader.function,
    (types.BuiltinFunctionType, types.ModuleType, types.MethodDescriptorType, np.ufunc): _Reader.named,
    type: _Reader.type,
    (staticmethod, classmethod): _Reader.wrapped,
    property: _Reader.accessor,
    functools.cached_property: _Reader.cached,
    logging.Logger: lambda reader, value: reader._put(value.name),
    types.CodeType: _Reader.code,
    PurePath: lambda reader, value: reader._put(value.as_posix()),
    weakref.ref: _Reader.referred,
}
