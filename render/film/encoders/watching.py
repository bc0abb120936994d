"""Watching: what a film shows is judged while its frames go by on their way to the encoder.

A film that has to be small is encoded several times; its frames are looked at the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from render.film.encoders.stream import FrameStream
from render.film.flashing import FlashWatch
from render.film.glance import glance_of
from render.film.seam import SeamWatch


@dataclass
class Watch:
    """What is looked for in the frames of a film."""

    stream: FrameStream
    flashes: FlashWatch
    seam: SeamWatch | None  # of a film that is no loop there is none
    _seen: bool = False

    @property
    def watched(self) -> FrameStream:
        """The stream, looked at."""
        return replace(self.stream, draw=self._draw)

    def _draw(self, wanted: Sequence[int]) -> Iterator[np.ndarray]:
        pictures = self.stream.draw(wanted)
        if self._seen or len(wanted) < self.stream.count:
            yield from pictures
            return
        self.flashes = FlashWatch(self.stream.fps)
        self.seam = SeamWatch(self.seam.shots) if self.seam is not None else None
        for picture in pictures:
            self._see(picture)
            yield picture
        self._seen = True

    def _see(self, picture: np.ndarray) -> None:
        glance = glance_of(picture)
        self.flashes.see(glance)
        if self.seam is not None:
            self.seam.see(glance)

    def sentences(self) -> Iterator[str]:
        """Gives what a viewer has to be told of."""
        found = self.flashes.report()
        if not found.passes:
            kind, count = ("red ", found.red) if found.red > found.general else ("", found.general)
            yield (
                f"{count:g} {kind}flashes in the second before {found.at:.2f} s, over {100 * found.area:.0f} % of a "
                "field of view; WCAG 2.3.1 allows 3 over a quarter: it may cause seizures"
            )
        if self.seam is not None and (sentence := self.seam.report().sentence()):
            yield sentence

    def as_dict(self) -> dict[str, Any]:
        """Returns what a record says of it."""
        if not self._seen:
            return {}
        told = {"flashing": self.flashes.report().as_dict()}
        return {**told, "loop": self.seam.report().as_dict()} if self.seam is not None else told


def watching(stream: FrameStream, loop: bool, shots: Sequence[int] = ()) -> Watch:
    """Returns a watch over a stream, of a loop or not. shots: that of every frame, or of none."""
    return Watch(stream, FlashWatch(stream.fps), SeamWatch(shots) if loop else None)
