"""Problems of a scene: all at once, each at its line and column, with the value and the nearest right thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.errors import SceneError
from render.scene.language.load import load

GOOD = """\
thalweg: 1
title: Bowl
seed: 7
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [8]}
    training:
      optimiser: {kind: sgd, lr: 0.1}
      batch: 64
      steps: 600
surfaces:
  main: {run: main, points: [40, 30]}
look: {name: ember}
shots:
  - surface: main
    duration: 8s
stills:
  one: {at: 6s, size: [320, 180]}
films:
  one: {size: [320, 180], fps: 30}
"""

RUN = """\
    data: {kind: digits}
    network: {kind: mlp, widths: [8]}
    training: {optimiser: {kind: sgd, lr: 0.1}, batch: 64, steps: 600}
"""
FOUR = GOOD.replace(
    "surfaces:",
    f"  b:\n    seed: 8\n{RUN}  c:\n    seed: 9\n{RUN}  wide:\n{RUN.replace('[8]', '[16]')}surfaces:",
)

BAD = [
    # what the scene says, what it is changed to, where the problem stands, what is said
    ("training:", "trainig:", "8:5", "runs.main.trainig: is not a key here; did you mean training?"),
    ("seed: 7", "weather: 7", "3:1", "weather: is not a key here; known here: thalweg, include, title, seed, runs"),
    ("title: Bowl\n", "", "1:1", "title: is missing; add it (title on the picture)"),
    ("title: Bowl", "title: 5", "2:8", "title: 5 is not text; put it in quotes"),
    ("title: Bowl", "title: ''", "2:8", 'title: "" has too few characters; at least 1'),
    ("title: Bowl", "title:", "2:1", "title: an empty value is not text"),
    ("seed: 7", "seed: -1", "3:7", "seed: -1 is too small; at least 0"),
    ("seed: 7", "seed: 4294967296", "3:7", "seed: 4294967296 is too large; less than 4,294,967,296"),
    ("seed: 7", "seed: true", "3:7", "seed: true is not a whole number"),
    ("seed: 7", 'seed: "7"', "3:7", 'seed: "7" is not a whole number; remove the quotes'),
    (
        "films:\n  one",
        "films:\n  ../one",
        "21:3",
        'films.../one: "../one" is not a name; use 1 to 64 of the letters a to z',
    ),
    (
        "films:\n  one",
        "films:\n  山",
        "21:3",
        'films.山: "山" is not a name; use 1 to 64 of the letters a to z and A to Z',
    ),
    ("kind: digits", "kind: digit", "6:18", 'runs.main.data.kind: "digit" is not known; did you mean digits?'),
    (
        "kind: digits",
        "kind: [1]",
        "6:18",
        "runs.main.data.kind: [1] is not known; known here: digits, mnist, ",
    ),
    (
        "{kind: digits}",
        "{}",
        "6:11",
        "runs.main.data: needs a kind: digits, mnist, ",
    ),
    ("{kind: digits}", "digits", "6:11", 'runs.main.data: "digits" is not a mapping; write keys with values'),
    (
        "kind: digits",
        "kind: digits, digits: 1",
        "6:26",
        "runs.main.data.digits: is not a key here; known here: per_class, test_per_class, label_noise, seed, kind",
    ),
    ("kind: mlp", "kind: mpl", "7:21", 'runs.main.network.kind: "mpl" is not known; did you mean mlp?'),
    ("[8]", "[8, a]", "7:38", 'runs.main.network.widths.1: "a" is not a whole number'),
    ("[8]", "8", "7:34", "runs.main.network.widths: 8 is not a list; write [a, b]"),
    ("[8]", "[" + "1, " * 17 + "]", "7:34", "runs.main.network.widths: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,"),
    ("lr: 0.1", "lr: .inf", "9:34", "runs.main.training.optimiser.lr: Infinity is not a finite number"),
    ("lr: 0.1", "lr: 0", "9:34", "runs.main.training.optimiser.lr: 0 is too small; more than 0"),
    ("lr: 0.1", "momentum: 0.9", "9:7", "runs.main.training.optimiser.lr: is missing; add it (learning rate)"),
    ("lr: 0.1", "lr: 1, nesterov: true", "9:47", "optimiser.nesterov: true needs momentum; set momentum above 0"),
    ("steps: 600", "steps: 6\n      every: 7", "12:14", "runs.main.training.every: 7 is more than the 6 steps"),
    ("run: main", "run: mian", "13:15", 'surfaces.main.run: there is no run "mian"; did you mean main?'),
    ("[40, 30]", "[40]", "13:29", "surfaces.main.points: [40] is too short; write two values"),
    ("[40, 30]", "[1, 2, 3]", "13:29", "surfaces.main.points: [1, 2, 3] has too many entries; at most 2"),
    ("[40, 30]", "40", "13:29", "surfaces.main.points: 40 is not a pair; write [a, b]"),
    ("[40, 30]", "[20000, 20000]", "13:29", "20000 × 20000 is 400,000,000 points; at most 100,000,000 are measured"),
    ("[40, 30]", "[4, 4], plane: {kind: random}, margin: 1", "13:68", "surfaces.main.margin: is taken around the path"),
    (
        "[40, 30]",
        "[4, 4], plane: {kind: pca, origin: middle}",
        "13:64",
        'origin: "middle" is not known; known here: last',
    ),
    ("[40, 30]", "[4, 4], plane: {kind: hesian}", "13:51", 'plane.kind: "hesian" is not known; did you mean hessian?'),
    (
        "[40, 30]",
        "[4, 4], plane: {kind: hessian, seed: 1}",
        "13:60",
        "plane.seed: is not a key here; known here: kind",
    ),
    (
        "[40, 30]",
        "[4, 4], plane: {kind: gradient, sed: 1}",
        "13:61",
        "plane.sed: is not a key here; did you mean seed?",
    ),
    ("[40, 30]", "[4, 4], plane: {kind: gradient, seed: -1}", "13:67", "plane.seed: -1 is too small; at least 0"),
    ("[40, 30]", "[4, 4], plane: {kind: random, orthogonal: 1}", "13:71", "orthogonal: 1 is neither true nor false"),
    ("[40, 30]", "[4, 4], plane: {kind: between}", "13:37", "plane.run: is missing; add it (name of the other run"),
    ("[40, 30]", "[4, 4], plane: {kind: three, runs: []}", "13:64", "plane.runs: [] is too short; write two"),
    ("[40, 30]", "[4, 4], plane: {kind: three, runs: b}", "13:64", 'plane.runs: "b" is not a pair; write [a, b]'),
    ("[40, 30]", "[4, 4], margin: 1, range: {alpha: [0, 1], beta: [0, 1]}", "13:55", "range: excludes margin"),
    ("[40, 30]", "[4, 4], range: {alpha: [1, 0], beta: [0, 1]}", "13:52", "range.alpha: [1, 0] does not rise"),
    (
        "[40, 30]",
        "[4, 4], objective: {los: x}",
        "13:49",
        "surfaces.main.objective.los: is not a key here; did you mean",
    ),
    (
        "[40, 30]",
        "[4, 4], objective: {loss: mse}",
        "13:55",
        'objective.loss: "mse" is not known; known here: cross-ent',
    ),
    ("[40, 30]", "[4, 4], objective: {loss: squared_error}", "13:55", "is not known; did you mean squared-error?"),
    (
        "[40, 30]",
        "[4, 4], objective: {bn_batch: 64}",
        "13:59",
        "objective.bn_batch: has no use where bn is frozen; leave it out, or set bn to batch or recalibrated",
    ),
    (
        "[40, 30]",
        "[4, 4], objective: {bn: batch, bn_batch: 1}",
        "13:70",
        "objective.bn_batch: 1 is too small; at least 2",
    ),
    (
        "[40, 30]",
        "[4, 4], objective: {bn: recalibrated}",
        "13:53",
        "objective.bn: recalibrated needs examples of the train split; set calibration",
    ),
    (
        "[40, 30]",
        "[4, 4], objective: {bn: batch, calibration: 512}",
        "13:73",
        "objective.calibration: has no use where bn is batch; leave it out, or set bn to recalibrated",
    ),
    ("[40, 30]", "[4, 4], objective: {bn: frozn}", "13:53", 'objective.bn: "frozn" is not known; did you mean frozen?'),
    (
        "[40, 30]",
        "[4, 4], objective: {dropout: 0.5}",
        "13:58",
        "objective.dropout: 0.5 is not known; known here: off, fi",
    ),
    (
        "[40, 30]",
        "[4, 4], objective: {weight_decay: -1}",
        "13:63",
        "objective.weight_decay: -1 is too small; at least 0",
    ),
    ("[40, 30]", "[4, 4], objective: {precision: float61}", "13:60", '"float61" is not known; did you mean float16?'),
    (
        "[40, 30]",
        "[4, 4], mode: adaptve",
        "13:43",
        'surfaces.main.mode: "adaptve" is not known; did you mean adaptive?',
    ),
    (
        "[40, 30]",
        "[4, 4], tolerance: 0.01",
        "13:48",
        "surfaces.main.tolerance: has no use where every cell is measured; leave it out, or set mode to adaptive",
    ),
    (
        "[40, 30]",
        "[4, 4], range: {alpha: [-1, 1], beta: [-1, 1]}, plane: {kind: hessian}, objective: {dropout: fixed}",
        "13:84",
        "needs derivatives of the loss, which dropout: fixed has none of; choose another plane or objective",
    ),
    ("[40, 30]", "[4, 4], mode: adaptive, tolerance: 0", "13:64", "tolerance: 0 is too small; more than 0"),
    ("[40, 30]", "[4, 4], mode: adaptive, tolerance: 0.6", "13:64", "tolerance: 0.6 is too large; at most 0.5"),
    ("[40, 30]", "[4, 4], strategy: dense", "13:47", 'strategy: "dense" is not known; did you mean dense-eager?'),
    ("[40, 30]", "[4, 4], budget: 1d", "13:45", 'surfaces.main.budget: "1d" is not a duration; write it like 8s'),
    ("[40, 30]", "[4, 4], budget: 0s", "13:45", 'surfaces.main.budget: "0s" is too small; more than 0'),
    ("steps: 600", "steps: 600\n    seed: -3", "12:11", "runs.main.seed: -3 is too small; at least 0"),
    ("name: ember", "name: embre", "14:14", 'look.name: "embre" is not a look; did you mean ember?'),
    ("name: ember", "relief: [{lgo: 1}]", "14:18", "look.relief.0.lgo: is not a step here; did you mean log?"),
    (
        "name: ember",
        "relief: [{log: {flor: 1}}]",
        "14:24",
        "look.relief.0.log.flor: is not a key here; did you mean floor?",
    ),
    ("name: ember", "relief: [{}]", "14:17", "look.relief.0: holds 0 keys; a step is one of log, clip, smooth"),
    ("name: ember", "relief: [5]", "14:17", "look.relief.0: 5 is not a mapping"),
    ("name: ember", "palette: [[0, '#aabbcc'], [0.9, '#aabbcc']]", "14:17", "look.palette: runs from 0 to 0.9"),
    ("name: ember", "text: red", "14:14", 'look.text: "red" is not a colour; write it like "#ffd9a0"'),
    ("name: ember", "sun: {elevaton: 3}", "14:14", "look.sun.elevaton: is not a key here; did you mean elevation?"),
    (
        "look: {name: ember}",
        "look:\n  text: #ff5a5f",
        "15:3",
        'look.text: # begins a comment, so nothing is read of "#ff5a5f"; put the value in quotes if it begins with #',
    ),
    ("title: Bowl", "title: # soon", "2:1", 'title: # begins a comment, so nothing is read of "# soon"; put the value'),
    ("seed: 7", "seed: #7", "3:1", 'seed: # begins a comment, so nothing is read of "#7"'),
    (
        "name: ember",
        "text: #ff5a5f",
        "14:14",
        '# begins a comment, so the rest of the line is not read; write "#ff5a5f" in q',
    ),
    ("name: ember", "palette: [[0, #aabbcc], [1, '#ffffff']]", "14:22", 'is not read; write "#aabbcc" in quotes'),
    ("name: ember", "path: {others: [#aabbcc]}", "14:24", 'is not read; write "#aabbcc" in quotes'),
    ("surface: main", "surface: mai", "16:14", 'shots.0.surface: there is no surface "mai"; did you mean main?'),
    (
        "duration: 8s",
        "duration: 8 hours",
        "17:15",
        '"8 hours" is not a duration; write it like 8s, 500ms, 1.5s, 2min or 1m30s',
    ),
    ("duration: 8s", "duration: 0s", "17:15", "shots.0.duration: 0.0 is too small; more than 0"),
    (
        "duration: 8s",
        "duration: 1s\n    path: {hold: 1.5s}",
        "18:18",
        "shots.0.path.hold: 1.5 s is not shorter than the shot, 1 s",
    ),
    ("8s\n", "8s\n    camera: {kind: orbit, azimuth: east}\n", "18:36", 'azimuth: "east" is neither auto nor a number'),
    ("8s\n", "8s\n    camera: {kind: orbit, distance: -1}\n", "18:37", "distance: -1 is too small; more than 0"),
    ("8s\n", "8s\n    path: {show: yes}\n", "18:18", 'shots.0.path.show: "yes" is neither true nor false'),
    ("8s\n", "8s\n    path: {pace: ark}\n", "18:18", 'shots.0.path.pace: "ark" is not known; did you mean arc?'),
    ("at: 6s", "at: 9s", "19:13", "stills.one.at: 9 s is after the end of the shots, 8 s"),
    ("[320, 180], fps", "[321, 180], fps", "21:16", "films.one.size.0: 321 is odd; take 320 or 322"),
    ("fps: 30", "fps: 1/0", "21:32", 'films.one.fps: "1/0" divides by 0; write it like 24, 23.976 or 24000/1001'),
    ("fps: 30", "fps: 0/0", "21:32", 'films.one.fps: "0/0" divides by 0'),
    ("fps: 30", "fps: 0/1001", "21:32", 'films.one.fps: "0/1001" is too small; at least 0.001 frames per second'),
    ("fps: 30", "fps: 0", "21:32", "films.one.fps: 0 is too small; at least 0.001 frames per second"),
    ("fps: 30", "fps: -24", "21:32", "films.one.fps: -24 is too small"),
    (
        "fps: 30",
        "fps: 241000/1000",
        "21:32",
        'films.one.fps: "241000/1000" is too large; at most 240 frames',
    ),
    ("fps: 30", "fps: .inf", "21:32", "films.one.fps: inf is not a finite number"),
    ("fps: 30", "fps: ntsc", "21:32", 'films.one.fps: "ntsc" is not a frame rate; write it like 24, 23.976 or'),
    ("fps: 30", 'fps: "30"', "21:32", 'films.one.fps: "30" is not a frame rate; remove the quotes'),
    ("fps: 30", "fps: true", "21:32", "films.one.fps: True is not a frame rate"),
    ("fps: 30", "fps: 1/2/3", "21:32", 'films.one.fps: "1/2/3" is not a frame rate'),
    ("fps: 30", "fps: 90000001/90000000", "21:32", "is finer than a film can tell; divide by 1,001,000 at most"),
    (
        "8s\n",
        "8s\n    crossing: fade\n",
        "18:5",
        "shots.0.crossing: is not a key here; known here: surface",
    ),
    ("fps: 30", "fps: 30, encoder: {kind: h265}", "21:52", 'encoder.kind: "h265" is not known; did you mean h264?'),
]


def problems_of(text: str, folder: Path) -> list[str]:
    """Returns what is said about a scene, from behind the name of its file."""
    path = folder / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SceneError, match=r"a\.yaml") as caught:
        load(path)
    return [problem.removeprefix(f"{path}:") for problem in caught.value.problems]


def test_the_scene_that_the_table_changes_is_good(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).title == "Bowl"


@pytest.mark.parametrize(("old", "new", "place", "words"), BAD, ids=[f"{new!r}"[:40] for _, new, _, _ in BAD])
def test_a_problem_says_where_it_stands_and_what_would_be_right(tmp_path, old, new, place, words):
    assert GOOD.count(old) >= 1
    problems = problems_of(GOOD.replace(old, new, 1), tmp_path)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"{place}: ")
    assert words in problems[0]


def test_all_problems_are_said_at_once_in_the_order_of_the_file(tmp_path):
    text = GOOD.replace("seed: 7", "seed: x").replace("run: main", "run: mian").replace("batch: 64", "batch: 0")
    problems = problems_of(text.replace("at: 6s", "at: -1"), tmp_path)
    assert [problem.split(" ")[1] for problem in problems] == [
        "seed:",
        "runs.main.training.batch:",
        "surfaces.main.run:",
        "stills.one.at:",
    ]


def test_a_still_without_any_shot_has_nothing_to_show(tmp_path):
    text = GOOD[: GOOD.index("shots:")] + GOOD[GOOD.index("stills:") :]
    problems = problems_of(text, tmp_path)
    assert problems == [
        "16:3: stills: need at least one shot; add it under shots",
        "18:3: films: need at least one shot; add it under shots",
    ]


@pytest.mark.parametrize("version", ["2", "0", "true", "1.0", "'1'", ""])
def test_a_scene_of_another_version_is_refused_for_that_alone(tmp_path, version):
    problems = problems_of(GOOD.replace("thalweg: 1", f"thalweg: {version}") + "unknown: 1\n", tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith("1:")
    assert "is not a version that can be read; write 1" in problems[0]


def test_a_key_of_any_length_gets_a_short_sentence(tmp_path):
    (problem,) = problems_of(f"{GOOD}? {'long' * 1000}\n: 1\n", tmp_path)
    assert "…: is not a key here" in problem
    assert len(problem) < 250


def test_what_a_terminal_would_obey_is_escaped(tmp_path):
    (problem,) = problems_of(GOOD + '"\\e[31mred": 1\n', tmp_path)
    assert "\\x1b[31mred: is not a key here" in problem


@pytest.mark.parametrize("kind", ["random", "hessian", "gradient", "between, run: b", "three, runs: [b, c]"])
def test_a_margin_needs_a_plane_that_follows_the_path(tmp_path, kind):
    text = FOUR.replace("points: [40, 30]", f"points: [40, 30], margin: 1, plane: {{kind: {kind}}}")
    said = f"is taken around the path, which a {kind.split(',')[0]} plane need not follow; give range"
    assert problems_of(text, tmp_path) == [f"27:47: surfaces.main.margin: {said}"]


NAMES = [
    # the plane of a surface of run main, where the problem stands, what is said
    ("kind: between, run: e", "27:67", 'run: there is no run "e"; known here: b, c, wide'),
    ("kind: between, run: wid", "27:67", 'run: there is no run "wid"; did you mean wide?'),
    ("kind: between, run: main", "27:67", 'run: "main" is the surface\'s own run; name another: b, c, wide'),
    (
        "kind: between, run: wide",
        "27:67",
        'run: run "wide" has another network than run "main"; a plane needs runs of one network',
    ),
    ("kind: three, runs: [b, e]", "27:70", 'runs.1: there is no run "e"; known here: b, c, wide'),
    ("kind: three, runs: [main, c]", "27:67", 'runs.0: "main" is the surface\'s own run; name another: b, c, wide'),
    ("kind: three, runs: [b, b]", "27:70", 'runs.1: run "b" is named twice; name two others'),
    (
        "kind: three, runs: [wide, c]",
        "27:67",
        'runs.0: run "wide" has another network than run "main"; a plane needs runs of one network',
    ),
]


@pytest.mark.parametrize(("plane", "place", "words"), NAMES, ids=[plane for plane, _, _ in NAMES])
def test_the_other_runs_of_a_plane_are_checked(tmp_path, plane, place, words):
    text = FOUR.replace("points: [40, 30]", f"points: [40, 30], plane: {{{plane}}}")
    assert problems_of(text, tmp_path) == [f"{place}: surfaces.main.plane.{words}"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (RUN, RUN.replace("digits", "spirals"), 'run "b" learns other data than run "main"; a plane needs runs of the'),
        ("    seed: 8\n", "    seed: 7\n", 'run "b" is the same training as run "main"; give it another seed'),
        ("    seed: 8\n", "", 'run "b" is the same training as run "main"; give it another seed'),
        ("    seed: 8\n", "    seed: 9\n", 'run "c" is the same training as run "b"; give it another seed'),
    ],
)
def test_the_other_runs_of_a_plane_end_elsewhere_on_the_same_ground(tmp_path, old, new, words):
    text = FOUR.replace("points: [40, 30]", "points: [40, 30], plane: {kind: three, runs: [b, c]}")
    (problem,) = problems_of(text.replace(old, new, 1), tmp_path)
    assert words in problem


def test_what_batch_norm_does_not_need_is_said_at_once(tmp_path):
    text = GOOD.replace("points: [40, 30]", "points: [4, 4], objective: {bn_batch: 64, calibration: 512}")
    assert problems_of(text, tmp_path) == [
        "13:59: surfaces.main.objective.bn_batch: has no use where bn is frozen; leave it out, or set bn to batch or"
        " recalibrated",
        "13:76: surfaces.main.objective.calibration: has no use where bn is frozen; leave it out, or set bn to"
        " recalibrated",
    ]


def test_the_names_in_a_plane_are_checked_beside_other_problems(tmp_path):
    text = FOUR.replace("points: [40, 30]", "points: [1, 30], plane: {kind: three, runs: [main, e]}")
    assert [problem.split(": ")[1] for problem in problems_of(text, tmp_path)] == [
        "surfaces.main.points.0",
        "surfaces.main.plane.runs.0",
        "surfaces.main.plane.runs.1",
    ]


def test_a_scene_of_one_run_has_nothing_to_go_between(tmp_path):
    text = GOOD.replace("points: [40, 30]", "points: [40, 30], plane: {kind: between, run: main}")
    (problem,) = problems_of(text, tmp_path)
    assert problem.endswith('plane.run: "main" is the surface\'s own run; add another under runs')
