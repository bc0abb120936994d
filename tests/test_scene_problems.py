"""Problems of a scene: all at once, each at its line and column, with the value and the nearest right thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from render.errors import SceneError
from render.scene.load import load

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

BAD = [
    # what the scene says, what it is changed to, where the problem stands, what is said
    ("training:", "trainig:", "8:5", "runs.main.trainig: is not a key here; did you mean training?"),
    ("seed: 7", "weather: 7", "3:1", "weather: is not a key here; known here: thalweg, title, seed, runs, surfaces"),
    ("title: Bowl\n", "", "1:1", "title: is missing; add it (title on the picture)"),
    ("title: Bowl", "title: 5", "2:8", "title: 5 is not text; put it in quotes"),
    ("title: Bowl", "title: ''", "2:8", 'title: "" has too few characters; at least 1'),
    ("title: Bowl", "title:", "2:1", "title: an empty value is not text"),
    ("seed: 7", "seed: -1", "3:7", "seed: -1 is too small; at least 0"),
    ("seed: 7", "seed: 4294967296", "3:7", "seed: 4294967296 is too large; less than 4,294,967,296"),
    ("seed: 7", "seed: true", "3:7", "seed: true is not a whole number"),
    ("seed: 7", 'seed: "7"', "3:7", 'seed: "7" is not a whole number; remove the quotes'),
    ("films:\n  one", "films:\n  ../one", "21:3", 'films.../one: "../one" is not a name; use 1 to 64 letters'),
    ("kind: digits", "kind: digit", "6:18", 'runs.main.data.kind: "digit" is not known; did you mean digits?'),
    ("kind: digits", "kind: [1]", "6:18", "runs.main.data.kind: [1] is not known; known here: digits, spirals"),
    ("{kind: digits}", "{}", "6:11", "runs.main.data: needs a kind: digits, spirals"),
    ("{kind: digits}", "digits", "6:11", 'runs.main.data: "digits" is not a mapping; write keys with values'),
    ("kind: digits", "kind: digits, digits: 1", "6:26", "runs.main.data.digits: is not a key here; known here: kind"),
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
    ("[40, 30]", "[4, 4], margin: 1, range: {alpha: [0, 1], beta: [0, 1]}", "13:55", "range: excludes margin"),
    ("[40, 30]", "[4, 4], range: {alpha: [1, 0], beta: [0, 1]}", "13:52", "range.alpha: [1, 0] does not rise"),
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
    ("surface: main", "surface: mai", "16:14", 'shots.0.surface: there is no surface "mai"; did you mean main?'),
    (
        "duration: 8s",
        "duration: 8 hours",
        "17:15",
        '"8 hours" is not a duration; write it like 8s, 500ms, 1.5s or 2min',
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
