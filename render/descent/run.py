"""A run: one training of one network on one data set, kept in a folder named after what it depends on.

output/runs/<data>-<network>-<key8>/   trajectory.zarr, weights.safetensors, and run.json, which is written last
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

from render import store
from render.descent import data, networks, trajectory
from render.descent.data import Dataset, Examples
from render.descent.training import ORDER_SEED, train
from render.descent.trajectory import Trajectory
from render.errors import DataError
from render.files import (
    content_key,
    disk_errors,
    file_digest,
    is_whole,
    locked,
    plain,
    read_record,
    replacing,
    write_json,
)
from render.progress import Reporter
from render.scene import spec

ALGORITHM = 1  # raise it when the same settings would train to other weights
RECORD = {  # what others read of run.json
    "settings": dict,
    "network": str,
    "parameters": int,
    "weights": str,
    "train": {"loss": object, "accuracy": object},
    "test": {"loss": object, "accuracy": object},
}


@dataclass(frozen=True)
class Run:
    """A finished training: where it lies, what it depends on, what came of it."""

    folder: Path
    key: str
    settings: spec.Run
    record: dict[str, Any]

    def trajectory(self) -> Trajectory:
        """Returns what was logged; raises DataError where the files are damaged."""
        group = store.open_group(self.folder / "trajectory.zarr")
        return trajectory.read(group if group is not None else store.missing(self.folder / "trajectory.zarr"))

    def dataset(self) -> Dataset:
        """Returns the data it was trained on."""
        return data.load(self.settings.data)

    def model(self, dataset: Dataset) -> nn.Module:
        """Returns the network with its final weights, in evaluation mode; raises DataError where they are damaged."""
        self._require_weights()
        model = networks.build(self.settings.network, dataset, seed=0)
        model.load_state_dict(safetensors.torch.load_file(self.folder / "weights.safetensors"))
        return model.eval()

    def require_whole(self) -> None:
        """Raises DataError where a file is missing or damaged."""
        self._require_weights()
        self.trajectory()

    def _require_weights(self) -> None:
        weights = self.folder / "weights.safetensors"
        if not is_whole(weights, self.record["weights"]):
            raise DataError(f"{weights}: is missing or damaged; `thalweg train` makes it anew")


def key_of(settings: spec.Run, seed: int) -> str:
    """Returns the key of the run that these settings ask for in a scene of a seed, without training it."""
    return content_key(
        {
            "stage": "run",
            "algorithm": ALGORITHM,
            "settings": settings.model_dump(mode="json", exclude={"seed"}),
            "seed": settings.seed_in(seed),
            "data": data.fingerprint(settings.data),
        }
    )


def folder_of(settings: spec.Run, seed: int, output: Path) -> Path:
    """Returns the folder of the run that these settings ask for."""
    return output / "runs" / f"{settings.data.kind}-{settings.network.kind}-{key_of(settings, seed)[:8]}"


def find(settings: spec.Run, seed: int, output: Path) -> Run | None:
    """Returns the finished run on disk, or None; a damaged one is none."""
    try:
        run = _recorded(settings, seed, output)
        if run is not None:
            run.require_whole()
        return run
    except DataError:
        return None


def _recorded(settings: spec.Run, seed: int, output: Path) -> Run | None:
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    record = read_record(folder / "run.json", key, RECORD)
    return Run(folder, key, settings, record) if record is not None else None


def obtain(name: str, settings: spec.Run, seed: int, output: Path, reporter: Reporter) -> Run:
    """Returns the run on disk, or trains it; a damaged one is trained again."""
    run = _recorded(settings, seed, output)
    try:
        if run is not None:
            run.require_whole()
            return run
    except DataError as damage:
        reporter.say(f"run {name} is trained again: {damage}")
    with locked(folder_of(settings, seed, output), reporter.say):
        return find(settings, seed, output) or _train(name, settings, seed, output, reporter)


def _train(name: str, settings: spec.Run, seed: int, output: Path, reporter: Reporter) -> Run:
    dataset = data.load(settings.data)
    own_seed = settings.seed_in(seed)
    model = networks.build(settings.network, dataset, own_seed)
    with reporter.task(f"training {name}", total=settings.training.steps, unit="steps") as task:
        logged = train(model, dataset.train, settings.training, own_seed + ORDER_SEED, task)
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    with disk_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        trajectory.write(store.create_group(folder / "trajectory.zarr", {"key": key}), logged)
    with replacing(folder / "weights.safetensors") as temporary:
        temporary.write_bytes(safetensors.torch.save(model.state_dict()))  # save_file hides a full disk's number
    record = {
        "key": key,
        "settings": settings.model_dump(mode="json", exclude={"seed"}),
        "seed": settings.seed_in(seed),
        "network": networks.describe(settings.network, dataset.train.inputs[0].size, dataset.classes),
        "parameters": int(logged.parameters.shape[1]),
        "logged": len(logged),
        "weights": file_digest(folder / "weights.safetensors"),
        "train": evaluate(model, dataset.train),
        "test": evaluate(model, dataset.test),
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }
    write_json(folder / "run.json", record)
    return Run(folder, key, settings, plain(record))


@torch.no_grad()
def evaluate(model: nn.Module, examples: Examples) -> dict[str, float]:
    """Returns mean cross-entropy in nats and accuracy on examples."""
    outputs = model(torch.from_numpy(examples.inputs))
    targets = torch.from_numpy(examples.targets)
    return {
        "loss": nn.functional.cross_entropy(outputs, targets).item(),
        "accuracy": (outputs.argmax(1) == targets).float().mean().item(),
    }
