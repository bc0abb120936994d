"""Trainings that are killed go on from their last checkpoint, and end with the same bytes."""

import errno
import hashlib
import os
import pickle
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from render.descent import checkpoint, session, training
from render.descent import run as runs
from render.descent.checkpoint import Checkpoint
from render.errors import MachineError
from render.progress import Lines, Reporter
from render.scene.language.load import load
from tests.conftest import SCENE
from tests.faults import PATIENCE
from tests.formulas import contents
from tests.kept import kept_run

IGNORED = "run.timing.json"
OPTIMISERS = {
    "adam": "{kind: adam, lr: 0.01}",
    "momentum": "{kind: momentum, lr: 0.05}",
    "muon": "{kind: muon, lr: 0.02}",
    "rmsprop": "{kind: rmsprop}",
    "lbfgs": "{kind: lbfgs}",
}


def settings(optimiser: str = "adam", *more: str):
    changes = [f"runs.main.training.optimiser={OPTIMISERS[optimiser]}", "runs.main.training.steps=90", *more]
    if optimiser == "lbfgs":
        changes.append("runs.main.training.batch=null")
    return load(SCENE, ["runs.main.network.widths=[8]", "runs.main.training.schedule={kind: cosine}", *changes]).runs[
        "main"
    ]


def obtain(folder, asked, reporter: Reporter | None = None) -> runs.Run:
    return kept_run(asked, 3, folder, reporter or Reporter.silent())


def files(run: runs.Run) -> dict:
    return {name: content for name, content in contents(run.folder).items() if name != IGNORED}


class Cut(Exception):
    """A training that is cut off."""


@pytest.fixture
def cut_at(monkeypatch):
    """Gives a function that has a checkpoint at one step, and ends the training some steps later, once."""

    def arrange(kept: int, end: int) -> None:
        monkeypatch.setattr(training, "EVERY", 1e9)
        log_class = session.TrajectoryLog

        class Ending(log_class):
            def step(self, *args, **options):
                logged = super().step(*args, **options)
                if self.count == kept:
                    monkeypatch.setattr(training, "EVERY", -1.0)
                if self.count == kept + 1:
                    monkeypatch.setattr(training, "EVERY", 1e9)
                if self.count == end:
                    monkeypatch.setattr(session, "TrajectoryLog", log_class)
                    raise Cut
                return logged

        monkeypatch.setattr(session, "TrajectoryLog", Ending)

    return arrange


@pytest.mark.slow
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("every", [1, 7])
def test_a_training_that_is_cut_off_ends_with_the_same_bytes(tmp_path, cut_at, optimiser, every):
    asked = settings(optimiser, f"runs.main.training.every={every}")
    whole = obtain(tmp_path / "whole", asked)
    cut_at(20, 33)
    with pytest.raises(Cut):
        obtain(tmp_path / "cut", asked)
    said = []
    assert checkpoint.read(runs.folder_of(asked, 3, tmp_path / "cut") / "checkpoint.pt", whole.key).step == 20
    again = obtain(tmp_path / "cut", asked, Reporter(Telling(said)))
    assert "run main goes on from step 20" in said
    assert files(again) == files(whole)


class Telling(Lines):
    """Keeps what is said."""

    def __init__(self, said: list[str]):
        self.said = said

    def say(self, text: str) -> None:
        self.said.append(text)

    def begin(self, task) -> None: ...

    def show(self, task) -> None: ...

    def end(self, task) -> None: ...


def test_half_precision_and_dropout_go_on_too(tmp_path, cut_at):
    asked = settings("adam", "runs.main.training.stored=float16", "runs.main.network.dropout=0.3")
    whole = obtain(tmp_path / "whole", asked)
    cut_at(70, 80)
    with pytest.raises(Cut):
        obtain(tmp_path / "cut", asked)
    assert files(obtain(tmp_path / "cut", asked)) == files(whole)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other key"])
def test_a_checkpoint_that_cannot_be_used_costs_only_time(tmp_path, cut_at, damage):
    asked = settings()
    whole = obtain(tmp_path / "whole", asked)
    cut_at(20, 33)
    with pytest.raises(Cut):
        obtain(tmp_path / "cut", asked)
    path = runs.folder_of(asked, 3, tmp_path / "cut") / "checkpoint.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "other key":
        found = checkpoint.read(path, whole.key)
        checkpoint.write(path, Checkpoint("other", found.step, found.model, found.optimisers, found.log))
    else:
        path.write_bytes({"flip": content, "cut": content[:-100], "empty": b""}[damage])
    assert checkpoint.read(path, whole.key) is None
    assert files(obtain(tmp_path / "cut", asked)) == files(whole)


def test_a_log_that_was_lost_beside_its_checkpoint_costs_only_time(tmp_path, cut_at):
    asked = settings()
    whole = obtain(tmp_path / "whole", asked)
    cut_at(20, 33)
    with pytest.raises(Cut):
        obtain(tmp_path / "cut", asked)
    shutil.rmtree(runs.folder_of(asked, 3, tmp_path / "cut") / "trajectory.zarr")
    said = []
    again = obtain(tmp_path / "cut", asked, Reporter(Telling(said)))
    assert any("begins anew" in text for text in said) and files(again) == files(whole)


def test_a_checkpoint_of_code_runs_nothing(tmp_path):
    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    data = pickle.dumps(Hostile())
    (tmp_path / "checkpoint.pt").write_bytes(data + hashlib.sha256(data).digest())
    assert checkpoint.read(tmp_path / "checkpoint.pt", "key") is None
    assert not (tmp_path / "ran").exists()


PROGRAM = """
import sys, time
from pathlib import Path
from render.descent import training
from tests.test_resuming import obtain, settings
training.EVERY = 0.05
step = training._Step.__call__
training._Step.__call__ = lambda self, *a: (print("step", flush=True), time.sleep(0.01), step(self, *a))[2]
obtain(Path(sys.argv[1]), settings())
"""


def started(folder) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_ended_at_any_moment_loses_half_a_minute_at_most(tmp_path, number):
    asked = settings()
    whole = obtain(tmp_path / "whole", asked)
    rng = np.random.default_rng(int(number))
    for _ in range(3):
        with started(tmp_path / "cut") as process:
            for _ in range(rng.integers(1, 25)):
                process.stdout.readline()  # or nothing any more, where it came to its end before it was interrupted
            process.send_signal(number)
            process.communicate(timeout=PATIENCE)
    again = obtain(tmp_path / "cut", asked)
    assert files(again) == files(whole)
    assert not list(tmp_path.rglob("*.partial")) and not list(tmp_path.rglob(".*"))


def test_a_full_disk_is_a_sentence_and_keeps_what_was_done(tmp_path, cut_at, monkeypatch):
    asked = settings()
    whole = obtain(tmp_path / "whole", asked)
    cut_at(20, 33)
    with pytest.raises(Cut):
        obtain(tmp_path / "cut", asked)
    with monkeypatch.context() as patch:

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr("render.storage.store._replace", full)
        with pytest.raises(MachineError, match="the disk is full; make room, then run the same command again"):
            obtain(tmp_path / "cut", asked)
    assert files(obtain(tmp_path / "cut", asked)) == files(whole)
