"""The chronicles of a scene as works: what its runs tell of their logged steps, where its pictures ask for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from render.errors import DataError
from render.landscape import chronicle
from render.landscape.chronicle import Chronicle, chronicle_name
from render.progress import Reporter
from render.scene.along import LineSettings
from render.scene.inquiry import Inquiry
from render.scene.run_settings import RunSettings
from render.scene.surface import SurfaceSettings
from render.scene.told_on_lines import training_name
from render.scene.written import wishes, wishes_on_lines
from render.works.order import Order
from render.works.run_work import ImportedWork, RunWork, run_work
from render.works.work import Finding, Item, Work, judged

SECONDS = 0.01  # of a logged step of a small network, measured on two cores


class OfChronicle(Work, Protocol):
    """A work that is a chronicle."""

    @property
    def order(self) -> Order:
        """What it is made for."""

    @property
    def trained(self) -> RunSettings | None:
        """The training that epochs and learning rates are of, where it was made here."""


class KeptChronicle:
    """What works that are chronicles have in common."""

    kind = "chronicle"
    again = "is computed again"

    @property
    def place(self: OfChronicle) -> Path:
        """Its folder."""
        return self.path

    def load(self: OfChronicle) -> Chronicle | None:
        """Returns it from disk."""
        there = (self.path / "chronicle.json").is_file()
        return chronicle.load(self.path, self.key, self.trained) if there else None

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def state(self: OfChronicle) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "chronicle.json", self.load)

    def claims(self: OfChronicle) -> Iterator[Path]:
        """Gives its folder; where data are absent, and with them its key, those of all like it."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "chronicles" / "*"

    def told(self, made: Chronicle) -> dict[str, Any]:
        """Returns how many steps it tells of."""
        return {"steps": len(made.steps)}


@dataclass(frozen=True)
class ChronicleWork(KeptChronicle):
    """What a run tells on the objective of a surface, or of a line."""

    order: Order
    surface: str  # or the line
    of: str  # the run
    line: bool = False

    @property
    def name(self) -> str:
        """The names of surface and run; a line has one run."""
        return training_name(self.surface) if self.line else chronicle_name(self.surface, self.of)

    @cached_property
    def run(self) -> RunWork | ImportedWork:
        """The run that tells."""
        scene = self.order.scene
        return run_work(self.of, scene.runs[self.of], scene.seed, self.order.output)

    @property
    def trained(self) -> RunSettings | None:
        """What the run was trained by, where it was so here."""
        settings = self.order.scene.runs[self.of]
        return settings if isinstance(settings, RunSettings) else None

    @property
    def needs(self) -> Sequence[Work]:
        """The run."""
        return (self.run,)

    @cached_property
    def settings(self) -> SurfaceSettings | LineSettings:
        """What it is measured for."""
        scene = self.order.scene
        return scene.lines[self.surface] if self.line else scene.telling[self.surface]

    @cached_property
    def wish(self) -> Inquiry:
        """What it is to tell."""
        scene = self.order.scene
        return wishes_on_lines(scene)[self.surface] if self.line else wishes(scene)[self.surface, self.of]

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return chronicle.key_of(self.run.key, self.settings.objective, self.order.scene.seed, self.wish)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.order.output / "chronicles" / f"{self.run.path.name}-{self.key[:8]}"

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Chronicle:
        """Computes it."""
        made_by = self.order.means.model_of(self.of)
        visited = chronicle.visited_by(finished[0], self.settings, self.order.scene.seed, made_by)
        chronicle.make(self.path, self.key, visited, self.wish, reporter)
        found = self.load()
        assert found is not None
        return found

    def left(self) -> Item:
        """Returns the logged steps that it tells of."""
        training = getattr(getattr(self.run, "settings", None), "training", None)
        logged = training.steps // training.every + 1 if training else 0
        return Item(f"chronicle {self.name}", logged, "steps", SECONDS * logged, 0.0)


def chronicles_of(order: Order) -> list[ChronicleWork]:
    """Returns the chronicles of runs that the pictures of a scene need."""
    scene = order.scene
    lines = [ChronicleWork(order, line, scene.lines[line].run, line=True) for line in wishes_on_lines(scene)]
    return [*(ChronicleWork(order, surface, run) for surface, run in wishes(scene)), *lines]
