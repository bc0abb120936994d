"""Memory: it does not grow with frames or with tiles."""

import os
from pathlib import Path

import numpy as np
import pytest

from render.film.frames import FrameStore, FrameWriter
from render.landscape.grid import Grid
from render.landscape.plane import Plane
from render.landscape.surface import SurfaceStore
from tests.test_picture import shot, staged  # noqa: F401  (a fixture)

GROWTH = 30e6  # bytes; one buffer of 960 × 540 sub-pixels that stayed for each frame would be 100 MB and more


def resident() -> float:
    """Returns the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system does not tell resident memory"),
]


def test_memory_does_not_grow_from_frame_to_frame(staged, tmp_path):  # noqa: F811
    stage, store, sizes = staged(factor=3), FrameStore(tmp_path), []
    with FrameWriter(store) as writer:
        for index in range(75):
            writer.write(index, shot(stage, 180 + index), str(index))
            sizes.append(resident())
    assert max(sizes[50:]) - max(sizes[10:25]) < GROWTH


def test_memory_does_not_grow_from_tile_to_tile(tmp_path):
    grid = Grid.square(1.0, 400)
    store = SurfaceStore.create(tmp_path / "s.zarr", Plane.through(np.ones(3), *np.eye(3)[:2]), grid, {}, side=8)
    part, sizes = np.ones((8, 8), np.float32), []
    for tile in grid.tiles(8):  # 2,500
        store.write(tile, {"loss": part, "accuracy": part, "status": part.astype(np.uint8)})
        sizes.append(resident())
    assert max(sizes[2000:]) - max(sizes[200:700]) < 10e6
