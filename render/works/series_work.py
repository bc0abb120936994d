"""The series of a scene as works: each needs its members, which are surfaces like any other, and joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.landscape.landscape import Landscape
from render.landscape.local_planes import blended
from render.landscape.series import Series, record_of, require_one_grid
from render.progress import Reporter
from render.scene.members import Expanded, expanded
from render.scene.series import AnySeries, Blend, Zoom
from render.storage.files import content_key
from render.storage.records import read_record, write_record
from render.works.order import Order
from render.works.run_work import RunWork, run_work
from render.works.surface_work import AnySurfaceWork, surface_work
from render.works.work import Finding, Item, Work

ALGORITHM = 1  # raise it when the same members would make another series
RECORD = {"key": str, "kind": str, "stops": list, "members": list}


@dataclass(frozen=True)
class SeriesWork:
    """A series, joined of surfaces that are measured here or ready in files."""

    order: Order
    name: str

    kind = "series"
    again = "is joined again"

    @property
    def settings(self) -> AnySeries:
        """What the scene asks of it."""
        return self.order.scene.series[self.name]

    @cached_property
    def expanded(self) -> Expanded:
        """The scene with its members."""
        return expanded(self.order.scene, self.name)

    @cached_property
    def members(self) -> list[AnySurfaceWork]:
        """Its surfaces, in the order of the film."""
        order = replace(self.order, scene=self.expanded.scene)
        return [surface_work(order, name) for name in self.expanded.stops]

    @cached_property
    def runs(self) -> list[RunWork]:
        """The runs that are trained for it alone."""
        scene = self.expanded.scene
        works = (run_work(name, scene.runs[name], scene.seed, self.order.output) for name in self.expanded.runs)
        return [work for work in works if isinstance(work, RunWork)]

    @property
    def needs(self) -> Sequence[Work]:
        """Its surfaces."""
        return tuple(self.members)

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        settings = self.settings
        more: dict[str, Any] = {"width": settings.width} if isinstance(settings, Blend) else {}
        more |= {"stops": list(self._stops), "ease": settings.ease, "hold": settings.hold}
        members = [work.key for work in self.members]
        return content_key(
            {"stage": "series", "algorithm": ALGORITHM, "kind": settings.kind, "members": members, **more}
        )

    @cached_property
    def path(self) -> Path:
        """Its record."""
        return self.order.output / "series" / f"{self.settings.kind}-{self.key[:8]}.json"

    @property
    def place(self) -> Path:
        """Its record."""
        return self.path

    def load(self) -> Series | Landscape | None:
        """Returns it from disk, where it was joined and all its surfaces are there."""
        if read_record(self.path, RECORD, self.key) is None:
            return None
        found = [work.load() for work in self.members]
        return None if any(landscape is None for landscape in found) else self._joined(found)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Foresees nothing; it has no pictures."""
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Series | Landscape:
        """Joins its surfaces, and writes down which they are."""
        made = self._joined(finished)
        members = [{"stop": stop, "key": work.key} for stop, work in zip(self._stops, self.members, strict=True)]
        told = {"kind": self.settings.kind, "stops": list(self._stops), "members": members}
        write_record(self.path, {"key": self.key, **told, "series": made.record["series"], "loss": made.record["loss"]})
        return made

    @property
    def _stops(self) -> tuple[str, ...]:
        return tuple(self.expanded.stops.values())

    def _joined(self, landscapes: Sequence[Any]) -> Series | Landscape:
        settings, stops = self.settings, self._stops
        if isinstance(settings, Zoom):
            record = record_of(settings.kind, stops, [landscape.record for landscape in landscapes])
            record["series"] |= {"at": list(settings.at), "factor": settings.factor}
            return Series(
                settings.kind, stops, tuple(landscapes), record, self.path, self.key, settings.ease, settings.hold
            )
        require_one_grid(self.name, dict(zip(self.expanded.stops, landscapes, strict=True)))
        if isinstance(settings, Blend):
            return blended(landscapes, stops, settings.width, self.path, self.key)
        record = record_of(settings.kind, stops, [landscape.record for landscape in landscapes])
        return Series(
            settings.kind, stops, tuple(landscapes), record, self.path, self.key, settings.ease, settings.hold
        )

    def state(self) -> Finding:
        """Returns what it is worth on disk; its surfaces are judged one by one."""
        if not self.path.is_file():
            return Finding(self.kind, self.name, str(self.path), "not made")
        whole = read_record(self.path, RECORD, self.key) is not None
        said = "" if whole else "its record is damaged"
        return Finding(self.kind, self.name, str(self.path), "whole" if whole else "damaged", said)

    def left(self) -> Item:
        """Returns that it is to be joined, which is soon done."""
        return Item(f"series {self.name}", len(self.members), "surfaces to join", 0.0, 0.01)

    def claims(self) -> Iterator[Path]:
        """Gives its record; where data are absent, and with them its key, those of all series of its kind."""
        try:
            yield self.path
        except DataError:
            yield self.order.output / "series" / f"{self.settings.kind}-*"

    def told(self, made: Series | Landscape) -> dict[str, Any]:
        """Returns its stops, what was counted, and the lowest and the highest loss."""
        return {"stops": len(self.members), **{name: made.record[name] for name in ("counts", "loss")}}


def shown_work(order: Order, name: str) -> AnySurfaceWork | SeriesWork:
    """Returns what a shot names as a work: a surface or a series of a scene."""
    return SeriesWork(order, name) if name in order.scene.series else surface_work(order, name)
