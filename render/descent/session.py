"""A session: a run under way, from its first step or its last checkpoint to the record that is written last."""

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

from render import data
from render.data import Dataset
from render.descent import checkpoint as checkpoints
from render.descent import networks
from render.descent.batches import ORDER_SEED
from render.descent.checkpoint import Checkpoint
from render.descent.log import TrajectoryLog, load_statistics
from render.descent.parameters import layout_of, load_parameters
from render.descent.run import Run, evaluate, folder_of, key_of
from render.descent.training import Course, Divergence, steps_per_second, train
from render.errors import DataError
from render.progress import Reporter
from render.scene import spec
from render.scene.key import counted
from render.storage import store
from render.storage.files import disk_errors, file_digest, replacing, sweep
from render.storage.records import write_json, write_record


def train_run(name: str, settings: spec.RunSettings, seed: int, output: Path, reporter: Reporter) -> Run:
    """Trains a run, from the last checkpoint where an earlier training was cut off."""
    start = time.perf_counter()
    dataset = data.load(settings.data)
    for note in dataset.notes:
        reporter.say(f"run {name}: {note}")
    folder, key = folder_of(settings, seed, output), key_of(settings, seed)
    job = _Job(name, settings, settings.seed_in(seed), dataset, folder, key)
    model, log, divergence = job.complete(reporter)
    record = job.write(model, log, divergence)
    write_json(job.folder / "run.timing.json", {"seconds": round(time.perf_counter() - start, 3)})
    sweep(job.folder)
    kept = write_record(job.folder / "run.json", record)
    job.checkpoint.unlink(missing_ok=True)
    return Run(job.folder, job.key, settings, kept)


def trial(settings: spec.RunSettings, seed: int) -> tuple[float, int]:
    """Returns the steps per second of a training, from its first ones, and the size of its θ; nothing is kept."""
    dataset = data.load(settings.data)
    model = networks.build(settings.network, dataset, settings.seed_in(seed))
    course = _course(settings, dataset, seed)
    return steps_per_second(model, course), layout_of(model).size


def _course(settings: spec.RunSettings, dataset: Dataset, seed: int) -> Course:
    augment = getattr(settings.data, "augment", None)
    return Course(dataset.train, dataset.classes, settings.training, augment, settings.seed_in(seed) + ORDER_SEED)


@dataclass(frozen=True)
class _Job:
    """A run that is to be trained."""

    name: str
    settings: spec.RunSettings
    seed: int
    dataset: Dataset
    folder: Path
    key: str

    @property
    def checkpoint(self) -> Path:
        """Where a training that was cut off goes on from."""
        return self.folder / "checkpoint.pt"

    def complete(self, reporter: Reporter) -> tuple[nn.Module, TrajectoryLog, Divergence | None]:
        """Trains to the end; returns the network, its log, and why it ended early, if it did."""
        model = networks.build(self.settings.network, self.dataset, self.seed)
        found = checkpoints.read(self.checkpoint, self.key)
        log, state = self._take_up(model, found, reporter) if found else (None, None)
        if log is None:
            model = networks.build(self.settings.network, self.dataset, self.seed)
            log = self._begin(model)
        course = _course(self.settings, self.dataset, self.seed)

        def keep(step: int, state: list[dict[str, Any]]) -> None:
            log.flush()
            checkpoints.write(self.checkpoint, Checkpoint(self.key, step, model.state_dict(), state, log.state()))

        steps = self.settings.training.steps
        with reporter.task(f"training {self.name}", total=steps, unit="steps", done=log.count) as task:
            divergence = train(model, course, task, log, state, keep)
        self._close(model, log, divergence, reporter)
        return model.eval(), log, divergence

    def _begin(self, model: nn.Module) -> TrajectoryLog:
        """Begins a log in an empty folder."""
        training = self.settings.training
        with disk_errors(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)
        return TrajectoryLog(
            self.folder, model, training.every, stored=training.stored, record={"key": self.key}, overwrite=True
        )

    def _take_up(
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

    def write(self, model: nn.Module, log: TrajectoryLog, divergence: Divergence | None) -> dict[str, Any]:
        """Writes the weights; returns what run.json says of the training."""
        with replacing(self.folder / "weights.safetensors") as temporary:  # save_file hides a full disk's number
            temporary.write_bytes(safetensors.torch.save(model.state_dict()))
        train, test = self.dataset.train, self.dataset.test
        return {
            "key": self.key,
            "settings": counted(self.settings),
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
