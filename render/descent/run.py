"""A run: one training of one network on one data set, kept in a folder named after what it depends on.

output/runs/<data>-<network>-<key8>/   trajectory.zarr, weights.safetensors, and run.json, which is written last;
while it is trained also checkpoint.pt, which it goes on from when it is cut off
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn
from torch.nn import functional

from render import data
from render.data import Dataset, Examples
from render.descent import checkpoint as checkpoints
from render.descent import networks, trajectory
from render.descent.checkpoint import Checkpoint
from render.descent.log import TrajectoryLog, load_statistics
from render.descent.parameters import layout_of, load_parameters
from render.descent.training import ORDER_SEED, Course, Divergence, steps_per_second, train
from render.descent.trajectory import Trajectory
from render.descent.wording import data_words, training_words
from render.errors import DataError
from render.progress import Reporter
from render.scene import spec
from render.storage import store
from render.storage.files import content_key, disk_errors, file_digest, is_whole, locked, replacing, sweep
from render.storage.records import read_record, write_json, write_record

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


@dataclass(frozen=True)
class Run:
    """A finished training: where it lies, what it depends on, what came of it."""

    folder: Path
    key: str
    settings: spec.Run
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


def key_of(settings: spec.Run, seed: int) -> str:
    """Returns the key of the run that these settings ask for in a scene of a seed, without training it."""
    return content_key(
        {
            "stage": "run",
            "algorithm": ALGORITHM,
            "settings": settings.model_dump(mode="json", exclude={"seed", "label"}),
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
        run = recorded(settings, seed, output)
        if run is not None:
            run.require_whole()
        return run
    except DataError:
        return None


def recorded(settings: spec.Run, seed: int, output: Path) -> Run | None:
    """Returns the run that a record tells of, or None where there is no record; raises DataError for a damaged one."""
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    record = read_record(folder / "run.json", RECORD, key)
    if record is None and (folder / "run.json").is_file():
        raise DataError(f"{folder / 'run.json'}: is damaged; `thalweg train` makes it anew")
    return Run(folder, key, settings, record) if record is not None else None


def obtain(name: str, settings: spec.Run, seed: int, output: Path, reporter: Reporter) -> Run:
    """Returns the run on disk, or trains it; a damaged one is trained again. Raises DataError where data are absent."""
    folder = folder_of(settings, seed, output)
    try:
        run = recorded(settings, seed, output)
        if run is not None:
            run.require_whole()
            return run
    except DataError as damage:
        reporter.say(f"run {name} is trained again: {damage}")
    with locked(folder, reporter.say):
        return find(settings, seed, output) or _train(name, settings, seed, output, reporter)


def _train(name: str, settings: spec.Run, seed: int, output: Path, reporter: Reporter) -> Run:
    """Trains a run, from the last checkpoint where an earlier training was cut off."""
    start = time.perf_counter()
    dataset = data.load(settings.data)
    for note in dataset.notes:
        reporter.say(f"run {name}: {note}")
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    job = _Job(name, settings, settings.seed_in(seed), dataset, folder, key)
    model, log, divergence = job.trained(reporter)
    record = job.record(model, log, divergence)
    write_json(job.folder / "run.timing.json", {"seconds": round(time.perf_counter() - start, 3)})
    sweep(job.folder)
    kept = write_record(job.folder / "run.json", record)
    job.checkpoint.unlink(missing_ok=True)
    return Run(job.folder, job.key, settings, kept)


def trial(settings: spec.Run, seed: int) -> tuple[float, int]:
    """Returns the steps per second of a training, from its first ones, and the size of its θ; nothing is kept."""
    dataset = data.load(settings.data)
    model = networks.build(settings.network, dataset, settings.seed_in(seed))
    course = _course(settings, dataset, seed)
    return steps_per_second(model, course), layout_of(model).size


def _course(settings: spec.Run, dataset: Dataset, seed: int) -> Course:
    augment = getattr(settings.data, "augment", None)
    return Course(dataset.train, dataset.classes, settings.training, augment, settings.seed_in(seed) + ORDER_SEED)


@dataclass(frozen=True)
class _Job:
    """A run that is to be trained."""

    name: str
    settings: spec.Run
    seed: int
    dataset: Dataset
    folder: Path
    key: str

    @property
    def checkpoint(self) -> Path:
        """Where a training that was cut off goes on from."""
        return self.folder / "checkpoint.pt"

    def trained(self, reporter: Reporter) -> tuple[nn.Module, TrajectoryLog, Divergence | None]:
        """Returns the trained network, its log, and why it ended early, if it did."""
        model = networks.build(self.settings.network, self.dataset, self.seed)
        found = checkpoints.read(self.checkpoint, self.key)
        log, state = self._taken_up(model, found, reporter) if found else (None, None)
        if log is None:
            model = networks.build(self.settings.network, self.dataset, self.seed)
            log = self._begun(model)
        course = _course(self.settings, self.dataset, self.seed)

        def keep(step: int, state: list[dict[str, Any]]) -> None:
            log.flush()
            checkpoints.write(self.checkpoint, Checkpoint(self.key, step, model.state_dict(), state, log.state()))

        steps = self.settings.training.steps
        with reporter.task(f"training {self.name}", total=steps, unit="steps", done=log.count) as task:
            divergence = train(model, course, task, log, state, keep)
        self._close(model, log, divergence, reporter)
        return model.eval(), log, divergence

    def _begun(self, model: nn.Module) -> TrajectoryLog:
        training = self.settings.training
        with disk_errors(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
        return TrajectoryLog(
            self.folder, model, training.every, stored=training.stored, record={"key": self.key}, overwrite=True
        )

    def _taken_up(
        self, model: nn.Module, found: Checkpoint, reporter: Reporter
    ) -> tuple[TrajectoryLog | None, list[dict[str, Any]] | None]:
        training = self.settings.training
        try:
            model.load_state_dict(found.model)
            log = TrajectoryLog(
                self.folder, model, training.every, stored=training.stored, start=found.step, before=found.log
            )
        except (DataError, RuntimeError) as error:
            reporter.say(f"run {self.name} begins anew: {error}")
            return None, None
        reporter.say(f"run {self.name} goes on from step {found.step:,}")
        return log, found.optimisers

    def _close(self, model: nn.Module, log: TrajectoryLog, divergence: Divergence | None, reporter: Reporter) -> None:
        """Closes the log; of a training that diverged, the last point that is finite becomes its end."""
        if divergence is None:
            log.finish()
            return
        log.close()
        logged = log.trajectory()
        load_parameters(model, logged.parameters[-1])
        load_statistics(model, logged.buffers[-1])
        if len(logged) < 2:  # the start alone is no path
            raise DataError(f"run {self.name} {divergence}")
        reporter.say(f"run {self.name} {divergence}; what was logged before is kept and drawn")

    def record(self, model: nn.Module, log: TrajectoryLog, divergence: Divergence | None) -> dict[str, Any]:
        """Writes the weights; returns what run.json says of the training."""
        with replacing(self.folder / "weights.safetensors") as temporary:  # save_file hides a full disk's number
            temporary.write_bytes(safetensors.torch.save(model.state_dict()))
        train, test = self.dataset.train, self.dataset.test
        return {
            "key": self.key,
            "settings": self.settings.model_dump(mode="json", exclude={"seed", "label"}),
            "seed": self.seed,
            "network": networks.describe(self.settings.network, train.inputs.shape[1:], self.dataset.outputs),
            "parameters": layout_of(model).size,
            "logged": len(log.trajectory()),
            "weights": file_digest(self.folder / "weights.safetensors"),
            "log": store.description_digest(self.folder / "trajectory.zarr"),
            "data": {
                "classes": self.dataset.classes,
                "train": len(train),
                "test": len(test),
                "label_noise": getattr(self.settings.data, "label_noise", 0.0),
            },
            "train": evaluate(model, train),
            "test": evaluate(model, test),
            **({"diverged": {"step": divergence.step, "sign": divergence.sign}} if divergence else {}),
            "versions": {"torch": torch.__version__, "numpy": np.__version__},
        }


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
