"""Torch's own files, which are pickles: read for their weights only, so that nothing of them is run.

torch.load(weights_only=True) makes tensors and plain containers, and refuses every other class. Classes that hold data
only are allowed beside the weights: those of NumPy are made, the others are read over (a stand-in that keeps nothing
takes their place). What is refused is looked up in the pickle by stand-ins of our own, which cannot be run either.
"""

from __future__ import annotations

import collections
import io
import pickle
import re
import textwrap
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from render.errors import DataError

NO_FILE = "is torn, or no file of weights that torch has saved; copy it again, or leave it out of the pattern"
REMEDY = "save the model's state_dict() alone"
NEWEST_PROTOCOL = 3  # torch reads no newer pickle for its weights only
MOST_WORDS = 160  # letters that are quoted of another's message
MOST_BYTES = 2**28  # of a pickle that is looked through
PREAMBLE = 3  # pickles that stand before the content of an old file: its mark, its version, its machine


class Unread:
    """Stands for what is not weights; takes everything and keeps nothing."""

    def __new__(cls, *_: Any) -> Unread:
        """Returns a stand-in, whatever it is made of."""
        return super().__new__(cls)

    def __init__(self, *_: Any):
        pass

    def __setstate__(self, _: Any) -> None:
        """Keeps nothing."""


def _mapping(*_: Any) -> dict[Any, Any]:
    return {}


def _sequence(*_: Any) -> list[Any]:
    return []


SCALAR, ARRAY = np.float64(0).__reduce__()[0], np.zeros(1).__reduce__()[0]  # what NumPy makes its pickles with
NUMPY: dict[str, Any] = {
    **{f"numpy.{core}.multiarray.scalar": SCALAR for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray._reconstruct": ARRAY for core in ("core", "_core")},
    "numpy.dtype": np.dtype,
    "numpy.ndarray": np.ndarray,
    **{f"numpy.dtypes.{name}": made for name, made in vars(np.dtypes).items() if name.endswith("DType")},
}
MAPPINGS: dict[str, Any] = {
    "collections.defaultdict": _mapping,
    "collections.deque": _sequence,
    **{
        f"{home}.AttributeDict": collections.OrderedDict
        for home in (
            "pytorch_lightning.utilities.parsing", "lightning.pytorch.utilities.parsing",
            "lightning_fabric.utilities.data", "lightning.fabric.utilities.data",
        )
    },
}  # fmt: skip
READ_OVER = {
    "argparse": ["Namespace"],
    "types": ["SimpleNamespace"],
    "typing": ["Any"],
    "pathlib": ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
    "pathlib._local": ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"],
    "datetime": ["date", "datetime", "time", "timedelta", "timezone"],
    "builtins": ["bool", "bytes", "dict", "float", "frozenset", "int", "list", "object", "range", "slice", "str",
                 "tuple"],
    "decimal": ["Decimal"],
    "fractions": ["Fraction"],
    "uuid": ["UUID", "SafeUUID"],
    "omegaconf.dictconfig": ["DictConfig"],
    "omegaconf.listconfig": ["ListConfig"],
    "omegaconf.base": ["ContainerMetadata", "Metadata", "SCMode"],
    "omegaconf.nodes": ["AnyNode", "BooleanNode", "BytesNode", "EnumNode", "FloatNode", "IntegerNode", "PathNode",
                        "StringNode"],
    "numpy.random._pickle": ["__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor"],
    "numpy.random._pcg64": ["PCG64", "PCG64DXSM"],
    "numpy.random._mt19937": ["MT19937"],
    "numpy.random._philox": ["Philox"],
    "numpy.random._sfc64": ["SFC64"],
    "numpy.random.bit_generator": ["SeedSequence", "__pyx_unpickle_SeedSequence"],
    "numpy": ["bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8"],
}  # fmt: skip
ALLOWED: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    *((made, name) for name, made in {**NUMPY, **MAPPINGS}.items()),
    *((Unread, f"{home}.{name}") for home, names in READ_OVER.items() for name in names),
]


def load(path: Path) -> Any:
    """Returns the tensors and plain data of a file; raises DataError where it holds more, or is no file of torch's.

    What stands beside the weights, such as an optimiser's state, is mapped, not read.
    """
    mapped = zipfile.is_zipfile(path)
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals(ALLOWED):
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise DataError(f"{path}: {_refusal(path, error)}") from error
    except (EOFError, LookupError, TypeError, AttributeError) as error:  # what a torn pickle, or another file, ends in
        raise DataError(f"{path}: {NO_FILE}") from error


def first_words(error: Exception | str) -> str:
    """Returns the first line of a message, cut between words where it is long."""
    words = str(error).strip()
    return textwrap.shorten(words.splitlines()[0], MOST_WORDS, placeholder=" …") if words else type(error).__name__


def _refusal(path: Path, error: Exception) -> str:
    """Returns what is refused in a file, why and what to do instead."""
    try:
        root, protocol = _outline(path)
    except Exception:  # a file that is no pickle can fail in any way
        return NO_FILE
    if protocol > NEWEST_PROTOCOL:
        return f"is a pickle of protocol {protocol}, too new to be read; save it by torch.save as it is by default"
    refused = re.search(r"GLOBAL (\S+)", str(error))
    found = _found(root, refused.group(1)) if refused else None
    if found is None:
        reason = str(error).partition("WeightsUnpickler error:")[2] or str(error)
        return f"holds more than plain data ({first_words(reason)}), and nothing of it was run; {REMEDY}"
    entry, name = found
    if not entry:
        return f"is a whole {name}, of which nothing was run; {REMEDY}"
    return f"{entry} is a {name}, not plain data, and nothing of it was run; {REMEDY}"


class _Asked:
    """Stands for a class or function that a pickle asks for, and keeps what it is given."""

    asked = ""  # its full name

    def __new__(cls, *given: Any) -> _Asked:
        made = super().__new__(cls)
        made.given = [*given]
        return made

    def __init__(self, *_: Any):
        self.given: list[Any]

    def __setstate__(self, state: Any) -> None:
        self.given.append(state)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.given.append({key: value})

    def append(self, value: Any) -> None:
        """Keeps one more."""
        self.given.append(value)

    def extend(self, values: Any) -> None:
        """Keeps more."""
        self.given.extend(values)

    add = append


class _Outline(pickle.Unpickler):
    """Reads the shape of a pickle; every name that it asks for becomes a stand-in, so nothing is run."""

    def find_class(self, module: str, name: str) -> Any:
        """Returns a stand-in, or a dictionary for the mappings of which files are made."""
        asked = f"{module.replace('__builtin__', 'builtins')}.{name}"
        if asked == "collections.OrderedDict":
            return collections.OrderedDict
        return type(name, (_Asked,), {"asked": asked})

    def persistent_load(self, place: Any) -> Any:
        """Returns nothing in place of a tensor's numbers; a class that an old file keeps with its source is a class."""
        return place[1] if isinstance(place, tuple) and place[0] == "module" else None


def _outline(path: Path) -> tuple[Any, int]:
    """Returns the shape of what a file holds, and the protocol of its pickle."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise ValueError("its pickle is too large")
            content: BinaryIO = io.BytesIO(archive.read(name))
            return _Outline(content, encoding="latin1").load(), _protocol(content, 0)
    with path.open("rb") as content:
        for _ in range(PREAMBLE):
            _Outline(content, encoding="latin1").load()
        start = content.tell()
        return _Outline(content, encoding="latin1").load(), _protocol(content, start)


def _protocol(content: BinaryIO, start: int) -> int:
    content.seek(start)
    mark, protocol = content.read(2)
    return protocol if mark == pickle.PROTO[0] else 0


def _found(root: Any, refused: str) -> tuple[str, str] | None:
    """Returns the entry that holds what was refused, and its full name; breadth first, so the outermost."""
    waiting = collections.deque([("", root)])
    seen: set[int] = set()
    while waiting:
        entry, value = waiting.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        kind = value if isinstance(value, type) else type(value)
        asked = kind.asked if issubclass(kind, _Asked) else ""
        if asked in (refused, f"builtins.{refused}"):
            return entry, asked
        waiting.extend(_parts(entry, value))
    return None


def _parts(entry: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Gives what a value holds, each with its entry; what an object was made with belongs to the object's own entry."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            name = str(key) if isinstance(key, str | int | float) else "a key"
            yield from ((f"{entry}.{name}" if entry else name, half) for half in (part, key))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"{entry}.{index}" if entry else str(index), part) for index, part in enumerate(value))
    elif isinstance(value, _Asked):
        for part in value.given:
            yield from _parts(entry, part) if isinstance(part, dict) else [(entry, part)]
