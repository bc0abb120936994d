"""Fingerprints of functions and networks: alike where they do the same, others where anything that counts differs."""

from __future__ import annotations

import argparse
import enum
import functools
import pickle
import subprocess
import sys
import threading
import types

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.storage.digest import UnknownError, digest_of
from render.storage.fingerprint import fingerprint


def penalised(weight):
    return lambda outputs, targets: functional.cross_entropy(outputs, targets) + weight * outputs.square().mean()


class Smoothed:
    """A criterion that is an object."""

    def __init__(self, amount, weights=None):
        self.amount, self.weights = amount, weights

    def __call__(self, outputs, targets):
        return functional.cross_entropy(outputs, targets, weight=self.weights, label_smoothing=self.amount)


class Sharper(Smoothed):
    def __call__(self, outputs, targets):
        return 2 * super().__call__(outputs, targets)


def reading(value):
    """Returns a function that reads a global of its own module."""
    module = types.ModuleType("of_ones_own")
    exec("def loss(outputs, targets):\n    return WEIGHT * outputs.mean() + helper(outputs)\n", module.__dict__)
    exec(f"def helper(outputs):\n    return outputs.sum() * {value}\n", module.__dict__)
    module.WEIGHT = value
    return module.loss


def calling(value):
    """Returns a function that reads a function of another module of one's own."""
    inner, outer = types.ModuleType("losses"), types.ModuleType("script")
    exec(f"def robust(outputs):\n    return outputs.abs().mean() * {value}\n", inner.__dict__)
    outer.losses = inner
    exec("def loss(outputs, targets):\n    return losses.robust(outputs)\n", outer.__dict__)
    return outer.loss


def by_default(amount):
    def loss(outputs, targets, amount=amount):
        return amount * outputs.mean()

    return loss


def activated(function):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 3), function, nn.Linear(3, 2))


class Scaled(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.layer, self.scale = nn.Linear(3, 2), scale

    def forward(self, inputs):
        return self.scale * self.layer(inputs)


class Shifted(Scaled):
    def forward(self, inputs):
        return super().forward(inputs) + 1


def hooked(function):
    model = nn.Sequential(nn.Linear(3, 2))
    model[0].register_forward_hook(function)
    return model


def wrapped(factor):
    @functools.wraps(functional.cross_entropy)
    def loss(outputs, targets):
        return factor * functional.cross_entropy(outputs, targets)

    return loss


def attributed(scale):
    def loss(outputs, targets):
        return loss.scale * outputs.mean()

    loss.scale = scale
    return loss


def importing(value):
    sys.modules["of_ones_own_too"] = module = types.ModuleType("of_ones_own_too")
    module.FACTOR = value

    def loss(outputs, targets):
        from of_ones_own_too import FACTOR

        return FACTOR * outputs.mean()

    return loss


def sharing(value):
    """Returns two functions that read the same module, the first another part of it than the second."""
    shared, script = types.ModuleType("shared"), types.ModuleType("script")
    shared.FIRST, shared.SECOND = 1, value
    script.shared = shared
    exec("def one(x):\n    return x * shared.FIRST\ndef two(x):\n    return x * shared.SECOND\n", script.__dict__)
    return [script.one, script.two]


def scaled_backward(value):
    model = Scaled(1.0)
    model.backward_scale = value
    return model


class Slotted:
    __slots__ = ("amount",)

    def __init__(self, amount):
        self.amount = amount


def level(value):
    return enum.Enum("Level", {"HIGH": value}).HIGH


DIFFERENT = {
    "a constant in a closure": (lambda: penalised(0.1), lambda: penalised(0.2)),
    "an attribute": (lambda: Smoothed(0.1), lambda: Smoothed(0.2)),
    "a tensor": (lambda: Smoothed(0.1, torch.ones(3)), lambda: Smoothed(0.1, torch.tensor([1.0, 1.0, 2.0]))),
    "a class": (lambda: Smoothed(0.1), lambda: Sharper(0.1)),
    "a global": (lambda: reading(1), lambda: reading(2)),
    "a function of another module": (lambda: calling(1), lambda: calling(2)),
    "a default": (lambda: by_default(1), lambda: by_default(2)),
    "a partial": (
        lambda: functools.partial(functional.cross_entropy, label_smoothing=0.1),
        lambda: functools.partial(functional.cross_entropy, label_smoothing=0.2),
    ),
    "a function of torch": (lambda: functional.cross_entropy, lambda: functional.nll_loss),
    "a module's setting": (lambda: nn.CrossEntropyLoss(), lambda: nn.CrossEntropyLoss(label_smoothing=0.1)),
    "a module's weights": (
        lambda: nn.CrossEntropyLoss(torch.ones(3)),
        lambda: nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 3.0])),
    ),
    "an activation": (lambda: activated(nn.Tanh()), lambda: activated(nn.ReLU())),
    "a network's number": (lambda: Scaled(1.0), lambda: Scaled(2.0)),
    "a network's forward": (lambda: Scaled(1.0), lambda: Shifted(1.0)),
    "a hook": (lambda: hooked(lambda m, i, o: o), lambda: hooked(lambda m, i, o: 2 * o)),
    "the order of layers": (
        lambda: nn.Sequential(nn.Tanh(), nn.ReLU()),
        lambda: nn.Sequential(nn.ReLU(), nn.Tanh()),
    ),
    "a wrapper of a function of torch": (lambda: wrapped(1.0), lambda: wrapped(2.0)),
    "an attribute of a function": (lambda: attributed(1.0), lambda: attributed(2.0)),
    "what a function imports": (lambda: importing(1), lambda: importing(2)),
    "a second function's part of a module": (lambda: sharing(1), lambda: sharing(2)),
    "an attribute that is called like a hook": (lambda: scaled_backward(1.0), lambda: scaled_backward(2.0)),
    "the mode of a criterion": (lambda: nn.Sequential(nn.Tanh()).train(), lambda: nn.Sequential(nn.Tanh()).eval()),
    "a bound method of a tensor": (lambda: torch.ones(2).mul, lambda: torch.zeros(2).mul),
    "nesting": (lambda: Smoothed([[1], 2]), lambda: Smoothed([[1, 2]])),
    "nested mappings": (
        lambda: Smoothed({"a": {"b": 1}, "c": 2}),
        lambda: Smoothed({"a": {"b": 1, "c": 2}}),
    ),
    "settings in a namespace": (
        lambda: Smoothed(argparse.Namespace(lam=1e-3)),
        lambda: Smoothed(argparse.Namespace(lam=3e-3)),
    ),
    "settings in a namespace of types": (
        lambda: Smoothed(types.SimpleNamespace(lam=1e-3)),
        lambda: Smoothed(types.SimpleNamespace(lam=3e-3)),
    ),
    "slots": (lambda: Smoothed(Slotted(1)), lambda: Smoothed(Slotted(2))),
    "a member of an enumeration": (lambda: Smoothed(level(1)), lambda: Smoothed(level(2))),
    "a number's kind": (lambda: Smoothed(1), lambda: Smoothed(1.0)),
    "a truth": (lambda: Smoothed(1), lambda: Smoothed(True)),
}


def seeded(made):
    torch.manual_seed(0)
    return fingerprint(made())


@pytest.mark.parametrize(("first", "second"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_has_another_fingerprint_and_what_does_not_the_same(first, second):
    assert seeded(first) == seeded(first)
    assert seeded(first) != seeded(second)


RECURRENT = {
    "LSTM": lambda: nn.LSTM(3, 4),
    "attention": lambda: nn.MultiheadAttention(4, 2),
    "transformer": lambda: nn.TransformerEncoderLayer(4, 2),
    "parametrised": lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)),
    "compiled": lambda: torch.compile(nn.Sequential(nn.Linear(3, 3), nn.Tanh())),
    "nested": lambda: nn.ModuleDict({"a": nn.ModuleList([nn.Linear(2, 2)])}),
}


@pytest.mark.parametrize("made", RECURRENT.values(), ids=RECURRENT)
def test_networks_of_every_kind_have_fingerprints(made):
    assert seeded(made) == seeded(made)


def test_parameters_that_are_known_by_name_may_have_any_value():
    def told(model):
        return fingerprint(model, {id(p): name for name, p in model.named_parameters()})

    torch.manual_seed(0)
    assert told(Scaled(1.0)) == told(Scaled(1.0)) != told(Scaled(2.0))


def test_whether_a_network_is_in_training_mode_is_no_part_of_it():
    torch.manual_seed(0)
    model = Scaled(1.0)
    assert fingerprint(model.train(), network=model) == fingerprint(model.eval(), network=model)
    assert fingerprint(model.train()) != fingerprint(model.eval())


UNKNOWN = {
    "a lock": lambda: Smoothed(threading.Lock()),
    "a generator": lambda: penalised(i for i in range(3)),
    "a thread": lambda: Smoothed(threading.Thread()),
    "objects in a set": lambda: Smoothed({object(), object()}),
    "an array of objects": lambda: Smoothed(np.array([object()])),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("made", UNKNOWN.values(), ids=UNKNOWN)
def test_what_cannot_be_told_is_unknown(made):
    with pytest.raises(UnknownError, match="no fingerprint"):
        fingerprint(made())


FLAGS = [{}, {"with_kwargs": True}, {"always_call": True}]


@pytest.mark.parametrize("flags", FLAGS)
def test_how_many_hooks_there_were_before_does_not_count(flags):
    def made():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 2))
        model[0].register_forward_hook(keywords if flags.get("with_kwargs") else plainly, **flags)
        return model

    assert fingerprint(made()) == fingerprint(made())


def plainly(module, inputs, outputs):
    return outputs


def keywords(module, inputs, names, outputs):
    return outputs


class Shaped(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.shape = nn.Linear(4, 3), (1, 4)

    def forward(self, inputs):
        return self.layer(inputs.reshape((1, 4)))


def test_a_network_that_was_kept_and_read_again_is_the_same():
    torch.manual_seed(0)
    model = Shaped()
    assert fingerprint(pickle.loads(pickle.dumps(model))) == fingerprint(model)


def test_a_function_that_calls_itself_has_a_fingerprint():
    def loss(outputs, targets, depth=2):
        return loss(outputs, targets, depth - 1) if depth else outputs.mean()

    assert fingerprint(loss) == fingerprint(loss)


PROGRAM = """
import torch
from torch import nn
from render.storage.fingerprint import fingerprint
class Net(nn.Module):
    names = frozenset(["b", "a", "c"])
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.options = nn.Linear(3, 3), {"x": {1, 2, 3}, "y": ("q", 2.5)}
    def forward(self, x):
        import fractions, json, math, random, statistics
        return self.layer(x) if "a" in {"a", "b"} else x
print(fingerprint(Net()), fingerprint(lambda o, t: {"mean", "sum"} and o.mean()))
"""


@pytest.mark.slow
def test_a_fingerprint_is_the_same_in_another_process():
    said = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


VALUES = {
    "float32": torch.arange(6.0),
    "bfloat16": torch.arange(6.0).bfloat16(),
    "int64": torch.arange(6),
    "bool": torch.tensor([True, False]),
    "complex": torch.randn(3, dtype=torch.cfloat, generator=torch.Generator().manual_seed(0)),
    "one number": torch.tensor(2.5),
    "none": torch.zeros(0, 3),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "backwards": np.arange(6.0)[::-1],
    "sixteen bits": np.arange(6, dtype=np.uint16),
}


def test_digests_tell_values_shapes_and_kinds_apart():
    digests = [digest_of(values) for values in VALUES.values()]
    assert len(set(digests)) == len(digests)
    assert digest_of(torch.arange(6.0)) == digest_of(np.arange(6, dtype=np.float32))
    assert digest_of(torch.arange(6.0).reshape(2, 3)) != digest_of(torch.arange(6.0).reshape(3, 2))
    assert digest_of(torch.arange(6.0).reshape(2, 3).T) == digest_of(torch.arange(6.0).reshape(2, 3).T.contiguous())


def test_a_digest_of_several_pieces_finds_one_changed_byte(monkeypatch):
    from render.storage import digest

    monkeypatch.setattr(digest, "PIECE", 64)
    values = torch.arange(1000.0)
    before = digest_of(values)
    values[777] += 1
    assert digest_of(values) != before
