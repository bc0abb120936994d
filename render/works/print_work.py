"""What is made of a still when somebody asks: a print, and the passes of a still or a print."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import UsageError
from render.film.preflight import require_drawing, require_writable
from render.film.prints.exr import openimageio
from render.film.prints.keeping import bytes_there, discard, discard_idle
from render.film.prints.passing import draw_passes, refuse_beyond_memory
from render.film.prints.press import channels_of, draw_print, further_of, key_of, refuse_beyond_disk, sized
from render.film.prints.printable import fitted, is_drawn_at_once, require_passes, require_printable
from render.film.prints.whole import draw_whole
from render.film.shooting import Shooting
from render.progress import Reporter
from render.scene.output import Still
from render.scene.printing import Print, PrintRequest, print_of
from render.scene.quality import qualities
from render.works.drawing_cost import Charge, passes_charge, print_charge
from render.works.encoding_cost import LAYERS
from render.works.file import (
    KeptFile,
    OneFile,
    file_finding,
    load_file,
    picture_key,
    require_letters,
    surfaces_shown,
    write_file,
)
from render.works.order import Order
from render.works.paces import Paces, Stopwatch, remember_once
from render.works.work import Finding, Item, Work


@dataclass(frozen=True)
class PrintWork(OneFile):
    """A still, printed: larger, deeper, on paper."""

    order: Order
    name: str
    printed: Print
    path: Path

    kind = "print"
    again = "is printed again"

    @property
    def still(self) -> Still:
        """The still, of the print's size."""
        return sized(self.order.scene.stills[self.name], self.printed)

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
        return key_of(picture_key(self.order, self.still), self.printed, self.order.metadata)

    def load(self) -> KeptFile | None:
        """Returns it from disk, where what it was drawn on is cleared away."""
        found = load_file(self.path, self.key)
        if found is not None:
            discard_idle(self.path)
        return found

    def require_possible(self) -> None:
        """Raises UsageError where its still has no such print."""
        require_printable(self.order.scene, self.name, self.printed)

    @property
    def _at_once(self) -> bool:
        """Whether it is drawn at once."""
        return is_drawn_at_once(self.order.scene, self.still)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a library, a window to draw in, and a disk that it fits."""
        self.require_possible()
        require_letters(self.order.scene)
        if self.printed.format == "exr":
            openimageio()
        require_drawing(say)
        require_writable(self.path.parent)
        if self._at_once:
            return self.printed.size[0] * self.printed.size[1] * 3 * self.printed.depth / 8e6
        refuse_beyond_disk(self.printed, further_of(self.order.scene.look.resolved), self.path)
        return 0.0  # which has been looked at exactly

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Prints it, going on from its finished tiles."""
        shooting = Shooting(self.order.scene, self.still, dict(zip(self.shown, finished, strict=True)), reporter)
        watch, gone_on = Stopwatch(), bytes_there(self.path) > 0

        def draw() -> tuple[dict[str, Any], dict[str, float]]:
            start, where = time.perf_counter(), (self.path, self.key)
            if self._at_once:
                details, drawn = draw_whole(shooting, self.printed, self.path, self.order.metadata)
            else:
                details, drawn = draw_print(shooting, self.printed, where, self.order.metadata)
            return details, {"drawing": drawn - start}

        made = write_file(self.order, self.path, self.key, draw)
        discard(self.path)
        if not gone_on:
            remember_once(self.order.output, self._charge, watch)
        return made

    @property
    def _charge(self) -> Charge:
        return print_charge(self.order.scene, self.still, self.printed)

    def left(self) -> Item:
        """Returns it as a whole, as if no tile were there."""
        seconds = Paces.of(self.order.output).charged(self._charge)
        channels = channels_of(self.order.scene)
        megabytes = math.prod(self.printed.size) * channels * self.printed.depth / 8 / 1e6
        return Item(f"print {self.path.name}", 1, "file", seconds, megabytes)

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return file_finding(self.kind, self.path.name, self.path, self.key)

    def told(self, made: KeptFile) -> dict[str, Any]:
        """Returns that it is a still, in answers of the command that makes those."""
        return {"kind": "still"}


@dataclass(frozen=True)
class PassesWork(OneFile):
    """What the light of a still or a print is made of, as one EXR beside it."""

    order: Order
    name: str
    printed: Print
    path: Path
    refines: bool = True  # whether it is of a print

    kind = "passes"
    again = "are drawn again"

    @property
    def still(self) -> Still:
        """The still, of the print's size."""
        return sized(self.order.scene.stills[self.name], self.printed)

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces on them."""
        return surfaces_shown(self.order, self.still.at)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on them."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that they depend on."""
        return key_of(picture_key(self.order, self.still), self.printed, self.order.metadata, of="passes")

    def require_possible(self) -> None:
        """Raises UsageError where its still has no passes."""
        require_passes(self.order.scene, self.name)

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for a library, a window to draw in, a folder that can be written, and memory."""
        self.require_possible()
        require_letters(self.order.scene)
        openimageio()
        require_drawing(say)
        require_writable(self.path.parent)
        refuse_beyond_memory(self.printed, max(len(shot.surfaces) for shot in self.order.scene.shots))
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws them."""
        shooting = Shooting(self.order.scene, self.still, dict(zip(self.shown, finished, strict=True)), reporter)
        metadata, watch = self.order.metadata, Stopwatch()
        made = write_file(
            self.order,
            self.path,
            self.key,
            lambda: (draw_passes(shooting, self.printed, self.path, metadata, self.refines), {}),
        )
        remember_once(self.order.output, self._charge, watch)
        return made

    @property
    def _charge(self) -> Charge:
        return passes_charge(self.order.scene, self.still, self.printed, refines=self.refines)

    def left(self) -> Item:
        """Returns them as a whole."""
        seconds = Paces.of(self.order.output).charged(self._charge)
        _, megabytes = LAYERS["passes"]
        return Item(f"passes {self.path.name}", 1, "file", seconds, megabytes * math.prod(self.printed.size) / 1e6)

    def state(self) -> Finding:
        """Returns what they are worth on disk."""
        return file_finding(self.kind, self.path.name, self.path, self.key)


def print_work(order: Order, name: str, asked: PrintRequest) -> PrintWork:
    """Returns the print of a still that is asked for; raises UsageError for one that cannot be."""
    still = order.scene.stills[name]
    printed = fitted(order.scene, still, print_of(asked, still.size, qualities()[order.quality].width))
    return PrintWork(order, name, printed, order.output / "stills" / f"{name}{order.suffix}{printed.ending}")


def passes_work(order: Order, name: str, asked: PrintRequest) -> PassesWork:
    """Returns the passes of a still, or of the print that is asked for; of a still they have its own pixels."""
    made = print_work(order, name, asked)
    beside = order.output / "stills" / f"{name}{order.suffix}.png" if asked.is_plain else made.path
    return PassesWork(order, name, made.printed, beside.with_suffix(".passes.exr"), not asked.is_plain)


def possible(works: Sequence[PrintWork | PassesWork], say: Callable[[str], None]) -> list[PrintWork | PassesWork]:
    """Returns those that can be made, and says why others are left out; raises UsageError where that leaves none."""
    found, refused = [], []
    for work in works:
        try:
            work.require_possible()
        except UsageError as error:
            refused.append(error)
        else:
            found.append(work)
    if refused and not found:
        raise refused[0]
    for each in refused:
        say(f"left out: {each}")
    return found
