"""Runs that were trained elsewhere: checkpoints and a network of one's own become a run like any other.

A network is made by a Python function that is named on the command line, and only there: what a folder or a scene says
of it is never run.
"""

from __future__ import annotations

import glob
import hashlib
import importlib
import itertools
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from render.descent import data, trajectory, weights
from render.descent.data import Dataset
from render.descent.log import TrajectoryLog
from render.descent.parameters import layout_of
from render.descent.run import evaluate
from render.descent.trajectory import Trajectory
from render.descent.wording import data_words
from render.errors import DataError, SceneError, UsageError
from render.files import content_key, file_digest, is_whole, plain, read_json, replacing, write_json
from render.progress import Reporter
from render.scene import data as spec
from render.scene.anatomy import bare, members
from render.scene.document import parse
from render.scene.nearest import guess
from render.scene.place import Source

RECORD = ("key", "imported", "network", "parameters", "weights", "train", "test")
NUMBER = re.compile(r"\d+")
STEP = re.compile(r"(?:step|iter|iteration|global_step)[=_-]?(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class ImportedRun:
    """A run that was trained elsewhere."""

    folder: Path
    key: str
    record: dict[str, Any]

    @property
    def said(self) -> dict[str, str]:
        """Its data, network and training, in the words of captions."""
        count = self.record["logged"]
        words = data_words(_settings(self.record["imported"]["data"], self.folder))
        return {"data": words, "network": str(self.record["network"]), "training": f"{count:,} checkpoints"}

    def trajectory(self) -> Trajectory:
        """Returns its checkpoints; raises DataError where the files are damaged."""
        return trajectory.load(self.folder)

    def dataset(self) -> Dataset:
        """Returns the data that it was imported with."""
        return data.load(_settings(self.record["imported"]["data"], self.folder))

    def model(self, dataset: Dataset, made_by: str | None = None) -> nn.Module:
        """Returns the network with its last weights, made by a function that is named by the caller."""
        name = self.record["imported"]["model"]
        if made_by is None:
            raise DataError(
                f"{self.folder}: its network is one of your own; name what makes it, such as --model {name}"
            )
        file = self.folder / "weights.safetensors"
        if not is_whole(file, self.record["weights"]):
            raise DataError(f"{file}: is missing or damaged; import the run again")
        model = made(made_by)
        model.load_state_dict(weights.fit(weights.read_state(file), model, file))
        return model.eval()


def load(folder: Path) -> ImportedRun:
    """Returns the run in a folder; raises DataError where there is none that was imported."""
    record = read_json(folder / "run.json")
    if not isinstance(record, dict) or any(name not in record for name in RECORD):
        raise DataError(f"{folder}: holds no imported run; `thalweg import --out {folder}` makes one")
    return ImportedRun(folder, str(record["key"]), record)


def made(name: str) -> nn.Module:
    """Returns the network that a function makes, named as package.module:function, found from the working directory."""
    module_name, colon, function_name = name.partition(":")
    if not (module_name and colon and function_name):
        raise UsageError(f"--model {name}: is no function; write package.module:function")
    function = _function(module_name, function_name)
    try:
        model = function()
    except Exception as error:
        raise DataError(f"--model {name}: failed with {type(error).__name__}: {error}") from error
    if not isinstance(model, nn.Module):
        raise DataError(f"--model {name}: gave {type(model).__name__}; it must return a torch.nn.Module")
    return model


def _function(module_name: str, function_name: str) -> Callable[[], Any]:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise UsageError(f"--model: {module_name} cannot be imported ({type(error).__name__}: {error})") from error
    function = vars(module).get(function_name)
    if not callable(function):
        near = guess(function_name, [key for key, value in vars(module).items() if callable(value)])
        raise UsageError(
            f"--model: {module_name} has no function {function_name}" + (f"; did you mean {near}?" if near else "")
        )
    return function


def checkpoints_of(pattern: str) -> list[Path]:
    """Returns the files of a pattern by the numbers in their names; raises DataError where none is there."""
    found = sorted(map(Path, glob.glob(pattern, recursive=True)), key=_order)  # noqa: PTH207  (it may be absolute)
    if not found:
        raise DataError(f"--checkpoints {pattern}: no file is there; quote the pattern, such as 'run/*.safetensors'")
    return found


def _order(path: Path) -> tuple[list[int], str]:
    named = path.name
    step = STEP.findall(named)
    return ([int(step[-1])] if step else [int(number) for number in NUMBER.findall(named)], str(path))


def steps_of(paths: Sequence[Path]) -> list[int]:
    """Returns the steps that names tell of, where all do and they rise; else 0, 1, 2 and so on."""
    for numbers in (STEP.findall, NUMBER.findall):
        told = [numbers(path.name) for path in paths]
        steps = [int(found[-1]) for found in told if found]
        if len(steps) == len(paths) and all(a < b for a, b in itertools.pairwise(steps)):
            return steps
    return list(range(len(paths)))


def settings_of(text: str) -> spec.Data:
    """Returns the data set that words on a command line name: a mapping as in a scene, a kind, or a file or folder."""
    if text.endswith(".npz"):
        return spec.Npz(path=text)
    try:
        found = parse(text, Source(f"--data {text}", has_lines=False)).data
    except SceneError as error:
        raise UsageError(f"{error}; write a kind, or a mapping such as '{{kind: mnist}}'") from error
    if isinstance(found, str):
        kinds = set(members(bare(spec.Data)))
        found = {"kind": found} if found in kinds else {"kind": "folder", "path": found}
    try:
        return TypeAdapter(spec.Data).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"--data {text}: {where}: {first['msg']}; write it as in a scene") from error


def _settings(saved: Any, folder: Path) -> spec.Data:
    try:
        return TypeAdapter(spec.Data).validate_python(saved)
    except ValidationError as error:
        raise DataError(f"{folder}: its record names data that are not known; import the run again") from error


def import_run(
    model_name: str, paths: Sequence[Path], settings: spec.Data, folder: Path, reporter: Reporter
) -> ImportedRun:
    """Returns the run that checkpoints make, kept in a folder; raises DataError where one does not fit the network.

    Only one checkpoint is in memory at a time.
    """
    model = made(model_name).eval()
    dataset = data.load(settings)
    steps = steps_of(paths)
    log = None
    with reporter.task(f"importing {folder.name}", total=len(paths), unit="checkpoints") as task:
        for step, path in zip(steps, paths, strict=True):
            model.load_state_dict(weights.fit(weights.read_state(path), model, path))
            if log is None:
                log = TrajectoryLog(folder, model, first=None, overwrite=True)
            log.step(at=step)
            task.advance(1)
    assert log is not None
    log.close()
    return _recorded(model_name, model, settings, dataset, len(paths), folder)


def _recorded(
    model_name: str, model: nn.Module, settings: spec.Data, dataset: Dataset, count: int, folder: Path
) -> ImportedRun:
    scores = {name: _scores(model, dataset, name) for name in ("train", "test")}
    file = folder / "weights.safetensors"
    with replacing(file) as temporary:
        temporary.write_bytes(safetensors.torch.save({k: v.contiguous() for k, v in model.state_dict().items()}))
    imported = {"model": model_name, "data": settings.model_dump(mode="json")}
    logged = trajectory.load(folder)
    record = {
        "imported": imported,
        "network": f"{type(model).__name__}, {layout_of(model).size:,} parameters",
        "parameters": layout_of(model).size,
        "logged": count,
        "weights": file_digest(file),
        "steps": [int(logged.steps[0]), int(logged.steps[-1])],
        **scores,
        "versions": {"torch": torch.__version__},
    }
    identity = {"stage": "imported run", **imported, "weights": record["weights"], "path": _digest(logged)}
    key = content_key({**identity, "fingerprint": data.fingerprint(settings)})
    write_json(folder / "run.json", {"key": key, **record})
    return ImportedRun(folder, key, plain({"key": key, **record}))


def _digest(logged: Trajectory) -> str:
    """Returns a hash of all logged parameters."""
    hashed = hashlib.sha256()
    for row in range(len(logged)):
        hashed.update(logged.parameters[row].tobytes())
    return hashed.hexdigest()


def _scores(model: nn.Module, dataset: Dataset, name: str) -> dict[str, float | None]:
    examples = dataset.split(name)
    shape = tuple(examples.inputs.shape[1:])
    try:
        with torch.no_grad():
            outputs = model(torch.from_numpy(examples.inputs[:2]))
    except Exception as error:
        raise DataError(
            f"--data: the network does not take inputs of the shape {shape} ({type(error).__name__}: "
            f"{str(error).splitlines()[0]}); choose the data that it was trained on"
        ) from error
    wanted = (len(examples.inputs[:2]), dataset.outputs)
    if not isinstance(outputs, torch.Tensor) or tuple(outputs.shape) != wanted:
        got = tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else type(outputs).__name__
        raise DataError(f"--model: gives {got} for two examples, {wanted} is needed; return one score for each class")
    return evaluate(model, examples)
