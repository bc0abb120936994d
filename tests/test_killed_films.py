"""Killed films: a process, or a worker of a cluster, killed while frames are drawn costs time and no byte."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.sampling import team
from tests.faults import PATIENCE, made, two_workers, until, wait_until

pytestmark = pytest.mark.slow

SCENE = """\
thalweg: 1
title: Two shots
seed: 7
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [8]}
    training: {optimiser: {kind: sgd, lr: 0.3}, batch: 32, steps: 40}
surfaces: {main: {run: main, plane: {kind: pca}, points: [24, 24]}}
look: {name: ember}
titles: [{text: "Every height was measured", at: 0.5s, duration: 2s, place: upper-right}]
shots:
  - {surface: main, duration: 2s, camera: {kind: orbit, sweep: 30}}
  - surface: main
    duration: 2s
    transition: {kind: dissolve, duration: 1s}
    camera: {kind: fixed, distance: {keys: [{t: 0s, v: 1.6}, {t: 2s, v: 1.1}]}}
films: {main: {size: [192, 108], fps: 4}}
"""
FRAMES = 12
KILLS = 10
LAYERS = "[{kind: matte, of: shadow, depth: 8}, {kind: matte, of: words}, plate]"
CUT = ("--set", "shots.1.transition=null", "--set", f"films.main.outputs={LAYERS}")


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scene") / "two-shots.yaml"
    path.write_text(SCENE, encoding="utf-8")
    return path


def words(scene: Path, output: Path, *more: str) -> list[str]:
    return ["film", str(scene), "--out", str(output), *more]


@pytest.fixture(scope="module")
def whole(graphics, scene, tmp_path_factory) -> Path:
    """What a film gives that is drawn in one go."""
    output = tmp_path_factory.mktemp("whole")
    done = CliRunner().invoke(app, words(scene, output))
    assert done.exit_code == 0, done.stderr
    return output


@pytest.fixture
def bare(whole, tmp_path) -> Path:
    """The output of all that the film needs, without its pictures and frames."""
    output = tmp_path / "output"
    shutil.copytree(whole, output, ignore=shutil.ignore_patterns("frames", "films", "pictures"))
    return output


def drawn(output: Path) -> set[Path]:
    """Returns the files of pictures and frames, half written ones too."""
    return {path for folder in ("pictures", "frames") for path in (output / folder).rglob("*.png")}


def started(scene: Path, output: Path, *more: str) -> subprocess.Popen[str]:
    """Starts drawing in a process of its own group."""
    command = [sys.executable, "-m", "render", *words(scene, output, *more)]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def killed(process: subprocess.Popen[str], output: Path, moment: float) -> bool:
    """Kills a process some seconds after it has drawn something; returns whether it had not ended by then."""
    before = drawn(output)
    until(process, lambda: bool(drawn(output) - before))
    # The moment is drawn, not waited for: what holds must hold in all of them.
    time.sleep(moment)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("means", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_a_film_that_is_killed_ten_times_has_the_bytes_of_one_drawn_in_one_go(scene, bare, whole, means):
    rng, kills = random.Random(11), 0
    while kills < KILLS:
        if killed(started(scene, bare, *means), bare, rng.uniform(0, 0.15)):
            kills += 1
        else:  # it was done before the moment came
            for folder in ("films", "frames", "pictures"):
                shutil.rmtree(bare / folder)
    done = started(scene, bare, *means)
    assert (done.communicate(timeout=PATIENCE), done.returncode)[1] == 0
    assert made(bare) == made(whole)  # and nothing half written is left


@pytest.fixture
def dask(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(team, "PATIENCE", PATIENCE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)\b")
        with two_workers(distributed) as cluster:
            yield cluster


def test_a_worker_of_a_cluster_that_is_killed_while_it_draws_costs_no_byte(scene, bare, whole, dask):
    lost: list[int] = []

    def kill() -> None:
        wait_until(lambda: len(drawn(bare)) >= 3)
        lost.extend(worker.pid for worker in list(dask.workers.values())[:1])
        os.kill(lost[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    done = CliRunner().invoke(app, [*words(scene, bare, "--json"), "--scheduler", dask.scheduler_address])
    killer.join()
    assert done.exit_code == 0, done.stderr
    assert [each["reused"] for each in json.loads(done.stdout)["results"]] == [False]
    assert lost and len(list((bare / "frames").glob("*/*.png"))) == FRAMES
    assert made(bare) == made(whole)
