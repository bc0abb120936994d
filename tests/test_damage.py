"""Damage: whatever becomes of a file on disk, the same command makes the same bytes again, and says so."""

from __future__ import annotations

import errno
import io
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import zarr

from render import compiler
from render.data import Examples
from render.descent import run as runs
from render.descent import session, trajectory
from render.errors import DataError, MachineError
from render.landscape import measure
from render.loss.objective import Measurement
from render.progress import Lines, Reporter
from render.sampling import surface
from render.sampling.layer import blank, tiles
from render.sampling.sampling import sample
from render.sampling.surface import Status, SurfaceStore
from render.scene.language.load import load
from render.space.grid import Grid
from render.space.plane import Plane
from render.storage import store
from render.storage.records import read_record, write_record
from tests.conftest import SCENE
from tests.faults import PATIENCE
from tests.kept import found_run, is_measured, kept_run, kept_surface, surface_asked

QUICK = [
    "runs.main.training.steps=20",
    "runs.main.network.widths=[5]",
    "surfaces.main.points=[70, 66]",
    "surfaces.main.objective.examples=16",
    "surfaces.main.strategy=dense-eager",  # on a busy machine now one, now another would be the fastest
]


def scene(*settings: str):
    return load(SCENE, [*QUICK, *settings])


def obtain(output: Path, *settings: str) -> tuple[measure.Landscape, str]:
    """Returns the surface, its run looked after too, with everything that was told."""
    told = io.StringIO()
    reporter = Reporter(Lines(told))
    asked = scene(*settings)
    kept_run(asked.runs["main"], asked.seed, output, reporter)
    return kept_surface(asked, output, reporter), told.getvalue()


def contents(output: Path) -> dict[str, bytes]:
    files = (path for path in output.rglob("*") if path.is_file() and not path.name.endswith("timing.json"))
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a finished run and a finished surface."""
    output = tmp_path_factory.mktemp("made")
    obtain(output)
    return output


@pytest.fixture
def copy(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path / "output")
    return tmp_path / "output"


def surface_folder(output: Path, *settings: str) -> Path:
    return surface_asked(scene(*settings), output).path


def run_folder(output: Path) -> Path:
    return runs.folder_of(scene().runs["main"], scene().seed, output)


def change_record(path: Path, change: dict[str, object]) -> None:
    """Writes a record that says something else, with a seal of its own."""
    write_record(path, {**read_record(path, {}), **change})


DAMAGES = {
    "lost": Path.unlink,
    "torn": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "of another shape": lambda path: path.write_bytes(b"[3]"),
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["run", "surface"])
def test_a_file_that_is_damaged_is_made_again_byte_for_byte(copy, made, kind, damage):
    folder, whole = {"run": run_folder, "surface": surface_folder}[kind](copy), contents(made)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        DAMAGES[damage](path)
        obtain(copy)
        assert contents(copy) == whole, path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "surface"])
def test_sixty_flipped_bits_are_found_named_and_mended(copy, made, kind):
    folder, whole = {"run": run_folder, "surface": surface_folder}[kind](copy), contents(made)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("timing.json"))
    rng = np.random.default_rng(6)
    for turn in range(60):
        path = files[turn % len(files)]  # each file in turn: by size alone nearly all would fall on parameters
        flip(path, int(rng.integers(8 * path.stat().st_size)))
        assert not is_whole(copy), path
        told = obtain(copy)[1]
        assert str(copy) in told, path
        assert contents(copy) == whole, path


def is_whole(output: Path) -> bool:
    run = found_run(scene().runs["main"], scene().seed, output)
    return run is not None and is_measured(scene(), output)


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.mark.parametrize("array", ["loss", "accuracy", "status"])
def test_a_surface_with_lost_chunks_is_not_finished_and_only_they_are_measured_again(copy, made, array):
    (surface_folder(copy) / "surface.zarr" / array / "c" / "1" / "1").unlink()
    with pytest.raises(DataError, match=r"damaged tile|is not finished"):
        measure.load(surface_asked(scene(), copy).site)
    assert not is_measured(scene(), copy)
    assert measure.points_left(surface_asked(scene(), copy).site) == 2 * 6
    _, told = obtain(copy)
    assert "surface main is mended" in told and "4,608 of 4,620 points" in told
    assert contents(copy) == contents(made)


def test_a_finished_surface_has_no_points_left_and_nothing_is_said(copy):
    assert is_measured(scene(), copy) and measure.points_left(surface_asked(scene(), copy).site) == 0
    assert obtain(copy)[1] == ""


def test_whether_a_million_points_are_whole_is_known_from_few_reads(tmp_path, monkeypatch):
    grid = Grid.square(1.0, 1000)
    found = SurfaceStore.create(tmp_path / "s.zarr", Plane.through(np.ones(3), *np.eye(3)[:2]), grid, {})
    part = np.ones((64, 64), np.float32)
    for tile in tiles(grid.cells):
        cut = part[: tile[0].stop - tile[0].start, : tile[1].stop - tile[1].start]
        found.write(tile, {"loss": cut, "accuracy": cut, "status": cut.astype(np.uint8)})
    found.finish({})
    reads, read = [], zarr.Array.__getitem__
    monkeypatch.setattr(zarr.Array, "__getitem__", lambda self, part: (reads.append(part), read(self, part))[1])
    assert surface.load(tmp_path / "s.zarr").counts["measured"] == 10**6
    assert len(reads) < 20  # arrays are read whole, not tile by tile


@pytest.mark.parametrize("damage", ["torn", "without an array", "lost"])
def test_a_damaged_path_is_a_sentence(copy, damage):
    path = surface_folder(copy) / "path.npz"
    if damage == "without an array":
        np.savez(path, alpha=np.zeros(3))
    else:
        DAMAGES[damage](path)
    with pytest.raises(DataError, match=r"path\.npz: is missing or damaged; `thalweg sample`"):
        measure.load(surface_asked(scene(), copy).site)


def test_weights_that_are_not_those_of_the_record_are_refused(copy):
    run = found_run(scene().runs["main"], scene().seed, copy)
    weights = run.folder / "weights.safetensors"
    changed = {name: 2 * value for name, value in safetensors.torch.load_file(weights).items()}
    safetensors.torch.save_file(changed, weights)
    with pytest.raises(DataError, match=r"weights\.safetensors: is missing or damaged"):
        run.model(run.dataset())
    assert found_run(scene().runs["main"], scene().seed, copy) is None
    assert "run main is trained again" in obtain(copy)[1]


@pytest.mark.parametrize("array", ["parameters/c/0/0", "step/c/0"])
def test_a_trajectory_with_lost_chunks_is_refused(copy, array):
    run = found_run(scene().runs["main"], scene().seed, copy)
    (run.folder / "trajectory.zarr" / array).unlink()
    with pytest.raises(DataError, match="is missing or damaged"):
        run.require_whole()


def test_a_trajectory_that_is_not_finite_is_refused(tmp_path):
    group = store.create_group(tmp_path / "t.zarr", {})
    values = {"step": np.arange(3), "loss": np.zeros(3, "f4"), "accuracy": np.ones(3, "f4")}
    for name, column in {**values, "parameters": np.full((3, 2), np.inf, "f4")}.items():
        store.put(group, name, column)
    with pytest.raises(DataError, match="parameters is missing or damaged"):
        trajectory.verify(trajectory.read(group))


@pytest.mark.parametrize("change", [{"train": 3}, {"network": None}, {"weights": None}, {"test": {"loss": 1.0}}])
def test_a_run_whose_record_has_another_shape_is_absent(copy, change):
    path = run_folder(copy) / "run.json"
    change_record(path, change)
    assert found_run(scene().runs["main"], scene().seed, copy) is None


@pytest.mark.parametrize("change", [{"counts": 3}, {"run": {}}, {"loss": "high"}, {"loss_digest": None}])
def test_a_surface_whose_record_has_another_shape_is_absent(copy, change):
    path = surface_folder(copy) / "surface.json"
    change_record(path, change)
    with pytest.raises(DataError, match=r"surface\.json: is damaged"):
        measure.load(surface_asked(scene(), copy).site)


def test_a_record_of_other_heights_is_written_anew(copy, made):
    path = surface_folder(copy) / "surface.json"
    change_record(path, {"loss_digest": "0" * 64})
    assert not is_measured(scene(), copy)
    obtain(copy)
    assert contents(copy) == contents(made)


def test_a_surface_record_names_what_measured_it(made):
    record = json.loads((surface_folder(made) / "surface.json").read_text())
    assert set(record["versions"]) == {"thalweg", "torch", "numpy"}
    assert (record["dtype"], record["device"]) == ("float32", "cpu")
    assert record["loss_digest"] == measure.load(surface_asked(scene(), made).site).surface.loss_digest


def unfinish(output: Path, *settings: str) -> None:
    """Takes a surface back to where its last tile and its record were missing."""
    folder = surface_folder(output, *settings)
    (folder / "surface.json").unlink()
    (folder / "path.npz").unlink()
    (folder / "surface.zarr" / "status" / "c" / "1" / "1").unlink()


def test_a_surface_goes_on_with_the_plane_that_it_was_begun_with(copy, made, monkeypatch):
    unfinish(copy)
    pca = Plane.pca

    def of_another_machine(trajectory):
        plane = pca(trajectory)
        return Plane(plane.origin, plane.u * (1 + 1e-15), plane.v, plane.variance_share)

    monkeypatch.setattr(Plane, "pca", of_another_machine)
    _, told = obtain(copy)
    assert "4,608 of 4,620 points" in told
    assert contents(copy) == contents(made)


@pytest.mark.skipif(not compiler._compiler(), reason="needs a C++ compiler")
def test_a_surface_that_was_begun_with_a_compiler_is_not_thrown_away_without_one(tmp_path, monkeypatch):
    compiled = "surfaces.main.strategy=dense-compiled"
    obtain(tmp_path, compiled)
    unfinish(tmp_path, compiled)
    before = contents(tmp_path)
    monkeypatch.setattr("render.loss.ways.dense.dense_plane.fused", lambda stack: None)
    with pytest.raises(MachineError, match=r"`apt install g\+\+` brings a compiler, or remove the folder"):
        obtain(tmp_path, compiled)
    assert contents(tmp_path) == before


class Flat:
    """An evaluator of a flat loss."""

    strategy, precision, batch = "flat", "float32", 64

    def on(self, origin, u, v, strategy="auto", **_):
        return self

    def spread(self, thetas):
        return None

    def measure(self, coordinates):
        return Measurement(np.ones(len(coordinates), np.float32), np.ones(len(coordinates), np.float32))


def test_a_store_that_was_begun_for_something_else_is_replaced_aloud(tmp_path):
    grid, told = Grid.square(1.0, 5), io.StringIO()
    for first in (1, 2):
        plane = Plane.through(first * np.ones(3), *np.eye(3)[:2])
        sample(Flat(), plane, grid, tmp_path / "s.zarr", record={"key": "k"}, progress=Reporter(Lines(told)))
    assert told.getvalue().count("was begun with another geometry; it is replaced") == 1


def test_a_damaged_plane_is_mended_and_no_point_measured_again(tmp_path):
    plane, grid = Plane.through(np.ones(3), *np.eye(3)[:2]), Grid.square(1.0, 5)
    sample(Flat(), plane, grid, tmp_path / "s.zarr")
    (tmp_path / "s.zarr" / "u" / "c" / "0").unlink()
    flat = Flat()
    flat.measure = lambda coordinates: pytest.fail("every point was measured already")
    sample(flat, plane, grid, tmp_path / "s.zarr")
    np.testing.assert_array_equal(surface.load(tmp_path / "s.zarr").plane.u, plane.u)


def test_a_status_without_its_values_is_missing(tmp_path):
    grid = Grid.square(1.0, 5)
    found = SurfaceStore.create(tmp_path / "s.zarr", Plane.through(np.ones(3), *np.eye(3)[:2]), grid, {})
    status = np.full((5, 5), Status.DIVERGED, np.uint8)
    found.write((slice(0, 5), slice(0, 5)), {**blank((5, 5)), "status": status})
    assert (found.read(lambda tile: pytest.fail("a point that diverged has no loss"))["status"] == status).all()
    found.write((slice(0, 5), slice(0, 5)), {**blank((5, 5)), "status": np.ones((5, 5), np.uint8)})
    lost: list = []
    assert (found.read(lost.append)["status"] == Status.MISSING).all() and len(lost) == 1


@pytest.mark.parametrize("work", ["train", "sample"])
def test_a_disk_that_fills_up_is_a_sentence(tmp_path, monkeypatch, work):
    settings = scene()
    if work == "sample":
        kept_run(settings.runs["main"], settings.seed, tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zarr.Array, "__setitem__", full)
    with pytest.raises(MachineError, match="the disk is full"):
        obtain(tmp_path)


class Heard(io.StringIO):
    """A stream that tells when certain words were written to it."""

    def __init__(self, words: str):
        super().__init__()
        self.words, self.heard = words, threading.Event()

    def write(self, text: str) -> int:
        if self.words in text:
            self.heard.set()
        return super().write(text)


def test_two_threads_train_and_measure_once(tmp_path, monkeypatch):
    trained, told, train = [], Heard("another process is at work there"), session.train

    def waiting(*arguments):
        trained.append(1)
        assert told.heard.wait(PATIENCE)
        return train(*arguments)

    monkeypatch.setattr(session, "train", waiting)
    reporter = Reporter(Lines(told))
    threads = [threading.Thread(target=kept_surface, args=(scene(), tmp_path, reporter)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trained) == 1
    assert "another process is at work there" in told.getvalue()
    assert told.getvalue().count("measuring surface main: 4,620 points") == 1


@pytest.mark.slow
def test_two_processes_make_the_same_bytes_as_one_and_leave_no_lock(made, tmp_path):
    settings = [word for setting in QUICK for word in ("--set", setting)]
    command = [sys.executable, "-m", "render", "sample", str(SCENE), *settings, "--out", str(tmp_path)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(2)]
    told = b"".join(process.communicate(timeout=PATIENCE)[1] for process in started)
    assert [process.returncode for process in started] == [0, 0], told.decode()
    assert contents(tmp_path) == contents(made)


def test_parameters_that_overflow_at_the_last_step_are_noticed(tmp_path):
    changes = [
        "runs.main.training.steps=1",
        "runs.main.training.optimiser.lr=1e38",
        "runs.main.network.activation=tanh",
    ]
    asked = load(SCENE, [*QUICK, *changes, "runs.main.training.optimiser.weight_decay=1000"])
    with pytest.raises(DataError, match=r"diverged at step 1 \(parameters that are not finite\); lower"):
        kept_run(asked.runs["main"], 3, tmp_path)


def test_a_batch_larger_than_the_split_is_a_sentence_with_both_numbers(tmp_path):
    asked = load(SCENE, [*QUICK, "runs.main.training.batch=2000"])
    with pytest.raises(DataError, match=r"training\.batch: 2000 .* has 1438"):
        kept_run(asked.runs["main"], 3, tmp_path)


def test_scores_of_an_empty_split_are_null():
    nothing = Examples(np.zeros((0, 2), np.float32), np.zeros(0, np.int64))
    assert runs.evaluate(torch.nn.Linear(2, 3), nothing) == {"loss": None, "accuracy": None}
