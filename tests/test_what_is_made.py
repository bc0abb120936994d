"""What the commands make of lines, series, domes and pictures all around, and what they refuse before all work."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from render.cli import app
from render.film.prints import printable
from render.scene.language.load import load
from render.scene.printing import PrintRequest, print_of

RUN = (
    "{data: {kind: digits}, network: {kind: mlp, widths: [6]}, "
    "training: {optimiser: {kind: sgd, lr: 0.1}, batch: 32, steps: 12, every: 4}, seed: %d}"
)
PARTS = {
    "line": "{line: way, duration: 2s, ball: {starts: [0.2, 0.7], lr: 2, steps: 5}}",
    "surface": "{surface: main, duration: 2s, path: {show: false}}",
    "dissolve": "{surface: main, duration: 2s, path: {show: false}, transition: {kind: dissolve, duration: 1s}}",
    "series": "{surface: rates, duration: 2s, path: {show: false}}",
    "dome": "{surface: main, duration: 2s, camera: {kind: fixed, projection: dome}}",
    "around": "{surface: main, duration: 2s, camera: {kind: fixed, projection: equirectangular}}",
}
SIZES = {"dome": "64, 64", "around": "64, 32"}
SCENE = f"""\
thalweg: 1
title: A lab
runs: {{a: {RUN % 1}, b: {RUN % 2}}}
lines:
  way: {{run: a, objective: {{examples: 64}}, along: {{kind: between, run: b}}, range: [-0.5, 1.5], points: 41}}
surfaces:
  main: {{run: a, objective: {{examples: 64}}, plane: {{kind: random}}, range: {{alpha: [-1, 1], beta: [-1, 1]}}, \
points: [12, 12]}}
series:
  rates:
    kind: hyperparameter
    run: a
    vary: {{key: training.optimiser.lr, values: [0.05, 0.2]}}
    objective: {{examples: 64}}
    plane: {{kind: random}}
    range: {{alpha: [-1, 1], beta: [-1, 1]}}
    points: [12, 12]
look: {{name: porcelain}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder whose results all tests share."""
    return tmp_path_factory.mktemp("lab")


def scene_at(folder, *shots, at=(1.0,), size=None):
    """Writes a scene of shots, with a still at each of some moments and one film; returns its path."""
    size = size or SIZES.get(shots[0], "96, 54")
    stills = ", ".join(f"s{number}: {{at: {time}, size: [{size}]}}" for number, time in enumerate(at))
    path = folder / f"{'-'.join(shots)}-{len(at)}.yaml"
    listed = "\n".join(f"  - {PARTS[shot]}" for shot in shots)
    films = f"films: {{f: {{size: [{size}], fps: 2}}}}\n"
    path.write_text(f"{SCENE}shots:\n{listed}\nstills: {{{stills}}}\n{films}", encoding="utf-8")
    return path


def called(folder, *words):
    """Runs a command; returns its exit code, what it answers, and what it says."""
    done = CliRunner().invoke(app, [*map(str, words), "--out", str(folder / "output")])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr.strip()


REFUSED = {
    "passes of a line": (("line",), ("still", "--passes"), "still s0: a line is drawn without light, so it has no pas"),
    "light of a line": (("line",), ("still", "--format", "exr"), "the chart of a line has no print in linear light"),
    "a large line": (
        ("line",),
        ("still", "--print", "A0"),
        "14,043 × 9,933 pixels are more than 36,000,000; use --dpi 152",
    ),
    "a large dome": (("dome",), ("still", "--print", "5000x5000px"), "pixels are more than 17,000,000; give fewer"),
    "a line as glb": (
        ("line",),
        ("export", "--to", "glb"),
        "--shot 1: the chart of a line has no terrain to export; a",
    ),
    "a line before": (("line", "surface"), ("export", "--to", "stl"), "no terrain to export; give --shot 2, which has"),
    "sides of a line": (
        ("line",),
        ("preview", "--angles", "3"),
        "--angles 3: at 1 s stands the chart of a line, which",
    ),
    "passes of a dome": (("dome",), ("still", "--passes"), "still s0: passes are of flat pictures, and it is dome; le"),
    "light of a dome": (("dome",), ("still", "--format", "exr"), "a dome has no print in linear light"),
    "a sheet for a dome": (("dome",), ("still", "--print", "A6"), "is square, and 1,748 × 1,240 pixels are not; give"),
    "around on a sheet": (
        ("around",),
        ("still", "--print", "9x9cm"),
        "twice as wide as high, and 1,063 × 1,063 pixels",
    ),
    "bleed of a dome": (("dome",), ("still", "--print", "5x5cm", "--bleed", "2mm"), "and has no bleed; leave --bleed"),
    "a dome as glb": (
        ("dome",),
        ("export", "--to", "glb"),
        "a camera of glb is flat, and that of the shot is dome; ad",
    ),
    "around as usd": (("around",), ("export", "--to", "usd"), "camera.projection=flat, or export stl or obj, which"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_made_is_one_sentence_before_all_work(tmp_path, case):
    shots, (command, *options), said = REFUSED[case]
    code, _, told = called(tmp_path, command, scene_at(tmp_path, *shots), *options)
    assert code == 2 and said in told and len(told.splitlines()) == 1
    assert not list((tmp_path / "output").rglob("*.json"))


@pytest.mark.parametrize("options", [("--print", "5x4cm"), ("--passes",)])
def test_a_moment_between_two_shots_is_printed_as_neither(tmp_path, options):
    path = scene_at(tmp_path, "surface", "dissolve", at=(1.5,))
    code, _, told = called(tmp_path, "still", path, *options)
    assert code == 2 and "still s0: at 1.5 s one shot goes over into another" in told


@pytest.mark.parametrize(("shots", "size"), [("dome", "5x5cm"), ("around", "6x3cm"), ("line", "6x4cm")])
def test_what_is_drawn_at_once_is_printed_as_the_still_is(lab, graphics, shots, size):
    path = scene_at(lab, shots)
    code, answered, told = called(lab, "still", path, "--print", size, "--dpi", "50", "--json")
    assert code == 0, told
    [made] = json.loads(answered)["results"]
    pixels = np.asarray(Image.open(made["path"]))
    width, height = (round(int(side) / 2.54 * 50) for side in size.removesuffix("cm").split("x"))
    assert pixels.shape[:2] == (height, width) and len(np.unique(pixels)) > 20
    record = json.loads((lab / "output" / "stills" / f"s0.{size}-50dpi.png.json").read_text())
    assert record["print"]["depth"] == 16 and record["words"]


@pytest.mark.parametrize("shots", ["dome", "around", "line"])
def test_a_print_of_the_stills_own_pixels_and_depth_is_the_still(lab, graphics, shots):
    made = []
    for options in ((), ("--depth", "8")):
        code, answered, told = called(lab, "still", scene_at(lab, shots), *options, "--json")
        assert code == 0, told
        made.append(np.asarray(Image.open(json.loads(answered)["results"][0]["path"])))
    assert (made[0] == made[1]).all() and len(np.unique(made[0])) > 20


def test_the_chart_of_a_line_goes_on_into_the_bleed_and_is_the_same_within(lab, graphics):
    path = scene_at(lab, "line")
    made = []
    for options in ((), ("--bleed", "10px")):
        words = ("still", path, "--print", "160x90px", "--depth", "8", *options, "--json", "--set", "look.grain=0")
        code, answered, told = called(lab, *words)
        assert code == 0, told
        [one] = json.loads(answered)["results"]
        made.append(np.asarray(Image.open(one["path"])).astype(int))
    plain, wide = made
    assert wide.shape == (110, 180, 3) and plain.shape == (90, 160, 3)
    assert abs(wide[10:-10, 10:-10] - plain).max() <= 2  # rounding is blurred by noise of one code
    assert np.ptp(wide[:10], axis=(0, 1)).max() <= 4  # ground, and no word


def test_among_others_a_still_that_cannot_be_made_is_told_of_and_left_out(lab, graphics):
    path = scene_at(lab, "surface", "line", at=(1.0, 3.0))
    code, answered, told = called(lab, "still", path, "--passes", "--quality", "thumb", "--json")
    assert code == 0, told
    assert [each["kind"] for each in json.loads(answered)["results"]] == ["still", "still", "passes"]


@pytest.mark.parametrize("form", ["stl", "obj"])
def test_what_has_no_camera_is_exported_of_a_dome(lab, graphics, form):
    pytest.importorskip("trimesh")
    code, answered, told = called(lab, "export", scene_at(lab, "dome"), "--to", form, "--quality", "thumb", "--json")
    assert code == 0, told
    [made] = json.loads(answered)["results"]
    assert made["value"] == "mesh points" and made["points"] == [12, 12]


@pytest.mark.parametrize(
    "command",
    [
        ("looks", "--look", "porcelain", "--look", "ember"),
        ("storyboard", "--count", "2"),
        ("preview",),
        ("preview", "--angles", "2"),
        ("still", "--print", "4x3cm", "--dpi", "60"),
        ("still", "--passes"),
        ("export", "--to", "glb"),
        ("export", "--to", "stl"),
    ],
    ids=" ".join,
)
@pytest.mark.slow
def test_series_are_drawn_printed_and_exported(lab, graphics, command):
    code, _, told = called(lab, command[0], scene_at(lab, "series"), *command[1:], "--quality", "thumb")
    assert code == 0, told


@pytest.mark.parametrize("command", [("looks", "--look", "ember"), ("storyboard", "--count", "2"), ("preview",)])
@pytest.mark.parametrize("shots", ["line", "dome", "around"])
@pytest.mark.slow
def test_sheets_and_previews_are_drawn_of_all_kinds(lab, graphics, shots, command):
    code, _, told = called(lab, command[0], scene_at(lab, shots), *command[1:], "--quality", "thumb")
    assert code == 0, told


def test_a_length_on_paper_that_is_a_pixel_off_becomes_the_shape_that_is_asked_for(tmp_path):
    scene = load(scene_at(tmp_path, "around"))
    still = scene.stills["s0"]
    for size, trim in (("16x8cm", (944, 472)), ("16x9cm", (945, 531))):
        asked = print_of(PrintRequest(size, 150), still.size)
        assert printable.fitted(scene, still, asked).trim == trim
    flat = load(scene_at(tmp_path, "surface"))
    assert printable.fitted(flat, flat.stills["s0"], asked) == asked


def test_every_kind_of_picture_is_known_by_its_moment(tmp_path):
    scene = load(scene_at(tmp_path, "surface", "dissolve", "line", at=(0.5, 1.5, 2.5, 3.5)))
    assert [printable.kind_at(scene, still) for still in scene.stills.values()] == [
        "terrain", "two shots", "terrain", "line",
    ]  # fmt: skip
