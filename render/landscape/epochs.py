"""What an epoch of a training lends to the loss that is measured: its statistics, its order, or its augmentation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from render.data import Dataset, Examples
from render.descent import batches
from render.descent.log import load_statistics
from render.descent.run import AnyRun, Run
from render.errors import DataError
from render.scene.surface import EpochSettings


def lent(epoch: EpochSettings | None, run: AnyRun, dataset: Dataset, model: nn.Module, seed: int) -> Dataset:
    """Returns the data as an epoch of a run had them; its batch norm's statistics are written into the network.

    seed: the scene's. Raises DataError where the epochs of a run are not known, or it has nothing of the kind.
    """
    if epoch is None:
        return dataset
    if not isinstance(run, Run):
        raise DataError("objective.epoch: this run was imported, and its epochs are not known; leave it out")
    if epoch.of == "statistics":
        _load_statistics(epoch, run, dataset, model)
        return dataset
    drawn = run.settings.seed_in(seed) + batches.ORDER_SEED
    changed = _ordered(epoch, run, dataset, drawn) if epoch.of == "order" else _augmented(epoch, run, dataset, drawn)
    return replace(dataset, train=changed)


def steps_of_epoch(run: Run, dataset: Dataset) -> int:
    """Returns how many steps an epoch of a run has; a last batch that is not full is left out."""
    batch = run.settings.training.batch
    return 1 if batch is None else len(dataset.train) // batch


def _load_statistics(epoch: EpochSettings, run: Run, dataset: Dataset, model: nn.Module) -> None:
    logged = run.trajectory()
    if not logged.buffer_names:
        raise DataError("objective.epoch: this network has no batch norm; take its order or augmentation instead")
    end = epoch.number * steps_of_epoch(run, dataset)
    load_statistics(model, logged.buffers[int(np.abs(logged.steps - end).argmin())])


def _ordered(epoch: EpochSettings, run: Run, dataset: Dataset, seed: int) -> Examples:
    """Returns the train split in the order in which an epoch takes it."""
    batch, each = run.settings.training.batch, steps_of_epoch(run, dataset)
    if batch is None:
        raise DataError("objective.epoch: this run takes all examples at once, in no order; leave it out")
    drawn = batches.order(len(dataset.train), batch, seed, (epoch.number - 1) * each)
    parts = [part for part, _ in zip(drawn, range(each), strict=False) if part is not None]
    return dataset.train.at(torch.cat(parts).numpy())


def _augmented(epoch: EpochSettings, run: Run, dataset: Dataset, seed: int) -> Examples:
    """Returns the train split with its images changed by one draw of an epoch."""
    augment = getattr(run.settings.data, "augment", None)
    if augment is None:
        raise DataError("objective.epoch: this run changes no images; set data.augment of it, or leave epoch out")
    first = (epoch.number - 1) * steps_of_epoch(run, dataset) + 1
    images = torch.from_numpy(dataset.train.inputs)
    changed = batches.augmented(images, augment, batches.step_seed(seed, first))
    return Examples(changed.numpy(), dataset.train.targets)
