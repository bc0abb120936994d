"""The runs of a scene as works: trained here, or imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.descent import importing, run, session
from render.descent.importing import ImportedRun
from render.descent.run import AnyRun, Run
from render.errors import DataError
from render.progress import Reporter
from render.scene import existing, spec
from render.works.work import Finding, Item, Work, judged


@dataclass(frozen=True)
class RunWork:
    """A run that is trained here, in a scene of a seed."""

    name: str
    settings: spec.RunSettings
    seed: int
    output: Path

    kind = "run"
    again = "is trained again"
    needs: tuple[Work, ...] = ()

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return run.key_of(self.settings, self.seed)

    @cached_property
    def path(self) -> Path:
        """Its folder."""
        return run.folder_of(self.settings, self.seed, self.output)

    @property
    def place(self) -> Path:
        """Its folder."""
        return self.path

    def load(self) -> Run | None:
        """Returns it from disk."""
        found = run.load(self.settings, self.seed, self.output)
        if found is not None:
            found.require_whole()
        return found

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Run:
        """Trains it, from its last checkpoint where an earlier training was cut off."""
        return session.train_run(self.name, self.settings, self.seed, self.output, reporter)

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "run.json", self.load)

    def left(self) -> Item:
        """Returns its steps, at the rate of its first ones."""
        rate, size = session.trial(self.settings, self.seed)
        training = self.settings.training
        logged, width = training.steps // training.every + 2, 2 if training.stored == "float16" else 4
        megabytes = logged * size * width / 1e6
        return Item(f"run {self.name}", training.steps, "steps", training.steps / rate, megabytes)

    def claims(self) -> Iterator[Path]:
        """Gives its folder; where its data are absent, and with them its key, those of all runs like it."""
        try:
            yield self.path
        except DataError:
            yield self.output / "runs" / f"{self.settings.data.kind}-{self.settings.network.kind}-*"

    def told(self, made: AnyRun) -> dict[str, Any]:
        """Returns what it has learnt."""
        return scores_of(made)


@dataclass(frozen=True)
class ImportedWork:
    """A run that was trained elsewhere, and must be there."""

    name: str
    settings: existing.ImportedRunSettings

    kind = "run"
    again = ""
    needs: tuple[Work, ...] = ()

    @property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return importing.load(self.path).key

    @property
    def path(self) -> Path:
        """Its folder."""
        return Path(self.settings.folder)

    @property
    def place(self) -> Path:
        """Its folder."""
        return self.path

    def load(self) -> ImportedRun:
        """Returns it from disk; raises DataError where it is not there."""
        return importing.load(self.path)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> ImportedRun:
        """Is never called: it is on disk, or loading it raises."""
        raise AssertionError(f"{self.path} is not made here")

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "run.json", lambda: self.load().require_whole())

    def left(self) -> Item:
        """Returns nothing that could be made."""
        return Item(f"run {self.name}", 0, "steps", 0.0, 0.0)

    def claims(self) -> Iterator[Path]:
        """Gives its folder."""
        yield self.path

    def told(self, made: AnyRun) -> dict[str, Any]:
        """Returns what it had learnt."""
        return scores_of(made)


def run_work(
    name: str, settings: spec.RunSettings | existing.ImportedRunSettings, seed: int, output: Path
) -> RunWork | ImportedWork:
    """Returns a run in a scene of a seed as a work."""
    if isinstance(settings, existing.ImportedRunSettings):
        return ImportedWork(name, settings)
    return RunWork(name, settings, seed, output)


def scores_of(made: AnyRun) -> dict[str, Any]:
    """Returns loss and accuracy of a run on both parts of its data."""
    return {split: made.record[split] for split in ("train", "test")}
