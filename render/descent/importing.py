"""Runs that were trained elsewhere: checkpoints and a network of one's own become a run like any other.

A network is made by a Python function that is named on the command line, and only there: what a folder or a scene says
of it is never run.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from render import data
from render.data import Dataset, Examples
from render.descent import trajectory
from render.descent.log import DivergedError, TrajectoryLog
from render.descent.maker import made
from render.descent.parameters import layout_of
from render.descent.run import evaluate
from render.descent.summary import checkpoint_words, data_words
from render.descent.trajectory import Trajectory
from render.descent.weights.saved import own_copies, read_state
from render.descent.weights.succession import steps_of
from render.descent.weights.taking import Taken, Wanted, groups, sentences, take, take_like
from render.errors import DataError, SceneError, UsageError
from render.progress import Reporter, Task
from render.scene import data as spec
from render.scene.language.anatomy import bare, members
from render.scene.language.document import parse
from render.scene.language.place import Source
from render.storage import store
from render.storage.files import content_key, disk_errors, file_digest, is_whole, replacing
from render.storage.fingerprint import code_of, may_be_same
from render.storage.records import read_json, read_record, write_record

RECORD = {
    "key": str,
    "imported": {"model": str, "data": dict},
    "network": str,
    "parameters": int,
    "logged": int,
    "weights": str,
    "log": str,
    "train": dict,
    "test": dict,
}


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
        training = checkpoint_words(count, self.record.get("taken", {}).get("average", ""))
        return {"data": words, "network": str(self.record["network"]), "training": training}

    def trajectory(self) -> Trajectory:
        """Returns its checkpoints; raises DataError where the files are damaged."""
        return trajectory.load(self.folder, self.record["log"])

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
        file = self._whole_weights()
        model = made(made_by)
        if not may_be_same(code_of(model), self.record["imported"].get("code")):
            raise DataError(
                f"{self.folder}: {made_by} makes a network that computes something else than the one that was "
                "imported; import the run again"
            )
        model.load_state_dict(take(read_state(file), model, file).state)
        return model.eval()

    def require_whole(self) -> None:
        """Raises DataError where a file is missing or damaged."""
        self._whole_weights()
        trajectory.verify(self.trajectory())

    def _whole_weights(self) -> Path:
        file = self.folder / "weights.safetensors"
        if not is_whole(file, self.record["weights"]):
            raise DataError(f"{file}: is missing or damaged; import the run again")
        return file


def load(folder: Path) -> ImportedRun:
    """Returns the run in a folder; raises DataError where there is none that was imported."""
    record = read_record(folder / "run.json", RECORD)
    if record is None:
        raise DataError(f"{folder}: holds no imported run; `thalweg import --out {folder}` makes one")
    return ImportedRun(folder, str(record["key"]), record)


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
    model_name: str,
    paths: Sequence[Path],
    settings: spec.Data,
    folder: Path,
    reporter: Reporter,
    wanted: Wanted | None = None,
) -> ImportedRun:
    """Returns the run that checkpoints make, kept in a folder; raises DataError where one does not fit the network.

    wanted chooses where a checkpoint holds the network more than once. Only one checkpoint is in memory at a time. A
    run that was imported there before stays until the new one is whole.
    """
    _require_ours(folder)
    model, wanted = made(model_name).eval(), wanted or Wanted()
    dataset = data.load(settings)
    first = _try(model, paths[0], dataset, wanted)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".importing-", dir=folder) as name:
            with reporter.task(f"importing {folder.name}", total=len(paths), unit="checkpoints") as task:
                taken = _log(model, paths, first, wanted, Path(name), task)
            _write_record(model_name, model, settings, dataset, taken, len(paths), Path(name))
            _replace(Path(name), folder)
    for sentence in (*dataset.notes, *sentences(taken)):
        reporter.say(f"run {folder.name}: {sentence}")
    return load(folder)


def _try(model: nn.Module, path: Path, dataset: Dataset, wanted: Wanted) -> Taken:
    """Returns what was taken of a checkpoint, without its weights; the network has them afterwards.

    Raises DataError where it, the network and the data do not fit, before all of them are read.
    """
    taken = take(read_state(path), model, path, wanted)
    model.load_state_dict(taken.state)
    if not layout_of(model).size:
        raise DataError("--model: the network has no parameters that require gradients; there is no path to draw")
    _scores(model, dataset.split("test").first(2), dataset.outputs)
    return replace(taken, state={})


def _require_ours(folder: Path) -> None:
    """Raises UsageError where a folder holds a run that was not imported."""
    record = read_json(folder / "run.json")
    ours = isinstance(record, dict) and "imported" in record
    if not ours and (record is not None or (folder / "trajectory.zarr").exists()):
        raise UsageError(f"--out {folder}: holds a run that was not imported, which is kept; choose another folder")


def _log(model: nn.Module, paths: Sequence[Path], first: Taken, wanted: Wanted, folder: Path, task: Task) -> Taken:
    """Writes the trajectory of checkpoints; the network has the last one's weights afterwards.

    Returns what was taken, with all that was left aside in any of them.
    """
    log, aside = None, dict.fromkeys(first.left_aside)
    for step, path in zip(steps_of(paths), paths, strict=True):
        taken = take_like(first, read_state(path), model, path, wanted)
        model.load_state_dict(taken.state)
        aside |= dict.fromkeys(taken.left_aside)
        log = log or TrajectoryLog(folder, model, first=None)
        try:
            log.step(at=step)
        except DivergedError as error:
            raise DataError(f"{path}: holds weights that are not finite; leave it out of the pattern") from error
        task.advance(1)
    assert log is not None
    log.close()
    return replace(first, left_aside=tuple(aside))


def _replace(made_in: Path, folder: Path) -> None:
    """Moves a whole run into its folder; its record goes first and comes last, so that no half run has one."""
    (folder / "run.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "trajectory.zarr", ignore_errors=True)
    for name in ("trajectory.zarr", "weights.safetensors", "run.json"):
        (made_in / name).replace(folder / name)


def _write_record(
    model_name: str, model: nn.Module, settings: spec.Data, dataset: Dataset, taken: Taken, count: int, folder: Path
) -> None:
    """Writes the last weights and the record of a run whose trajectory is written."""
    scores = {name: _scores(model, dataset.split(name), dataset.outputs) for name in ("train", "test")}
    file = folder / "weights.safetensors"
    with replacing(file) as temporary:
        temporary.write_bytes(safetensors.torch.save(own_copies(model.state_dict())))
    imported = {"model": model_name, "data": settings.model_dump(mode="json"), "code": code_of(model)}
    logged = trajectory.load(folder)
    record = {
        "imported": imported,
        "network": f"{type(model).__name__}, {layout_of(model).size:,} parameters",
        "parameters": layout_of(model).size,
        "logged": count,
        "taken": {"average": taken.average, "prefix": taken.prefix, "left_aside": groups(taken.left_aside)},
        "weights": file_digest(file),
        "log": store.description_digest(folder / "trajectory.zarr"),
        "steps": [int(logged.steps[0]), int(logged.steps[-1])],
        **scores,
        "versions": {"torch": torch.__version__},
    }
    identity = {"stage": "imported run", **imported, "weights": record["weights"], "path": _digest(logged)}
    if taken.average:  # it is said in captions
        identity["average"] = taken.average
    key = content_key({**identity, "fingerprint": data.fingerprint(settings)})
    write_record(folder / "run.json", {"key": key, **record})


def _digest(logged: Trajectory) -> str:
    """Returns a hash of all logged parameters."""
    hashed = hashlib.sha256()
    for row in range(len(logged)):
        hashed.update(logged.parameters[row].tobytes())
    return hashed.hexdigest()


def _scores(model: nn.Module, examples: Examples, outputs: int) -> dict[str, float | None]:
    """Returns loss and accuracy; raises DataError where examples do not go in, or no scores come out."""
    shape = tuple(examples.inputs.shape[1:])
    try:
        with torch.no_grad():
            found = model(torch.from_numpy(examples.inputs[:2]))
    except Exception as error:
        raise DataError(
            f"--data: the network does not take inputs of the shape {shape} ({type(error).__name__}: "
            f"{str(error).partition(chr(10))[0]}); choose the data that it was trained on"
        ) from error
    wanted = (len(examples.inputs[:2]), outputs)
    if not isinstance(found, torch.Tensor) or tuple(found.shape) != wanted:
        got = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
        raise DataError(f"--model: gives {got} for two examples, {wanted} is needed; return one score for each class")
    return evaluate(model, examples)
