"""Faults that tests and the reliability table share: processes that are killed, disks that are full."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from render.works.paces import Paces
from tests.conftest import SCENE

PATIENCE = 1800  # seconds after which something hangs, whatever else the machine is at; nothing waits so long
TOLD = ("strategies.json", "paces.json")
STAGES = {  # what is on disk when a stage of a render has begun
    "train": "runs/*/trajectory.zarr/zarr.json",
    "sample": "surfaces/*/surface.zarr/status/zarr.json",
    "frames": "frames/*/0*.png",
    "encode": "films/.*.mp4",
}
SETTINGS = [  # long enough for every stage to be met
    "runs.main.training.steps=300",
    "surfaces.main.objective.examples=256",
    "surfaces.main.strategy=loop",
]


def command(output: Path, *words: str) -> list[str]:
    """Returns the command line of a small render."""
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return [
        *(sys.executable, "-m", "render", "render", str(SCENE), "--quality", "thumb", "--out", str(output)),
        *settings,
        *words,
    ]


def start(output: Path) -> subprocess.Popen[str]:
    """Starts a render that writes into an output folder."""
    return subprocess.Popen(command(output), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(output: Path) -> subprocess.CompletedProcess[str]:
    """Renders to the end."""
    return subprocess.run(command(output), capture_output=True, text=True, timeout=PATIENCE, check=False)


def seem_slow(output: Path) -> None:
    """Has a folder of results tell that this machine draws slowly: several processes are worth their start then."""
    output.mkdir(parents=True, exist_ok=True)
    Paces(dict.fromkeys([*Paces.of(output).told, "all"], 1e6)).keep(output)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Waits until something is so; fails where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def until(process: subprocess.Popen[str], happened: Callable[[], bool]) -> bool:
    """Waits until something has happened; returns whether it did before the process ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.002)
    return False


def end_in(stage: str, output: Path, number: signal.Signals, rng: random.Random) -> tuple[int, str]:
    """Renders, and ends the process at a random moment of a stage; returns exit code and standard error."""
    process = start(output)
    before = {path: path.stat().st_mtime_ns for path in output.glob(STAGES[stage])}

    def begun() -> bool:
        with contextlib.suppress(FileNotFoundError):
            return any(before.get(path) != path.stat().st_mtime_ns for path in output.glob(STAGES[stage]))
        return False

    until(process, begun)
    # The moment is drawn, not waited for: what holds must hold in all of them.
    time.sleep(rng.uniform(0, 0.4))
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE)
    return process.returncode, told


def made(output: Path) -> dict[str, bytes]:
    """Returns all files whose bytes are promised: all but times, locks and what tells how fast this machine is."""
    files = (path for path in output.rglob("*") if path.is_file())
    kept = (path for path in files if not path.name.endswith(".timing.json") and path.name not in TOLD)
    return {str(path.relative_to(output)): path.read_bytes() for path in kept}


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[str], None] | None]:
    """Gives a function that remounts a disk of this size with other options, or None where none can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = os.name == "posix" and _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder))
    try:
        yield (lambda options: _remount(folder, options)) if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _remount(folder: Path, options: str) -> None:
    assert _mount("-o", f"remount,{options}", str(folder))


def _mount(*words: str) -> bool:
    try:
        return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def two_workers(distributed: Any) -> Iterator[Any]:
    """Gives a cluster of two processes; the environment, in which it tells later ones to use one thread, stays."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    environment = dict(os.environ)
    try:
        with distributed.LocalCluster(processes=True, **options) as cluster:
            yield cluster
    finally:
        os.environ.clear()
        os.environ.update(environment)
