"""Crews: one process, several, shards and a cluster give the same bytes, also where a worker dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import warnings
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render import compiler
from render.errors import DataError, MachineError, UsageError
from render.loss.objective import Objective
from render.progress import Reporter
from render.sampling import campaign, team
from render.sampling.adaptive import Unfinished
from render.sampling.crew import Alone
from render.sampling.field import Field
from render.sampling.layer import blank, tiles
from render.sampling.sampling import sample
from render.sampling.status import Status
from render.sampling.team import Team
from render.sampling.workers import TileTeam
from render.space.plane import Plane
from tests.faults import PATIENCE, two_workers, wait_until
from tests.formulas import PLANE, Formula, assert_same_files, contents, square

MODES = {"exact": {}, "adaptive": {"mode": "adaptive", "tolerance": 1e-4}}
GRID = square(200, 140)
STRATEGY = "dense-compiled" if compiler._compiler() else "dense-eager"


def network() -> tuple[Objective, Plane]:
    """Returns a dense network on made-up examples, and a plane through its parameters."""
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    for parameter in model.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    inputs = torch.randn(40, 6, generator=generator)
    objective = Objective(model, inputs, torch.arange(40) % 3, functional.cross_entropy)
    rng = np.random.default_rng(0)
    origin = objective.parameters
    return objective, Plane.through(origin, *rng.normal(size=(2, len(origin))))


def measured(folder: Path, mode: str, **means):
    objective, plane = network()
    return sample(objective, plane, GRID, folder, progress=False, strategy=STRATEGY, **MODES[mode], **means)


@pytest.fixture(scope="module", params=MODES)
def alone(request, tmp_path_factory) -> tuple[str, dict[str, bytes]]:
    """A mode, and the files that one process makes."""
    folder = tmp_path_factory.mktemp("alone") / "s.zarr"
    measured(folder, request.param)
    return request.param, contents(folder)


def formula_in(folder: Path, mode: str, **means):
    return sample(Formula("kink"), PLANE, square(300, 200), folder, progress=False, **MODES[mode], **means)


@pytest.mark.slow
def test_two_processes_make_the_same_bytes_as_one(alone, tmp_path):
    mode, whole = alone
    measured(tmp_path / "s.zarr", mode, workers=2)
    assert_same_files(tmp_path / "s.zarr", whole)


@pytest.mark.slow
def test_a_mistake_in_a_worker_comes_back_as_it_was_and_nothing_hangs(tmp_path):
    with pytest.raises(DataError, match="stand-in: cannot be measured elsewhere"):
        sample(Formula(fails_in="worker"), PLANE, square(100), tmp_path / "s.zarr", progress=False, workers=2)


@pytest.mark.slow
def test_a_worker_that_ends_is_a_sentence_and_finished_tiles_are_kept(tmp_path):
    folder = tmp_path / "s.zarr"
    first = Formula("kink", limit=64 * 64)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        sample(first, PLANE, square(100), folder, progress=False)
    before = contents(folder)
    objective = Formula("kink")
    objective.measure = Ending()  # type: ignore[method-assign]
    with pytest.raises(MachineError, match="workers: one of them was ended, for lack of memory perhaps"):
        sample(objective, PLANE, square(100), folder, progress=False, workers=2)
    assert contents(folder) == before


class Ending:
    """Ends the process that measures."""

    def __call__(self, coordinates):
        os._exit(3)


@pytest.mark.slow
def test_a_worker_of_another_strategy_is_refused(tmp_path):
    with pytest.raises(MachineError, match="one of them measures by another in float32, not by formula"):
        sample(Changing("kink"), PLANE, square(100), tmp_path / "s.zarr", progress=False, workers=2)


class Changing(Formula):
    """Takes another strategy elsewhere."""

    def on(self, origin, u, v, strategy="auto", **_):
        return Formula(self.kind, strategy="formula" if os.getpid() == self.home else "another")


def started(folder: Path, pause: float) -> subprocess.Popen:
    """Starts a program with two workers that take their time."""
    program = (
        "import sys\nfrom tests.test_crew import *\nif __name__ == '__main__':\n    formula = Formula('kink', pause="
        f"{pause})\n    sample(formula, PLANE, square(300, 200), Path(sys.argv[1]), progress=False, workers=2)\n"
    )
    (folder / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, str(folder / "program.py"), str(folder / "s.zarr")]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, start_new_session=True)


@pytest.mark.slow
def test_workers_that_are_interrupted_stop_soon_and_keep_what_they_have(tmp_path):
    process = started(tmp_path, pause=0.1)
    wait_until(lambda: len(list(tmp_path.glob("s.zarr/status/c/*/?"))) >= 2)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=PATIENCE)[1].decode()
    assert process.returncode != 0 and told.count("Traceback") == 1 and "KeyboardInterrupt" in told
    second = Formula("kink")
    sample(second, PLANE, square(300, 200), tmp_path / "s.zarr", progress=False)
    assert second.count <= 300 * 200 - 2 * 64 * 64
    formula_in(tmp_path / "alone.zarr", "exact")
    assert_same_files(tmp_path / "s.zarr", contents(tmp_path / "alone.zarr"))


@pytest.mark.slow
def test_workers_that_have_hardly_begun_say_nothing_where_a_terminal_interrupts_all(tmp_path):
    process = started(tmp_path, pause=0.1)
    wait_until(lambda: len(children_of(process.pid)) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    told = process.communicate(timeout=PATIENCE)[1].decode()
    assert process.returncode != 0 and told.count("Traceback") == 1 and told.rstrip().endswith("KeyboardInterrupt"), (
        told
    )


@pytest.mark.slow
def test_processes_end_with_the_one_that_began_them(tmp_path):
    process = started(tmp_path, pause=0.2)
    wait_until(lambda: len(children_of(process.pid)) >= 3)  # two workers and the tracker of resources
    theirs = children_of(process.pid)
    process.kill()
    process.communicate()
    wait_until(lambda: not any(map(is_running, theirs)))


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_network_that_cannot_be_sent_is_a_sentence(tmp_path):
    objective = Formula()
    objective.lock = threading.Lock()  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match=r"cannot be sent to another process .*; define them at the top of a module"):
        sample(objective, PLANE, square(20), tmp_path / "s.zarr", progress=False, workers=2)


def shares(count: int, calls: int, folder: Path, make, mode: str) -> None:
    """Lets shards take turns until one gives the surface, within a number of calls."""
    for call in range(calls):
        number = call % count + 1
        try:
            make(folder, mode, shard=(number, count))
        except MachineError as left:
            assert f"shard {number}/{count} is done, " in str(left) and "run it again" in str(left)
            continue
        return
    raise AssertionError(f"not finished after {calls} calls")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 3])
def test_shards_that_take_turns_make_the_same_bytes_as_one_process(tmp_path, mode, count):
    made = formula_in(tmp_path / "alone.zarr", mode)
    levels = sum(name.startswith("level") for name in made.record.get("parts", []))
    stages = made.record["adaptive"]["rounds"] * (levels + 1) if mode == "adaptive" else 1
    shares(count, count * stages, tmp_path / "s.zarr", formula_in, mode)
    assert_same_files(tmp_path / "s.zarr", contents(tmp_path / "alone.zarr"))
    assert not list(tmp_path.glob("*.lock"))


def test_shards_of_a_network_make_the_same_bytes_as_one_process(alone, tmp_path):
    mode, whole = alone
    shares(2, 40, tmp_path / "s.zarr", measured, mode)
    assert_same_files(tmp_path / "s.zarr", whole)


def test_a_shard_measures_every_nth_tile_and_says_what_is_left(tmp_path):
    grid, formula = square(300, 200), Formula("kink")
    with pytest.raises(MachineError, match=r"surface: shard 2/3 is done, 13 tiles are for other shards; when they"):
        sample(formula, PLANE, grid, tmp_path / "s.zarr", progress=False, shard=(2, 3))
    assert formula.count == sum(np.zeros(grid.shape)[tile].size for tile in tiles(grid.shape)[1::3])


def test_a_single_tile_that_is_left_is_another_shards():
    field = Field("", lambda tile: np.zeros((5, 5, 2)), blank((5, 5)), None)
    with pytest.raises(Unfinished, match="1 tile is for another shard"):
        list(Alone(1, (2, 2)).parts(field, np.ones((5, 5), bool), None))


def test_shards_never_make_or_finish_a_store_at_the_same_time(tmp_path, monkeypatch):
    held: list[Path] = []

    @contextlib.contextmanager
    def locked(folder, say):
        assert folder not in held
        held.append(folder)
        yield
        held.remove(folder)

    def watched(method):
        def instead(self, *arguments):
            assert held == [self.folder]
            return method(self, *arguments)

        return instead

    monkeypatch.setattr(campaign, "locked", locked)
    for name in ("create_part", "finish", "write"):
        monkeypatch.setattr(campaign.SurfaceStore, name, watched(getattr(campaign.SurfaceStore, name)))
    shares(2, 40, tmp_path / "s.zarr", formula_in, "adaptive")


SHARD = """
import sys, time
from pathlib import Path
from render.errors import MachineError
from tests.test_crew import MODES, measured
while True:
    try:
        measured(Path(sys.argv[1]), sys.argv[2], shard=(int(sys.argv[3]), 2))
        break
    except MachineError as left:
        assert "run it again" in str(left), left
        time.sleep(0.02)  # the other shard measures meanwhile; how long that takes is not known
"""


@pytest.mark.slow
def test_two_shards_at_once_make_the_same_bytes_as_one_process(alone, tmp_path):
    mode, whole = alone
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", SHARD, str(tmp_path / "s.zarr"), mode]
    both = [subprocess.Popen([*command, number]) for number in "12"]
    assert [process.wait(timeout=PATIENCE) for process in both] == [0, 0]
    assert_same_files(tmp_path / "s.zarr", whole)


@pytest.fixture
def distributed():
    module = pytest.importorskip("distributed")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)\b")
        yield module


@pytest.fixture
def dask(distributed, monkeypatch):
    monkeypatch.setattr(team, "PATIENCE", PATIENCE)
    with two_workers(distributed) as cluster:
        yield cluster


@pytest.mark.slow
def test_a_cluster_makes_the_same_bytes_as_one_process(alone, dask, tmp_path):
    mode, whole = alone
    measured(tmp_path / "s.zarr", mode, scheduler=dask.scheduler_address)
    assert_same_files(tmp_path / "s.zarr", whole)


@pytest.mark.slow
def test_a_worker_of_a_cluster_that_is_killed_costs_no_more_than_its_tile(dask, tmp_path):
    def make(folder, **means):
        return sample(Formula("kink", pause=0.005), PLANE, GRID, folder, progress=False, **means)

    killed: list[int] = []

    def kill():
        wait_until(lambda: len(list(folder.glob("status/c/*/*"))) >= 2)
        killed.extend(worker.pid for worker in list(dask.workers.values())[:1])
        os.kill(killed[0], signal.SIGKILL)

    folder = tmp_path / "s.zarr"
    killer = threading.Thread(target=kill)
    killer.start()
    make(folder, scheduler=dask.scheduler_address)
    killer.join()
    make(tmp_path / "alone.zarr")
    assert killed
    assert_same_files(folder, contents(tmp_path / "alone.zarr"))


@pytest.mark.slow
def test_a_mistake_in_a_worker_of_a_cluster_comes_back_as_it_was(dask, tmp_path):
    with pytest.raises(DataError, match="stand-in: cannot be measured elsewhere"):
        sample(
            Formula(fails_in="worker"),
            PLANE,
            square(100),
            tmp_path / "s.zarr",
            progress=False,
            scheduler=dask.scheduler_address,
        )


@pytest.mark.slow
def test_where_no_scheduler_answers_a_sentence_comes(distributed, tmp_path, monkeypatch):
    monkeypatch.setattr(team, "PATIENCE", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(MachineError, match=f"none answers at {address}; start one with `dask scheduler`"):
            sample(Formula(), PLANE, square(20), tmp_path / "s.zarr", progress=False, scheduler=address)


def test_an_address_that_makes_no_sense_is_a_sentence(distributed, tmp_path):
    with pytest.raises(MachineError, match="none answers at nowhere://x; start one"):
        sample(Formula(), PLANE, square(20), tmp_path / "s.zarr", progress=False, scheduler="nowhere://x")


def test_a_missing_dask_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MachineError, match=r"needs Dask; `pip install thalweg\[cluster\]` brings it"):
        sample(Formula(), PLANE, square(20), tmp_path / "s.zarr", progress=False, scheduler="tcp://127.0.0.1:1")


class Idle:
    """Submits errands that nobody does."""

    def submit(self, errand):
        future: Future = Future()
        future.set_result(0)
        return future


def test_workers_that_bring_nothing_are_a_sentence():
    field = Field("", lambda tile: np.zeros((5, 5, 2)), blank((5, 5)), None)
    idle = TileTeam(Team(Idle().submit, lambda under_way: (under_way, set())))
    with (
        Reporter.silent().task("", 0, "") as task,
        pytest.raises(MachineError, match="none of them measured anything; look at their logs"),
    ):
        list(idle.parts(field, np.ones((5, 5), bool), task))
    assert (field.values["status"] == Status.MISSING).all()
