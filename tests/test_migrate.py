"""Migration: old keys are renamed in the text of a scene, and nothing else of it changes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from render.cli import app
from render.errors import SceneError
from render.scene.language.document import read
from render.scene.language.load import load
from render.scene.language.migration import migrated
from render.scene.look import old_keys, renewed
from tests.test_cli import SCENES, runner, thalweg
from tests.test_scene_problems import GOOD

OLD = """\
look:
  # the body
  shape: square   # cut out
  plinth:  0.2    # thick
  fade: 0.1 # fades
  "bloom": 0.3
  path: {radius: 0.0025, glow: 1}   # the line
"""
NEW = """\
look:
  # the body
  body: block   # cut out
  walls:  {thickness: 0.2, fade: 0.1}    # thick
  # fades
  "bloom": 0.3
  path: {width: [7.0, 3.0100000000000002], glow: 1}   # the line
"""


def after(folder: Path, text: str, newline: str = "\n") -> str:
    """Returns the text of a file after its migration, which is written."""
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8", newline=newline)
    migrated(path).write()
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n" if newline == "\r\n" else "\r\n")


CASES = [
    ("look: {shape: disc, bloom: 1}", "look: {body: disc, bloom: 1}"),
    ("look: {'shape': 'square'}", "look: {'body': 'block'}"),
    ("look: {shape: square, body: sheet}", "look: {body: sheet}"),
    ("look: {body: sheet, shape: square}", "look: {body: sheet}"),
    ("look:\n  shape: square\n  body: sheet\n", "look:\n  body: sheet\n"),
    ("look: {plinth: 0.2, walls: {rim: 1}}", "look: {walls: {thickness: 0.2, rim: 1}}"),
    ("look: {walls: {}, fade: 2}", "look: {walls: {fade: 2}}"),
    ("look: {walls: {fade: 1}, fade: 2}", "look: {walls: {fade: 1}}"),
    ("look:\n  walls:\n    rim: 1\n  fade: 2\n", "look:\n  walls:\n    fade: 2\n    rim: 1\n"),
    ("look:\n  fade: 2\n  plinth: 1", "look:\n  walls: {thickness: 1, fade: 2}\n"),
    ("look:\n  plinth: ${params.p}\n", 'look:\n  walls: {thickness: "${params.p}"}\n'),
    ("look:\n  path:\n    radius: 0.001\n    width: [1, 2]\n", "look:\n  path:\n    width: [1, 2]\n"),
    ('{"look": {"plinth": 0.2, "bloom": 1}}', '{"look": {"walls": {"thickness": 0.2}, "bloom": 1}}'),
    ("look: {walls: {}, bloom: 0, fade: 1, plinth: 2}", "look: {walls: {thickness: 2, fade: 1}, bloom: 0}"),
    ("look: {walls: {}, fade: 1, plinth: 2, bloom: 0}", "look: {walls: {thickness: 2, fade: 1}, bloom: 0}"),
    ("\ufefflook: {shape: disc}\n", "\ufefflook: {body: disc}\n"),
    (OLD, NEW),
    (GOOD.replace("look: {name: ember}\n", OLD), GOOD.replace("look: {name: ember}\n", NEW)),
]


@pytest.mark.parametrize(("text", "wanted"), CASES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_what_is_old_is_written_anew(tmp_path, text, wanted, newline):
    found = after(tmp_path, text, newline)
    assert found.rstrip("\n") == wanted.rstrip("\n")


@pytest.mark.parametrize("scene", SCENES, ids=lambda path: path.stem)
def test_a_scene_that_is_up_to_date_is_not_touched(scene, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(scene.read_bytes())
    before = path.stat()
    assert migrated(path).changes == ()
    migrated(path).write()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert path.read_bytes() == scene.read_bytes()


shares = st.floats(0, 1, allow_subnormal=False).map(lambda value: round(value, 6))
looks = st.fixed_dictionaries(
    {},
    optional={
        "shape": st.sampled_from(["square", "disc"]),
        "body": st.just("sheet"),
        "plinth": shares,
        "fade": shares,
        "walls": st.fixed_dictionaries({}, optional={"rim": shares, "fade": shares, "thickness": shares}),
        "path": st.fixed_dictionaries({}, optional={"radius": shares, "glow": shares, "width": st.just([7.0, 3.0])}),
        "bloom": shares,
    },
)


def texts(data: object) -> list[str]:
    """Returns data as JSON, and as YAML in blocks and in brackets."""
    found = [json.dumps(data), json.dumps(data, indent=2)]
    for flow in (None, True, False):
        yaml, stream = YAML(typ="safe", pure=True), io.StringIO()
        yaml.default_flow_style = flow
        yaml.dump(data, stream)
        found.append(stream.getvalue())
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks, st.permutations(["thalweg", "look", "title"]))
def test_a_migrated_file_says_what_it_said(tmp_path, look, order):
    whole = {"thalweg": 1, "title": "Old", "look": look}
    for text in texts({key: whole[key] for key in order}):
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        once = migrated(tmp_path / "a.yaml")
        once.write()
        data = read(tmp_path / "a.yaml").data
        assert data == {**whole, "look": renewed(look)}
        assert old_keys(data["look"]) == []
        assert bool(once.changes) == bool(old_keys(look))
        assert migrated(tmp_path / "a.yaml").changes == ()


def test_a_migrated_scene_is_the_same_scene(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD.replace("look: {name: ember}\n", OLD), encoding="utf-8")
    before = load(path)
    migrated(path).write()
    assert load(path) == before


def test_what_changes_is_said_with_its_place(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(OLD + "  body: sheet\n", encoding="utf-8")
    assert list(migrated(path).changes) == [
        f"{path}:3:3: look.shape: is taken out, since look.body, which goes before it, is there already",
        f"{path}:4:3: look.plinth: is look.walls.thickness now",
        f"{path}:5:3: look.fade: is look.walls.fade now",
        f"{path}:7:10: look.path.radius: is look.path.width now",
    ]


def test_a_dry_run_shows_the_lines_and_writes_nothing(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(OLD, encoding="utf-8")
    said = thalweg("migrate", path, "--dry-run")
    assert "-  shape: square   # cut out\n" in said
    assert "+  body: block   # cut out\n" in said
    assert path.read_text(encoding="utf-8") == OLD
    told = json.loads(thalweg("migrate", path, "--json"))
    assert told["written"] and len(told["migrated"][0]["changes"]) == 4
    assert path.read_text(encoding="utf-8") == NEW
    assert thalweg("migrate", path) == f"{path}: is up to date\n"


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path):
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text(OLD, encoding="utf-8")
    real.chmod(0o600)
    link.symlink_to(real)
    migrated(link).write()
    assert link.is_symlink()
    assert (real.read_text(encoding="utf-8"), real.stat().st_mode & 0o777) == (NEW, 0o600)


def test_a_value_that_stands_elsewhere_is_left_to_the_writer(tmp_path):
    path, text = tmp_path / "a.yaml", "look: {plinth: &p 0.2, fade: *p }\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SceneError, match=r"a\.yaml:1:1: look: has old keys that stand so that"):
        migrated(path)
    assert path.read_text(encoding="utf-8") == text


def test_what_would_mean_something_else_with_what_is_included_is_left_to_the_writer(tmp_path):
    (tmp_path / "b.yaml").write_text("look: {path: {width: [9, 9]}}\n", encoding="utf-8")
    path, text = tmp_path / "a.yaml", "include: [b.yaml]\nlook: {path: {radius: 0.001}}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SceneError, match=r"a\.yaml:2:1: look: has old keys that stand so that they must be renamed by"):
        migrated(path)
    assert path.read_text(encoding="utf-8") == text


BAD = [("[1]", "is not a mapping; name a scene"), ("a: [", "is not YAML"), ("", "is not a mapping")]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_what_is_no_scene_is_refused(tmp_path, text, words):
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    done = runner.invoke(app, ["migrate", str(tmp_path / "a.yaml")])
    assert (done.exit_code, done.stdout) == (3, "")
    assert words in done.stderr
