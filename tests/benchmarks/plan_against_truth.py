"""What a plan says of drawing, and of measuring a series, against what it takes; each case in a folder of its own.

    python tests/benchmarks/plan_against_truth.py [--case morph-final --case print] [--size 1920x1080] [--seconds 4]

Each case is measured once, held against its plan, then drawn twice, the second time with what this machine was
remembered to take. A plan is held against the command, less what that takes where nothing is left to do; the first
line of progress that tells what is left, and the first after ten seconds, against what was left then.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCENE = """thalweg: 1
title: A plan
runs:
  main:
    data: {{kind: digits}}
    network: {{kind: mlp, widths: [24, 24], activation: tanh}}
    training: {{optimiser: {{kind: sgd, lr: 0.2, momentum: 0.9}}, batch: 64, steps: 120, every: 1}}
{shown}
look: {{name: ember, relief: [{{log: {{floor: 1.0e-3}}}}, {{exaggeration: 0.34}}]}}
shots:
  - {{surface: main, duration: {seconds}s, camera: {{kind: orbit, sweep: 20}}{path}}}
{asked}
"""
SURFACE = """surfaces:
  main: {{run: main, objective: {{examples: 256}}, plane: {{kind: pca}}, points: [{points}, {points}]}}
"""
SERIES = """series:
  main: {{kind: ride-along, run: main, stops: 6, objective: {{examples: 256}}, axes: fixed,
    points: [{points}, {points}]}}
"""
FILM = "films:\n  main: {{size: [{width}, {height}], fps: {fps}{more}}}"
STILL = "stills:\n  main: {{at: 1s, size: [{width}, {height}], title: true}}"
MADE = ("frames", "pictures", "films", "stills")
LINE = re.compile(r"^drawing.*?, ([\d.]+ s|\d+ min \d+ s|\d+ h \d+ min) left")
LATER = 10.0  # seconds
PROCESSORS = """import os, time
time.perf_counter = time.monotonic = lambda: time.process_time() + sum(os.times()[2:4])
"""
PRINT = """import sys
from pathlib import Path
from render.scene.language.load import load
from render.scene.printing import PrintRequest
from render.works.order import Order
from render.works.print_work import print_work

order = Order(load(sys.argv[1]), "final", Path(sys.argv[2]))
print(print_work(order, "main", PrintRequest(size="A5", dpi=150)).left().seconds)
"""


@dataclass(frozen=True)
class PlanCase:
    """Something that is drawn."""

    asked: str
    command: tuple[str, ...]
    shown: str = SURFACE
    quality: str = "final"
    more: str = ""  # of the film
    part: str = "film"  # what its plan calls it


CASES = {
    "film": PlanCase(FILM, ("film",)),
    "morph-draft": PlanCase(FILM, ("film",), SERIES, "draft"),
    "morph-final": PlanCase(FILM, ("film",), SERIES),
    "deep": PlanCase(FILM, ("film",), more=", outputs: [{kind: png, depth: 16}]"),
    "still": PlanCase(STILL, ("still",), part="still"),
    "print": PlanCase(STILL, ("still", "--print", "A5", "--dpi", "150"), part="print"),
    "layers": PlanCase(FILM, ("film",), more=", outputs: [passes, {kind: matte, of: body}, {kind: matte, of: words}]"),
}


@dataclass(frozen=True)
class Sizes:
    """How large the cases are."""

    width: int
    height: int
    points: int
    seconds: float
    fps: int


@dataclass(frozen=True)
class BenchClock:
    """What seconds are: those of the wall, or those of processors, where a machine has other things to do."""

    site: Path | None = None  # a folder from which Python takes the clock of processors

    @classmethod
    def of_processors(cls, folder: Path) -> BenchClock:
        """Returns a clock of processors, which the commands go by too."""
        (folder / "sitecustomize.py").write_text(PROCESSORS)
        return cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """Returns what commands run in."""
        if self.site is None:
            return dict(os.environ)
        return {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.site), os.environ.get("PYTHONPATH", "")])}

    def of_all(self) -> float:
        """Returns what it says between two commands."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.perf_counter() if self.site is None else used.ru_utime + used.ru_stime

    def of_running(self, pid: int, begun: float) -> float:
        """Returns the seconds of a command that runs; begun: what the clock said before it."""
        if self.site is None:
            return time.perf_counter() - begun
        numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, numbers[11:15])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Told:
    """A line of progress."""

    at: float  # seconds after the command
    left: float  # seconds that it says are left
    real: float  # seconds that were


@dataclass(frozen=True)
class Trial:
    """A case in a folder."""

    case: PlanCase
    scene: Path
    output: Path
    clock: BenchClock

    def words(self, *command: str) -> list[str]:
        """Returns a command on the scene."""
        first, *options = command
        where = ["--quality", self.case.quality, "--out", str(self.output)]
        return [sys.executable, "-m", "render", first, str(self.scene), *where, *options]

    def plan(self, *parts: str) -> float:
        """Returns the seconds that a plan says of some parts."""
        told = subprocess.run(
            self.words("plan", "--json"), check=True, capture_output=True, text=True, env=self.clock.environment
        )
        missing = json.loads(told.stdout)["scenes"][0]["missing"]
        return float(sum(item["seconds"] for item in missing if item["what"].split()[0] in parts))

    def make(self, *command: str) -> tuple[float, list[Told]]:
        """Returns the seconds of a command, and what each line of progress that tells what is left told of drawing."""
        words, lines, end = self.words(*command), list[tuple[float, float]](), 0.0
        begun = self.clock.of_all()
        with subprocess.Popen(
            words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=self.clock.environment
        ) as run:
            assert run.stderr is not None
            for line in run.stderr:
                now = self.clock.of_running(run.pid, begun)
                if found := LINE.match(line):
                    lines.append((now, seconds_of(found[1])))
                elif line.startswith("drawing") and " in " in line:
                    end = now
        if run.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {run.returncode}")
        return self.clock.of_all() - begun, [Told(now, left, end - now) for now, left in lines]

    def planned(self) -> float:
        """Returns the seconds that drawing takes by the plan; nobody plans a print that was never made."""
        if self.case.part != "print":
            return self.plan(self.case.part)
        words = [sys.executable, "-c", PRINT, str(self.scene), str(self.output)]
        told = subprocess.run(words, check=True, capture_output=True, text=True, env=self.clock.environment)
        return float(told.stdout)

    def forget(self) -> None:
        """Removes all pictures."""
        for name in MADE:
            shutil.rmtree(self.output / name, ignore_errors=True)


def seconds_of(text: str) -> float:
    """Returns the seconds of a time as progress tells it."""
    units = {"s": 1.0, "min": 60.0, "h": 3600.0}
    words = text.split()
    return sum(float(number) * units[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


def scene_of(case: PlanCase, sizes: Sizes) -> str:
    """Returns the scene of a case."""
    numbers = {**vars(sizes), "more": case.more}
    shown, asked = (text.format(**numbers) for text in (case.shown, case.asked))
    path = ", path: {show: false}" if case.shown == SERIES else ""
    return SCENE.format(shown=shown, asked=asked, path=path, **vars(sizes))


def told(name: str, planned: Sequence[float], truth: Sequence[float]) -> str:
    """Returns a line: each plan and what it took, with the larger of both over the smaller."""
    pairs = [
        f"{plan:7.1f} {real:7.1f} {max(plan, real) / max(0.01, min(plan, real)):6.2f}"
        for plan, real in zip(planned, truth, strict=True)
    ]
    return f"{name:22} " + "   ".join(pairs)


def tried(name: str, sizes: Sizes, folder: Path, clock: BenchClock) -> None:
    """Prints the lines of a case."""
    case = CASES[name]
    trial = Trial(case, folder / "scene.yaml", folder / "output", clock)
    trial.scene.write_text(scene_of(case, sizes))
    measuring = trial.plan("run", "surface", "series")
    taken, _ = trial.make("sample")
    nothing, _ = trial.make("sample")
    print(told(f"{name}: measuring", [measuring], [taken - nothing]), flush=True)
    before = trial.planned()
    first, lines = trial.make(*case.command)
    nothing, _ = trial.make(*case.command)
    trial.forget()
    after = trial.planned()
    second, more = trial.make(*case.command)
    print(told(name, [before, after], [first - nothing, second - nothing]), flush=True)
    for times, found in zip(("first", "second"), (lines, more), strict=True):
        for line in (*found[:1], *later(found)):
            print(f"  {times} time, at {line.at:5.1f} s: {line.left:6.1f} s left, {line.real:6.1f} were", flush=True)


def later(lines: list[Told]) -> list[Told]:
    """Returns the first of the lines after ten seconds of their work."""
    return [line for line in lines if line.at > lines[0].at + LATER][:1]


def main() -> None:
    """Tries every case, or some."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=CASES, help="tries this one, and others so named; else all")
    parser.add_argument("--size", default="960x540")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--fps", type=int, default=12)
    parser.add_argument("--processors", action="store_true", help="counts seconds of processors, not of the wall")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    sizes = Sizes(width, height, options.points, options.seconds, options.fps)
    print(f"{'case':22} {'plan s':>7} {'took s':>7} {'apart':>6}    and the second time, remembered", flush=True)
    for name in options.case or CASES:
        with tempfile.TemporaryDirectory() as folder:
            clock = BenchClock.of_processors(Path(folder)) if options.processors else BenchClock()
            tried(name, sizes, Path(folder), clock)


if __name__ == "__main__":
    main()
