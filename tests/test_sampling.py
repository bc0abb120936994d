"""Sampling: stores that were stopped anywhere, damaged anywhere, made for less time, or for one dimension."""

from __future__ import annotations

import functools
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from render.errors import DataError, MachineError, UsageError
from render.progress import Lines, Reporter
from render.sampling import campaign, commission, crew, surface
from render.sampling.sampling import sample
from render.sampling.status import Status
from render.space.grid import Grid
from render.storage import store
from tests.faults import until
from tests.formulas import LINE, PLANE, Formula, assert_same_files, contents, exact, square

GRID = square(90, 70)
MODES = {"exact": {"mode": "exact"}, "adaptive": {"mode": "adaptive", "tolerance": 0.0005}}


def made_in(folder: Path | None, mode: str, formula: Formula | None = None, grid: Grid = GRID, **options):
    """Returns a surface of a kink, and what was told."""
    told = io.StringIO()
    section = LINE if grid.is_line else PLANE
    settings = MODES[mode] | {"progress": Reporter(Lines(told))} | options
    return sample(formula or Formula("kink"), section, grid, folder, **settings), told.getvalue()


@pytest.fixture(scope="module", params=MODES)
def whole(request, tmp_path_factory) -> tuple[str, Path, int]:
    """A mode, a finished store, and how many points it took."""
    folder, formula = tmp_path_factory.mktemp("whole") / "s.zarr", Formula("kink")
    made_in(folder, request.param, formula)
    return request.param, folder, formula.count


@pytest.mark.parametrize("share", [0.0, 0.1, 0.35, 0.6, 0.9, 0.999])
def test_a_surface_that_was_interrupted_goes_on_where_it_was_with_the_same_bytes(whole, tmp_path, share):
    mode, finished, count = whole
    first, second = Formula("kink", limit=int(share * count)), Formula("kink")
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        made_in(tmp_path / "s.zarr", mode, first)
    made_in(tmp_path / "s.zarr", mode, second)
    assert first.count + second.count == count
    assert_same_files(tmp_path / "s.zarr", contents(finished))


def killing(monkeypatch, after: int, torn: bool) -> None:
    """Stops at a write, as a kill does; some file systems would leave a torn file behind."""
    writes, replace, write_record = [], store._replace, surface.write_record

    def counted(write):
        def instead(path, data):
            writes.append(path)
            if len(writes) <= after:
                return write(path, data)
            if torn and isinstance(data, bytes):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data[: len(data) // 2])
            path.with_name(f"{path.name}.0f.partial").write_bytes(b"") if path.parent.exists() else None
            raise SystemError("killed")

        return instead

    monkeypatch.setattr(store, "_replace", counted(replace))
    monkeypatch.setattr(surface, "write_record", counted(write_record))


@pytest.mark.slow
@pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])
@pytest.mark.parametrize("after", [0, 1, 2, 3, 5, 8, 10, 13, 16, 17, 18])
def test_a_surface_that_was_killed_at_a_write_has_the_same_bytes_in_the_end(whole, tmp_path, monkeypatch, after, torn):
    mode, finished, count = whole
    with monkeypatch.context() as patch:
        killing(patch, after, torn)
        first = Formula("kink")
        try:
            made_in(tmp_path / "s.zarr", mode, first)
        except SystemError:
            assert not (tmp_path / "s.zarr" / "outcome.json").exists()
    second = Formula("kink")
    made_in(tmp_path / "s.zarr", mode, second)
    assert_same_files(tmp_path / "s.zarr", contents(finished))
    assert first.count + second.count <= count + 64 * 64


def damaged_copies(finished: Path, folder: Path, every: int):
    """Gives copies of a store, each with one file lost, torn or flipped, and that file's name."""
    files = sorted(path for path in finished.rglob("*") if path.is_file())
    cases = [(path, kind) for path in files for kind in ("lost", "torn", "flipped")]
    for path, kind in cases[::every]:
        name, data = path.relative_to(finished), bytearray(path.read_bytes())
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(finished, folder)
        data[len(data) // 3] ^= 4
        (folder / name).unlink()
        if kind != "lost":
            (folder / name).write_bytes(data if kind == "flipped" else data[: len(data) // 2])
        yield f"{name} {kind}", name


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 23])
def test_whatever_is_damaged_is_found_and_made_again_with_the_same_bytes(whole, tmp_path, every):
    mode, finished, _ = whole
    before = contents(finished)
    for what, name in damaged_copies(finished, tmp_path / "s.zarr", every):
        _, told = made_in(tmp_path / "s.zarr", mode)
        assert contents(tmp_path / "s.zarr") == before, what
        if name.name != "outcome.json":
            assert any(word in told for word in ("damaged", "cannot be read")), what


def test_a_finished_store_is_read_and_nothing_is_said(whole):
    mode, finished, _ = whole
    made, told = made_in(finished, mode, Formula("kink", limit=0))
    assert told == ""
    again = surface.load(finished)
    np.testing.assert_array_equal(again.loss, made.loss)
    assert again.record == made.record


def test_a_store_that_is_not_finished_cannot_be_loaded(whole, tmp_path):
    mode, finished, _ = whole
    shutil.copytree(finished, tmp_path / "s.zarr")
    (tmp_path / "s.zarr" / "outcome.json").unlink()
    with pytest.raises(DataError, match="is not finished; `thalweg sample` finishes it"):
        surface.load(tmp_path / "s.zarr")
    made_in(tmp_path / "s.zarr", mode, Formula("kink", limit=0))
    assert_same_files(tmp_path / "s.zarr", contents(finished))


def test_a_tile_that_takes_long_is_kept_from_time_to_time(tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "SAVED", 0.0)
    written, write = [], surface.Layer.write
    monkeypatch.setattr(surface.Layer, "write", lambda self, *rest: (written.append(1), write(self, *rest)))
    made_in(tmp_path / "s.zarr", "exact", grid=square(64))
    assert len(written) > 3  # 4,096 points in parts of 64, 128, and so on


PROGRAM = """
import sys
from pathlib import Path
from tests.test_sampling import MODES, GRID, PLANE, Formula, sample
sample(Formula("kink", pause=0.02), PLANE, GRID, Path(sys.argv[1]), **MODES[sys.argv[2]], progress=False)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_what_it_has_finished(whole, tmp_path):
    mode, finished, count = whole
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "s.zarr"), mode])
    walk = functools.partial(os.walk, tmp_path)  # folders come and go while they are made: it passes over those
    until(process, lambda: any(Path(root, "c/0/0").exists() for root, _, _ in walk() if root.endswith("status")))
    process.kill()
    process.wait()
    second = Formula("kink")
    made_in(tmp_path / "s.zarr", mode, second)
    assert second.count < count
    assert_same_files(tmp_path / "s.zarr", contents(finished))


@pytest.mark.parametrize("mode", MODES)
def test_a_line_has_one_dimension_in_memory_and_on_disk(tmp_path, mode):
    grid = Grid.line(np.linspace(-1, 2, 3000))
    made, _ = made_in(tmp_path / "s.zarr", mode, grid=grid)
    again = surface.load(tmp_path / "s.zarr")
    for one in (made, again):
        assert one.loss.shape == one.accuracy.shape == one.status.shape == (3000,)
        assert one.counts["missing"] == 0 and one.grid.is_line
        np.testing.assert_allclose(one.loss, exact("kink", grid), atol=0.005)
    np.testing.assert_array_equal(again.loss, made.loss)
    np.testing.assert_array_equal(again.plane.u, LINE.u)
    assert again.height_at(np.array([0.5]))[0] == pytest.approx(exact("kink", Grid.line([0.5, 1]))[0], abs=0.005)


def at_rate(monkeypatch, rate: float) -> None:
    monkeypatch.setattr(commission, "points_per_second", lambda *_: rate)


def test_an_exact_surface_in_little_time_has_fewer_points_of_the_same_range_and_aspect(tmp_path, monkeypatch):
    at_rate(monkeypatch, 1000.0)
    made, told = made_in(tmp_path / "s.zarr", "exact", grid=square(200, 100), budget=5 / 60)
    assert made.loss.size <= 5000 and made.loss.size > 4700
    assert made.loss.shape[1] / made.loss.shape[0] == pytest.approx(2, rel=0.03)
    assert [made.grid.alphas[0], made.grid.alphas[-1]] == [made.grid.betas[0], made.grid.betas[-1]] == [-1, 1]
    np.testing.assert_array_equal(made.loss, exact("kink", made.grid))
    assert made.record["asked"] == [200, 100] and "points fit the budget, 200 × 100 were asked for" in told


def test_a_surface_in_little_time_goes_on_with_its_grid_on_a_faster_machine(tmp_path, monkeypatch):
    at_rate(monkeypatch, 1000.0)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        made_in(tmp_path / "s.zarr", "exact", Formula("kink", limit=2000), square(200, 100), budget=5 / 60)
    at_rate(monkeypatch, 1e6)
    made, told = made_in(tmp_path / "s.zarr", "exact", grid=square(200, 100), budget=5 / 60)
    assert made.loss.size <= 5000 and "replaced" not in told
    assert surface.load(tmp_path / "s.zarr").record["asked"] == [200, 100]


def test_a_budget_that_is_enough_changes_nothing(monkeypatch):
    at_rate(monkeypatch, 1e6)
    made, told = made_in(None, "exact", budget=1.0)
    assert made.loss.shape == GRID.shape and "asked" not in made.record and "budget" not in told


@pytest.mark.parametrize("grid", [square(200), Grid.line(np.arange(50.0))], ids=["plane", "line"])
def test_however_little_time_there_is_two_points_along_each_axis_are_measured(monkeypatch, grid):
    at_rate(monkeypatch, 1.0)
    made, _ = made_in(None, "exact", grid=grid, budget=1e-6)
    assert made.loss.shape == (2,) * len(grid.shape)


def test_shards_share_the_budget(tmp_path, monkeypatch):
    at_rate(monkeypatch, 1000.0)
    for number in (1, 2):
        try:
            made, _ = made_in(tmp_path / "s.zarr", "exact", grid=square(200), budget=5 / 60, shard=(number, 2))
        except MachineError:
            continue
    assert 9500 < made.loss.size <= 10_000


def test_the_rate_of_an_evaluator_is_measured(monkeypatch):
    clock, measure = [0.0], Formula.measure

    def slow(self, coordinates):
        clock[0] += len(coordinates) / 800
        return measure(self, coordinates)

    monkeypatch.setattr(Formula, "measure", slow)
    monkeypatch.setattr(commission.time, "perf_counter", lambda: clock[0])
    assert commission.points_per_second(Formula(batch=32), square(5)) == pytest.approx(800)


def hurried(monkeypatch) -> None:
    """Lets time pass by points: one a second."""
    clock = [0.0]
    measure = Formula.measure

    def slow(self, coordinates):
        clock[0] += len(coordinates)
        return measure(self, coordinates)

    monkeypatch.setattr(Formula, "measure", slow)
    monkeypatch.setattr(campaign.time, "monotonic", lambda: clock[0])


def test_an_adaptive_surface_in_little_time_says_how_far_it_came(tmp_path, monkeypatch):
    hurried(monkeypatch)
    formula = Formula("kink")
    made, told = made_in(tmp_path / "s.zarr", "adaptive", formula, square(300), budget=3000 / 60)
    found = made.record["adaptive"]
    assert not found["reached"] and found["error"] > 0.0005
    assert f"the budget ended at an error of {found['error']:.2%} of the range, 0.05% was asked for" in told
    assert formula.count < 3000 and made.counts["missing"] == 0
    again, said = made_in(tmp_path / "s.zarr", "adaptive", Formula("kink", limit=0), square(300), budget=3000 / 60)
    assert said == "" and again.record == made.record


def test_what_was_made_in_little_time_is_mended_with_the_same_points(tmp_path, monkeypatch):
    hurried(monkeypatch)
    folder, options = tmp_path / "s.zarr", {"grid": square(300), "budget": 3000 / 60}
    made_in(folder, "adaptive", **options)
    before = contents(folder)
    for name in ("loss/c/0/0", "level2/loss/c/0/0", "held_out0/status/c/0/0", "outcome.json"):
        (folder / name).unlink()
        made_in(folder, "adaptive", **options)
        assert_same_files(folder, before)


def test_a_budget_without_a_store_is_kept_too(monkeypatch):
    hurried(monkeypatch)
    formula = Formula("kink")
    made, _ = made_in(None, "adaptive", formula, square(300), budget=3000 / 60)
    assert formula.count < 3000 and not made.record["adaptive"]["reached"]


def test_progress_counts_what_was_measured(tmp_path):
    formula = Formula("kink")
    _, told = made_in(tmp_path / "s.zarr", "adaptive", formula)
    assert f"{formula.count:,} points" in told and "stopped" not in told


FAULTS = {
    "mode": ({"mode": "quick"}, "mode: 'quick' is unknown; choose exact, adaptive"),
    "tolerance in exact mode": ({"mode": "exact", "tolerance": 0.1}, "tolerance: 0.1 has no place in exact mode"),
    "no tolerance": ({"tolerance": 0.0}, "tolerance: 0.0 is no fraction of the range"),
    "tolerance of all": ({"tolerance": 1.0}, "tolerance: 1.0 is no fraction of the range"),
    "tolerance NaN": ({"tolerance": float("nan")}, "tolerance: nan is no fraction of the range"),
    "scale": ({"scale": "root"}, "scale: 'root' is unknown; choose linear, log"),
    "log without floor": ({"scale": "log"}, "floor: 0.0 has no logarithm"),
    "clip": ({"clip": 101.0}, "clip: 101.0 is no percentile"),
    "no time": ({"budget": 0.0}, "budget: 0.0 min measure nothing"),
    "less than no time": ({"budget": -3.0}, "budget: -3.0 min measure nothing"),
    "time NaN": ({"budget": float("nan")}, "budget: nan min measure nothing"),
    "shard": ({"shard": (3, 2)}, "shard: 3/2 is none; write i/n with i from 1 to n"),
    "shard of nought": ({"shard": (0, 2)}, "shard: 0/2 is none"),
    "no workers": ({"workers": 0}, "workers: 0 measure nothing"),
    "workers and shard": ({"workers": 2, "shard": (1, 2)}, "exclude each other"),
    "shard and budget": ({"shard": (1, 2), "budget": 1.0}, "budget: shards cannot agree"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_go_together_is_a_sentence(tmp_path, name):
    options, fault = FAULTS[name]
    formula = Formula(limit=0)
    with pytest.raises(UsageError, match=fault):
        sample(formula, PLANE, GRID, tmp_path / "s.zarr", **{"mode": "adaptive", "progress": False} | options)
    assert not (tmp_path / "s.zarr").exists()


@pytest.mark.parametrize("means", [{"workers": 2}, {"shard": (1, 2)}, {"scheduler": "tcp://127.0.0.1:1"}], ids=str)
def test_whoever_shares_the_work_needs_a_store(means):
    with pytest.raises(UsageError, match="need a store, which they share"):
        sample(Formula(limit=0), PLANE, GRID, progress=False, **means)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"record": {"key": "other"}}, "another key"),
        ({"record": {"key": "this", "examples": 7}}, "another examples"),
        ({"strategy": "loop"}, "another strategy"),
        ({"grid": square(90, 71)}, "another geometry"),
    ],
    ids=["key", "examples", "strategy", "geometry"],
)
def test_a_store_of_something_else_is_replaced_aloud(tmp_path, change, said):
    made_in(tmp_path / "s.zarr", "exact", record={"key": "this"})
    _, told = made_in(tmp_path / "s.zarr", "exact", **{"record": {"key": "this"}} | change)
    assert f"was begun with {said}; it is replaced, and every point measured anew" in told


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"strategy": "loop"}, "was begun with the strategy formula, whose compiled kernels cannot be made now"),
        ({"precision": "bfloat16"}, "was begun in float32, and this machine measures in bfloat16"),
    ],
    ids=["strategy", "precision"],
)
def test_a_surface_is_not_continued_by_another_strategy_or_in_another_precision(tmp_path, change, fault):
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        made_in(tmp_path / "s.zarr", "exact", Formula("kink", limit=4096))
    before = contents(tmp_path / "s.zarr")
    with pytest.raises(MachineError, match=fault):
        made_in(tmp_path / "s.zarr", "exact", Formula("kink", **change))
    assert contents(tmp_path / "s.zarr") == before


def test_held_out_cells_lie_in_one_chunk(tmp_path):
    made_in(tmp_path / "s.zarr", "adaptive", grid=square(200))
    chunks = list((tmp_path / "s.zarr" / "held_out0" / "loss" / "c").rglob("*"))
    assert sum(path.is_file() for path in chunks) == 1


def test_the_outcome_counts_the_points_of_every_level(tmp_path):
    formula = Formula("kink")
    made, _ = made_in(tmp_path / "s.zarr", "adaptive", formula)
    assert sum(made.record["parts"].values()) == formula.count
    assert set(made.record["parts"]) >= {"level0", "level1", "held_out0"}


def test_statuses_tell_measured_cells_from_filled_ones(tmp_path):
    made, _ = made_in(tmp_path / "s.zarr", "adaptive")
    measured = sum(count for name, count in made.record["parts"].items() if name.startswith("level"))
    assert made.counts["measured"] == measured
    assert made.counts["interpolated"] == made.loss.size - measured
    assert (made.status[::89, ::89] == Status.MEASURED).all()
