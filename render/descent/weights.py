"""Weights that others have saved: safetensors, state dictionaries of torch, Lightning, Hugging Face folders, npz.

Nothing of a file is run: torch.load is asked for weights only, and refuses a pickle that would do more.
"""

from __future__ import annotations

import json
import pickle
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from numpy.lib.npyio import NpzFile
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from render.errors import DataError

State = dict[str, Tensor]

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.")
UNREADABLE = (
    safetensors.SafetensorError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, KeyError,
    MemoryError,
)  # fmt: skip
SHOWN = 3  # names in a sentence


def read_state(path: Path) -> State:
    """Returns the tensors of a file or folder by their names; raises DataError where there are none."""
    if not path.exists():
        raise DataError(f"{path}: there is no such file; name a checkpoint")
    try:
        state = _folder(path) if path.is_dir() else _file(path)
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read ({_first_line(error)}); save it again") from error
    except pickle.UnpicklingError as error:
        raise DataError(
            f"{path}: holds more than tensors, and nothing of it was run ({_asked_for(error)}); save its state_dict()"
        ) from error
    if not state:
        raise DataError(f"{path}: holds no tensors; save a state_dict()")
    odd = [name for name, tensor in state.items() if tensor.layout != torch.strided or tensor.is_quantized]
    if odd:
        raise DataError(f"{path}: {odd[0]} is sparse or quantised; save it dense, as float32")
    return state


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__


def _asked_for(error: Exception) -> str:
    """Returns what a pickle wanted, out of torch's long advice."""
    words = str(error)
    start = words.find("GLOBAL ")
    return words[start : start + 80].splitlines()[0] if start >= 0 else _first_line(error)


def _file(path: Path) -> State:
    if path.suffix == ".safetensors":
        return dict(safetensors.torch.load_file(path))
    if path.suffix == ".npz":
        return _arrays(path)
    mapped = zipfile.is_zipfile(path)  # what stands beside the weights, such as an optimiser's state, is then not read
    return unwrapped(torch.load(path, map_location="cpu", weights_only=True, mmap=mapped))


def _arrays(path: Path) -> State:
    with path.open("rb") as file, NpzFile(file, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    odd = [name for name, array in held.items() if array.dtype.kind not in "biuf"]
    if odd:
        raise DataError(f"{path}: {odd[0]} holds {held[odd[0]].dtype}, not numbers; leave it out")
    return {name: torch.from_numpy(array.astype(array.dtype.newbyteorder("="))) for name, array in held.items()}


def _folder(path: Path) -> State:
    """Returns the tensors of a folder as Hugging Face's libraries write it, of one file or of several."""
    for name in ("model.safetensors", "pytorch_model.bin"):
        index = path / f"{name}.index.json"
        if (path / name).is_file():
            return _file(path / name)
        if index.is_file():
            return {key: tensor for part in _parts(index) for key, tensor in _file(path / part).items()}
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


def unwrapped(found: Any) -> State:
    """Returns the tensors in what a file holds, out of the mapping that a trainer has put around them."""
    if not isinstance(found, Mapping):
        return {}
    for name in WRAPPERS:
        inner = unwrapped(found.get(name))
        if inner:
            return inner
    return {str(name): value for name, value in found.items() if isinstance(value, Tensor)}


def fit(state: State, model: nn.Module, path: Path) -> State:
    """Returns a state with the names of a model; raises DataError that says what is missing, left over, or of
    another shape.

    Usual prefixes are taken off, or put on, where that makes more names fit.
    """
    own = model.state_dict()
    if any(is_lazy(tensor) for tensor in own.values()):
        raise DataError("--model: the network has layers without shapes; run it once on an example before returning it")
    named = max(_candidates(state, own), key=lambda candidate: len(candidate.keys() & own.keys()))
    named = {**_shared(named, own), **named}
    wrong = [name for name in named.keys() & own.keys() if named[name].shape != own[name].shape]
    if wrong:
        name = min(wrong)
        there, here = (tuple(tensors[name].shape) for tensors in (named, own))
        more = f", and {len(wrong) - 1} more differ" if len(wrong) > 1 else ""
        raise DataError(f"{path}: {name} has the shape {there}, the model's has {here}{more}; choose its own model")
    missing = sorted(name for name in own.keys() - named.keys() if own[name].is_floating_point())
    left_over = sorted(name for name in named.keys() - own.keys() if not name.endswith("num_batches_tracked"))
    if missing or left_over:
        parts = [f"{what} {_some(names)}" for what, names in (("lacks", missing), ("has also", left_over)) if names]
        raise DataError(f"{path}: does not fit the model: it {' and '.join(parts)}; choose its own model")
    return {name: named[name] if name in named else own[name] for name in own}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _candidates(state: State, own: State) -> list[State]:
    """Returns a state under its own names, with shared prefixes taken off one by one, and with the model's put on."""
    found = [state]
    for _ in PREFIXES:
        last = found[-1]
        shared = [p for p in PREFIXES if last and sum(name.startswith(p) for name in last) >= 0.9 * len(last)]
        if not shared:
            break
        found.append({name.removeprefix(shared[0]): tensor for name, tensor in last.items()})
    wrapped = [p for p in PREFIXES if own and all(name.startswith(p) for name in own)]
    return found + [{f"{p}{name}": tensor for name, tensor in state.items()} for p in wrapped]


def _shared(named: State, own: State) -> State:
    """Returns tensors that a file leaves out since the model shares them with one that it has: tied weights."""
    places = {_place(own[name]): tensor for name, tensor in named.items() if name in own}
    return {name: places[_place(own[name])] for name in own.keys() - named.keys() if _place(own[name]) in places}


def _place(tensor: Tensor) -> tuple[int, torch.Size]:
    return tensor.data_ptr(), tensor.shape


def own_copies(state: State) -> State:
    """Returns tensors that share no memory, as safetensors demands."""
    return {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}
