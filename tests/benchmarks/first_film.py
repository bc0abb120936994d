"""Wall time and peak memory from installed packages to the first scene's film and still, each step apart.

    python tests/benchmarks/first_film.py [--quality final]

Everything is made in an empty folder, with an empty cache of compiled kernels, as on a new machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCENE = Path(__file__).resolve().parents[2] / "scenes" / "first-descent.yaml"


def main() -> None:
    """Runs the commands one after the other and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quality", default="final")
    options = parser.parse_args()
    total = 0.0
    print(f"{'step':34} {'seconds':>8} {'peak memory so far, MiB':>24}")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": f"{folder}/kernels"}
        for step in ("--help", "check", "plan", "train", "sample", "still", "film", "render"):
            words = [step] if step == "--help" else [step, str(SCENE), "--quality", options.quality]
            where = [] if step in ("--help", "check") else ["--out", f"{folder}/output"]
            begin = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "render", *words, *where], env=environment, check=True, stdout=subprocess.DEVNULL
            )
            seconds = time.perf_counter() - begin
            total += seconds if step in ("train", "sample", "still", "film") else 0
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            label = "render again (nothing to do)" if step == "render" else step
            print(f"{label:34} {seconds:8.2f} {memory:24.0f}", flush=True)
    print(f"{'train + sample + still + film':34} {total:8.2f}")


if __name__ == "__main__":
    main()
