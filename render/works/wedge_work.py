"""The variants of a scene on one sheet as a work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film.every_look import still_of
from render.film.every_variant import draw_variants
from render.film.preflight import require_drawing, require_writable
from render.film.shooting import Shooting
from render.progress import Reporter
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
class WedgeWork(OneFile):
    """The variants of a scene, side by side."""

    name: str  # of the scene's file
    labels: tuple[str, ...]  # what stands under each
    orders: tuple[Order, ...]

    kind = "sheet"
    again = "is drawn again"

    @cached_property
    def stills(self) -> list[Still]:
        """The picture of each, all of the first one's size."""
        found = [still_of(order.scene, order.quality) for order in self.orders]
        return [still.model_copy(update={"size": found[0].size}) for still in found]

    @cached_property
    def shown(self) -> dict[tuple[int, str], Work]:
        """The surfaces of their shots, by variant and name."""
        return {
            (index, name): work
            for index, (order, still) in enumerate(zip(self.orders, self.stills, strict=True))
            for name, work in surfaces_shown(order, still.at).items()
        }

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces of their shots."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        pictures = [picture_key(order, still) for order, still in zip(self.orders, self.stills, strict=True)]
        told = {"labels": list(self.labels), "metadata": self.orders[0].metadata}
        return content_key({"stage": "variants", "pictures": pictures, **told})

    @property
    def path(self) -> Path:
        """Its file."""
        return self.orders[0].output / "variants" / f"{self.name}{self.orders[0].suffix}.png"

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        for order in self.orders:
            require_letters(order.scene)
        require_drawing(say)
        require_writable(self.path.parent)
        return megabytes_of(self.stills[0].size, len(self.stills))

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws it."""
        said: set[str] = set()  # of the surfaces, once for all variants
        landscapes: list[dict[str, Any]] = [{} for _ in self.orders]
        for (index, name), landscape in zip(self.shown, finished, strict=True):
            landscapes[index][name] = landscape
        shootings = {
            label: Shooting(order.scene, still, landscape, reporter, said=said)
            for label, order, still, landscape in zip(self.labels, self.orders, self.stills, landscapes, strict=True)
        }
        first = self.orders[0]
        return write_file(
            first, self.path, self.key, lambda: draw_variants(shootings, self.name, self.path, first.metadata)
        )


def wedge_works(paths: Sequence[Path], variants: Sequence[Any], orders: Sequence[Order]) -> list[WedgeWork]:
    """Returns the sheets of the scenes that have variants and show something; all three are in the same order."""
    found: dict[str, list[tuple[str, Order]]] = {}
    for path, variant, order in zip(paths, variants, orders, strict=True):
        if variant.suffix and order.scene.shots:
            found.setdefault(path.stem, []).append((variant.label, order))
    return [
        WedgeWork(stem, tuple(label for label, _ in each), tuple(order for _, order in each))
        for stem, each in found.items()
    ]
