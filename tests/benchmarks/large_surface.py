"""One surface of 4000 × 4000 points of a perceptron, every one measured: memory, and cost a point against 1000 × 1000.

Each size runs in a process of its own, whose peak memory is read at its end. Run it as
`python tests/benchmarks/large_surface.py [SIDE ...]`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time

from cases import perceptron

import render


def measure(side: int) -> None:
    """Prints seconds and peak memory of one surface, as JSON."""
    case = perceptron()
    objective = render.Objective(case.model, case.inputs, case.targets, case.criterion)
    render.sample(objective, case.plane(), render.Grid.square(1.0, 3), progress=False)  # whatever has to be compiled
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        surface = render.sample(
            objective, case.plane(), render.Grid.square(1.0, side), f"{folder}/s.zarr", progress=False
        )
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"side": side, "seconds": seconds, "GiB": peak, "measured": surface.counts["measured"]}))


def compare(sides: list[int]) -> None:
    """Prints one line a size."""
    for side in sides:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(side)], capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout)
        micro = 1e6 * found["seconds"] / side**2
        print(f"{side} × {side}: {found['seconds']:.1f} s, {micro:.2f} µs a point, peak {found['GiB']:.2f} GiB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        compare([int(side) for side in sys.argv[1:]] or [1000, 4000, 1000])
