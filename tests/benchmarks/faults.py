"""Faults, tried many times over: what was lost.

    python tests/benchmarks/faults.py [TIMES]

Kills a render (SIGKILL) and asks it to end (SIGINT, SIGTERM in turn) TIMES times in each of its stages, at random
moments, then renders to the end and compares every byte with what an uninterrupted render gives; fills a disk at TIMES
sizes. Takes about 15 minutes with 10 times.
"""

from __future__ import annotations

import itertools
import random
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults import STAGES, end_in, finish, made, small_disk


def main() -> None:
    """Tries and prints."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assert finish(folder / "whole").returncode == 0
        whole = made(folder / "whole")
        for stage in STAGES:
            told("killed in", stage, times, ended(folder / f"k {stage}", stage, times, [signal.SIGKILL]), whole)
        for stage in STAGES:
            numbers = [signal.SIGINT, signal.SIGTERM]
            told("asked to end in", stage, times, ended(folder / f"a {stage}", stage, times, numbers), whole)
        told("a full disk in", "any stage", times, lambda: filled(folder / "disk", times, whole), whole)


def ended(output: Path, stage: str, times: int, numbers: list[signal.Signals]) -> Callable[[], dict[str, bytes]]:
    """Returns what ends renders in a stage, and gives what is there in the end."""

    def run() -> dict[str, bytes]:
        rng, done = random.Random(stage), 0
        for number in itertools.islice(itertools.cycle(numbers), times):
            code, words = end_in(stage, output, number, rng)
            if code not in (0, 130, -signal.SIGKILL) or "Traceback" in words:
                print(f"  exit code {code}: {words[-1500:]}")
            done += code == 0
        if done:
            print(f"  {done} of them came after all was done")
        assert finish(output).returncode == 0
        return made(output)

    return run


def filled(folder: Path, times: int, whole: dict[str, bytes]) -> dict[str, bytes]:
    """Renders on a disk that is too small, larger each time."""
    needed = sum((len(data) + 4095) // 4096 * 4 for data in whole.values())
    with small_disk(folder, 64) as remount:
        assert remount is not None, "no disk can be mounted here"
        for turn in range(times):
            remount(f"size={max(16, int(needed * 0.95 * turn / times))}k")
            done = finish(folder / "output")
            if done.returncode != 4 or "the disk is full" not in done.stderr:
                print(f"  exit code {done.returncode}: {done.stderr[-1500:]}")
        remount("size=64m")
        assert finish(folder / "output").returncode == 0
        return made(folder / "output")


def told(fault: str, stage: str, times: int, run: Callable[[], dict[str, bytes]], whole: dict[str, bytes]) -> None:
    """Says how often a fault was tried, and which files came out differently."""
    found = run()
    lost = sorted(name for name in found.keys() | whole.keys() if found.get(name) != whole.get(name))
    print(f"{fault} {stage}: {times} times, {', '.join(lost) or 'nothing'} lost", flush=True)


if __name__ == "__main__":
    main()
