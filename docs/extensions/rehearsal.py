"""A rehearsal: a tutorial done step by step as its page says, in a folder of its own, and where the two differ.

Every line that a page shows must be a whole line of what the command says, in the same order; `...` in it stands for
any text, and alone for any lines. A rehearsal without a fault is kept until the steps of its page or the sources of
the package change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from extensions.tutorial import Command, Line, Tutorial, Written

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("render/**/*", "assets/**/*", "docs/extensions/tutorial.py", "docs/extensions/rehearsal.py")
PATIENCE = 1800  # seconds for one command
TAIL = 12  # lines of what a command said that a fault repeats
GAP = "..."
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROGRAM = """import sys

from render.__main__ import main

if __name__ == "__main__":
    sys.argv[0] = "thalweg"
    main()
"""


@dataclass(frozen=True)
class Fault:
    """What is wrong at a line of a page."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Rehearsal:
    """Where a tutorial is done, and what is known of it there."""

    tutorial: Tutorial
    stage: Path  # folder of all rehearsals

    @property
    def folder(self) -> Path:
        """The folder in which the commands run; what the tutorial makes is found there."""
        return self.stage / self.tutorial.page.stem

    @property
    def record(self) -> Path:
        """The file that says what was rehearsed without a fault."""
        return self.stage / f"{self.tutorial.page.stem}.json"

    @property
    def is_kept(self) -> bool:
        """Whether the same steps were done without a fault by the same sources."""
        try:
            known = json.loads(self.record.read_text(encoding="utf-8"))["key"]
        except (OSError, ValueError, LookupError):
            return False
        return self.folder.is_dir() and known == self._key()

    def _key(self) -> str:
        steps = [(type(step).__name__, asdict(step)) for step in self.tutorial.steps]
        for _, step in steps:
            _without_numbers(step)
        return hashlib.sha256(json.dumps([steps, sources()]).encode()).hexdigest()

    def perform(self) -> list[Fault]:
        """Returns the faults of doing all steps anew, or nothing where that was done before and nothing has changed."""
        self.stage.mkdir(parents=True, exist_ok=True)
        with FileLock(self.stage / f".{self.tutorial.page.stem}.lock"):
            return [] if self.is_kept else self._anew()

    def _anew(self) -> list[Fault]:
        self.record.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        key, began = self._key(), time.monotonic()
        faults = list(self._done(environment(self.stage / "bin")))
        if not faults:
            known = {"key": key, "seconds": round(time.monotonic() - began, 1)}
            self.record.write_text(json.dumps(known), encoding="utf-8")
        return faults

    def _done(self, environment: Mapping[str, str]) -> Iterator[Fault]:
        """Does the steps and gives the faults; ends where a command fails, since what follows builds on it."""
        for step in self.tutorial.steps:
            if isinstance(step, Written):
                fault = self._write(step)
                if fault:
                    yield fault
                    return
            else:
                code, said = self._run(step, environment)
                if (code != 0) != step.fails:
                    yield Fault(step.line, _failed(step, code, said))
                    return
                yield from differences(step, said)

    def _write(self, step: Written) -> Fault | None:
        path = self.folder / step.name
        if not path.resolve().is_relative_to(self.folder.resolve()):
            return Fault(step.line, f"{step.name} leads out of the tutorial's folder; name a file in it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")
        return None

    def _run(self, step: Command, environment: Mapping[str, str]) -> tuple[int, list[str]]:
        """Returns the exit code of a command, and the lines that it has said."""
        try:
            done = subprocess.run(
                ["sh", "-c", step.text],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, [f"(still running after {PATIENCE} s)"]
        text = COLOURS.sub("", done.stdout.decode(errors="replace"))
        return done.returncode, [line.rstrip() for line in text.splitlines()]


def _without_numbers(step: dict) -> None:
    """Takes the numbers of lines out of a step, so that prose above it changes nothing."""
    step.pop("line")
    step["shown"] = [line["text"] for line in step.get("shown", ())]


def _failed(step: Command, code: int, said: Sequence[str]) -> str:
    ended = "has ended without a fault, and is to fail" if code == 0 else f"has failed with exit code {code}"
    return f"`{step.text}` {ended}; it said:{_quoted(said)}"


def _quoted(said: Sequence[str]) -> str:
    return "".join(f"\n    {line}" for line in said[-TAIL:]) or " nothing"


def differences(step: Command, said: Sequence[str]) -> Iterator[Fault]:
    """Gives a fault for the first line of a page that a command has not said."""
    left = iter(said)
    for line in step.shown:
        if line.text.strip() != GAP and not any(says(line, real) for real in left):
            sentence = f'`{step.text}` does not say "{line.text.strip()}" here; it said:{_quoted(said)}'
            yield Fault(line.number, sentence)
            return


def says(shown: Line, real: str) -> bool:
    """Whether a line that a page shows is a line that was said."""
    parts = shown.text.strip().split(GAP)
    return re.fullmatch(".*".join(map(re.escape, parts)), real.strip()) is not None


def environment(programs: Path) -> dict[str, str]:
    """Returns the user's environment, in which `thalweg` and `python` are those that build the book."""
    programs.mkdir(parents=True, exist_ok=True)
    own = programs / "program.txt"  # not of Python's ending, so that no module can be found there
    own.write_text(PROGRAM, encoding="utf-8")
    for name, words in (("python", [sys.executable]), ("thalweg", [sys.executable, str(own)])):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    paths = {"PATH": str(programs), "PYTHONPATH": str(ROOT)}
    extended = {name: os.pathsep.join(filter(None, [path, os.environ.get(name)])) for name, path in paths.items()}
    return {**os.environ, **extended, "PYTHONUNBUFFERED": "1"}


def sources() -> str:
    """Returns the SHA-256 of the sources that a tutorial depends on."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
