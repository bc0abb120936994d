"""The log of any training loop: every step that is asked for, in little memory, whole whatever kills it."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import render
from render.descent import trajectory
from render.descent.log import DivergedError, TrajectoryLog, load_statistics
from render.descent.parameters import parameters_of
from render.errors import DataError, UsageError
from render.space.plane import Plane
from render.storage import store
from tests.formulas import assert_same_files, contents


@pytest.fixture(autouse=True)
def low(monkeypatch) -> None:
    """Chunks of four rows, so that a short log has several."""
    monkeypatch.setattr(trajectory, "STEPS_PER_CHUNK", 4)


def network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def move(model: nn.Module, step: int) -> None:
    """Makes a step that depends on its number alone, as an optimiser would."""
    generator = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    model.train()(torch.randn(8, 3, generator=generator))  # batch norm follows


def log_steps(log: TrajectoryLog, model: nn.Module, stop: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns θ and the running means after every step up to one."""
    thetas, means = [parameters_of(model)], [model[1].running_mean.numpy().copy()]
    for step in range(log.count + 1, stop + 1):
        move(model, step)
        log.step(loss=torch.tensor(1.0 / step), accuracy=0.5)
        thetas.append(parameters_of(model))
        means.append(model[1].running_mean.numpy().copy())
    return thetas, means


@pytest.mark.parametrize("stop", [1, 3, 4, 7, 8, 11])
def test_every_step_is_logged_with_parameters_loss_and_statistics(tmp_path, stop):
    model = network()
    with TrajectoryLog(tmp_path, model) as log:
        thetas, means = log_steps(log, model, stop)
    found = log.trajectory()
    np.testing.assert_array_equal(found.parameters[:], thetas)
    assert found.steps.tolist() == list(range(stop + 1))
    np.testing.assert_allclose(found.losses[1:], 1 / np.arange(1, stop + 1), rtol=1e-6)
    assert found.buffer_names == ("1.running_mean", "1.running_var")
    np.testing.assert_array_equal(found.buffers[:, :4], means)
    assert {path.name for path in (tmp_path / "trajectory.zarr").iterdir()} == {
        "zarr.json", "parameters", "step", "loss", "accuracy", "buffers",
    }  # fmt: skip


@pytest.mark.parametrize(("every", "steps"), [(3, [0, 3, 6, 9, 10]), (5, [0, 5, 10]), (20, [0, 10])])
def test_the_first_every_asked_and_the_last_step_are_logged(tmp_path, every, steps):
    model = network()
    with render.TrajectoryLog(str(tmp_path), model, every=every) as log:
        thetas, _ = log_steps(log, model, 10)
    found = trajectory.load(tmp_path)
    assert found.steps.tolist() == steps
    np.testing.assert_array_equal(found.parameters[:], np.array(thetas)[steps])


PARTS = [
    slice(None), slice(2, 9), slice(None, None, 3), 5, -1, [0, 7, 3], (slice(None), slice(3, 17)),
    (slice(5, 6), slice(0, 1)), (4, slice(2, 8)), (slice(1, 9), 7),
]  # fmt: skip


@pytest.mark.parametrize("stored", ["float32", "float16"])
@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_trajectory_on_disk_is_read_like_an_array(tmp_path, stored, part):
    model = network()
    with TrajectoryLog(tmp_path, model, stored=stored) as log:
        log_steps(log, model, 10)
    found = log.trajectory().parameters
    whole = np.asarray(found)
    assert found.shape == whole.shape == (11, parameters_of(model).size) and len(found) == 11
    np.testing.assert_array_equal(found[part], whole[part])


def test_differences_of_half_precision_are_near_and_their_largest_error_is_recorded(tmp_path):
    models = [network(), network()]
    logs = []
    for model, stored in zip(models, ("float32", "float16"), strict=True):
        with TrajectoryLog(tmp_path / stored, model, stored=stored) as log:
            log_steps(log, model, 11)
        logs.append(log)
    full, half = (np.asarray(log.trajectory().parameters) for log in logs)
    error = np.abs(half - full).max()
    assert 0 < error < 2e-3 * np.abs(np.diff(full, axis=0)).max() * 4
    group = store.open_group(tmp_path / "float16" / "trajectory.zarr")
    assert group.attrs["largest_error"] == pytest.approx(float(error), rel=1e-5)
    np.testing.assert_array_equal(half[::4], full[::4])
    stores = (tmp_path / stored / "trajectory.zarr" for stored in ("float32", "float16"))
    chunks = ((place / "parameters" / "c").rglob("*") for place in stores)
    sizes = [sum(file.stat().st_size for file in files if file.is_file()) for files in chunks]
    assert sizes[1] < 0.6 * sizes[0]


def begun(folder, stored: str, cut: int):
    """Logs ten steps in folder/whole and some in folder/cut; returns that log, its network, its state, the weights."""
    model = network()
    with TrajectoryLog(folder / "whole", model, stored=stored) as log:
        log_steps(log, model, 10)
    model = network()
    log = TrajectoryLog(folder / "cut", model, stored=stored)
    log_steps(log, model, cut)
    log.flush()
    return log, model, log.state(), {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("stored", ["float32", "float16"])
@pytest.mark.parametrize("cut", [1, 3, 4, 6, 8])
def test_a_log_that_was_cut_off_goes_on_to_the_same_bytes(tmp_path, stored, cut):
    log, model, before, weights = begun(tmp_path, stored, cut)
    log_steps(log, model, cut + 3)  # done, and lost with the process
    log.flush()
    model.load_state_dict(weights)
    again = TrajectoryLog(tmp_path / "cut", model, stored=stored, start=cut, before=before)
    assert again.count == cut
    log_steps(again, model, 10)
    again.finish()
    assert_same_files(tmp_path / "cut", contents(tmp_path / "whole"))


def test_a_log_goes_on_from_what_is_on_disk_alone(tmp_path):
    model = network()
    with TrajectoryLog(tmp_path, model) as log:
        thetas, _ = log_steps(log, model, 6)
    again = TrajectoryLog(tmp_path, model, start=6)
    more, _ = log_steps(again, model, 9)
    again.finish()
    np.testing.assert_array_equal(again.trajectory().parameters[:], [*thetas, *more[1:]])


def test_what_lies_behind_the_start_is_cut_off(tmp_path):
    model = network()
    with TrajectoryLog(tmp_path, model) as log:
        thetas, _ = log_steps(log, model, 10)
    again = TrajectoryLog(tmp_path, model, start=2)
    again.close()
    np.testing.assert_array_equal(trajectory.load(tmp_path).parameters[:], thetas[:3])


def test_a_process_that_dies_leaves_what_was_flushed(tmp_path):
    model = network()
    log = TrajectoryLog(tmp_path, model)
    thetas, _ = log_steps(log, model, 6)
    log.flush()
    del log
    again = TrajectoryLog(tmp_path, model, start=6)
    again.close()
    np.testing.assert_array_equal(trajectory.load(tmp_path).parameters[:], thetas)


def test_an_error_in_the_loop_keeps_what_was_logged(tmp_path):
    model = network()
    with pytest.raises(ZeroDivisionError, match="division"), TrajectoryLog(tmp_path, model) as log:
        log_steps(log, model, 5)
        _ = 1 / 0
    assert len(trajectory.load(tmp_path)) == 6


@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_parameters_that_are_not_finite_are_refused_and_the_rest_is_kept(tmp_path, stored):
    model = network()
    with (
        pytest.raises(DivergedError, match="step 4: the parameters are not finite"),
        TrajectoryLog(tmp_path, model, stored=stored) as log,
    ):
        thetas, means = log_steps(log, model, 3)
        model[0].weight.data[0, 0] = torch.nan
        log.step()
    found = trajectory.load(tmp_path)
    assert len(found) == 4  # a whole chunk, whose memory the row that is not finite has begun to use
    np.testing.assert_allclose(found.parameters[:], thetas, atol=1e-3 if stored == "float16" else 0)
    np.testing.assert_array_equal(found.buffers[:, :4], means)


def test_a_log_that_is_there_is_not_written_over_by_chance(tmp_path):
    with TrajectoryLog(tmp_path, network()):
        pass
    with pytest.raises(UsageError, match="holds a log already; give start= to go on, overwrite=True"):
        TrajectoryLog(tmp_path, network())
    with TrajectoryLog(tmp_path, network(), overwrite=True) as log:
        pass
    assert len(log.trajectory()) == 1


def test_the_log_of_another_network_is_not_gone_on_with(tmp_path):
    with TrajectoryLog(tmp_path, network()):
        pass
    with pytest.raises(DataError, match=r"was logged from a network of 34 parameters, this one has 8"):
        TrajectoryLog(tmp_path, nn.Linear(3, 2), start=1)
    with pytest.raises(DataError, match="missing or cannot be read"):
        TrajectoryLog(tmp_path / "nothing", network(), start=1)
    with pytest.raises(UsageError, match="every: 0 is no number of steps"):
        TrajectoryLog(tmp_path / "other", network(), every=0)


@pytest.mark.parametrize("stored", ["float32", "float16"])
@pytest.mark.parametrize("cut", [1, 4, 6])
def test_a_log_that_dies_again_before_it_writes_has_lost_nothing(tmp_path, stored, cut):
    _, model, before, weights = begun(tmp_path, stored, cut)
    for _ in range(2):  # opened, and gone
        model.load_state_dict(weights)
        again = TrajectoryLog(tmp_path / "cut", model, stored=stored, start=cut, before=before)
    log_steps(again, model, 10)
    again.finish()
    assert_same_files(tmp_path / "cut", contents(tmp_path / "whole"))


@pytest.mark.parametrize(("stored", "asked"), [("float32", "float16"), ("float16", "float32")])
def test_a_log_is_not_gone_on_with_in_another_precision(tmp_path, stored, asked):
    with TrajectoryLog(tmp_path, network(), stored=stored) as log:
        log_steps(log, network(), 6)
    whole = contents(tmp_path)
    with pytest.raises(DataError, match=f'was stored as {stored}, not {asked}; go on with stored="{stored}"'):
        TrajectoryLog(tmp_path, network(), stored=asked, start=4)
    assert_same_files(tmp_path, whole)


def test_a_log_is_not_gone_on_with_from_before_its_first_step(tmp_path):
    log = TrajectoryLog(tmp_path, network(), first=None)
    log.step(at=100)
    log.close()
    with pytest.raises(DataError, match="begins at step 100, so it cannot go on from step 50"):
        TrajectoryLog(tmp_path, network(), start=50)


@pytest.mark.parametrize("stored", ["float32", "float16"])
@pytest.mark.parametrize("name", ["parameters", "keyframes", "step", "buffers"])
def test_a_flipped_bit_or_a_lost_file_is_found(tmp_path, stored, name):
    model = network()
    with TrajectoryLog(tmp_path, model, stored=stored) as log:
        log_steps(log, model, 6)
    if name == "keyframes" and stored == "float32":
        return
    chunk = next(path for path in sorted((tmp_path / "trajectory.zarr" / name / "c").rglob("*")) if path.is_file())
    content = bytearray(chunk.read_bytes())
    for damage in ("flip", "lose"):
        content[3] ^= 16
        chunk.write_bytes(content) if damage == "flip" else chunk.unlink()
        with pytest.raises(DataError, match=f"{name} is missing or damaged"):
            trajectory.verify(trajectory.load(tmp_path))


def test_statistics_are_written_back_into_a_network(tmp_path):
    model = network()
    with TrajectoryLog(tmp_path, model) as log:
        _, means = log_steps(log, model, 5)
    load_statistics(model, log.trajectory().buffers[2])
    np.testing.assert_array_equal(model[1].running_mean.numpy(), means[2])


def test_frozen_parameters_are_no_part_of_a_log(tmp_path):
    model = network()
    model[0].weight.requires_grad_(False)
    with TrajectoryLog(tmp_path, model) as log:
        pass
    assert log.trajectory().parameters.shape == (1, 34 - 12)


def test_a_log_holds_a_chunk_of_rows_and_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr(trajectory, "STEPS_PER_CHUNK", 8)
    model = nn.Linear(300, 400)
    row = 4 * parameters_of(model).size
    tracemalloc.start()
    with TrajectoryLog(tmp_path, model) as log:
        for _ in range(60):
            log.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tile = 8 * 4 * trajectory.COLUMNS_PER_CHUNK
    assert peak < 8 * row + 6 * tile  # the chunk of eight rows, and copies of one tile of it on its way to disk
    assert len(log.trajectory()) == 61


def test_a_long_log_is_a_plane(tmp_path):
    model = network()
    with TrajectoryLog(tmp_path, model) as log:
        log_steps(log, model, 30)
    found = log.trajectory()
    expected = Plane.pca(np.asarray(found.parameters))
    np.testing.assert_allclose(Plane.pca(found).u, expected.u, atol=1e-9)


def test_the_folder_of_a_log_may_be_a_path_or_a_text(tmp_path):
    for folder in (tmp_path / "a", str(tmp_path / "b")):
        with TrajectoryLog(folder, network()):
            pass
        assert Path(folder, "trajectory.zarr").is_dir()
