"""Weights that others have saved: safetensors, files of torch and Lightning, Hugging Face folders, npz.

A file's tensors are read under the whole way to them: what a trainer keeps as {"state_dict": {"0.weight": ...}} is
state_dict.0.weight. Which of them are a model's is found in taking.py. Nothing of a file is run.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from numpy.lib.npyio import NpzFile
from torch import Tensor

from render.descent.weights import pickled
from render.descent.weights.pickled import first_words
from render.errors import DataError

StateDict = dict[str, Tensor]

UNREADABLE = (
    safetensors.SafetensorError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, KeyError,
    MemoryError,
)  # fmt: skip
KINDS = "safetensors, a state_dict() of torch, a Lightning checkpoint or npz"
SHARD = re.compile(r"-of-\d+\.")  # one of several files of one model


def read_state(path: Path) -> StateDict:
    """Returns the tensors of a file or folder, each by the whole way to it; raises DataError where there are none."""
    if not path.exists():
        raise DataError(f"{path}: there is no such file; name a checkpoint")
    try:
        state = _folder(path) if path.is_dir() else _file(path)
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read ({_what_is_wrong(error)}); save it again as {KINDS}") from error
    if not state:
        raise DataError(f"{path}: holds no tensors; save a state_dict()")
    if "" in state:
        raise DataError(f"{path}: holds a tensor without a name; save a state_dict()")
    return state


def _what_is_wrong(error: Exception) -> str:
    """Returns what a reader says of a file that it cannot read, without its advice to run code."""
    return "it is TorchScript, a program" if "TorchScript" in str(error) else first_words(error)


def _file(path: Path) -> StateDict:
    if path.suffix == ".safetensors":
        return dict(safetensors.torch.load_file(path))
    if path.suffix == ".npz":
        return _arrays(path)
    return _once(tensors_in(pickled.load(path)), path)


def _once(found: Iterable[tuple[str, Tensor]], path: Path) -> StateDict:
    """Returns tensors by their names; raises DataError where two that differ have one name."""
    state: StateDict = {}
    for name, tensor in found:
        other = state.setdefault(name, tensor)
        if other is not tensor and not (other.dtype == tensor.dtype and torch.equal(other, tensor)):
            raise DataError(f"{path}: holds two tensors of the name {name}, which differ; save it without one of them")
    return state


def _arrays(path: Path) -> StateDict:
    with path.open("rb") as file, NpzFile(file, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    odd = [name for name, array in held.items() if array.dtype.kind not in "biuf"]
    if odd:
        raise DataError(f"{path}: {odd[0]} holds {held[odd[0]].dtype}, not numbers; leave it out")
    return {name: _tensor(array) for name, array in held.items()}


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))


def tensors_in(found: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, Tensor]]:
    """Gives the tensors in what a file holds by the way to each, through mappings and lists, each of them once."""
    if isinstance(found, Tensor):
        yield ".".join(way), found
    elif isinstance(found, np.ndarray) and found.dtype.kind in "biuf":
        yield ".".join(way), _tensor(found)
    elif isinstance(found, Mapping):
        for name, part in found.items():
            yield from tensors_in(part, (*way, str(name)))
    elif isinstance(found, list | tuple):
        for place, part in enumerate(found):
            yield from tensors_in(part, (*way, str(place)))


def _folder(path: Path) -> StateDict:
    """Returns the tensors of a folder as Hugging Face's libraries write it, of one file or of several."""
    for name in ("model.safetensors", "pytorch_model.bin"):
        index = path / f"{name}.index.json"
        if (path / name).is_file():
            return _file(path / name)
        if index.is_file():
            return _once((pair for part in _parts(index) for pair in _file(path / part).items()), path)
    if (path / ".metadata").is_file():
        raise DataError(
            f"{path}: is a distributed checkpoint; make one file of it by "
            "`python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE`"
        )
    raise DataError(f"{path}: holds neither model.safetensors nor pytorch_model.bin; name a checkpoint itself")


def _parts(index: Path) -> list[str]:
    """Returns the names of the files that an index lists; raises DataError for one outside of its folder."""
    found = json.loads(index.read_text(encoding="utf-8"))
    listed = found.get("weight_map") if isinstance(found, dict) else None
    if not isinstance(listed, dict) or not all(isinstance(part, str) for part in listed.values()):
        raise DataError(f"{index}: has no weight_map of names to files; save the model again")
    parts = sorted(set(listed.values()))
    if any(Path(part).name != part or part == ".." for part in parts):
        raise DataError(f"{index}: names a file outside of its folder; put all parts beside it")
    absent = [part for part in parts if not (index.parent / part).is_file()]
    if absent:
        raise DataError(f"{index}: names {absent[0]}, which is not beside it; copy all parts")
    return parts


def is_part(path: Path) -> bool:
    """Whether a file is by its name one of several that only together hold a model."""
    return bool(SHARD.search(path.name))


def own_copies(state: StateDict) -> StateDict:
    """Returns tensors that share no memory, as safetensors demands."""
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}
