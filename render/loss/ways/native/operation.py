"""What a network computes in evaluation mode, as a list of a few kinds of operations on images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from torch import nn

ImageShape = tuple[int, int, int]  # channels, height, width; features are channels of one pixel
Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """Where an operation looks for each pixel that it makes, vertically and horizontally."""

    kernel: Pair
    stride: Pair
    padding: Pair

    def over(self, shape: ImageShape, channels: int) -> ImageShape:
        """Returns the shape of what is made from a shape."""
        sizes = zip(shape[1:], self.kernel, self.stride, self.padding, strict=True)
        height, width = ((size + 2 * padding - kernel) // stride + 1 for size, kernel, stride, padding in sizes)
        return channels, height, width


@dataclass(frozen=True)
class Operation:
    """One operation; a batch norm behind a convolution that nothing else reads belongs to the convolution."""

    kind: str  # convolution, norm, activation, maximum, mean, channels or add
    sources: tuple[int, ...]  # the values that it reads
    shape: ImageShape  # of what it makes
    window: Window | None = None  # of convolution, maximum and mean
    module: nn.Module | None = None  # the nn.Conv2d or nn.Linear of a convolution
    norm: nn.Module | None = None  # the batch norm of a convolution or norm
    function: str = ""  # of an activation, a key of ACTIVATIONS
    first: int = 0  # of channels: where those of the source begin, zeros around them
    counted: bool = True  # of mean: whether padding counts as zeros

    @property
    def modules(self) -> list[nn.Module]:
        """The modules whose parameters it reads."""
        return [module for module in (self.module, self.norm) if module is not None]


@dataclass(frozen=True)
class Program:
    """Operation k makes value k + 1; value 0 is an example, the last value the network's output."""

    shape: ImageShape  # of an example
    operations: tuple[Operation, ...]

    def shape_of(self, value: int) -> ImageShape:
        """Returns the shape of a value."""
        return self.operations[value - 1].shape if value else self.shape

    def uses(self) -> Counter[int]:
        """Counts how often each value is read; the output once more."""
        read = Counter(source for operation in self.operations for source in operation.sources)
        return read + Counter([len(self.operations)])
