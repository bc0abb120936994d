"""A gallery: made once of what was rendered, whole or mended, and nothing in it is more than the text that it is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest
from typer.testing import CliRunner

from render import exchange
from render.cli import app
from render.exchange.given import Given
from render.film.preparing import prepare
from render.landscape import ready
from render.scene.language.load import load
from render.site import bundling, enclosing, facts, markup, pages
from render.site.aiming import aimed, of_the_whole
from render.site.exhibit import address
from render.site.terrain import PageTerrain
from render.solid.asked import ExportRequest
from render.stage import camera
from render.stage.body import mesh
from render.works.export_work import ExportWork
from render.works.order import Order
from render.works.view_work import views_of
from tests.conftest import ROOT

AXIS, HIGH = np.linspace(-1, 3, 41), np.linspace(-1, 1, 31)
BOWL = (1 + (AXIS - 1) ** 2 + 2 * HIGH[:, None] ** 2 + 0.4 * AXIS).astype(np.float32)
WAY = {"path_alpha": np.array([2.5, 1.2, 0.9]), "path_beta": np.array([0.3, 0.1, 0.0]), "path_loss": np.ones(3)}
HOSTILE = "<b>&amp;</b> {{ works }} \"'"


def scene_at(folder, name, title="Bowl", more=""):
    """Writes a scene of a surface in a file, with a small still; returns its path."""
    exchange.write(Given(AXIS, HIGH, BOWL, "loss", WAY), folder / "a.npz", "npz")
    path = folder / f"{name}.yaml"
    path.write_text(
        f"thalweg: 1\ntitle: {json.dumps(title)}\nsurfaces:\n  a: {{source: {{surface: a.npz}}}}\n"
        f"look: {{body: block, relief: [{{exaggeration: 0.3}}]}}\nshots: [{{surface: a, duration: 2s}}]\n"
        f"stills:\n  {name}: {{at: 1s, size: [96, 54]}}\n{more}",
        encoding="utf-8",
    )
    return path


def run(*words):
    """Runs a command; returns its exit code and what it says."""
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, (done.stdout + done.stderr).strip()


def hang(folder, *scenes):
    """Makes a gallery; returns the exit code and what is said."""
    return run("gallery", *scenes, "--out", folder / "output", "--site", folder / "site")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Works in a folder of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def home(tmp_path, graphics):
    """A folder with a scene whose still is drawn, and no gallery."""
    code, said = run("still", scene_at(tmp_path, "bowl"), "--out", tmp_path / "output")
    assert code == 0, said
    return tmp_path


def taken(path):
    scene = load(path)
    return scene, prepare(scene.shots[0], scene.look, [ready.load(scene.surfaces["a"])], 16 / 9)


def test_scenes_that_were_not_rendered_are_named_with_the_command_that_renders_them(tmp_path):
    first, second = scene_at(tmp_path, "one"), scene_at(tmp_path, "two")
    code, said = run("gallery", first, second, "--quality", "draft", "--set", "seed=3", "--site", tmp_path / "site")
    assert code == 5
    assert said == (
        "still one and 1 more are not rendered at this quality; "
        f"run `thalweg render {first} {second} --quality draft --set seed=3` first"
    )
    assert not (tmp_path / "site").exists()


def test_a_scene_without_a_picture_is_refused_with_the_key_that_makes_one(tmp_path):
    path = scene_at(tmp_path, "one")
    path.write_text(path.read_text().partition("stills:")[0])
    code, said = hang(tmp_path, path)
    assert code == 3 and said == f"{path}: makes no still and no film that a page shows; add one under stills"


def test_a_gallery_is_made_once_and_mended_where_it_is_damaged(home):
    code, said = hang(home, home / "bowl.yaml")
    assert code == 0 and said.splitlines()[0] == f"gallery site: {home / 'site'}"
    whole = {path: path.read_bytes() for path in (home / "site").rglob("*") if path.is_file()}
    assert hang(home, home / "bowl.yaml")[1].endswith("(unchanged)")
    page = home / "site" / "works" / "bowl" / "index.html"
    page.write_text("torn")
    code, said = hang(home, home / "bowl.yaml")
    assert code == 0 and "is made again" in said and "index.html: is not as it was written" in said
    assert {path: path.read_bytes() for path in whole} == whole


def test_a_work_that_is_no_longer_shown_goes_and_files_of_others_stay(home):
    other = scene_at(home, "other")
    run("still", other, "--out", home / "output")
    hang(home, home / "bowl.yaml", other)
    mine = home / "site" / "works" / "mine.txt"
    mine.write_text("kept")
    assert hang(home, home / "bowl.yaml")[0] == 0
    assert sorted(path.name for path in (home / "site" / "works").iterdir()) == ["bowl", "mine.txt"]


def test_pages_of_somebody_else_are_not_written_over(home):
    (home / "site").mkdir()
    (home / "site" / "index.html").write_text("mine")
    code, said = hang(home, home / "bowl.yaml")
    assert code == 2 and said.endswith("holds pages that are no gallery; name another folder with --site")
    assert (home / "site" / "index.html").read_text() == "mine"


def test_no_page_tells_where_it_was_made(home):
    hang(home, home / "bowl.yaml")
    told = [path for path in (home / "site").rglob("*") if path.is_file() and str(home).encode() in path.read_bytes()]
    assert told == []


def test_whatever_a_text_says_is_shown_as_text():
    assert markup.escaped('<b>"&') == "&lt;b&gt;&quot;&amp;"
    assert markup.escaped(markup.Markup("<b>")) == "<b>"
    found = pages.index(HOSTILE, [])
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt; {{ works }} &quot;&#x27;" in found and HOSTILE not in found
    assert markup.as_script({"a": "</script><!--"}) == '{"a":"\\u003c/script\\u003e\\u003c!--"}'


def test_a_name_that_needs_quoting_becomes_an_address_of_its_own():
    assert address("first-descent") == "first-descent"
    found = {address(name) for name in ("a b", "a/b", "a#b", "..", "ä", "a-b")}
    assert len(found) == 6 and all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in found)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_numbers_come_back_as_they_were(kind):
    values = np.array([3, 250, 0, 7, 7, 199], kind)
    held = enclosing.enclosed(values)
    back = np.frombuffer(zlib.decompress(base64.b64decode(held["bytes"])), f"<{held['type']}")
    whole = np.cumsum(back, dtype=back.dtype) if kind != "float32" else back
    assert whole.tolist() == values.tolist()


def test_the_vendored_files_are_those_that_their_page_names():
    told = dict(re.findall(r"\| `([\w.-]+)` \|.*\| `([0-9a-f]{64})` \|", (bundling.VENDOR / "README.md").read_text()))
    files = {path.name: path for path in bundling.VENDOR.iterdir() if path.name != "README.md"}
    assert told == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert all(path.stat().st_size < 1_000_000 for path in files.values())


def test_the_bundle_imports_and_exports_nothing():
    script = bundling.three()
    assert script.startswith("var THREE=") and "WebGLRenderer:" in script
    assert not re.search(r"\bexport\s*\{|\bimport\s*[{(]", script)


def test_a_view_begins_where_the_shot_looks_and_on_the_ground(tmp_path):
    _, take = taken(scene_at(tmp_path, "bowl"))
    view, relief = take.view(1.0), take.panels[0].relief
    found = aimed(view, relief, "block")
    x, y = found["target"]
    point = np.array([[x, y, float(mesh.height_at(relief, np.array([x]), np.array([y]))[0])]])
    assert np.abs(view.project(point)[0, :2]).max() < 0.01  # half heights from the middle of the picture
    assert found["distance"] == pytest.approx(float(np.linalg.norm(view.position - point[0])))


def test_a_terrain_beside_others_is_shown_whole(tmp_path):
    _, take = taken(scene_at(tmp_path, "bowl"))
    relief = take.panels[0].relief
    bounds = camera.hull(relief, "block", -0.1, 0.1)
    for aspect in (0.6, 16 / 9):
        found = of_the_whole(take.view(1.0), bounds, 0.1, aspect)
        middle = np.array([*found["target"], 0.1])
        seen = camera.standing(found["azimuth"], found["elevation"], found["distance"], middle, found["angle"])
        x, y, _ = seen.project(bounds).T
        assert 0.6 < max(np.abs(x).max() / aspect, np.abs(y).max()) < 1


def test_the_terrain_of_a_page_holds_the_measured_losses(tmp_path):
    scene, take = taken(scene_at(tmp_path, "bowl"))
    data = PageTerrain(scene, take, 0, 16 / 9, 1.0).data()
    held = data["measured"]
    steps = np.cumsum(np.frombuffer(zlib.decompress(base64.b64decode(held["loss"]["bytes"])), "<u2"), dtype=np.uint16)
    loss = np.exp(held["low"] + steps / 65535 * (held["high"] - held["low"]))
    np.testing.assert_allclose(loss.reshape(BOWL.shape), BOWL, rtol=1e-4)
    assert (data["columns"], data["rows"]) == (41, 31) and data["alpha"] == [-1, 3]
    assert len(data["palettes"]) == 10 and data["palettes"][0]["name"] == "ember"
    assert json.loads(markup.as_script(data)) == data


def test_words_for_who_does_not_see_a_picture_are_written_from_its_record():
    run_told = {"network": "mlp", "data": "digits"}
    record = {"run": run_told, "points": [5, 5], "counts": {"measured": 24, "diverged": 1}, "loss": [0.1, 2.0]}
    record["path"] = {"true_loss": [2.0, 0.25]}
    assert facts.alternative_of("Bowl", {"a": record}, "block") == (
        "Bowl: a block of terrain whose height is the loss of mlp on digits at 5 × 5, 24 measured, 1 diverged points, "
        "from 0.100 in the depth to 2.00, and on it the path of a training from loss 2.00 to 0.250."
    )


def test_what_unfolds_out_of_a_line_needs_the_line_to_be_viewed_and_to_be_exported(tmp_path):
    order = Order(load(ROOT / "scenes" / "unfold.yaml"), "final", tmp_path)
    for work in (ExportWork(order, ExportRequest.of("glb", shot=2)), *views_of(order)):
        assert {"line", "surface"} <= {need.kind for need in work.needs}


def test_a_view_needs_the_surfaces_of_its_own_shot(tmp_path):
    path = scene_at(tmp_path, "bowl")
    two = "surfaces:\n  b: {source: {surface: a.npz}}\n"
    shots = "shots: [{surface: a, duration: 2s}, {surface: b, duration: 2s}]"
    text = path.read_text().replace("surfaces:\n", two).replace("shots: [{surface: a, duration: 2s}]", shots)
    path.write_text(text)
    works = views_of(Order(load(path), "final", tmp_path, stem="bowl"))
    assert {work.surface: list(work.shown) for work in works} == {"a": ["a"], "b": ["b"]}


def test_view_takes_one_scene_at_a_time(tmp_path):
    code, said = run("view", scene_at(tmp_path, "one"), scene_at(tmp_path, "two"), "--once", "--no-open")
    assert code == 2 and said == "one scene at a time; open another with a command of its own"


def test_view_of_a_scene_without_terrain_says_what_to_add(tmp_path):
    path = scene_at(tmp_path, "one")
    path.write_text(path.read_text().partition("shots:")[0])
    code, said = run("view", path, "--once", "--no-open", "--out", tmp_path / "output")
    assert code == 3 and said == f"{path}: no shot shows a terrain; add one under shots with a surface"


def test_view_opens_its_page_and_ends_when_it_is_to_follow_nothing(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    code, said = run("view", scene_at(tmp_path, "bowl"), "--once", "--out", tmp_path / "output")
    page = tmp_path / "output" / "views" / "bowl.draft.html"
    assert code == 0 and opened == [page.as_uri()] and f"page: {page}" in said
    assert 'data-follows="bowl.draft.now.js"' in page.read_text()
