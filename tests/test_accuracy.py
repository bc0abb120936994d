"""The accuracy: the share of right classes among the targets that count, or none where that cannot be told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from render.loss import evaluation
from render.loss.objective import Objective


def accuracy(model, inputs, targets, criterion) -> float:
    objective = Objective(model, inputs, targets, criterion)
    return float(objective.measure(objective.parameters[None]).accuracy[0])


def linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(8, 4)


def labelled(count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 8, generator=generator), torch.randint(4, (count,), generator=generator)


IGNORING = {
    "torch's own number": (-100, nn.CrossEntropyLoss()),
    "a function": (-100, functional.cross_entropy),
    "another number": (-1, nn.CrossEntropyLoss(ignore_index=-1)),
    "one of the classes": (2, nn.CrossEntropyLoss(ignore_index=2)),
    "a lambda": (-100, lambda outputs, targets: functional.cross_entropy(outputs, targets)),
    "above all classes": (255, nn.CrossEntropyLoss(ignore_index=255)),
}


@pytest.mark.parametrize("largest", [1024, 16], ids=["at once", "in parts"])
@pytest.mark.parametrize(("ignored", "criterion"), IGNORING.values(), ids=IGNORING)
def test_targets_that_are_ignored_do_not_count(ignored, criterion, largest, monkeypatch):
    monkeypatch.setattr(evaluation, "LARGEST_PASS", largest)
    model, (inputs, targets) = linear(), labelled()
    targets[::3] = ignored
    kept = targets != ignored
    expected = (model(inputs).argmax(1) == targets)[kept].double().mean().item()
    assert accuracy(model, inputs, targets, criterion) == pytest.approx(expected, abs=1e-6)


def test_where_no_target_counts_there_is_no_accuracy():
    inputs, targets = labelled()
    assert np.isnan(accuracy(linear(), inputs, torch.full_like(targets, -100), lambda o, t: o.square().mean()))


def tokens(vocabulary: int, length: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Embedding(vocabulary, 8), nn.Linear(8, vocabulary))
    sequence = torch.randint(vocabulary, (30, length + 1))
    return model, sequence[:, :-1], sequence[:, 1:]


def by_token(outputs, targets):
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())


def test_a_language_model_with_classes_along_the_last_dim_has_the_accuracy_of_its_tokens():
    model, inputs, targets = tokens(11, 5)
    expected = (model(inputs).argmax(-1) == targets).double().mean().item()
    assert accuracy(model, inputs, targets, by_token) == pytest.approx(expected, abs=1e-6)


def test_where_classes_may_lie_along_two_dims_there_is_no_accuracy():
    assert np.isnan(accuracy(*tokens(7, 7), by_token))


class Turned(nn.Module):
    """A language model whose classes lie along dim 1, as cross-entropy has them."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.model = tokens(vocabulary, vocabulary)[0]

    def forward(self, inputs):
        return self.model(inputs).transpose(1, 2)


@pytest.mark.parametrize("criterion", [nn.CrossEntropyLoss(), functional.cross_entropy], ids=["module", "function"])
def test_a_criterion_of_torch_tells_that_classes_lie_along_dim_1(criterion):
    _, inputs, targets = tokens(7, 7)
    model = Turned(7)
    expected = (model(inputs).argmax(1) == targets).double().mean().item()
    assert accuracy(model, inputs, targets, criterion) == pytest.approx(expected, abs=1e-6)


def test_segmentation_counts_the_pixels_that_have_a_class():
    torch.manual_seed(0)
    model = nn.Conv2d(2, 3, 1)
    inputs, targets = torch.randn(5, 2, 6, 6), torch.randint(3, (5, 6, 6))
    targets[:, :2] = 255
    expected = (model(inputs).argmax(1) == targets)[targets < 255].double().mean().item()
    found = accuracy(model, inputs, targets, nn.CrossEntropyLoss(ignore_index=255))
    assert found == pytest.approx(expected, abs=1e-6)
