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
from render.descent.succession import checkpoints_of, steps_of
from render.errors import DataError, UsageError
from render.records import read_record, write_record
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


INDEXES = {
    "a list": ("[]", "has no weight_map"),
    "another map": ('{"weight_map": ["a"]}', "has no weight_map"),
    "numbers": ('{"weight_map": {"a": 1}}', "has no weight_map"),
    "absent": ('{"weight_map": {"a": "b.safetensors"}}', "names b.safetensors, which is not beside it"),
    "above": ('{"weight_map": {"a": ".."}}', "names a file outside of its folder"),
}


@pytest.mark.parametrize(("content", "words"), INDEXES.values(), ids=INDEXES)
def test_a_broken_index_of_a_hugging_face_folder_is_a_sentence(home, content, words):
    (home / "hf").mkdir()
    (home / "hf" / "model.safetensors.index.json").write_text(content)
    with pytest.raises(DataError, match=words):
        weights.read_state(home / "hf")


ODD = {
    "sparse.pt": (lambda path: torch.save({"a": torch.eye(3).to_sparse()}, path), "a is sparse or quantised"),
    "words.npz": (lambda path: np.savez(path, a=np.array(["x"])), "a holds <U1, not numbers"),
    "array.npz": (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "cannot be read"),
}


@pytest.mark.parametrize("name", ODD)
def test_tensors_that_no_network_takes_are_a_sentence(home, name):
    make, words = ODD[name]
    make(home / name)
    with pytest.raises(DataError, match=words):
        weights.read_state(home / name)


def test_the_other_byte_order_is_read(home):
    np.savez("a.npz", a=np.arange(3, dtype=">f4"))
    assert weights.read_state(home / "a.npz")["a"].tolist() == [0, 1, 2]


def test_a_prefix_that_only_the_model_has_is_put_on():
    wrapped = nn.Sequential()
    wrapped.add_module("model", network())
    found = weights.fit(STATE, wrapped, Path("a.pt"))
    assert torch.equal(found["model.0.weight"], STATE["0.weight"])


def test_layers_without_shapes_are_a_sentence():
    with pytest.raises(DataError, match="layers without shapes; run it once on an example"):
        weights.fit(STATE, nn.LazyLinear(3), Path("a.pt"))


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
    paths = checkpoints_of("run/*.safetensors")
    assert [path.stem for path in paths] == [f"step={n}" for n in (0, 5, 10, 50, 100, 200)]
    assert steps_of(paths) == [0, 5, 10, 50, 100, 200]
    with pytest.raises(DataError, match="no file is there; quote the pattern"):
        checkpoints_of("nowhere/*.pt")


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
