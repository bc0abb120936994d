"""The runs of a scene, wherever they come from: trained here, or imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from torch import nn

from render.data import Dataset
from render.descent import importing, run
from render.descent.trajectory import Trajectory
from render.progress import Reporter
from render.scene import spec
from render.scene.existing import ImportedRun


class AnyRun(Protocol):
    """A finished run."""

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


def key_of(settings: spec.Run | ImportedRun, seed: int) -> str:
    """Returns the key of a run in a scene of a seed, without training it."""
    if isinstance(settings, ImportedRun):
        return importing.load(Path(settings.folder)).key
    return run.key_of(settings, seed)


def folder_of(settings: spec.Run | ImportedRun, seed: int, output: Path) -> Path:
    """Returns the folder of a run."""
    return Path(settings.folder) if isinstance(settings, ImportedRun) else run.folder_of(settings, seed, output)


def require_whole(settings: spec.Run | ImportedRun, seed: int, output: Path) -> None:
    """Raises DataError where a file of a finished run is missing or damaged."""
    found: AnyRun | None
    if isinstance(settings, ImportedRun):
        found = importing.load(Path(settings.folder))
    else:
        found = run.recorded(settings, seed, output)
    if found is not None:
        found.require_whole()


def find(settings: spec.Run | ImportedRun, seed: int, output: Path) -> AnyRun | None:
    """Returns the finished run on disk, or None; an imported one must be there."""
    if isinstance(settings, ImportedRun):
        return importing.load(Path(settings.folder))
    return run.find(settings, seed, output)


def obtain(name: str, settings: spec.Run | ImportedRun, seed: int, output: Path, reporter: Reporter) -> AnyRun:
    """Returns the run on disk, or trains it; a damaged one is trained again. Raises DataError for an imported one."""
    if isinstance(settings, ImportedRun):
        return importing.load(Path(settings.folder))
    return run.obtain(name, settings, seed, output, reporter)
