"""Layers on disk: the bytes that zarr itself would write, tiles that are lost or torn, tables of one row."""

import errno

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from render.errors import MachineError
from render.sampling.layer import KINDS, TILE, Layer, TileWindow, blank, tiles
from render.sampling.status import Status
from render.storage import store
from tests.formulas import contents


def values_of(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    loss, accuracy = rng.random((2, *shape)).astype(np.float32)
    return {"loss": loss, "accuracy": accuracy, "status": np.full(shape, Status.MEASURED, np.uint8)}


def layer_in(folder, shape=(100, 130), side=TILE) -> Layer:
    return Layer.create(store.create_group(folder, {}), shape, side)


def written(layer: Layer) -> dict[str, np.ndarray]:
    values = values_of(layer.shape)
    for tile in tiles(layer.shape):
        layer.write(tile, {name: part[tile] for name, part in values.items()})
    return values


def found_in(layer: Layer) -> tuple[dict[str, np.ndarray], list]:
    damaged: list = []
    return layer.read(damaged.append), damaged


def assert_equal(found, values):
    for name in KINDS:
        np.testing.assert_array_equal(found[name], values[name])


@given(st.integers(1, 200), st.integers(1, 9000))
def test_tiles_cover_every_cell_once_and_none_is_large(rows, columns):
    seen = np.zeros((rows, columns), int)
    for tile in tiles((rows, columns)):
        seen[tile] += 1
        assert seen[tile].size <= TILE**2
    assert (seen == 1).all()


@pytest.mark.parametrize("shape", [(100, 130), (64, 64), (1, 5000), (2, 2), (1, 1)])
def test_what_was_written_is_read_back(tmp_path, shape):
    layer = layer_in(tmp_path / "l", shape)
    values = written(layer)
    found, damaged = found_in(Layer.open(store.open_group(tmp_path / "l")))
    assert_equal(found, values)
    assert damaged == []


@pytest.mark.parametrize("side", [TILE, 256])
@pytest.mark.parametrize("shape", [(100, 130), (1, 5000), (300, 3)])
def test_the_files_are_those_that_zarr_writes(tmp_path, shape, side):
    ours, theirs = (layer_in(tmp_path / name, shape, side) for name in ("ours", "theirs"))
    values = values_of(shape)
    ours.write((slice(None), slice(None)), values)
    for name in KINDS:
        theirs.arrays[name][...] = values[name]
    assert contents(tmp_path / "ours") == contents(tmp_path / "theirs")


def test_a_line_of_a_million_points_takes_few_files(tmp_path):
    assert len(tiles((1, 10**6))) == 245
    assert layer_in(tmp_path / "l", (1, 10**6)).arrays["loss"].chunks == (1, TILE**2)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("damage", ["flipped", "torn", "emptied"])
def test_a_damaged_chunk_is_reported_and_comes_back_as_missing(tmp_path, name, damage):
    layer = layer_in(tmp_path / "l")
    values, file = written(layer), store.chunk_file(layer.group, name, (1, 1))
    data = bytearray(file.read_bytes())
    data[7] ^= 16
    file.write_bytes({"flipped": data, "torn": data[:50], "emptied": b""}[damage])
    found, damaged = found_in(layer)
    (tile,) = damaged
    assert tile == (slice(64, 100), slice(64, 128))
    for key, empty in blank((36, 64)).items():
        values[key][tile] = empty
    assert_equal(found, values)
    assert (TileWindow(layer, tile).read(lambda _: None)["status"] == Status.MISSING).all()


@pytest.mark.parametrize("shape", [(100, 130), (30, 30)], ids=["among others", "the only one"])
@pytest.mark.parametrize("name", ["loss", "accuracy"])
def test_a_lost_chunk_is_reported(tmp_path, shape, name):
    layer = layer_in(tmp_path / "l", shape)
    written(layer)
    store.chunk_file(layer.group, name, (0, 0)).unlink()
    found, damaged = found_in(layer)
    tile = tiles(shape)[0]
    assert damaged == [tile]
    assert (found["status"][tile] == Status.MISSING).all()
    assert (layer.read_tile(tile)["status"] == Status.MISSING).all()


def test_a_lost_status_means_that_nothing_was_measured(tmp_path):
    layer = layer_in(tmp_path / "l", (30, 30))
    written(layer)
    store.chunk_file(layer.group, "status", (0, 0)).unlink()
    found, damaged = found_in(layer)
    assert (found["status"] == Status.MISSING).all() and damaged == []


def test_values_without_accuracy_are_whole(tmp_path):
    layer = layer_in(tmp_path / "l", (5, 5))
    layer.write((slice(None), slice(None)), {**values_of((5, 5)), "accuracy": np.full((5, 5), np.nan, np.float32)})
    found, damaged = found_in(layer)
    assert damaged == [] and (found["status"] == Status.MEASURED).all()


def test_a_window_writes_its_tile_and_no_other(tmp_path):
    layer = layer_in(tmp_path / "l")
    tile = tiles(layer.shape)[1]
    TileWindow(layer, tile).write((slice(None), slice(None)), values_of((64, 64)))
    status = found_in(layer)[0]["status"]
    assert (status[tile] == Status.MEASURED).all() and (status > 0).sum() == 64 * 64


def test_a_write_that_fails_leaves_the_old_chunk_and_nothing_beside_it(tmp_path, monkeypatch):
    layer = layer_in(tmp_path / "l", (30, 30))
    written(layer)
    before = contents(tmp_path / "l")
    monkeypatch.setattr(store.Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        written(layer)
    monkeypatch.undo()
    assert contents(tmp_path / "l") == before


def test_what_killed_writers_have_left_is_swept_away(tmp_path):
    layer = layer_in(tmp_path / "l", (30, 30))
    written(layer)
    before = contents(tmp_path / "l")
    for name in ("loss/c/0/0.12ab.partial", "zarr.77.partial", ".outcome.x1.json"):
        (tmp_path / "l" / name).write_bytes(b"torn")
    store.sweep(tmp_path / "l")
    assert contents(tmp_path / "l") == before


def test_a_layer_that_lacks_an_array_is_none(tmp_path):
    layer = layer_in(tmp_path / "l", (30, 30))
    (tmp_path / "l" / "loss" / "zarr.json").write_text("[3]")
    assert Layer.open(layer.group) is None
    assert Layer.open(None) is None
    assert isinstance(layer.group, zarr.Group)


def test_a_disk_that_fills_up_while_a_tile_is_written_is_a_sentence(tmp_path, monkeypatch):
    layer = layer_in(tmp_path / "l", (30, 30))

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.Path, "write_bytes", full)
    with pytest.raises(MachineError, match="the disk is full"):
        written(layer)
