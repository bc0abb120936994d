"""The inquiry: what a network is to tell of itself where it has come to, for insets and counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from render.scene.data import OneWeight, TwoWeights
from render.scene.insets import CurvesInset, ExampleInset, FirstLayerInset, GradientInset, Inset

if TYPE_CHECKING:
    from render.scene.spec import Scene


@dataclass(frozen=True)
class Inquiry:
    """What is to be told of each point that a network comes to, beside the loss that a path has."""

    accuracy: bool = False
    gradient: bool = False
    units: int = 0  # of the first layer
    examples: tuple[int, ...] = ()
    pace: bool = False  # epochs and learning rates, for which the data are looked at
    loss: bool = False  # where no path has it

    def joined(self, other: Inquiry) -> Inquiry:
        """Returns what either asks for."""
        return Inquiry(
            accuracy=self.accuracy or other.accuracy,
            gradient=self.gradient or other.gradient,
            units=max(self.units, other.units),
            examples=tuple(sorted({*self.examples, *other.examples})),
            pace=self.pace or other.pace,
            loss=self.loss or other.loss,
        )


def wish_of(inset: Inset) -> Inquiry:
    """Returns what an inset asks for."""
    if isinstance(inset, CurvesInset):
        return Inquiry(accuracy="accuracy" in inset.of)
    if isinstance(inset, FirstLayerInset):
        return Inquiry(units=inset.units)
    if isinstance(inset, GradientInset):
        return Inquiry(gradient=True)
    return Inquiry(examples=(inset.example,)) if isinstance(inset, ExampleInset) else Inquiry()


def has_values(scene: Scene, run: str) -> bool:
    """Whether the data of a run have values in place of classes, and so no accuracy."""
    return isinstance(getattr(scene.runs.get(run), "data", None), OneWeight | TwoWeights)
