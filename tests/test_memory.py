"""Memory: it does not grow with frames or with tiles."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from render.film.frames import FrameStore, FrameWriter
from render.sampling.surface import SurfaceStore
from render.space.grid import Grid
from render.space.plane import Plane
from tests.test_picture import shot, staged  # noqa: F401  (a fixture)

GROWTH = 30e6  # bytes; one buffer of 960 × 540 sub-pixels that stayed for each frame would be 100 MB and more


def resident() -> float:
    """Returns the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def squares(along: int, side: int) -> Iterator[tuple[slice, slice]]:
    """Gives the tiles of a side that together cover as many cells along both axes."""
    parts = [slice(start, start + side) for start in range(0, along, side)]
    return itertools.product(parts, parts)


def grown(sizes: list[float]) -> float:
    """Returns by how much memory grew steadily over all of sizes, in bytes.

    What stays for each frame grows in both halves; a library that takes a pool once grows in one.
    """
    first, middle, last = (float(np.median(part)) for part in np.array_split(sizes, 3))
    return 2 * min(middle - first, last - middle)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell resident memory"),
]


def test_growth_is_what_comes_again_and_again():
    steps = np.arange(60.0)
    assert grown(list(2e6 * steps)) == pytest.approx(80e6)
    assert grown(list(40e6 * (steps > 30))) == 0


def test_memory_does_not_grow_from_frame_to_frame(staged, tmp_path):  # noqa: F811
    stage, store, sizes = staged(factor=3), FrameStore(tmp_path), []
    with FrameWriter(store) as writer:
        for index in range(75):
            writer.write(index, shot(stage, 180 + index), str(index))
            sizes.append(resident())
    assert grown(sizes[15:]) < GROWTH


def test_memory_does_not_grow_from_tile_to_tile(tmp_path):
    grid = Grid.square(1.0, 400)
    store = SurfaceStore.create(tmp_path / "s.zarr", Plane.through(np.ones(3), *np.eye(3)[:2]), grid, {}, side=8)
    part, sizes = np.ones((8, 8), np.float32), []
    for tile in squares(400, 8):  # 2,500
        store.write(tile, {"loss": part, "accuracy": part, "status": part.astype(np.uint8)})
        sizes.append(resident())
    assert grown(sizes[400:]) < 10e6
