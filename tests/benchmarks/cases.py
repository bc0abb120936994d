"""The networks and examples that the benchmarks measure: trained for a moment, so that losses lie where a scene's do.

THALWEG_DATA names the folder with mnist/ and imagenette-mini/; without it the images are made up, and the name says so.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from render import data
from render.descent import networks
from render.descent.parameters import layout_of, parameters_of
from render.loss.measurement import OneHotMSELoss
from render.scene.language.load import load
from render.space.directions import random_direction
from render.space.plane import Plane

SCENE = Path(__file__).parents[2] / "scenes" / "first-descent.yaml"
CENTRE, SPREAD = (0.46, 0.45, 0.42), 0.28  # of photographs' channels, 0 to 1


@dataclass(frozen=True)
class Case:
    """A network with the examples that its loss is measured on."""

    name: str
    model: nn.Module
    inputs: torch.Tensor
    targets: torch.Tensor
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

    def plane(self) -> Plane:
        """Returns a filter-normalised random plane through the network."""
        return Plane.through(parameters_of(self.model), *(random_direction(self.model, seed) for seed in (0, 1)))


def perceptron() -> Case:
    """Returns 784-16-16-10 sigmoid with squared error on 1,024 MNIST images."""
    torch.manual_seed(0)
    name, inputs, targets = digits()
    model = nn.Sequential(nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10))
    trained = _trained(model, inputs, targets, OneHotMSELoss(), 300)
    return Case(f"784-16-16-10 sigmoid, squared error, 1,024 {name}", trained, inputs, targets, OneHotMSELoss())


def of_scene(path: Path = SCENE) -> Case:
    """Returns the network of a scene's surface on the examples that its loss is measured on."""
    scene = load(path)
    (surface,) = scene.surfaces.values()
    run = scene.runs[surface.run]
    dataset = data.load(run.data)
    model = networks.build(run.network, dataset, scene.seed)
    examples = dataset.split(surface.objective.split).first(surface.objective.examples)
    inputs, targets = torch.from_numpy(examples.inputs), torch.from_numpy(examples.targets)
    words = networks.describe(run.network, tuple(inputs.shape[1:]), dataset.classes)
    name = f"{words}, {len(inputs):,} {dataset.name} of {path.name}"
    trained = _trained(model, inputs, targets, functional.cross_entropy, 200)
    return Case(name, trained, inputs, targets, functional.cross_entropy)


def convnet(count: int = 256, side: int = 64, widths: tuple[int, ...] = (16, 32, 64, 64)) -> Case:
    """Returns four blocks of convolution, batch norm, ReLU and pooling on photographs, frozen batch norm."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for fan_in, width in zip((3, *widths), widths, strict=False):
        layers += [
            nn.Conv2d(fan_in, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10))
    name, inputs, targets = photographs(max(count, 640), side)
    trained = _trained(model, inputs, targets, functional.cross_entropy, 120)
    words = f"convnet of {len(widths)} blocks with batch norm, {count} {name} of {side} px"
    return Case(words, trained, inputs[:count].contiguous(), targets[:count], functional.cross_entropy)


def resnet20(count: int = 512) -> Case:
    """Returns the ResNet-20 of the CIFAR experiments (He et al. 2016) on photographs of 32 px, frozen batch norm."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    fan_in = 16
    for width in (16, 32, 64):
        for _ in range(3):
            layers.append(Block(fan_in, width))
            fan_in = width
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    name, inputs, targets = photographs(count, 32)
    trained = _trained(model, inputs, targets, functional.cross_entropy, 30)
    return Case(f"ResNet-20, {count} {name} of 32 px", trained, inputs, targets, functional.cross_entropy)


class Block(nn.Module):
    """Two convolutions beside a shortcut that pads its channels with zeros."""

    def __init__(self, fan_in: int, width: int):
        super().__init__()
        self.stride, self.more = width // fan_in, width - fan_in
        self.first, self.second = (
            nn.Conv2d(fan_in, width, 3, self.stride, 1, bias=False),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
        )
        self.first_norm, self.second_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns the sum of both ways."""
        y = functional.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        if self.more:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return functional.relu(y + x)


def digits(count: int = 1024) -> tuple[str, torch.Tensor, torch.Tensor]:
    """Returns images (N, 784) with their labels, and where they are from."""
    folder = Path(os.environ.get("THALWEG_DATA", ""), "mnist")
    try:
        pixels = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16 : 16 + count * 784]
        labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8 : 8 + count]
    except FileNotFoundError:
        generator = torch.Generator().manual_seed(0)
        classes = torch.arange(count) % 10
        centres = torch.rand(10, 784, generator=generator)
        return "made-up images", centres[classes] * torch.rand(count, 784, generator=generator), classes
    inputs = np.frombuffer(pixels, np.uint8).reshape(-1, 784).astype(np.float32) / 255
    return "MNIST images", torch.from_numpy(inputs), torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64))


def photographs(count: int, side: int) -> tuple[str, torch.Tensor, torch.Tensor]:
    """Returns images (N, 3, side, side) of ten classes in turn, with their labels, and where they are from."""
    classes = sorted(Path(os.environ.get("THALWEG_DATA", ""), "imagenette-mini", "train").glob("n*"))
    if len(classes) != 10:
        generator = torch.Generator().manual_seed(0)
        labels = torch.arange(count) % 10
        centres = torch.randn(10, 3, side, side, generator=generator)
        return "made-up images", centres[labels] + torch.randn(count, 3, side, side, generator=generator), labels
    files = [sorted(folder.glob("*.JPEG")) for folder in classes]
    chosen = [files[k % 10][k // 10] for k in range(count)]
    pixels = np.stack([np.asarray(Image.open(file).convert("RGB").resize((side, side))) for file in chosen])
    images = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - torch.tensor(CENTRE)[:, None, None]) / SPREAD
    return "Imagenette images", images.contiguous(), torch.arange(count) % 10


def _trained(
    model: nn.Module,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    steps: int,
) -> nn.Module:
    """Returns the model after some steps, in evaluation mode."""
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for step in range(steps):
        batch = torch.arange(step * 64, step * 64 + 64) % len(inputs)
        optimiser.zero_grad()
        criterion(model(inputs[batch]), targets[batch]).backward()
        optimiser.step()
    return model.eval()


@torch.no_grad()
def plain_loop(case: Case, thetas: torch.Tensor) -> np.ndarray:
    """Returns the loss at thetas (B, P) the usual way: load_state_dict, model, criterion, .item()."""
    losses, layout = [], layout_of(case.model)
    kept = parameters_of(case.model)
    for theta in (*thetas, torch.from_numpy(kept)):
        parts = zip(layout.slices().items(), layout.shapes, strict=True)
        case.model.load_state_dict({name: theta[part].reshape(shape) for (name, part), shape in parts}, strict=False)
        if len(losses) < len(thetas):
            losses.append(case.criterion(case.model(case.inputs), case.targets).item())
    return np.array(losses)


CASES: dict[str, Callable[[], Case]] = {
    "perceptron": perceptron,
    "scene": of_scene,
    "convnet": convnet,
    "resnet20": resnet20,
}
