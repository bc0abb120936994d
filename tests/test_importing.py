"""Checkpoints and networks of one's own: every usual file is read, none is run, and a scene draws what was imported."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn
from typer.testing import CliRunner

from render.cli import app
from render.descent import importing, weights
from render.errors import DataError, UsageError

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


def hugging_face(path: Path) -> None:
    path.mkdir()
    names = list(STATE)
    parts = {"model-1.safetensors": names[:4], "model-2.safetensors": names[4:]}
    for part, own in parts.items():
        safetensors.torch.save_file({name: STATE[name] for name in own}, path / part)
    index = {"weight_map": {name: part for part, own in parts.items() for name in own}}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))


def one_file_folder(path: Path) -> None:
    path.mkdir()
    torch.save(STATE, path / "pytorch_model.bin")


FILES = {
    "a.safetensors": lambda path: safetensors.torch.save_file(STATE, path),
    "a.pt": lambda path: torch.save(STATE, path),
    "old.pth": lambda path: torch.save(STATE, path, _use_new_zipfile_serialization=False),
    "data parallel.pt": lambda path: torch.save(prefixed("module."), path),
    "compiled.pt": lambda path: torch.save(prefixed("module._orig_mod."), path),
    "lightning.ckpt": lambda path: torch.save(
        {"state_dict": prefixed("model."), "epoch": 3, "optimizer_states": [{}]}, path
    ),
    "trainer.pt": lambda path: torch.save({"model": STATE, "step": 7}, path),
    "nested.pt": lambda path: torch.save({"model_state_dict": {"state_dict": STATE}}, path),
    "arrays.npz": lambda path: np.savez(path, **{name: tensor.numpy() for name, tensor in STATE.items()}),
    "hugging": hugging_face,
    "bin": one_file_folder,
}


@pytest.mark.parametrize("name", FILES)
def test_weights_are_read_from_every_usual_file(home, name):
    FILES[name](home / name)
    found = weights.fit(weights.read_state(home / name), network(), home / name)
    for key, tensor in STATE.items():
        assert torch.equal(found[key], tensor), key


class Hostile:
    """Pickles into a command."""

    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_run_code_is_refused_and_nothing_is_run(home, zipped):
    torch.save({"state_dict": STATE, "extra": Hostile()}, "bad.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(DataError, match=r"holds more than tensors, and nothing of it was run \(GLOBAL .*system"):
        weights.read_state(home / "bad.pt")
    assert not (home / "ran").exists()


def torn(name: str, write) -> bytes:
    write(Path(name))
    content = Path(name).read_bytes()
    return content[: len(content) // 2]


BROKEN = {
    "torn.safetensors": lambda: torn("a.safetensors", lambda path: safetensors.torch.save_file(STATE, path)),
    "torn.pt": lambda: torn("a.pt", lambda path: torch.save(STATE, path)),
    "torn.npz": lambda: torn("a.npz", lambda path: np.savez(path, a=np.zeros(100))),
    "empty.pt": lambda: b"",
    "text.safetensors": lambda: b"no weights",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_torn_file_is_a_sentence(home, name):
    (home / name).write_bytes(BROKEN[name]())
    with pytest.raises(DataError, match=f"{name}: (cannot be read|holds no tensors|holds more than tensors)"):
        weights.read_state(home / name)


def test_a_hugging_face_folder_that_names_files_elsewhere_is_refused(home):
    (home / "hf").mkdir()
    (home / "hf" / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../run/step=0.safetensors"}}')
    with pytest.raises(DataError, match="names a file outside of its folder"):
        weights.read_state(home / "hf")


MISFITS = {
    "another shape": (
        {**STATE, "0.weight": torch.zeros(8, 63)},
        r"0.weight has the shape \(8, 63\), the model's has \(8, 64\)",
    ),
    "missing": ({n: t for n, t in STATE.items() if not n.startswith("3")}, "it lacks 3.bias, 3.weight"),
    "left over": ({**STATE, "head.weight": torch.zeros(2)}, "it has also head.weight"),
    "all": ({"x": torch.zeros(1)}, r"it lacks 0.bias, 0.weight, 1.bias and 5 more and has also x"),
}


@pytest.mark.parametrize(("state", "words"), MISFITS.values(), ids=MISFITS)
def test_weights_of_another_network_say_what_is_wrong(state, words):
    with pytest.raises(DataError, match=words):
        weights.fit(state, network(), Path("a.pt"))


def test_checkpoints_follow_the_numbers_in_their_names(home):
    paths = importing.checkpoints_of("run/*.safetensors")
    assert [path.stem for path in paths] == [f"step={n}" for n in (0, 5, 10, 50, 100, 200)]
    assert importing.steps_of(paths) == [0, 5, 10, 50, 100, 200]
    assert importing.steps_of([Path("last.pt"), Path("best.pt")]) == [0, 1]
    assert importing.steps_of([Path("epoch=1-step=40.ckpt"), Path("epoch=2-step=80.ckpt")]) == [40, 80]
    with pytest.raises(DataError, match="no file is there; quote the pattern"):
        importing.checkpoints_of("nowhere/*.pt")


def import_(*more: str):
    arguments = {
        "--model": "mine:network",
        "--checkpoints": "run/*.safetensors",
        "--data": "digits",
        "--out": "runs/mine",
    }
    arguments |= dict(zip(more[::2], more[1::2], strict=True))
    return CliRunner().invoke(app, ["import", *[part for pair in arguments.items() for part in pair]])


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


def test_the_path_and_the_statistics_of_imported_checkpoints_are_their_own(home):
    assert import_().exit_code == 0
    run = importing.load(home / "runs" / "mine")
    trajectory = run.trajectory()
    assert trajectory.steps.tolist() == [0, 5, 10, 50, 100, 200]
    for row, step in enumerate(trajectory.steps):
        state = weights.read_state(home / "run" / f"step={step}.safetensors")
        np.testing.assert_array_equal(trajectory.parameters[row][:512], state["0.weight"].numpy().ravel())
        np.testing.assert_array_equal(trajectory.buffers[row][:8], state["1.running_mean"].numpy())
    assert set(run.record["train"]) == {"loss", "accuracy"}


def test_what_a_record_says_of_a_function_is_never_run(home):
    assert import_().exit_code == 0
    record = json.loads((home / "runs" / "mine" / "run.json").read_text())
    record["imported"]["model"] = "os:abort"
    (home / "runs" / "mine" / "run.json").write_text(json.dumps(record))
    run = importing.load(home / "runs" / "mine")
    with pytest.raises(DataError, match="its network is one of your own; name what makes it"):
        run.model(run.dataset())


FAULTS = {
    "no function": (("--model", "mine"), 2, "is no function; write package.module:function"),
    "no module": (("--model", "nowhere:network"), 2, "nowhere cannot be imported"),
    "a near name": (("--model", "mine:netwrok"), 2, "has no function netwrok; did you mean network?"),
    "raises": (("--model", "mine:broken"), 5, "failed with ValueError: no GPU"),
    "no module returned": (("--model", "mine:number"), 5, "gave int; it must return a torch.nn.Module"),
    "another network": (("--model", "mine:other"), 5, "step=0.safetensors: does not fit the model"),
    "no checkpoints": (("--checkpoints", "none/*"), 5, "no file is there"),
    "unknown data": (("--data", "{kind: digitz}"), 2, "write it as in a scene"),
    "other inputs": (("--data", "moons"), 5, "the network does not take inputs of the shape (2,)"),
    "no yaml": (("--data", "{kind: ["), 2, "write a kind, or a mapping"),
}


@pytest.mark.parametrize(("changes", "code", "words"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_imported_is_a_sentence(changes, code, words):
    done = import_(*changes)
    assert (done.exit_code, done.exception.__class__) == (code, SystemExit)
    assert words in done.stderr and "Traceback" not in done.stderr


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


def test_a_folder_that_holds_no_import_is_a_sentence(home):
    with pytest.raises(DataError, match=r"holds no imported run; `thalweg import --out"):
        importing.load(home / "run")


def test_a_function_is_never_named_in_a_scene(home):
    (home / "scene.yaml").write_text(SCENE.replace("{folder: runs/mine}", "{folder: runs/mine, model: os:abort}"))
    done = CliRunner().invoke(app, ["check", "scene.yaml"])
    assert done.exit_code == 3 and "model: is not a key here" in done.stderr
    with pytest.raises(UsageError, match="cannot be imported"):
        importing.made("a.b.c:d")
