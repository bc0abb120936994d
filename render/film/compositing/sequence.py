"""A sequence of layers: the numbered pictures of one output, each with its key, kept where they are delivered.

What each was made from stands in a manifest of its own, so that a folder holds nothing but its pictures, and one that
is lost or damaged is made again alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from render.film.compositing.layered import LayerCamera, Planes
from render.film.compositing.lettered_apart import plate_of, words_apart
from render.film.compositing.mattes import codes, matte
from render.film.frames import FrameStore
from render.film.prints.exr import LAYERS, SUM, Passes, write_passes
from render.film.prints.passing import composed, mattes_of
from render.film.prints.patches import Draw
from render.film.timeline import Slice
from render.scene.encoders.compositing import LayerPart, MatteSequence, PassSequence

ALGORITHM = 1  # raise it when the same settings would write other pictures


@dataclass(frozen=True)
class FrameApart:
    """A finished frame apart: its picture without words, and what writes these."""

    number: int
    plate: np.ndarray  # (H, W, 3) or (H, W, 4)
    draw: Draw


@dataclass(frozen=True)
class LayerSequence:
    """The pictures of one output of a film."""

    settings: LayerPart
    store: FrameStore
    keys: tuple[str, ...]  # of each picture

    def write_drawn(self, number: int, place: Slice, planes: Planes, camera: LayerCamera) -> None:
        """Writes the passes or a matte of a slice from its planes."""
        take, areas = camera.take(place.shot).now(place.time), camera.areas(place.shot)
        if isinstance(self.settings, PassSequence):
            passes = with_bodies(composed(planes, take, areas), camera.bodies)
            self._write_exr(number, chosen(passes, self.settings.layers))
            return
        assert isinstance(self.settings, MatteSequence)
        share = matte(self.settings.of, planes, mattes_of(planes, take, areas))
        self._write_png(number, codes(share, self.settings.depth))

    def write_written(self, frame: FrameApart) -> None:
        """Writes the words of a frame, or the frame without them."""
        depth: int = self.settings.depth  # type: ignore[attr-defined]
        if isinstance(self.settings, MatteSequence):
            pixels = words_apart(frame.draw, frame.plate, depth)
        else:
            pixels = plate_of(frame.plate, frame.number, depth)
        self._write_png(frame.number, pixels)

    def _write_png(self, number: int, pixels: np.ndarray) -> None:
        self.store.write(number, pixels, self.keys[number])

    def _write_exr(self, number: int, passes: Passes) -> None:
        path = self.store.path(number)
        write_passes(path, passes, {"Sum": SUM})
        self.store.enter(number, self.keys[number], path.read_bytes())


def chosen(passes: Passes, layers: Sequence[str]) -> Passes:
    """Returns passes with some layers beside their picture; all where none are named."""
    if not layers:
        return passes
    left = dict.fromkeys(LAYERS.keys() - set(layers))
    return replace(passes, **left, mattes=passes.mattes if "mattes" in layers else {})  # type: ignore[arg-type]


def with_bodies(passes: Passes, names: Sequence[str]) -> Passes:
    """Returns passes with the mattes of all bodies of a film, so that every picture has the same channels."""
    nothing = np.zeros_like(passes.mattes["ground"])
    return replace(passes, mattes={**{f"body_{name}": nothing for name in names}, **passes.mattes})
