"""What encoding costs: about how long it takes, and how much disk, by the kind of output."""

from __future__ import annotations

from dataclasses import dataclass

from render.scene.encoders.encoder import EncoderPart, FittedPart
from render.scene.encoders.suited import kind_of


@dataclass(frozen=True)
class Cost:
    """What one output takes when all of its frames are there."""

    seconds: float
    megabytes: float


COSTS: dict[
    str, tuple[float, float]
] = {  # seconds, and megabytes, of a frame of a million pixels; measured on two cores
    "h264": (0.04, 0.072),
}
TRIES = 3.5  # where a size is found by trying


def cost_of(encoder: EncoderPart, size: tuple[int, int], count: int) -> Cost:
    """Returns about what an output of so many frames of a size takes."""
    seconds, megabytes = COSTS.get(kind_of(encoder), (0.1, 0.1))
    share = size[0] * size[1] / 1e6 * count
    most = encoder.max_size if isinstance(encoder, FittedPart) else None
    if most is None:
        return Cost(seconds * share, megabytes * share)
    return Cost(TRIES * seconds * share, min(2 * megabytes * share, 2 * most / 1e6))
