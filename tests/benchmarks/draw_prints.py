"""Seconds and memory of prints of a made-up surface, by their pixels, each in a process of its own.

    python tests/benchmarks/draw_prints.py [--sides 2048,4096,8192,16384] [--scene first-descent.yaml] [--out DIR]

With --scene, the print of that scene is made, from what is measured in DIR already. CPU seconds are those of all cores;
half of them is what two cores take when nothing else runs. Memory is the most that was resident; disk is the file, and
the light that is kept beside it until it is whole.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIDES = "2048,4096,8192,16384"
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
POINTS = 1000  # of the made-up surface, along each axis
SCENE = """thalweg: 1
title: A print
surfaces: {a: {source: {surface: a.npz}}}
shots: [{surface: a, duration: 2s}]
stills: {one: {at: 2s, size: [1024, 1024]}}
"""


def made_up(folder: Path, points: int = POINTS) -> Path:
    """Writes a smooth surface with a path, and a scene of it; returns the scene."""
    import numpy as np

    axis = np.linspace(-1, 1, points)
    x, y = np.meshgrid(axis, axis)
    loss = 1 + x**2 + 1.4 * (y - 0.3 * np.sin(3 * x)) ** 2 + 0.1 * np.sin(9 * x + 4 * y)
    way = {"path_alpha": np.linspace(0.6, 0.0, 40), "path_beta": np.linspace(-0.7, 0.05, 40)}
    np.savez(folder / "a.npz", x=axis, y=axis, z=loss.astype(np.float32), **way)
    (folder / "scene.yaml").write_text(SCENE, encoding="utf-8")
    return folder / "scene.yaml"


def measured(scene: Path, side: int, output: Path) -> dict[str, float]:
    """Makes a print of as many pixels along each side; returns what it took."""
    words = ["still", scene.name, "--print", f"{side}x{side}px", "--format", "tiff", "--out", str(output)]
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "render", *words], cwd=scene.parent, **SILENT)
    kept = 0
    while (done := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        kept = max([kept, *(path.stat().st_size for path in output.glob("stills/*.plate/light"))])
        time.sleep(0.2)
    _, status, usage = done
    process.returncode = os.waitstatus_to_exitcode(status)  # which it would wait for once more
    if status:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    size = sum(path.stat().st_size for path in output.glob(f"stills/*.{side}x{side}px.tif"))
    cpu = usage.ru_utime + usage.ru_stime
    figures = {"wall": time.perf_counter() - start, "cpu": cpu, "half": cpu / 2, "GiB": usage.ru_maxrss / 2**20}
    return {"side": side, **{name: round(value, 2) for name, value in figures.items()}, "file": size, "light": kept}


def main() -> None:
    """Measures every size and prints a line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", default=SIDES)
    parser.add_argument("--scene", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scene = asked.scene.resolve() if asked.scene else made_up(Path(folder))
        output = (asked.out or Path(folder) / "output").resolve()
        for side in map(int, asked.sides.split(",")):
            print(json.dumps(measured(scene, side, output)), flush=True)


if __name__ == "__main__":
    main()
