"""Memory over 500 frames and over 10,000 tiles: what is held at first, and what at the end.

    python tests/benchmarks/growth.py

Each is measured in a process of its own. tests/test_memory.py watches fewer of both.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from render.film.frames import FrameStore, FrameWriter
from render.sampling.surface import SurfaceStore
from render.space.grid import Grid
from render.space.plane import Plane
from render.stage.cast import Placed
from render.stage.stage import Stage
from tests.test_memory import resident, squares
from tests.test_picture import SIZE, SUN, setting, shot

FRAMES, SIDE, TILE = 500, 800, 8  # (800 / 8)² = 10,000 tiles
SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)


def frames(folder: Path) -> list[float]:
    """Draws and saves frames; returns the memory in bytes after each."""
    y, x = np.mgrid[-1:1:90j, -1:1:120j]
    loss = (0.02 + x**2 + 2 * (y - 0.3 * np.sin(3 * x)) ** 2).astype(np.float32)
    made, look, path = setting(loss)
    stage, held = Stage([Placed(made)], look, SUN, SIZE, 3), []
    with FrameWriter(FrameStore(folder)) as writer:
        for index in range(FRAMES):
            stage.show_paths([[path.until(59.0 * index / FRAMES)]])
            writer.write(index, shot(stage, 180 + 60 * index / FRAMES), str(index))
            held.append(resident())
    stage.close()
    return held


def tiles(folder: Path) -> list[float]:
    """Writes tiles; returns the memory in bytes after each."""
    grid, plane = Grid.square(1.0, SIDE), Plane.through(np.ones(3), *np.eye(3)[:2])
    store, held = SurfaceStore.create(folder / "s.zarr", plane, grid, {}, side=TILE), []
    part = np.ones((TILE, TILE), np.float32)
    for tile in squares(SIDE, TILE):
        store.write(tile, {"loss": part, "accuracy": part, "status": part.astype(np.uint8)})
        held.append(resident())
    return held


def main() -> None:
    """Measures and prints."""
    for work in (frames, tiles):
        with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
            held = pool.apply(work, (Path(folder),))
        said = ", ".join(
            f"{held[round(share * len(held)) - 1] / 1e6:.1f} after {share * len(held):,.0f}" for share in SHARES
        )
        print(f"{work.__name__}: MB held {said}", flush=True)


if __name__ == "__main__":
    main()
