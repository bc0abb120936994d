"""Principal components of trajectories that do not fit into memory: seconds, peak memory, shares of variance.

Three cases, each in a process of its own, since the peak of a process never falls: a trajectory on disk, one made as
it is read, and a small one beside NumPy's singular value decomposition. All are random walks, whose shares are known:
60.8 % and 15.2 % (one walk differs from another by about a hundredth). Run it as
`python tests/benchmarks/principal_components.py [disk|made|svd ...] [--steps T --parameters P]`; the case disk writes
8 GB at its full size into a temporary folder (TMPDIR) and removes them.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from render.descent.trajectory import COLUMNS_PER_CHUNK, chunks_of
from render.space.plane import RANDOM_WALK_SHARES, Plane
from render.storage import store

SIZES = {"disk": (2000, 1_000_000), "made": (200, 11_000_000), "svd": (300, 50_000)}  # steps, parameters
LIMIT = 2 * 2**30  # bytes of peak memory
SPARE = 2**30  # bytes left on the disk


@dataclass(frozen=True)
class Walk:
    """A random walk (T, P) float32 of which every chunk of columns has a seed, made whenever it is read."""

    shape: tuple[int, int]

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        """Returns some columns at all steps; they begin where a chunk begins."""
        columns = part[1]
        assert part[0] == slice(None) and columns.start % COLUMNS_PER_CHUNK == 0
        width = min(COLUMNS_PER_CHUNK, self.shape[1] - columns.start)
        assert columns.stop - columns.start == width
        generator = np.random.default_rng(columns.start)
        steps = generator.standard_normal((self.shape[0], width), np.float32)
        return np.cumsum(steps, axis=0, out=steps)


def peak() -> int:
    """Returns the most bytes of memory that this process has held."""
    try:
        (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def timed(make: Callable[[], Any]) -> tuple[Any, float]:
    """Returns what is made, and the seconds it took."""
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def report(way: str, shares: tuple[float, float], seconds: float) -> None:
    """Prints one row."""
    known = ", ".join(f"{100 * share:.1f}" for share in RANDOM_WALK_SHARES)
    first, second = (100 * share for share in shares)
    print(f"  {way:12}{seconds:8.1f} s   peak {peak() / 2**30:5.2f} GiB   shares {first:.2f}, {second:.2f} % ({known})")


def on_disk(shape: tuple[int, int]) -> None:
    """Measures a trajectory on disk, in the chunks of a run's own."""
    with tempfile.TemporaryDirectory(prefix="thalweg-components-") as folder:
        needed, free = 4 * shape[0] * shape[1] + SPARE, shutil.disk_usage(folder).free
        if free < needed:
            sys.exit(f"{folder}: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} are free; set TMPDIR elsewhere")
        group = store.create_group(Path(folder, "walk.zarr"), {})
        array = store.create_array(group, "parameters", shape, "float32", chunks_of(*shape))
        _, seconds = timed(lambda: written(Walk(shape), array))
        print(f"  written in {seconds:.1f} s, {4 * shape[0] * shape[1] / 1e9:.1f} GB")
        plane, seconds = timed(lambda: Plane.pca(array))
        report("streamed", plane.variance_share, seconds)
    bounded()


def written(walk: Walk, array: zarr.Array) -> None:
    """Writes a walk to disk, one chunk of columns at a time."""
    for start in range(0, walk.shape[1], COLUMNS_PER_CHUNK):
        columns = slice(start, min(start + COLUMNS_PER_CHUNK, walk.shape[1]))
        array[:, columns] = walk[:, columns]


def as_it_is_read(shape: tuple[int, int]) -> None:
    """Measures a trajectory that is nowhere kept."""
    plane, seconds = timed(lambda: Plane.pca(Walk(shape)))
    report("streamed", plane.variance_share, seconds)
    bounded()


def beside_svd(shape: tuple[int, int]) -> None:
    """Measures a trajectory that fits, and compares its components with those of a decomposition of the whole."""
    walk = np.cumsum(np.random.default_rng(0).standard_normal(shape, np.float32), axis=0)
    plane, seconds = timed(lambda: Plane.pca(walk))
    report("streamed", plane.variance_share, seconds)
    centred = walk.astype(np.float64)
    centred -= centred.mean(0)
    (_, singular, axes), seconds = timed(lambda: np.linalg.svd(centred, full_matrices=False))
    shares = singular**2 / (singular**2).sum()
    report("numpy svd", (shares[0], shares[1]), seconds)
    apart = [1 - abs(axis @ other) for axis, other in zip((plane.u, plane.v), axes, strict=False)]
    off = np.abs(np.array(plane.variance_share) - shares[:2]).max()
    print(f"  1 − |cos| of the axes {apart[0]:.1e}, {apart[1]:.1e}; shares differ by {off:.1e}")


def bounded() -> None:
    """Ends the process where it has held more than it may."""
    if peak() > LIMIT:
        sys.exit(f"held {peak() / 2**30:.2f} GiB, more than {LIMIT / 2**30:.0f}")


CASES = {"disk": on_disk, "made": as_it_is_read, "svd": beside_svd}


def main() -> None:
    """Runs one case here, or several in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="case", help=f"{', '.join(CASES)}; all when absent")
    parser.add_argument("--steps", type=int, help="number of steps T")
    parser.add_argument("--parameters", type=int, help="number of parameters P")
    options = parser.parse_args()
    cases = options.cases or list(CASES)
    if unknown := set(cases) - set(CASES):
        parser.error(f"no case {', '.join(sorted(unknown))}; choose {', '.join(CASES)}")
    if len(cases) > 1:
        sizes = [x for x in sys.argv[1:] if x not in cases]
        sys.exit(max(subprocess.run([sys.executable, __file__, case, *sizes]).returncode for case in cases))
    steps, parameters = SIZES[cases[0]]
    shape = options.steps or steps, options.parameters or parameters
    print(f"{cases[0]}: {shape[0]:,} steps × {shape[1]:,} parameters", flush=True)
    CASES[cases[0]](shape)


if __name__ == "__main__":
    main()
