"""Weights in files of others: every usual one is read, plain data beside them are no matter, and nothing is run."""

import argparse
import collections
import datetime
import enum
import json
import os
import pathlib
import pickle
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from render.descent.weights.saved import read_state
from render.descent.weights.taking import take
from render.errors import DataError


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 10))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The working directory."""
    monkeypatch.chdir(tmp_path)
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
    found = take(read_state(home / name), network(), home / name).state
    for key, tensor in STATE.items():
        assert torch.equal(found[key], tensor), key


BESIDE = {
    "a NumPy scalar": np.float64(0.5),
    "a NumPy array": np.arange(6).reshape(2, 3),
    "a NumPy array of objects": np.array(["a", None], object),
    "a NumPy array of records": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
    "a NumPy dtype": np.dtype(">f4"),
    "a NumPy type": np.float32,
    "a NumPy generator": np.random.default_rng(1),
    "a NumPy random state": np.random.RandomState(1).get_state(),
    "a NumPy date": np.datetime64("2020-01-01"),
    "a namespace": argparse.Namespace(lr=0.1, out=pathlib.Path("a"), scale=np.float32(2)),
    "a path": pathlib.PurePosixPath("a/b"),
    "a date": datetime.datetime(2020, 1, 1),
    "a default dictionary": collections.defaultdict(list, {1: [2]}),
    "a counter": collections.Counter("aab"),
    "a deque": collections.deque([1, 2], maxlen=3),
    "a frozen set": frozenset([1]),
    "a range": range(3),
    "a dtype": torch.float16,
    "a size": torch.Size([1]),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", BESIDE)
def test_plain_data_beside_weights_are_no_matter(home, name, zipped):
    torch.save({"extra": BESIDE[name], "state_dict": STATE}, "a.pt", _use_new_zipfile_serialization=zipped)
    found = take(read_state(home / "a.pt"), network(), home / "a.pt").state
    assert all(torch.equal(found[key], tensor) for key, tensor in STATE.items())


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
def test_numpy_of_both_ages_is_read(home, core):
    torch.save({"state_dict": STATE, "best": np.float64(0.5), "all": np.zeros(2)}, "a.pt")
    other = {"numpy.core": "numpy._core", "numpy._core": "numpy.core"}[core]
    torch.save({"state_dict": STATE, "best": np.float64(0.5)}, "old.pt", _use_new_zipfile_serialization=False)
    content = Path("old.pt").read_bytes()
    Path("old.pt").write_bytes(content.replace(f"c{other}.".encode(), f"c{core}.".encode()))
    assert f"c{core}.multiarray".encode() in Path("old.pt").read_bytes()
    assert len(read_state(home / "old.pt")) == len(STATE)


def test_weights_that_are_numpy_arrays_in_a_file_of_torch_are_read(home):
    torch.save({"params": {name: tensor.numpy() for name, tensor in STATE.items()}}, "a.pt")
    found = take(read_state(home / "a.pt"), network(), home / "a.pt")
    assert found.prefix == "params" and torch.equal(found.state["0.weight"], STATE["0.weight"])


def fake(monkeypatch, full_name: str, base: type = object) -> type:
    """Returns a class of a library that need not be installed, under the name that pickles know it by."""
    home, _, name = full_name.rpartition(".")
    made = type(name, (base,), {"__module__": home})
    module = types.ModuleType(home)
    vars(module)[name] = made
    parts = home.split(".")
    for depth in range(1, len(parts)):
        monkeypatch.setitem(sys.modules, ".".join(parts[:depth]), types.ModuleType(parts[0]))
    monkeypatch.setitem(sys.modules, home, module)
    return made


def test_settings_of_omegaconf_are_no_matter(home, monkeypatch):
    config = fake(monkeypatch, "omegaconf.dictconfig.DictConfig")()
    node = fake(monkeypatch, "omegaconf.nodes.AnyNode")()
    metadata = fake(monkeypatch, "omegaconf.base.ContainerMetadata")()
    vars(node).update(_val=0.1)
    vars(metadata).update(ref_type=Any, object_type=dict, key_type=str, flags={})
    vars(config).update(_content={"lr": node}, _metadata=metadata, _parent=None)
    torch.save({"hyper_parameters": {"cfg": config}, "state_dict": STATE}, "a.pt")
    assert len(read_state(home / "a.pt")) == len(STATE)


@pytest.mark.parametrize("library", ["pytorch_lightning.utilities.parsing", "lightning.fabric.utilities.data"])
def test_settings_of_lightning_are_no_matter(home, monkeypatch, library):
    made = fake(monkeypatch, f"{library}.AttributeDict", dict)
    torch.save({"hyper_parameters": made(lr=0.1, layers=[1, 2]), "state_dict": STATE}, "a.pt")
    assert len(read_state(home / "a.pt")) == len(STATE)


class Hostile:
    """Pickles into a command."""

    def __reduce__(self):
        return os.system, ("touch ran",)


class Colour(enum.Enum):
    """A class of somebody's own."""

    RED = 1


class Settings(dict):
    """A mapping of somebody's own."""


REFUSED = {
    "a command": ({"state_dict": STATE, "extra": Hostile()}, r"extra is a \w+\.system, not plain data"),
    "a command in a key": ({"state_dict": STATE, "extra": {Hostile(): 1}}, r"extra\.a key is a \w+\.system, not plain"),
    "a function": ({"state_dict": STATE, "extra": [1, eval]}, r"extra\.1 is a builtins\.eval, not plain data"),
    "an enumeration": (
        {"state_dict": STATE, "a": {"b": Colour.RED}},
        r"a\.b is a tests\.test_weights\.Colour, not plain",
    ),
    "a class": (
        {"state_dict": STATE, "callbacks": {Colour: 1}},
        r"callbacks\.a key is a tests\.test_weights\.Colour, not",
    ),
    "a mapping": (
        {"state_dict": STATE, "hparams": Settings(a=1)},
        r"hparams is a tests\.test_weights\.Settings, not plain",
    ),
    "a model": (network(), r"is a whole torch\.nn\.modules\.container\.Sequential"),
    "a model in a mapping": ({"ema": network()}, r"ema is a torch\.nn\.modules\.container\.Sequential, not plain data"),
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_run_code_is_named_by_its_entry_and_nothing_is_run(home, name, zipped):
    content, words = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch finds no source to keep beside an old file
        torch.save(content, "bad.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        DataError, match=rf"bad\.pt: {words}.*nothing (of it )?was run; save the model's state_dict\(\) alone$"
    ):
        read_state(home / "bad.pt")
    assert not (home / "ran").exists()


def test_a_pickle_too_new_to_be_read_is_a_sentence(home):
    torch.save(STATE, "new.pt", pickle_protocol=4)
    with pytest.raises(
        DataError, match=r"new\.pt: is a pickle of protocol 4, .*save it by torch\.save as it is by default"
    ):
        read_state(home / "new.pt")


def test_a_program_of_torch_is_a_sentence(home):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scripts are out of use
        torch.jit.script(network()).save("script.pt")
    with pytest.raises(
        DataError, match=r"script\.pt: cannot be read \(it is TorchScript, a program\); save it again as"
    ):
        read_state(home / "script.pt")


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
    "text.pt": lambda: b"hello world",
    "image.pt": lambda: b"\x89PNG\r\n" + bytes(range(256)),
    "pickle.pt": lambda: pickle.dumps({"a": np.zeros(2)}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_torn_file_is_a_sentence(home, name):
    (home / name).write_bytes(BROKEN[name]())
    with pytest.raises(
        DataError, match=rf"{name}: (cannot be read|holds no tensors|is torn, or no file of weights).*; \w+ it again"
    ):
        read_state(home / name)


def test_a_hugging_face_folder_that_names_files_elsewhere_is_refused(home):
    (home / "hf").mkdir()
    (home / "hf" / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../run/step=0.safetensors"}}')
    with pytest.raises(DataError, match="names a file outside of its folder"):
        read_state(home / "hf")


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
        read_state(home / "hf")


ODD = {
    "words.npz": (lambda path: np.savez(path, a=np.array(["x"])), "a holds <U1, not numbers"),
    "array.npz": (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "cannot be read"),
}


@pytest.mark.parametrize("name", ODD)
def test_arrays_that_are_no_numbers_are_a_sentence(home, name):
    make, words = ODD[name]
    make(home / name)
    with pytest.raises(DataError, match=words):
        read_state(home / name)


def test_the_other_byte_order_is_read(home):
    np.savez("a.npz", a=np.arange(3, dtype=">f4"))
    assert read_state(home / "a.npz")["a"].tolist() == [0, 1, 2]


def test_a_tensor_without_a_name_is_a_sentence(home):
    torch.save(torch.ones(3), "one.pt")
    with pytest.raises(DataError, match=r"one\.pt: holds a tensor without a name; save a state_dict\(\)"):
        read_state(home / "one.pt")


def test_a_distributed_checkpoint_says_what_makes_one_file_of_it(home):
    (home / "dcp").mkdir()
    (home / "dcp" / ".metadata").touch()
    with pytest.raises(
        DataError, match=r"is a distributed checkpoint; make one file of it by `python -m torch.*dcp_to_torch"
    ):
        read_state(home / "dcp")


def test_the_words_of_another_program_are_cut_between_words():
    from render.descent.weights.pickled import first_words

    said = first_words(ValueError("word " * 100))
    assert said.endswith("word …") and len(said) < 170 and first_words(ValueError("")) == "ValueError"


def test_two_tensors_of_one_name_are_refused_unless_they_are_equal(home):
    torch.save({"model": {"a": torch.zeros(2)}, "model.a": torch.zeros(2)}, "same.pt")
    assert list(read_state(home / "same.pt")) == ["model.a"]
    for other in (torch.ones(2), torch.zeros(3), torch.zeros(2, dtype=torch.float64)):
        torch.save({"model": {"a": torch.zeros(2)}, "model.a": other}, "two.pt")
        with pytest.raises(
            DataError, match=r"two\.pt: holds two tensors of the name model\.a, which differ; save it without one"
        ):
            read_state(home / "two.pt")
