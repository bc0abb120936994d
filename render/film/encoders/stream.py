"""A stream of frames: what every encoder takes, as arrays and not as files, as often as it has to try.

Codes are those of sRGB; alpha is straight. Frames are asked for in a thread of the encoder's own, so whatever gives
them draws in no window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from render.errors import MachineError


@dataclass(frozen=True)
class FrameStream:
    """The frames of a film in their order, all of one size."""

    width: int  # pixels
    height: int
    count: int
    fps: Fraction  # frames per second
    depth: int  # bits of a channel, 8 or 16
    alpha: bool
    draw: Callable[[Sequence[int]], Iterator[np.ndarray]]  # gives the frames of some indices, in rising order

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.width, self.height

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of a frame."""
        return self.height, self.width, 4 if self.alpha else 3

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.count / self.fps

    def pictures(self, indices: Sequence[int] | None = None) -> Iterator[np.ndarray]:
        """Gives all frames, or some, (H, W, 3) or (H, W, 4), uint8 or uint16; every call begins anew.

        Raises MachineError where frames come that are not those that were announced.
        """
        wanted = range(self.count) if indices is None else indices
        kind, came = np.dtype(f"uint{self.depth}"), 0
        for picture in self.draw(wanted):
            if picture.shape != self.shape or picture.dtype != kind:
                found, asked = f"{picture.shape} {picture.dtype}", f"{self.shape} {kind}"
                raise MachineError(f"a film needs frames of one size, {asked}, not {found}", "remove its frames")
            came += 1
            yield picture
        if came != len(wanted):
            raise MachineError(f"{came} frames came, not {len(wanted)}", "remove its frames, then start again")

    def changed(self, change: Callable[[np.ndarray], np.ndarray], **announced: int) -> FrameStream:
        """Returns the stream of changed frames, with what the change makes of width, height or depth."""
        draw = self.draw
        return replace(self, draw=lambda wanted: (change(picture) for picture in draw(wanted)), **announced)  # type: ignore[arg-type]


def of_pictures(pictures: Sequence[np.ndarray], fps: Fraction) -> FrameStream:
    """Returns the stream of pictures that are in memory."""
    height, width, channels = pictures[0].shape
    depth = 8 * pictures[0].dtype.itemsize
    return FrameStream(
        width, height, len(pictures), fps, depth, channels == 4, lambda wanted: (pictures[i] for i in wanted)
    )


def in_depth(stream: FrameStream, depth: int) -> FrameStream:
    """Returns a stream of frames of 8 or 16 bits; what is taken away is dithered, each frame and pixel in its own way.

    Codes of 8 bits become those of 16 that stand for the same light.
    """
    if stream.depth == depth:
        return stream
    if depth == 16:
        return stream.changed(lambda picture: picture.astype(np.uint16) * np.uint16(257), depth=16)
    draw = stream.draw

    def drawn(wanted: Sequence[int]) -> Iterator[np.ndarray]:
        for index, picture in zip(wanted, draw(wanted), strict=True):
            yield _dithered(picture, index)

    return replace(stream, depth=8, draw=drawn)


def _dithered(picture: np.ndarray, seed: int) -> np.ndarray:
    """Returns a picture uint16 as uint8; whole codes stay as they are."""
    noise = np.random.default_rng(seed).random(picture.shape[:2], np.float32)[..., None]
    codes = picture.astype(np.float32) / np.float32(257)
    return np.floor(codes + (noise * np.float32(0.998) + np.float32(0.001))).astype(np.uint8)


def padded(stream: FrameStream, multiples: tuple[int, int], colour: str) -> FrameStream:
    """Returns a stream whose sides are multiples, with columns and rows of a colour added right and below."""
    width, height = (-(-side // multiple) * multiple for side, multiple in zip(stream.size, multiples, strict=True))
    if (width, height) == stream.size:
        return stream
    code = [int(colour[i : i + 2], 16) for i in (1, 3, 5)] + [255] * stream.alpha
    ground = np.array(code, np.uint16) * (257 if stream.depth == 16 else 1)

    def change(picture: np.ndarray) -> np.ndarray:
        wider = np.empty((height, width, picture.shape[2]), picture.dtype)
        wider[:] = ground
        wider[: picture.shape[0], : picture.shape[1]] = picture
        return wider

    return stream.changed(change, width=width, height=height)
