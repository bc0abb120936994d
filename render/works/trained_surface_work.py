"""The surfaces of a scene whose points are whole trainings, as works; they need no run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.landscape import trained_surface
from render.landscape.landscape import Landscape
from render.landscape.trained_surface import TrainedSite
from render.progress import Reporter
from render.sampling.status import Status
from render.sampling.surface import SurfaceStore
from render.storage.files import content_key
from render.works.order import Order
from render.works.shard import place_of
from render.works.work import Finding, Item, Work, judged

BYTES_PER_POINT = 9  # value, share of steps and status


@dataclass(frozen=True)
class TrainedSurfaceWork:
    """A surface of trainings that is measured here."""

    order: Order
    name: str

    kind = "surface"
    again = "is mended"
    needs: tuple[Work, ...] = ()

    @cached_property
    def site(self) -> TrainedSite:
        """Where it lies."""
        return TrainedSite(self.order.scene, self.name, self.order.output)

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return self.site.key

    @cached_property
    def path(self) -> Path:
        """Its folder."""
        return self.site.folder

    @property
    def place(self) -> Path:
        """Its folder, or a share of it, as shards measure side by side."""
        return place_of(self.path, self.order.means)

    def load(self) -> Landscape | None:
        """Returns it from disk."""
        return trained_surface.load_trained(self.site) if (self.path / "surface.json").is_file() else None

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Landscape:
        """Measures what is missing of it."""
        return trained_surface.measured_trainings(self.site, self.order.means, reporter)

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, "surface.json", lambda: trained_surface.load_trained(self.site))

    def left(self) -> Item:
        """Returns its trainings, at the rate of the way in which they will be made."""
        left, budget = self._missing(), self.order.scene.budget_of(self.name)
        seconds = min(left / self._timed(), budget or float("inf")) if left else 0.0
        return Item(f"surface {self.name}", left, "trainings", seconds, left * BYTES_PER_POINT / 1e6)

    def _missing(self) -> int:
        columns, rows = self.site.settings.points
        found = SurfaceStore.open(self.path / "surface.zarr")
        if found is None or found.record.get("key") != self.key:
            return columns * rows
        return int((found.read(lambda _: None)["status"] == Status.MISSING).sum())

    def _timed(self) -> float:
        """Returns trainings per second, timed once for all surfaces that differ in their windows only."""
        settings = self.site.settings
        alike = settings.model_dump(mode="json", include={"network", "examples", "training", "precision", "strategy"})
        key = content_key({"trainings": alike})
        if key not in self.order.rates:
            self.order.rates[key] = trained_surface.trainings_per_second(settings, self.order.scene.seed)
        return self.order.rates[key]

    def claims(self) -> Iterator[Path]:
        """Gives its folder."""
        yield self.path

    def told(self, made: Landscape) -> dict[str, Any]:
        """Returns what was counted, the lowest and the highest value, and how many trainings diverged."""
        said = {name: made.record[name] for name in ("counts", "loss")}
        return {**said, "trainings_diverged": made.record["trainings"]["diverged"]}
