"""A still of a scene as a work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film import record
from render.film.preflight import require_drawing, require_writable
from render.film.shooting import Shooting
from render.film.still import draw_still
from render.progress import Reporter
from render.scene.output import Still
from render.works.drawing_cost import Charge, still_charge
from render.works.file import (
    KeptFile,
    OneFile,
    megabytes_of,
    picture_key,
    require_letters,
    surfaces_shown,
    write_file,
)
from render.works.order import Order
from render.works.paces import Paces, Stopwatch, remember_once
from render.works.work import Item, Work


@dataclass(frozen=True)
class StillWork(OneFile):
    """One moment of a scene as a PNG."""

    order: Order
    name: str

    kind = "still"
    again = "is drawn again"

    @property
    def still(self) -> Still:
        """What the scene asks for."""
        return self.order.scene.stills[self.name]

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces on it."""
        return surfaces_shown(self.order, self.still.at)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on it."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return record.file_key(picture_key(self.order, self.still), None, self.order.metadata)

    @property
    def path(self) -> Path:
        """Its file."""
        return self.order.output / "stills" / f"{self.name}{self.order.suffix}.png"

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        require_letters(self.order.scene)
        require_drawing(say)
        require_writable(self.path.parent)
        return megabytes_of(self.still.size)

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws it."""
        shooting = Shooting(self.order.scene, self.still, dict(zip(self.shown, finished, strict=True)), reporter)
        watch = Stopwatch()
        made = write_file(
            self.order, self.path, self.key, lambda: (draw_still(shooting, self.path, self.order.metadata), {})
        )
        remember_once(self.order.output, self._charge, watch)
        return made

    @property
    def _charge(self) -> Charge:
        return still_charge(self.order.scene, self.still)

    def left(self) -> Item:
        """Returns its one picture."""
        seconds = Paces.of(self.order.output).charged(self._charge)
        return Item(f"still {self.name}", 1, "picture", seconds, megabytes_of(self.still.size))

    def claims(self) -> Iterator[Path]:
        """Gives its file and those of its prints and passes."""
        yield from (self.path, self.path.with_name(f"{self.path.stem}.*"))
