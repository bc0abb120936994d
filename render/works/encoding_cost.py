"""What encoding costs: about how long it takes, and how much disk, by the kind of output."""

from __future__ import annotations

from dataclasses import dataclass

from render.scene.encoders import Poster
from render.scene.encoders.compositing import LayerPart
from render.scene.encoders.encoder import EncoderPart, FittedPart
from render.scene.encoders.pictures import FrameSheet
from render.scene.encoders.suited import kind_of


@dataclass(frozen=True)
class Cost:
    """What one output takes when all of its frames are there."""

    seconds: float
    megabytes: float


# Seconds on two cores, and megabytes, of a frame of a million pixels with grain, read back and all: what
# tests/benchmarks/encode_film.py tells at 1920×1080. A picture of 16 bits is one of the first scene, whose lower bits
# are as they were drawn.
COSTS = {
    "h264": (0.08, 0.055),
    "hevc": (0.10, 0.013),
    "av1": (0.06, 0.003),
    "vp9": (0.16, 0.026),
    "prores": (0.09, 0.47),
    "ffv1": (0.07, 0.90),
    "hap": (0.03, 0.78),
    "gif": (0.10, 0.42),
    "webp": (0.07, 0.053),
    "apng": (0.37, 1.27),
    "png": (0.08, 1.62),
    "tiff": (0.08, 1.59),
    "exr": (0.12, 4.0),
    "poster": (0.1, 1.7),
    "contact-sheet": (0.3, 1.7),
}
LAYERS = {"passes": (2.3, 46.0), "matte": (0.04, 0.08), "plate": (0.06, 1.62)}  # the same of layers, but one process
DEEP = 3.3  # by which a picture of 16 bits is larger, where nothing is lost
TRIES = 3.5  # where a size is found by trying


def cost_of(encoder: EncoderPart, size: tuple[int, int], count: int) -> Cost:
    """Returns about what an output of so many frames of a size takes."""
    seconds, megabytes = COSTS[kind_of(encoder)]
    share = size[0] * size[1] / 1e6 * (1 if isinstance(encoder, Poster | FrameSheet) else count)
    if getattr(encoder, "depth", 8) == 16:
        megabytes *= DEEP
    most = encoder.max_size if isinstance(encoder, FittedPart) else None
    if most is None:
        return Cost(seconds * share, megabytes * share)
    return Cost(TRIES * seconds * share, min(2 * megabytes * share, 2 * most / 1e6))


def layer_cost(layer: LayerPart, size: tuple[int, int]) -> Cost:
    """Returns about what a picture of a layer takes beside being drawn."""
    seconds, megabytes = LAYERS[kind_of(layer)]
    share = size[0] * size[1] / 1e6
    return Cost(seconds * share, megabytes * share * (DEEP if getattr(layer, "depth", 8) == 16 else 1))
