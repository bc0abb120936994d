"""Checkpoints and networks of one's own: every usual file is read, none is run, and a scene draws what was imported."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn
from typer.testing import CliRunner

from render.cli import app
from render.descent import importing
from render.descent.weights.saved import read_state
from render.descent.weights.succession import checkpoints_of, steps_of
from render.descent.weights.taking import Wanted
from render.errors import DataError, UsageError
from render.progress import Reporter
from render.storage.records import read_record, write_record
from tests.test_damage import flip

MODULE = """
import torch
from torch import nn

def network():
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 10))

def other():
    return nn.Linear(3, 2)

def odd():
    return nn.Sequential(nn.Linear(64, 8), nn.Unflatten(1, (2, 4)))

def leaves():
    raise SystemExit(3)

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(64, 10), nn.Linear(64, 10)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.first(x) + self.second(x)

def fixed():
    return nn.Linear(64, 10).requires_grad_(False)

def broken():
    raise ValueError("no GPU")

def number():
    return 4
"""


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 10))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The working directory, with a module and six checkpoints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "run").mkdir()
    model, generator = network(), torch.Generator().manual_seed(2)
    for step in (0, 5, 10, 50, 100, 200):
        safetensors.torch.save_file(model.state_dict(), f"run/step={step}.safetensors")
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
            model[1].running_mean += 0.1
    return tmp_path


STATE = network().state_dict()


def prefixed(prefix: str) -> dict:
    return {f"{prefix}{name}": tensor for name, tensor in STATE.items()}


def test_checkpoints_follow_the_numbers_in_their_names(home):
    paths = checkpoints_of("run/*.safetensors")
    assert [path.stem for path in paths] == [f"step={n}" for n in (0, 5, 10, 50, 100, 200)]
    assert steps_of(paths) == [0, 5, 10, 50, 100, 200]


NONE = {
    "nowhere/*.pt": r"there is no folder nowhere; a pattern begins in the working directory",
    "run/*.pt": r"no file in run has such a name; mend the pattern",
    "?.pt": r"no file in the working directory has such a name; mend the pattern",
    "run/last.pt": r"no file is there; name one, or a pattern in quotes, such as 'run/\*\.safetensors'",
    "run/[ab].pt": r"no file is there, neither of this name nor where \[ and \] hold letters .* write \[\[\]$",
}


@pytest.mark.parametrize(("pattern", "words"), NONE.items(), ids=NONE)
def test_a_pattern_without_files_says_why(home, pattern, words):
    with pytest.raises(DataError, match=words):
        checkpoints_of(pattern)


BRACKETS = {
    "a file of this name": ("a[1].pt", ["a[1].pt"], ["a1.pt"]),
    "a choice of letters": ("a[12].pt", ["a1.pt", "a2.pt"], ["a3.pt"]),
    "a folder of this name": ("run[1]/*.pt", ["run[1]/1.pt", "run[1]/2.pt"], ["run1/3.pt"]),
    "a folder and a choice": ("run[1]/[12].pt", ["run[1]/1.pt", "run[1]/2.pt"], ["run1/1.pt"]),
    "names with them": ("a[x]-*.pt", ["a[x]-1.pt", "a[x]-2.pt"], ["b.pt"]),
    "written as a bracket": ("a[[]1].pt", ["a[1].pt"], ["a1.pt"]),
    "a pattern of a bracket": ("a[[]*.pt", ["a[1].pt", "a[2].pt"], ["a3.pt"]),
}


@pytest.mark.parametrize(("pattern", "names", "others"), BRACKETS.values(), ids=BRACKETS)
def test_brackets_are_those_of_a_file_or_a_choice_of_letters(home, monkeypatch, pattern, names, others):
    (home / "here").mkdir()
    monkeypatch.chdir(home / "here")
    for name in (*names, *others):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    assert [str(path) for path in checkpoints_of(pattern)] == names


def test_the_home_folder_is_known_by_its_sign_in_quotes(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    assert len(checkpoints_of("~/run/*.safetensors")) == 6


@pytest.mark.parametrize(
    "names", [("a/step=5.pt", "b/step=5.pt"), ("step=5.ckpt", "step=5-v1.ckpt"), ("1.pt", "01.pt")]
)
def test_two_checkpoints_of_one_step_are_not_mixed(home, names):
    for name in names:
        (home / "more" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "more" / name).touch()
    with pytest.raises(DataError, match=r"are both of step \d; name the checkpoints of one run, each of them once"):
        checkpoints_of("more/**/*.*t")


SUCCESSIONS = {
    "no numbers": (["best.pt", "last.pt"], [0, 1]),
    "epochs and steps": (["epoch=1-step=40.ckpt", "epoch=2-step=80.ckpt", "epoch=10-step=400.ckpt"], [40, 80, 400]),
    "a loss is no step": (["epoch=0-val_loss=0.31.ckpt", "epoch=1-val_loss=0.52.ckpt"], [0, 1]),
    "a loss without a word": (["3-0.31.ckpt", "4-0.52.ckpt"], [0, 1]),
    "a depth is no step": (["resnet20_9.pt", "resnet20_10.pt"], [9, 10]),
    "folders": (["checkpoint-500/model.safetensors", "checkpoint-1000/model.safetensors"], [500, 1000]),
    "leading zeros": (["00020.pt", "00100.pt"], [20, 100]),
    "one": (["resnet20_9.pt"], [9]),
}


@pytest.mark.parametrize(("names", "steps"), SUCCESSIONS.values(), ids=SUCCESSIONS)
def test_the_order_of_checkpoints_is_that_of_their_saving(home, names, steps):
    for name in names:
        path = home / "seed3" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = checkpoints_of("seed3/**/*.*")
    assert [path.relative_to("seed3").as_posix() for path in found] == names
    assert steps_of(found) == steps


def test_a_checkpoint_without_a_place_among_the_others_is_a_sentence(home):
    """Lightning keeps last.ckpt beside the numbered ones, and by name it would come first."""
    for name in ("last", "step=5", "step=10"):
        (home / f"{name}.ckpt").touch()
    with pytest.raises(DataError, match=r"last\.ckpt: has no number to say when it was saved.* leave it out"):
        checkpoints_of("*.ckpt")


def test_steps_and_epochs_are_not_mixed(home):
    for name in ("epoch=9.pt", "step=100.pt"):
        (home / name).touch()
    with pytest.raises(DataError, match=r"step=100\.pt tells its step, epoch=9\.pt does not; give all names one kind"):
        checkpoints_of("*=*.pt")


def import_(*more: str):
    arguments = {
        "--model": "mine:network",
        "--checkpoints": "run/*.safetensors",
        "--data": "digits",
        "--out": "runs/mine",
    }
    arguments |= dict(zip(more[::2], more[1::2], strict=True))
    return CliRunner().invoke(app, ["import", *[part for pair in arguments.items() for part in pair if part]])


SCENE = """
thalweg: 1
title: Mine
runs:
  main: {folder: runs/mine}
surfaces:
  main: {run: main, objective: {examples: 64}, plane: {kind: pca}, points: [12, 12]}
shots:
  - {surface: main, duration: 2s}
stills:
  mine: {at: 1s, size: [160, 90]}
"""


@pytest.mark.slow
def test_imported_checkpoints_are_drawn_by_a_scene_that_names_their_folder(graphics, home):
    done = import_()
    assert done.exit_code == 0, done.output
    (home / "scene.yaml").write_text(SCENE)
    runner = CliRunner()
    without = runner.invoke(app, ["render", "scene.yaml"])
    assert without.exit_code == 5 and "name what makes it, such as --model mine:network" in without.stderr
    made = runner.invoke(app, ["render", "scene.yaml", "--model", "main=mine:network"])
    assert made.exit_code == 0, made.output
    words = json.loads((home / "output" / "stills" / "mine.png.json").read_text())["caption"]
    assert words.startswith("digits · Sequential, 626 parameters · 6 checkpoints")
    again = runner.invoke(app, ["still", "scene.yaml", "--set", "stills.mine.size=[200, 100]"])
    assert again.exit_code == 0, again.output  # the surface is there, so no network is needed


def test_a_network_whose_code_has_changed_since_it_was_imported_draws_no_old_picture(home, monkeypatch):
    assert import_().exit_code == 0
    (home / "scene.yaml").write_text(SCENE)
    words = ["sample", "scene.yaml", "--model", "mine:network"]
    assert CliRunner().invoke(app, words).exit_code == 0
    kept = measured_in(home)
    network = sys.modules["mine"].network
    monkeypatch.setattr(sys.modules["mine"], "network", lambda: other_activation(network()))
    changed = CliRunner().invoke(app, words)
    assert changed.exit_code == 5
    assert "computes something else than the one that was imported; import the run again" in changed.stderr
    assert import_().exit_code == 0
    assert CliRunner().invoke(app, words).exit_code == 0
    assert len(measured_in(home) - kept) == 1


def measured_in(home: Path) -> set[str]:
    return {path.parent.name for path in home.glob("output/surfaces/*/surface.json")}


def other_activation(model: nn.Sequential) -> nn.Sequential:
    return nn.Sequential(*(nn.Sigmoid() if not list(layer.parameters()) else layer for layer in model))


def test_the_path_and_the_statistics_of_imported_checkpoints_are_their_own(home):
    assert import_().exit_code == 0
    run = importing.load(home / "runs" / "mine")
    trajectory = run.trajectory()
    assert trajectory.steps.tolist() == [0, 5, 10, 50, 100, 200]
    for row, step in enumerate(trajectory.steps):
        state = read_state(home / "run" / f"step={step}.safetensors")
        np.testing.assert_array_equal(trajectory.parameters[row][:512], state["0.weight"].numpy().ravel())
        np.testing.assert_array_equal(trajectory.buffers[row][:8], state["1.running_mean"].numpy())
    assert set(run.record["train"]) == {"loss", "accuracy"}


def test_what_a_record_says_of_a_function_is_never_run(home):
    assert import_().exit_code == 0
    record = read_record(home / "runs" / "mine" / "run.json", {})
    record["imported"]["model"] = "os:abort"
    write_record(home / "runs" / "mine" / "run.json", record)
    run = importing.load(home / "runs" / "mine")
    with pytest.raises(DataError, match="its network is one of your own; name what makes it"):
        run.model(run.dataset())


FAULTS = {
    "no function": (("--model", "mine"), 2, "is no function; write package.module:function"),
    "no module": (("--model", "nowhere:network"), 2, "nowhere cannot be imported"),
    "a near name": (("--model", "mine:netwrok"), 2, "has no function netwrok; did you mean network?"),
    "a near module": (
        ("--model", "mien:network"),
        2,
        "mien cannot be imported (ModuleNotFoundError: No module named 'mien'); did you mean mine?",
    ),
    "raises": (("--model", "mine:broken"), 5, "failed with ValueError: no GPU (mine.py:"),
    "leaves": (("--model", "mine:leaves"), 5, "failed with SystemExit: 3 (mine.py:"),
    "no module returned": (("--model", "mine:number"), 5, "gave int; it must return a torch.nn.Module"),
    "another network": (("--model", "mine:other"), 5, "step=0.safetensors: does not fit the model"),
    "no checkpoints": (("--checkpoints", "none/*"), 5, "there is no folder none"),
    "unknown data": (("--data", "{kind: digitz}"), 2, "write it as in a scene"),
    "other inputs": (("--data", "moons"), 5, "the network does not take inputs of the shape (2,)"),
    "no yaml": (("--data", "{kind: ["), 2, "write a kind, or a mapping"),
}


@pytest.mark.parametrize(("changes", "code", "words"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_imported_is_a_sentence(changes, code, words):
    done = import_(*changes)
    assert (done.exit_code, done.exception.__class__) == (code, SystemExit)
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_checkpoint_that_fails_leaves_the_run_that_was_there(home):
    assert import_().exit_code == 0
    before = (home / "runs" / "mine" / "run.json").read_bytes()
    torch.save({"x": torch.zeros(1)}, "run/step=70.safetensors")
    assert import_().exit_code == 5
    assert (home / "runs" / "mine" / "run.json").read_bytes() == before
    assert importing.load(home / "runs" / "mine").trajectory().steps.tolist() == [0, 5, 10, 50, 100, 200]
    names = {path.name for path in (home / "runs" / "mine").iterdir()}
    assert names == {"run.json", "trajectory.zarr", "weights.safetensors"}


@pytest.mark.parametrize("name", ["run.json", "trajectory.zarr"])
def test_a_run_that_was_not_imported_is_never_replaced(home, name):
    held = home / "runs" / "mine" / name
    held.mkdir(parents=True) if name.endswith("zarr") else held.parent.mkdir(parents=True)
    if name == "run.json":
        held.write_text('{"key": "0"}')
    done = import_()
    assert done.exit_code == 2 and "holds a run that was not imported, which is kept" in done.stderr
    assert held.exists() and list(held.parent.iterdir()) == [held]


def saved(home: Path, make) -> None:
    """Writes two checkpoints, of what a function makes of a state and another."""
    (home / "both").mkdir()
    for step in (1, 2):
        other = {name: tensor + step if tensor.is_floating_point() else tensor for name, tensor in STATE.items()}
        torch.save(make(STATE, other), home / "both" / f"step={step}.pt")


def test_an_average_is_imported_on_request_and_said_in_captions(home):
    saved(home, lambda model, ema: {"model": model, "ema": ema, "best": np.float64(1), "teacher": {"x": torch.ones(1)}})
    own = import_("--checkpoints", "both/*")
    assert own.exit_code == 0, own.output
    assert "run mine: the model's own weights were taken; averages lie under ema, and --weights ema takes" in own.stderr
    assert "run mine: left aside: teacher.x\n" in own.stderr
    plain = importing.load(home / "runs" / "mine")
    last = plain.trajectory().parameters[1]
    assert plain.said["training"] == "2 checkpoints"
    done = import_("--checkpoints", "both/*", "--weights", "ema")
    assert done.exit_code == 0 and "run mine: EMA weights were taken, which lie under ema" in done.stderr
    average = importing.load(home / "runs" / "mine")
    assert average.said["training"] == "2 checkpoints of EMA weights" and average.key != plain.key
    assert average.record["taken"] == {
        "average": "EMA",
        "prefix": "ema",
        "left_aside": ["model (8 tensors)", "teacher.x"],
    }
    np.testing.assert_allclose(average.trajectory().parameters[1] - last, 2, rtol=1e-6)


def test_a_prefix_chooses_between_a_student_and_its_teacher(home):
    saved(
        home, lambda model, other: {"state_dict": {**prefixed("student."), **{f"teacher.{n}": other[n] for n in other}}}
    )
    done = import_("--checkpoints", "both/*")
    assert done.exit_code == 5
    assert "state_dict.student and state_dict.teacher; --prefix NAME chooses" in done.stderr
    chosen = import_("--checkpoints", "both/*", "--prefix", "student")
    assert chosen.exit_code == 0 and "left aside: state_dict.teacher (8 tensors)" in chosen.stderr
    told = import_("--checkpoints", "both/*", "--prefix", "teacher", "--json", "")
    assert json.loads(told.stdout)["results"][0]["taken"]["prefix"] == "state_dict.teacher"


def test_a_choice_is_made_from_python_too(home):
    saved(home, lambda model, ema: {"model": model, "ema": ema})
    paths, settings = checkpoints_of("both/*"), importing.settings_of("digits")
    wanted = Wanted(prefix="ema", weights="ema")
    run = importing.import_run("mine:network", paths, settings, home / "runs" / "a", Reporter.silent(), wanted)
    assert run.record["taken"]["average"] == "EMA"


def test_a_run_that_was_imported_before_anything_was_said_of_averages_is_read(home):
    assert import_().exit_code == 0
    file = home / "runs" / "mine" / "run.json"
    record = read_record(file, {})
    write_record(file, {name: record[name] for name in record if name != "taken"})
    assert importing.load(home / "runs" / "mine").said["training"] == "6 checkpoints"


def test_a_pattern_that_the_shell_has_replaced_is_a_sentence(home):
    arguments = ["import", "--model", "mine:network", "--data", "digits", "--out", "runs/mine", "--checkpoints"]
    done = CliRunner().invoke(app, [*arguments, *map(str, sorted(Path("run").iterdir()))])
    assert done.exit_code == 2 and "the shell has put files in place of a pattern; write it in quotes" in done.stderr


def test_weights_that_are_not_finite_name_their_file(home):
    bad = {name: tensor * np.nan if tensor.is_floating_point() else tensor for name, tensor in STATE.items()}
    safetensors.torch.save_file(bad, "run/step=300.safetensors")
    done = import_()
    assert done.exit_code == 5 and "step=300.safetensors: holds weights that are not finite" in done.stderr


def test_weights_that_layers_share_are_imported_once(home, monkeypatch):
    (home / "tied").mkdir()
    sys.path.insert(0, str(home))
    from mine import Tied

    for step in (1, 2):
        safetensors.torch.save_model(Tied(), f"tied/step={step}.safetensors")  # which leaves one of the two out
    done = import_("--model", "mine:Tied", "--checkpoints", "tied/*")
    assert done.exit_code == 0, done.output
    run = importing.load(home / "runs" / "mine")
    model = run.model(run.dataset(), "mine:Tied")
    assert run.record["parameters"] == 660 and model.second.weight is model.first.weight


def test_a_network_of_nothing_to_train_is_a_sentence(home):
    safetensors.torch.save_file(nn.Linear(64, 10).state_dict(), "one.safetensors")
    done = import_("--model", "mine:fixed", "--checkpoints", "one.safetensors")
    assert done.exit_code == 5 and "no parameters that require gradients" in done.stderr


def test_a_network_without_class_scores_is_a_sentence(home):
    model = nn.Sequential(nn.Linear(64, 8))
    safetensors.torch.save_file(model.state_dict(), "one.safetensors")
    done = import_("--model", "mine:odd", "--checkpoints", "one.safetensors")
    assert done.exit_code == 5 and "gives (2, 2, 4) for two examples, (2, 10) is needed" in done.stderr


@pytest.mark.parametrize(
    ("text", "kind"),
    [("mnist", "mnist"), ("{kind: imagenette, size: 32}", "imagenette"), ("a.npz", "npz"), ("my-images", "folder")],
)
def test_data_are_named_as_in_a_scene_or_in_a_word(text, kind):
    assert importing.settings_of(text).kind == kind


@pytest.mark.parametrize("name", ["run.json", "weights.safetensors", "trajectory.zarr/parameters/c/0/0"])
def test_a_flipped_bit_in_an_imported_run_is_named(home, name):
    assert import_().exit_code == 0
    (home / "scene.yaml").write_text("thalweg: 1\ntitle: Mine\nruns: {main: {folder: runs/mine}}\n")
    assert CliRunner().invoke(app, ["verify", str(home / "scene.yaml")]).exit_code == 0
    flip(home / "runs" / "mine" / name, 4000)
    done = CliRunner().invoke(app, ["verify", str(home / "scene.yaml")])
    assert done.exit_code == 5 and "run main: runs/mine: damaged" in done.stdout


def test_a_folder_that_holds_no_import_is_a_sentence(home):
    with pytest.raises(DataError, match=r"holds no imported run; `thalweg import --out"):
        importing.load(home / "run")


def test_a_function_is_never_named_in_a_scene(home):
    (home / "scene.yaml").write_text(SCENE.replace("{folder: runs/mine}", "{folder: runs/mine, model: os:abort}"))
    done = CliRunner().invoke(app, ["check", "scene.yaml"])
    assert done.exit_code == 3 and "model: is not a key here" in done.stderr
    with pytest.raises(UsageError, match="cannot be imported"):
        importing.made("a.b.c:d")
