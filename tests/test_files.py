"""Files: whole or absent, keys that depend on every setting, disks that are full."""

import errno
import threading

import pytest

from render.errors import MachineError
from render.storage import files, records
from tests.faults import PATIENCE


def test_a_key_does_not_depend_on_the_order_of_settings_but_on_every_value():
    assert files.content_key({"a": 1, "b": [1, 2]}) == files.content_key({"b": [1, 2], "a": 1})
    assert files.content_key({"a": 1}) != files.content_key({"a": 1.5})
    assert len(files.content_key({})) == 64


def test_a_file_that_could_not_be_finished_leaves_nothing_behind(tmp_path):
    target = tmp_path / "folder" / "picture.png"
    target.parent.mkdir()
    target.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="half way"), files.replacing(target) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError("half way")
    assert target.read_bytes() == b"before"
    assert list(target.parent.iterdir()) == [target]


def test_a_finished_file_takes_the_place_of_the_old_one(tmp_path):
    target = tmp_path / "new" / "a.json"
    records.write_json(target, {"x": 1})
    records.write_json(target, {"x": 2})
    assert records.read_json(target) == {"x": 2}
    assert list(target.parent.iterdir()) == [target]


def test_a_full_disk_is_a_sentence(tmp_path):
    target = tmp_path / "a.png"
    with pytest.raises(MachineError, match="disk is full"), files.replacing(target):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="choose another folder with --out"):
        records.write_json(tmp_path / "file" / "a.json", {})


def test_json_that_is_torn_or_absent_reads_as_nothing(tmp_path):
    (tmp_path / "torn.json").write_text('{"key": "ab')
    assert records.read_json(tmp_path / "torn.json") is None
    assert records.read_json(tmp_path / "absent.json") is None


def test_json_has_null_for_every_float_that_is_not_finite(tmp_path):
    values = {"a": float("nan"), "b": [1.5, float("inf"), {"c": -float("inf")}], "d": (True, "x", None, 3)}
    expected = {"a": None, "b": [1.5, None, {"c": None}], "d": [True, "x", None, 3]}
    assert records.plain(values) == expected
    records.write_json(tmp_path / "a.json", values)
    assert records.read_json(tmp_path / "a.json") == expected


def test_a_record_of_another_key_or_another_shape_reads_as_nothing(tmp_path):
    path, shape = tmp_path / "a.json", {"path": {"points": int}, "loss": (list, type(None))}
    whole = {"key": "k", "path": {"points": 3}, "loss": None, "more": 1}
    assert records.write_record(path, whole) == whole
    assert records.read_record(path, shape, "k") == whole == records.read_record(path, shape)
    assert records.read_record(path, shape, "other") is None
    for torn in ({"path": 3}, {"path": {}}, {"loss": "high"}):
        records.write_record(path, {**whole, **torn})
        assert records.read_record(path, shape, "k") is None, torn
    records.write_json(path, [whole])
    assert records.read_record(path, shape, "k") is None


@pytest.mark.parametrize("value", [0.1, -1e-300, 12345678901234567890, "ü…", [1, {"a": None}], float("nan")])
def test_a_record_comes_back_and_no_flipped_bit_of_it_is_read(tmp_path, value):
    path = tmp_path / "a.json"
    kept = records.write_record(path, {"key": "k", "value": value})
    whole = path.read_bytes()
    assert records.read_record(path, {}) == kept
    for place in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        assert records.read_record(path, {}) is None, bytes(flipped)


def test_what_a_kill_left_is_swept_and_what_another_file_is_being_written_to_is_not(tmp_path):
    left = [".film.abcd_123.mp4", ".film.mp4.abcd1234.json", ".film.mp4.timing.abcd1234.json"]
    others = [".film.draft.abcd1234.mp4", ".films.abcd1234.mp4", ".film.mp4", "film.mp4", ".film.mp4.lock"]
    for name in (*left, *others):
        (tmp_path / name).write_text("")
    files.sweep(tmp_path, ["film", "film.mp4", "film.mp4.timing"])
    assert {path.name for path in tmp_path.iterdir()} == set(others)
    files.sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".film.mp4", "film.mp4", ".film.mp4.lock"}


def test_a_pipe_or_a_network_is_no_disk():
    assert all(files.is_of_the_disk(OSError(number, "")) for number in (errno.ENOSPC, errno.EROFS, errno.ENOENT))
    assert not any(files.is_of_the_disk(OSError(number, "")) for number in (errno.EPIPE, errno.ECONNREFUSED))


def test_a_locked_folder_is_worked_in_by_one_at_a_time_and_no_lock_stays(tmp_path):
    inside, most, told, waited = [], [], [], threading.Event()

    def tell(words: str) -> None:
        told.append(words)
        waited.set()

    def work() -> None:
        for _ in range(20):
            with files.locked(tmp_path / "folder", tell):
                inside.append(1)
                most.append(len(inside))
                assert waited.wait(PATIENCE)  # the first one until another has come
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80 and set(most) == {1}
    assert told and "another process is at work there" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_let_go_after_an_error_and_where_no_locks_are_known_none_is_taken(tmp_path, monkeypatch):
    for _ in range(2):
        with pytest.raises(RuntimeError, match="half way"), files.locked(tmp_path / "a", pytest.fail):
            raise RuntimeError("half way")
    monkeypatch.setattr(files, "fcntl", None)
    with files.locked(tmp_path / "a", pytest.fail), files.locked(tmp_path / "a", pytest.fail):
        assert list(tmp_path.iterdir()) == []


def test_every_asset_is_found():
    assert files.asset("fonts/Inter-Regular.otf").is_file()
    with pytest.raises(files.DataError, match=r"looks/none\.yaml was not found"):
        files.asset("looks/none.yaml")
