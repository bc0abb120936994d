"""A scene in many looks on one sheet as a work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film.every_look import Wish, draw_sheet, dressed, still_of
from render.film.preflight import require_drawing, require_writable
from render.film.shooting import Shooting
from render.progress import Reporter
from render.scene.language.document import Document
from render.scene.output import Still
from render.storage.files import content_key
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
from render.works.work import Work


@dataclass(frozen=True)
class SheetWork(OneFile):
    """A scene in many looks."""

    order: Order
    document: Document
    wish: Wish

    kind = "sheet"
    again = "is drawn again"

    @property
    def name(self) -> str:
        """What the scene's file is called by."""
        return self.order.stem

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The scene in each look; raises SceneError where its own changes fit one not."""
        scenes = dressed(self.document, self.wish.looks, self.order.quality)
        return {look: replace(self.order, scene=scene) for look, scene in scenes.items()}

    def _still(self, look: str) -> Still:
        return still_of(self.orders[look].scene, self.order.quality)

    @cached_property
    def shown(self) -> dict[tuple[str, str], Work]:
        """The surfaces of its shot, by look and name; most looks share theirs."""
        return {
            (look, name): work
            for look, order in self.orders.items()
            for name, work in surfaces_shown(order, self._still(look).at).items()
        }

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces of its shot."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        pictures = {look: picture_key(order, self._still(look)) for look, order in self.orders.items()}
        told = {"order": list(self.wish.looks), "eyes": self.wish.eyes, "metadata": self.order.metadata}
        return content_key({"stage": "looks", "pictures": pictures, **told})

    @property
    def path(self) -> Path:
        """Its file."""
        return self.order.output / "looks" / f"{self.order.stem}{self.wish.ending}{self.order.suffix}.png"

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        require_letters(self.order.scene)
        require_drawing(say)
        require_writable(self.path.parent)
        return megabytes_of(self._still(self.wish.looks[0]).size, len(self.wish.looks))

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws it."""
        said: set[str] = set()  # of the surfaces, once for all looks
        landscapes: dict[str, dict[str, Any]] = {look: {} for look in self.orders}
        for (look, name), landscape in zip(self.shown, finished, strict=True):
            landscapes[look][name] = landscape
        shootings = {
            look: Shooting(order.scene, self._still(look), landscapes[look], reporter, said=said)
            for look, order in self.orders.items()
        }
        return write_file(
            self.order,
            self.path,
            self.key,
            lambda: draw_sheet(shootings, self.name, self.path, self.wish, self.order.metadata),
        )
