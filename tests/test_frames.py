"""The frame store: what it says of frames after every kind of damage."""

import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from render.errors import MachineError
from render.film.frames import FrameStore, FrameWriter
from render.film.pool import Pool, PoolWriter

KEYS = [f"key-{index}" for index in range(6)]


def picture(index):
    return np.random.default_rng(index).integers(0, 256, (18, 32, 3), dtype=np.uint8)


@pytest.fixture
def store(tmp_path):
    store = FrameStore(tmp_path / "frames")
    for index, key in enumerate(KEYS):
        store.write(index, picture(index), key)
    return store


def test_an_empty_store_misses_every_frame_and_makes_no_folder(tmp_path):
    store = FrameStore(tmp_path / "frames")
    assert store.missing(KEYS) == [0, 1, 2, 3, 4, 5]
    assert not store.folder.exists()


def test_a_frame_comes_back_as_it_was_written(store):
    for index, path in enumerate(store.paths(6)):
        with Image.open(path) as image:
            assert np.array_equal(np.asarray(image), picture(index))
    assert store.missing(KEYS, verify=True) == []


def test_a_frame_of_another_key_is_missing(store):
    assert store.missing([*KEYS[:2], "other", *KEYS[3:]]) == [2]


def test_the_last_line_of_an_index_holds(store):
    store.write(2, picture(9), "other")
    assert store.missing(KEYS) == [2]
    assert store.missing([*KEYS[:2], "other", *KEYS[3:]], verify=True) == []


def test_a_frame_that_was_removed_or_cut_is_missing(store):
    store.paths(6)[1].unlink()
    cut = store.paths(6)[4]
    cut.write_bytes(cut.read_bytes()[:-1])
    assert store.missing(KEYS) == [1, 4]


def test_a_flipped_bit_is_found_by_verifying(store):
    damaged = store.paths(6)[3]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert store.missing(KEYS) == []
    assert store.missing(KEYS, verify=True) == [3]


@pytest.mark.parametrize("lost", range(1, 60, 7))
def test_a_torn_last_line_costs_one_frame_and_no_later_one(store, lost):
    manifest = store.folder / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[: -1 - lost])
    assert store.missing(KEYS) == [5]
    store.write(5, picture(5), KEYS[5])
    assert store.missing(KEYS, verify=True) == []


def test_trimming_removes_later_frames_and_leftovers_and_keeps_one_line_a_frame(store):
    store.write(0, picture(0), KEYS[0])
    (store.folder / ".000003.abc.png").write_bytes(b"half")
    store.trim(4)
    assert sorted(path.name for path in store.folder.iterdir()) == [
        *(f"{index:06d}.png" for index in range(4)),
        "manifest.jsonl",
    ]
    assert len((store.folder / "manifest.jsonl").read_text().splitlines()) == 4
    assert store.missing(KEYS, verify=True) == [4, 5]


def test_a_writer_saves_every_frame_before_it_closes(tmp_path):
    store = FrameStore(tmp_path)
    with FrameWriter(store) as writer:
        for index, key in enumerate(KEYS):
            writer.write(index, picture(index), key)
    assert store.missing(KEYS, verify=True) == []


class SlowStore:
    """Counts how many frames are being saved, and lets none pass until told."""

    def __init__(self):
        self.gate, self.begun = threading.Event(), 0

    def write(self, index, pixels, key):
        self.begun += 1
        assert self.gate.wait(10)


def test_a_writer_holds_two_frames_and_then_waits():
    slow = SlowStore()
    third = threading.Event()

    def draw():
        with FrameWriter(slow) as writer:
            for index in range(3):
                writer.write(index, picture(index), "key")
            third.set()

    drawing = threading.Thread(target=draw)
    drawing.start()
    assert not third.wait(0.2)
    assert slow.begun == 2
    slow.gate.set()
    drawing.join(10)
    assert (third.is_set(), slow.begun) == (True, 3)


def test_an_error_while_saving_reaches_the_one_who_draws(tmp_path):
    (tmp_path / "frames").write_text("a file where the folder should be")
    with pytest.raises(MachineError, match="cannot be written"), FrameWriter(FrameStore(tmp_path / "frames")) as writer:
        for index in range(6):
            writer.write(index, picture(index), "key")


def test_an_error_of_the_last_frame_is_raised_at_the_end(tmp_path):
    (tmp_path / "frames").write_text("a file where the folder should be")
    with pytest.raises(MachineError, match="cannot be written"), FrameWriter(FrameStore(tmp_path / "frames")) as writer:
        writer.write(0, picture(0), "key")


def test_a_frame_is_saved_only_where_its_pictures_were(tmp_path):
    (tmp_path / "pictures").write_text("a file where the folder should be")
    store = FrameStore(tmp_path / "frames")
    with pytest.raises(MachineError, match="cannot be written"), FrameWriter(store) as writer:
        with PoolWriter(Pool(tmp_path / "other")) as pictures:
            pictures.write("0" * 64, picture(0))
            writer.write(0, picture(0), "key-0", pictures.waiting)
        with PoolWriter(Pool(tmp_path / "pictures")) as pictures:
            pictures.write("1" * 64, picture(1))
            writer.write(1, picture(1), "key-1", pictures.waiting)
    assert store.missing(KEYS[:2]) == [1]


def test_after_a_kill_every_frame_is_whole_or_missing(tmp_path):
    script = (
        "import sys, os, signal, numpy as np; from pathlib import Path\n"
        "from render.film.frames import FrameStore, FrameWriter\n"
        "with FrameWriter(FrameStore(Path(sys.argv[1]))) as writer:\n"
        "    for index in range(9):\n"
        "        writer.write(index, np.full((300, 300, 3), index, np.uint8), f'key-{index}')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    keys = [f"key-{index}" for index in range(9)]
    store = FrameStore(tmp_path)
    missing = store.missing(keys, verify=True)
    assert set(missing) <= {7, 8}
    assert store.missing(keys) == missing


def test_a_frame_without_a_ground_keeps_its_alpha(store):
    pixels = np.random.default_rng(1).integers(0, 256, (30, 40, 4)).astype(np.uint8)
    store.write(0, pixels, "key")
    with Image.open(store.paths(1)[0]) as read:
        np.testing.assert_array_equal(np.asarray(read), pixels)
    assert not store.missing(["key"], verify=True)
