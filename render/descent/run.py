"""A run: one training of one network on one data set, kept in a folder named after what it depends on.

output/runs/<data>-<network>-<key8>/   trajectory.zarr, weights.safetensors, and run.json, which is written last;
while it is trained also checkpoint.pt, which it goes on from when it is cut off
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import safetensors.torch
import torch
from torch import nn
from torch.nn import functional

from render import data
from render.data import Dataset, Examples
from render.descent import networks, trajectory
from render.descent.summary import data_words, training_words
from render.descent.trajectory import Trajectory
from render.errors import DataError
from render.scene import spec
from render.scene.key import counted
from render.storage.files import content_key, is_whole
from render.storage.records import read_record

ALGORITHM = 2  # raise it when the same settings would train to other weights
AT_ONCE = 500  # examples that are evaluated
RECORD = {  # what others read of run.json
    "settings": dict,
    "network": str,
    "parameters": int,
    "weights": str,
    "log": str,
    "data": dict,
    "train": {"loss": object, "accuracy": object},
    "test": {"loss": object, "accuracy": object},
}


class AnyRun(Protocol):
    """A finished run, trained here or imported."""

    @property
    def folder(self) -> Path:
        """Where it lies."""

    @property
    def key(self) -> str:
        """What it depends on, as a hash."""

    @property
    def record(self) -> dict[str, Any]:
        """What run.json says of it."""

    @property
    def said(self) -> dict[str, str]:
        """Its data, network and training, in the words of captions."""

    def trajectory(self) -> Trajectory:
        """Returns what was logged; raises DataError where the files are damaged."""

    def dataset(self) -> Dataset:
        """Returns the data it was trained on."""

    def model(self, dataset: Dataset, made_by: str | None = None) -> nn.Module:
        """Returns the network with its final weights, in evaluation mode; made_by names the function of one's own."""

    def require_whole(self) -> None:
        """Raises DataError where a file is missing or damaged."""


@dataclass(frozen=True)
class Run:
    """A finished training: where it lies, what it depends on, what came of it."""

    folder: Path
    key: str
    settings: spec.RunSettings
    record: dict[str, Any]

    @property
    def said(self) -> dict[str, str]:
        """Its data, network and training, in the words of captions."""
        data_said, training = data_words(self.settings.data), training_words(self.settings.training)
        diverged = self.record.get("diverged")
        if diverged:
            training = f"{training}, diverged at step {diverged['step']:,}"
        return {"data": data_said, "network": str(self.record["network"]), "training": training}

    def trajectory(self) -> Trajectory:
        """Returns what was logged, read from disk as it is asked for; raises DataError where files are damaged."""
        return trajectory.load(self.folder, self.record["log"])

    def dataset(self) -> Dataset:
        """Returns the data it was trained on."""
        return data.load(self.settings.data)

    def model(self, dataset: Dataset, made_by: str | None = None) -> nn.Module:
        """Returns the network with its final weights, in evaluation mode; raises DataError where they are damaged."""
        self._require_weights()
        model = networks.build(self.settings.network, dataset, seed=0)
        model.load_state_dict(safetensors.torch.load_file(self.folder / "weights.safetensors"))
        return model.eval()

    def require_whole(self) -> None:
        """Raises DataError where a file is missing or damaged."""
        self._require_weights()
        trajectory.verify(self.trajectory())

    def _require_weights(self) -> None:
        weights = self.folder / "weights.safetensors"
        if not is_whole(weights, self.record["weights"]):
            raise DataError(f"{weights}: is missing or damaged; `thalweg train` makes it anew")


def key_of(settings: spec.RunSettings, seed: int) -> str:
    """Returns the key of the run that these settings ask for in a scene of a seed, without training it."""
    return content_key(
        {
            "stage": "run",
            "algorithm": ALGORITHM,
            "settings": counted(settings),
            "seed": settings.seed_in(seed),
            "data": data.fingerprint(settings.data),
        }
    )


def folder_of(settings: spec.RunSettings, seed: int, output: Path) -> Path:
    """Returns the folder of the run that these settings ask for."""
    return output / "runs" / f"{settings.data.kind}-{settings.network.kind}-{key_of(settings, seed)[:8]}"


def load(settings: spec.RunSettings, seed: int, output: Path) -> Run | None:
    """Returns the run on disk, or None where none is finished; raises DataError where its record is damaged."""
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    record = read_record(folder / "run.json", RECORD, key)
    if record is None and (folder / "run.json").is_file():
        raise DataError(f"{folder / 'run.json'}: is damaged; `thalweg train` makes it anew")
    return Run(folder, key, settings, record) if record is not None else None


@torch.no_grad()
def evaluate(model: nn.Module, examples: Examples) -> dict[str, float | None]:
    """Returns mean cross-entropy in nats and accuracy on examples; of values, the mean squared error and None."""
    loss = right = 0.0
    classes = examples.targets.ndim == 1
    for start in range(0, len(examples), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        inputs, targets = (torch.from_numpy(values[part]) for values in (examples.inputs, examples.targets))
        outputs = model(inputs)
        if classes:
            loss += functional.cross_entropy(outputs, targets, reduction="sum").item()
            right += float((outputs.argmax(1) == targets).sum())
        else:
            loss += functional.mse_loss(outputs, targets, reduction="sum").item() / targets.shape[1]
    count = len(examples)
    if not count:
        return {"loss": None, "accuracy": None}
    return {"loss": loss / count, "accuracy": right / count if classes else None}
