"""Killed films: a process, or a worker of a cluster, killed while frames or layers are drawn costs no byte."""

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
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from render.cli import app
from render.sampling import team
from tests.faults import PATIENCE, made, seem_slow, two_workers, until, wait_until

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
DRAWN = ("films", "frames", "pictures")  # the folders of what is drawn
FRAMES = 12
KILLS, LAYER_KILLS = 10, 4
CUT_FRAMES = 16  # where no shot runs into the next
LAYERS = "[{kind: matte, of: shadow, depth: 8}, {kind: matte, of: words}, plate]"
IN_LAYERS = ("--set", "shots.1.transition={kind: cut}", "--set", f"films.main.outputs={LAYERS}")


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
    shutil.copytree(whole, output, ignore=shutil.ignore_patterns(*DRAWN))
    return output


def drawn(output: Path) -> set[Path]:
    """Returns the files of pictures, frames and layers, half written ones too."""
    return {path for folder in DRAWN for path in (output / folder).rglob("*.png")}


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


def kill_often(output: Path, kills: int, start: Callable[[], subprocess.Popen[str]]) -> None:
    """Kills what draws so many times, at moments that are drawn; then lets it come to its end."""
    seem_slow(output)
    rng, killed_by_now = random.Random(11), 0
    while killed_by_now < kills:
        if killed(start(), output, rng.uniform(0, 0.15)):
            killed_by_now += 1
        else:  # it was done before the moment came
            for folder in DRAWN:
                shutil.rmtree(output / folder)
    done = start()
    assert (done.communicate(timeout=PATIENCE), done.returncode)[1] == 0


@pytest.mark.parametrize("means", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_a_film_that_is_killed_ten_times_has_the_bytes_of_one_drawn_in_one_go(scene, bare, whole, means):
    kill_often(bare, KILLS, lambda: started(scene, bare, *means))
    assert made(bare) == made(whole)  # and nothing half written is left


@pytest.fixture(scope="module")
def in_layers(scene, whole, tmp_path_factory) -> Path:
    """What its layers give that are drawn in one go."""
    output = tmp_path_factory.mktemp("layers") / "output"
    shutil.copytree(whole, output, ignore=shutil.ignore_patterns(*DRAWN))
    done = CliRunner().invoke(app, words(scene, output, *IN_LAYERS))
    assert done.exit_code == 0, done.stderr
    return output


@pytest.mark.parametrize("means", [(), ("--workers", "2")], ids=["alone", "workers"])
def test_layers_that_are_killed_have_the_bytes_of_those_drawn_in_one_go(scene, bare, in_layers, means):
    kill_often(bare, LAYER_KILLS, lambda: started(scene, bare, *IN_LAYERS, *means))
    assert made(bare) == made(in_layers)
    assert len(drawn(bare) - set((bare / "pictures").rglob("*"))) == 3 * CUT_FRAMES


@pytest.fixture
def dask(monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(team, "PATIENCE", PATIENCE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)\b")
        with two_workers(distributed) as cluster:
            yield cluster


@pytest.mark.parametrize("layers", [False, True], ids=["frames", "layers"])
def test_a_worker_of_a_cluster_that_is_killed_while_it_draws_costs_no_byte(scene, bare, request, layers, dask):
    whole, asked = request.getfixturevalue("in_layers" if layers else "whole"), IN_LAYERS if layers else ()
    lost: list[int] = []
    over = threading.Event()

    def kill() -> None:
        wait_until(lambda: over.is_set() or len(drawn(bare)) >= 3)
        lost.extend(worker.pid for worker in list(dask.workers.values())[:1])
        os.kill(lost[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    done = CliRunner().invoke(app, [*words(scene, bare, "--json", *asked), "--scheduler", dask.scheduler_address])
    over.set()
    killer.join()
    assert done.exit_code == 0, done.stderr
    assert not any(each["reused"] for each in json.loads(done.stdout)["results"])
    assert lost and (layers or len(list((bare / "frames").glob("*/*.png"))) == FRAMES)
    assert made(bare) == made(whole)
