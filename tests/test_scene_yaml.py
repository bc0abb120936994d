"""Reading YAML: plain data of YAML 1.2 and nothing else, whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from render.errors import SceneError
from render.scene.language.document import parse, read
from render.scene.language.load import load
from render.scene.language.place import Place, Source

DEEP = "a: " + "[" * 101 + "]" * 101
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
BAD = [
    ("", "1:1: is empty; a scene begins with thalweg: 1"),
    ("# nothing\n", "1:1: is empty"),
    ("- 1\n- 2\n", "1:1: [1, 2] is not a mapping; a scene begins with thalweg: 1"),
    ("just words", '1:1: "just words" is not a mapping'),
    ("a:\n\tb: 1\n", "2:1: a tab cannot indent or separate here; use spaces"),
    ("a: b: c\n", '1:5: is not YAML: mapping values are not allowed here; text that holds ": " needs quotes'),
    ("a: [1, 2\n", "a bracket or brace is not closed"),
    ("a: 'x\n", "a quote is not closed"),
    ("a:\n  b: 1\n c: 2\n", "3:2: is not YAML: expected <block end>"),
    ("a: 1\nb: 2\na: 3\n", "3:1: a is written twice, first at"),
    ("a: {b: 1, b: 2}\n", "1:11: b is written twice"),
    ("a: 1\n---\nb: 2\n", "2:1: is not YAML: but found another document; a scene is one document"),
    ("%YAML 1.1\n---\na: on\n", "2:1: asks for another version of YAML"),
    ("a: !!python/object/apply:os.system [ls]\n", "1:4: the tag !!python/object/apply:os.system is not plain data"),
    ("a: !mine 3\n", "1:4: the tag !mine is not plain data"),
    ("a: !!int abc\n", '1:4: "abc" is not what its tag !!int says'),
    ("a: !!bool abc\n", '1:4: "abc" is not what its tag !!bool says'),
    ("a: !!int\n", '1:4: "" is not what its tag !!int says'),
    ("? [1, 2]\n: 3\n", "1:3: a key is a word, nothing else"),
    ("a: *b\n", "1:4: is not YAML: found undefined alias 'b'; an alias comes after its anchor"),
    ("a: &b [1, *b]\n", "1:11: the alias *b stands inside its own anchor"),
    ("a: &b 1\nc: &b 2\n", "2:4: the anchor &b is set twice"),
    (DEEP, "1:103: is nested deeper than 100 levels"),
    ("[" * 100_000, "1:101: is nested deeper than 100 levels"),
    ("- " * 50_000, "1:201: is nested deeper than 100 levels"),
    (LAUGHS, "holds more than 10,000 values, aliases written out"),
    ("a: [" + "1," * 10_001 + "]", "holds more than 10,000 values"),
    ("a: " + "9" * 101, "1:4: a number of 101 characters; at most 100 are read"),
    ("a: 0x" + "f" * 20_000, "1:4: a number of 20,002 characters"),
    ('a: "\\ud800"', "1:4: an escape is half a character"),
    ('"\\ud800": 1', "1:1: an escape is half a character"),
    ('a: "\\UFFFFFFFF"', "is not YAML"),
    ('a: "\\q"', "single quotes take a backslash as it is"),
    ("a: 1\nb: \x00", "2:4: the character U+0000 cannot stand in YAML; remove it"),
    ("a: @x\n", "1:4: is not YAML: found character '@' that cannot start any token; put the value in quotes"),
]


@pytest.mark.parametrize(("text", "words"), BAD, ids=[repr(text[:24]) for text, _ in BAD])
def test_a_file_that_is_no_scene_gets_a_sentence(tmp_path, text, words):
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(SceneError, match=r"a\.yaml") as caught:
        load(path)
    assert len(caught.value.problems) == 1
    assert words in caught.value.problems[0]


def test_a_file_that_is_not_utf8_is_refused_where_it_stops_being_text(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xc3\xa9\xff\n")
    with pytest.raises(SceneError, match=r"a\.yaml:2:5: byte 0xff is not UTF-8; save the file as UTF-8 text"):
        load(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * 100_001)
    with pytest.raises(SceneError, match="is larger than 100 kB"):
        load(path)


def test_a_file_that_is_not_there_is_named_with_its_neighbour(tmp_path):
    (tmp_path / "first-descent.yaml").touch()
    with pytest.raises(SceneError, match=r"there is no such file; did you mean .*first-descent\.yaml\?"):
        load(tmp_path / "frist-descent.yaml")
    with pytest.raises(SceneError, match=r"there is no such file$"):
        load(tmp_path / "absent" / "a.yaml")


def test_a_folder_is_no_scene(tmp_path):
    with pytest.raises(SceneError, match="is a folder; name a scene file in it"):
        load(tmp_path)


def test_values_are_those_of_yaml_1_2():
    text = (
        "a: 1e-3, b: on, c: 1:30, d: 0o14, e: 012, f: ~, g: .inf, h: 2001-01-01, i: '1', j: True, k: 1_000, <<: 3, l: ="
    )
    assert parse(f"{{{text}}}", Source("a")).data == {
        "a": 0.001, "b": "on", "c": "1:30", "d": 12, "e": 12, "f": None, "g": float("inf"), "h": "2001-01-01", "i": "1",
        "j": True, "k": 1000, "<<": 3, "l": "=",
    }  # fmt: skip


def test_json_is_yaml_also_for_characters_that_it_writes_as_two_escapes():
    data = {"a😀": ["𐀀", "é", None, 1e-9, True]}
    assert parse(json.dumps(data), Source("a")).data == data


def test_an_alias_stands_for_its_value_without_sharing_it():
    data = parse("a: &x {b: [1]}\nc: *x\n", Source("a")).data
    assert data == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert data["a"] is not data["c"]


def test_a_byte_order_mark_moves_no_column(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfab: 1\r\ncd: [2]\r\n")
    document = read(path)
    assert document.data == {"ab": 1, "cd": [2]}
    assert document.place(("ab",)) == Place(str(path), 1, 5)
    assert document.place(("cd", 0)) == Place(str(path), 2, 6)


def test_what_was_not_written_stands_at_the_key_around_it():
    document = parse("a:\n  b: 1\n", Source("s"))
    assert str(document.place(("a", "c", "d"))) == "s:1:1"
    assert str(document.place(("a", "b"))) == "s:2:6"
    assert str(document.place(("a", "b"), of_key=True)) == "s:2:3"


def test_reading_a_device_that_never_ends_stops(tmp_path):
    endless = Path("/dev/zero")
    if not endless.exists():
        pytest.skip("this system has no /dev/zero")
    with pytest.raises(SceneError, match="is larger than 100 kB"):
        load(endless)
