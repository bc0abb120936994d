"""Files: whole or absent, keys that depend on every setting, disks that are full."""

import errno

import pytest

from render import files
from render.errors import MachineError


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
    files.write_json(target, {"x": 1})
    files.write_json(target, {"x": 2})
    assert files.read_json(target) == {"x": 2}
    assert list(target.parent.iterdir()) == [target]


def test_a_full_disk_is_a_sentence(tmp_path):
    target = tmp_path / "a.png"
    with pytest.raises(MachineError, match="disk is full"), files.replacing(target):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="choose another folder with --out"):
        files.write_json(tmp_path / "file" / "a.json", {})


def test_json_that_is_torn_or_absent_reads_as_nothing(tmp_path):
    (tmp_path / "torn.json").write_text('{"key": "ab')
    assert files.read_json(tmp_path / "torn.json") is None
    assert files.read_json(tmp_path / "absent.json") is None


def test_every_asset_is_found():
    assert files.asset("fonts/Inter-Regular.otf").is_file()
    with pytest.raises(files.DataError, match=r"looks/none\.yaml was not found"):
        files.asset("looks/none.yaml")
