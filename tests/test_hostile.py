"""Scenes from strangers, as a user meets them: a sentence with its place, exit code 3, soon, in little memory."""

import random
import resource
import subprocess
import sys

import pytest

from render.errors import SceneError
from render.scene.language.load import load
from tests.conftest import ROOT, SCENE

GOOD = SCENE.read_text(encoding="utf-8")
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
HOSTILE = {
    "empty": "",
    "binary": random.Random(1).randbytes(90_000),
    "ten megabytes": "a: " + "x" * 10_000_000,
    "ninety kilobytes of comments": "#\n" * 45_000,
    "thousands of wrong keys": "thalweg: 1\n" + "".join(f"k{i}: {i}\n" for i in range(9000)),
    "thousands of wrong runs": "thalweg: 1\nruns:\n" + "".join(f"  r{i}: {{data: {{kind: x}}}}\n" for i in range(1500)),
    "an alias bomb": LAUGHS,
    "5,000 levels": "a: " + "[" * 5000 + "]" * 5000,
    "5,000 levels of blocks": "".join(" " * level + "- \n" for level in range(400)) + "[" * 5000,
    "code": "a: !!python/object/apply:os.system [ls]",
    "a list": "[1, 2]",
    "a tab": GOOD.replace("  main:", "\tmain:", 1),
    "another version": GOOD.replace("thalweg: 1", "thalweg: 2"),
    "twice the same key": GOOD + "seed: 3\n",
    "not a number": GOOD.replace("margin: 0.9", "margin: .nan"),
    "infinity": GOOD.replace("margin: 0.9", "margin: .inf"),
    "no points": GOOD.replace("[1000, 1000]", "[0, 0]"),
    "a billion points": GOOD.replace("[1000, 1000]", "[1000000000, 1000000000]"),
    "a negative duration": GOOD.replace("8s", "-8s"),
    "a million pixels": GOOD.replace("[1920, 1080]", "[1000000, 1000000]"),
    "a name that climbs": GOOD.replace("first-descent:", "../../first-descent:"),
    "an absolute name": GOOD.replace("first-descent:", "/etc/first-descent:"),
    "an include that climbs": GOOD + "include: [../secret.yaml]\n",
    "an include of a device": GOOD + "include: [/dev/zero]\n",
    "a surface that climbs": GOOD + "surfaces: {main: {source: {surface: ../../a.npz}}}\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_scene_gets_a_sentence_soon_and_in_little_memory(tmp_path, name):
    content = HOSTILE[name]
    path = tmp_path / "a.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "render", "check", "a.yaml"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 3, done.stderr[-2000:]
    assert done.stderr.startswith("a.yaml") and "Traceback" not in done.stderr
    assert len(done.stderr) < 40_000
    assert after.ru_utime - before.ru_utime < 3  # seconds; 0.3 to 0.9 where nothing else runs


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of one process")
def test_reading_the_largest_scene_takes_little_memory(tmp_path):
    (tmp_path / "a.yaml").write_text("thalweg: 1\n" + "".join(f"k{i}: {i}\n" for i in range(8000)))
    code = (
        "import sys\nfrom pathlib import Path\nfrom render.scene.language.load import load\n"
        "try: load(Path(sys.argv[1]))\nexcept Exception as error: pass\n"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "a.yaml")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200_000  # kB


BASE = """
seed: 3
look: {name: nocturne}
runs:
  main:
    data: {kind: digits}
    network: {kind: mlp, widths: [8, 8], activation: relu}
    training: {optimiser: {kind: momentum, lr: 0.05}, steps: 50, batch: 32}
"""
SCENE_ON_IT = """
thalweg: 1
include: [base.yaml]
title: Included
runs: {main: {network: {widths: [4]}, training: {optimiser: {kind: adam}}}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "scene.yaml").write_text(SCENE_ON_IT)
    return tmp_path


def test_a_scene_takes_over_what_it_includes_and_its_own_keys_go_before(folder):
    scene = load(folder / "scene.yaml", ["seed=5"])
    run = scene.runs["main"]
    assert (scene.seed, scene.look.name, run.network.widths, run.network.activation) == (5, "nocturne", [4], "relu")
    assert (run.training.optimiser.kind, run.training.steps) == ("adam", 50)
    assert not hasattr(run.training.optimiser, "momentum")  # keys of one kind mean nothing to another
    assert load(folder / "scene.yaml").seed == 3


def test_a_problem_in_an_included_file_stands_there(folder):
    (folder / "base.yaml").write_text(BASE.replace("steps: 50", "steps: -1"))
    with pytest.raises(SceneError, match=r"base\.yaml:8:\d+: .*steps: -1 is too small"):
        load(folder / "scene.yaml")


def test_what_is_included_lies_beside_the_scene_and_nowhere_else(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text("title: secret\n")
    (folder / "link.yaml").symlink_to(outside)
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "nested.yaml").write_text("include: base.yaml\n")
    (folder / "list.yaml").write_text("- 1\n")
    (folder / "sub").mkdir()
    for name, words in {
        "../outside/secret.yaml": "leads out of the scene's folder",
        str(outside): "leads out of the scene's folder",
        "link.yaml": "leads out of the scene's folder",
        "sub/../base.yaml": "leads out of the scene's folder",
        "loop.yaml": "leads out of the scene's folder",
        "absent.yaml": "there is no file",
        "sub": "there is no file",
        "nested.yaml": "includes nothing itself",
        "list.yaml": "is not a mapping",
        "scene.yaml": "includes nothing itself",
        "''": "is no file",
        "3": "include: 3 is no file",
        "base.yaml, 3": "include: 3 is no file",
        "base.yaml, " * 30: "at most 20 are read",
        "[]": r"include: \[\] is no file",
    }.items():
        (folder / "scene.yaml").write_text(SCENE_ON_IT.replace("base.yaml", name))
        with pytest.raises(SceneError, match=words) as caught:
            load(folder / "scene.yaml")
        assert ".yaml:" in caught.value.problems[0]


def test_a_link_takes_no_scene_out_of_the_working_directory(tmp_path, tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("elsewhere")
    (tmp_path / "mine").symlink_to(outside)
    monkeypatch.chdir(tmp_path)
    for part in ("surfaces: {main: {source: {surface: mine/a.npz}}}", "runs: {main: {folder: mine}}"):
        (tmp_path / "a.yaml").write_text(f"thalweg: 1\ntitle: A\n{part}\n")
        with pytest.raises(SceneError, match=r"a\.yaml:3:\d+: .* is a link that leads out of the working directory"):
            load(tmp_path / "a.yaml")
