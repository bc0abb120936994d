"""Seconds for a film frame of a million-point surface at 1920×1080, fused and unfused in the same run.

    python tests/benchmarks/draw_frames.py [--frames 12]

Each way runs in a process of its own, one after the other; medians, and the first frame (compilation) apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

SIZE = (1920, 1080)


def surface(points: int):
    """Returns a made-up smooth surface and a path on it, as a relief in picture units."""
    import numpy as np

    from render.stage.relief import Relief, Scale

    y, x = np.mgrid[-1 : 1 : points * 1j, -1 : 1 : points * 1j]
    level = 0.5 * (x**2 + 1.4 * (y - 0.3 * np.sin(3 * x)) ** 2) / 1.7 + 0.05 * np.sin(9 * x + 4 * y)
    level = (level - level.min()) / np.ptp(level)
    return Relief(level.astype(np.float32), np.isfinite(level), 0.3, 1.0, Scale(None, 0.0, 1.0))


def measure(frames: int) -> dict[str, float]:
    """Returns seconds a frame in this process."""
    import numpy as np

    from render.film.shooting import supersampling
    from render.scene.look import Look
    from render.scene.output import Film
    from render.stage import camera
    from render.stage.bake import Sun
    from render.stage.stage import Stage
    from render.stage.trail import drape

    relief, look = surface(1000), Look(name="ember").resolved
    path = drape(relief, "disc", np.linspace([-0.3, 0.3], [0.1, 0.0], 200), None, 0.001)
    stage = Stage(relief, look, Sun(300, 28, 2), SIZE, supersampling(Film(size=SIZE)))
    times = []
    for frame in range(frames + 2):
        begin = time.perf_counter()
        stage.show_paths([path.until(150 + frame)])
        stage.photograph(camera.standing(180 + frame, 33, 1.8, np.array([0, 0, 0.1]), 30), frame)
        times.append(time.perf_counter() - begin)
    stage.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first": times[0], "median": statistics.median(times[2:]), "memory": memory}


def main() -> None:
    """Runs both ways and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.frames)))
        return
    print(f"{'way':10} {'first frame, s':>15} {'median frame, s':>16} {'peak memory, MiB':>17}")
    for way, compile_ in (("fused", "1"), ("unfused", "0")):
        command = [sys.executable, __file__, "--child", "--frames", str(options.frames)]
        done = subprocess.run(
            command, env={**os.environ, "THALWEG_COMPILE": compile_}, capture_output=True, text=True, check=True
        )
        row = json.loads(done.stdout.splitlines()[-1])
        print(f"{way:10} {row['first']:15.2f} {row['median']:16.2f} {row['memory']:17.0f}")


if __name__ == "__main__":
    main()
