"""A storyboard of a film as a work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from render.film.film import KeptPictures
from render.film.pool import PoolWriter
from render.film.preflight import require_drawing, require_writable
from render.film.shooting import Shooting
from render.film.storyboard import details_of, moments_of, names_of, sheet_of
from render.film.timeline import Moment
from render.interrupts import finishing
from render.progress import Reporter
from render.storage.files import content_key, replacing
from render.works.file import KeptFile, OneFile, megabytes_of, require_letters, write_file
from render.works.frames_work import FramesWork
from render.works.order import Order
from render.works.work import Work


@dataclass(frozen=True)
class StoryboardWork(OneFile):
    """Frames of a film at even times on one sheet; their pictures are kept, so that the film draws them no more."""

    order: Order
    name: str
    count: int

    kind = "storyboard"
    again = "is drawn again"

    @cached_property
    def frames(self) -> FramesWork:
        """The frames of the film."""
        return FramesWork(self.order, self.name)

    @cached_property
    def moments(self) -> list[Moment]:
        """Which of them are on the sheet."""
        return moments_of(self.frames.programme.timeline, self.count)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on them."""
        return self.frames.needs

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return content_key({"stage": "storyboard", "frames": [self.frames.keys[each.number] for each in self.moments]})

    @property
    def path(self) -> Path:
        """Its file."""
        return self.order.output / "storyboards" / f"{self.name}{self.order.suffix}.png"

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        require_letters(self.order.scene)
        require_drawing(say)
        require_writable(self.path.parent)
        return megabytes_of(self.frames.film.size, 2 * len(self.moments))

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws it."""
        shooting = self.frames.shooting(finished, reporter)
        return write_file(self.order, self.path, self.key, lambda: (self._write(shooting), {}))

    def _write(self, shooting: Shooting) -> dict[str, Any]:
        pictures, programme = [], self.frames.programme
        wanted = programme.keys_of_pictures(each.number for each in self.moments)
        with (
            PoolWriter(self.frames.pool) as writer,
            finishing() as times_asked,
            shooting.reporter.task(f"drawing storyboard {self.name}", len(self.moments), "frames") as task,
        ):
            kept = KeptPictures(programme, writer, self.frames.pool.find(wanted))
            for _, pixels in replace(shooting, kept=kept).pictures(self.moments):
                pictures.append(pixels)
                task.advance(1)
                if times_asked():
                    break
        shots = [shot.name or f"shot {number + 1}" for number, shot in enumerate(self.order.scene.shots)]
        names = names_of(self.moments, programme.timeline, shots)
        with replacing(self.path) as temporary:
            Image.fromarray(sheet_of(pictures, names)).save(temporary, "PNG")
        return details_of(self.moments, pictures)
