"""The chronicles of a scene as works: what its runs tell of their logged steps, where its pictures ask for that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.landscape import chronicle
from render.landscape.chronicle import Chronicle, chronicle_name
from render.progress import Reporter
from render.scene.run_settings import RunSettings
from render.scene.written import Inquiry, wishes
from render.works.order import Order
from render.works.run_work import ImportedWork, RunWork, run_work
from render.works.work import Finding, Item, Work, judged

SECONDS = 0.01  # of a logged step of a small network, measured on two cores


@dataclass(frozen=True)
class ChronicleWork:
    """What a run tells on the objective of a surface."""

    order: Order
    surface: str
    of: str  # the run

    kind = "chronicle"
    again = "is computed again"

    @property
    def name(self) -> str:
        """The names of surface and run."""
        return chronicle_name(self.surface, self.of)

    @cached_property
    def run(self) -> RunWork | ImportedWork:
        """The run that tells."""
        scene = self.order.scene
        return run_work(self.of, scene.runs[self.of], scene.seed, self.order.output)

    @property
    def needs(self) -> Sequence[Work]:
        """The run."""
        return (self.run,)

    @cached_property
    def wish(self) -> Inquiry:
        """What it is to tell."""
        return wishes(self.order.scene)[self.surface, self.of]

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        scene = self.order.scene
        return chronicle.key_of(self.run.key, scene.telling[self.surface], scene.seed, self.wish)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.order.output / "chronicles" / f"{self.run.path.name}-{self.key[:8]}"

    @property
    def place(self) -> Path:
        """Its folder."""
        return self.path

    def load(self) -> Chronicle | None:
        """Returns it from disk."""
        if not (self.path / "chronicle.json").is_file():
            return None
        settings = self.order.scene.runs[self.of]
        return chronicle.load(self.path, self.key, settings if isinstance(settings, RunSettings) else None)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Chronicle:
        """Computes it."""
        scene = self.order.scene
        asked = (scene.telling[self.surface], self.wish, scene.seed, self.order.means.model_of(self.of))
        return chronicle.make(self.path, self.key, finished[0], asked, reporter)

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "chronicle.json", self.load)

    def left(self) -> Item:
        """Returns the logged steps that it tells of."""
        settings = getattr(self.run, "settings", None)
        training = getattr(settings, "training", None)
        logged = training.steps // training.every + 1 if training else 0
        return Item(f"chronicle {self.name}", logged, "steps", SECONDS * logged, 0.0)

    def claims(self) -> Iterator[Path]:
        """Gives its folder; where data are absent, and with them its key, those of all like it."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "chronicles" / "*"

    def told(self, made: Chronicle) -> dict[str, Any]:
        """Returns how many steps it tells of."""
        return {"steps": len(made.steps)}


def chronicles_of(order: Order) -> list[ChronicleWork]:
    """Returns the chronicles that the pictures of a scene need."""
    return [ChronicleWork(order, surface, run) for surface, run in wishes(order.scene)]
