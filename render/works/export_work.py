"""An export of a scene for another program as a work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError
from render.film.preflight import require_writable
from render.film.shooting import Shooting
from render.progress import Reporter
from render.solid.asked import ExportRequest
from render.solid.export import film_of, is_torn, key_of, require_possible, write_export
from render.works.drawing_cost import export_charge
from render.works.file import (
    KeptFile,
    OneFile,
    file_finding,
    load_file,
    picture_key,
    require_letters,
    surfaces_of_shot,
    write_file,
)
from render.works.order import Order
from render.works.paces import Stopwatch, remember_once
from render.works.work import Finding, Work


@dataclass(frozen=True)
class ExportWork(OneFile):
    """A shot of a scene in a format of another program."""

    order: Order
    asked: ExportRequest
    folder: str = "exports"  # of all results

    kind = "export"
    again = "is made again"

    @property
    def name(self) -> str:
        """What the scene's file is called by."""
        return self.order.stem

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces of its shot, and the line that it unfolds out of."""
        return surfaces_of_shot(self.order, self.asked.shot - 1)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces of its shot."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        scene = self.order.scene
        return key_of(picture_key(self.order, film_of(scene)), self.asked, self.order.metadata)

    @property
    def path(self) -> Path:
        """Its file; that of another shot than the first has its number."""
        shot = "" if self.asked.shot == 1 else f".shot-{self.asked.shot}"
        return self.order.output / self.folder / f"{self.order.stem}{shot}{self.order.suffix}.{self.asked.form}"

    def load(self) -> KeptFile | None:
        """Returns it from disk, with the files that it refers to."""
        found = load_file(self.path, self.key)
        if found is not None and is_torn(self.path):
            raise DataError(f"{self.path}: a file beside it is not as it was written")
        return found

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for the shot, a package, and a folder that can be written."""
        require_possible(self.order.scene, self.asked)
        require_letters(self.order.scene)
        require_writable(self.path.parent)
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Writes it."""
        scene, metadata = self.order.scene, self.order.metadata
        shooting = Shooting(scene, film_of(scene), dict(zip(self.shown, finished, strict=True)), reporter)
        watch = Stopwatch()
        made = write_file(
            self.order, self.path, self.key, lambda: (write_export(shooting, self.asked, self.path, metadata), {})
        )
        remember_once(self.order.output, export_charge(self.path.stat().st_size / 1e6), watch)
        return made

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return file_finding(self.kind, self.path.name, self.path, self.key)

    def told(self, made: KeptFile) -> dict[str, Any]:
        """Returns the columns and rows of its mesh, and what has to be said of it."""
        return {"points": made.record["mesh"], "value": "mesh points", "notes": made.record["said"]}
