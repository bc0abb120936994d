"""Insets: small pictures in a picture, which tell what the network does at the step that the path has come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from render.scene.duration import Duration
from render.scene.part import Fault, Location, Name, Part

InsetPlace = Literal[
    "auto",
    "lower-left",
    "lower-centre",
    "lower-right",
    "left",
    "right",
    "upper-left",
    "upper-centre",
    "upper-right",
]
CounterKind = Literal["step", "loss", "accuracy", "epoch", "learning-rate"]
WIDTH = 0.36  # of an inset of size 1 / shorter side of the picture
BROAD, SQUARE = 1.6, 0.66  # width / height of a picture from which on they have it, and their share of it on a square
LEAST = 0.6  # of its size, to which an inset shrinks where it has no room
USUAL_COUNTERS: tuple[CounterKind, ...] = ("step", "loss")


class InsetSettings(Part):
    """What all insets have in common."""

    place: InsetPlace = Field(
        default="auto",
        description="edge or corner of the picture; auto is the right edge, then the left, and on an upright picture "
        "two columns from the upper edge",
    )
    size: float = Field(default=1.0, ge=0.3, le=4, description="multiple of the usual width, 0.36 of the shorter side")
    show: Duration = Field(default=0.0, description="moment of the shot at which it comes, seconds or with a unit")
    hide: Duration | None = Field(
        default=None, description="moment of the shot at which it is gone; stays to the end when absent"
    )
    surface: Name | None = Field(
        default=None, description="surface of the shot that it tells of; its first when absent"
    )

    @property
    def ratio(self) -> float:
        """Its height / width."""
        return 0.56

    @property
    def room(self) -> list[str | float]:
        """What the room that it takes depends on."""
        return [self.place, self.size, self.ratio, self.width(1.0, 1.0)]

    def width(self, wide: float, high: float) -> float:
        """Returns its width on a picture of so many pixels: less on one that is nearly square."""
        square = min(1.0, max(SQUARE, wide / high / BROAD)) if wide >= high else 1.0
        return self.size * WIDTH * min(wide, high) * square


class CurvesInset(InsetSettings):
    """Loss and accuracy by step on the surface's own examples, with a mark at the current step."""

    kind: Literal["curves"] = "curves"
    of: list[Literal["loss", "accuracy"]] = Field(
        default=["loss", "accuracy"], min_length=1, max_length=2, description="which of the two are drawn"
    )

    @property
    def ratio(self) -> float:
        """Its height / width."""
        return 0.42 * len(self.of) + 0.08


class FirstLayerInset(InsetSettings):
    """The weights of the first layer at the current step, one picture for each unit."""

    kind: Literal["first-layer"] = "first-layer"
    units: int = Field(default=24, ge=1, le=64, description="how many units are shown, the first ones, at most")

    @property
    def ratio(self) -> float:
        """Its height / width."""
        return 0.78


class GradientInset(InsetSettings):
    """The gradient of the loss on the surface's own examples at the current step, as bars.

    A network of few parameters has a bar for each component; a larger one has the length of the components of each of
    its parameter tensors, on a logarithmic scale.
    """

    kind: Literal["gradient"] = "gradient"


class ExampleInset(InsetSettings):
    """An example of those that the loss is measured on, with the answer of the network at the current step."""

    kind: Literal["example"] = "example"
    example: int = Field(default=0, ge=0, le=10_000_000, description="which of the examples, counted from 0")


class MapInset(InsetSettings):
    """The plane from above: contours, the path as far as it has come, and where the camera stands."""

    kind: Literal["map"] = "map"
    camera: bool = Field(default=True, description="whether the camera is on it")

    @property
    def ratio(self) -> float:
        """Its height / width."""
        return 1.08

    def width(self, wide: float, high: float) -> float:
        """Returns its width on a picture of so many pixels; it is nearly a square."""
        return 0.74 * super().width(wide, high)


Inset = Annotated[CurvesInset | FirstLayerInset | GradientInset | ExampleInset | MapInset, Field(discriminator="kind")]


def inset_faults(where: Location, insets: list[Inset], shown: list[str], duration: float) -> Iterator[Fault]:
    """Gives what is wrong with the insets of a shot that shows surfaces for a time, seconds."""
    for number, inset in enumerate(insets):
        place = (*where, "insets", number, inset.kind)
        if inset.show >= duration:
            yield (*place, "show"), inset.show, f"{inset.show:g} s is not before the end of the shot, {duration:g} s"
        elif inset.hide is not None and inset.hide <= inset.show:
            yield (*place, "hide"), inset.hide, f"{inset.hide:g} s is not after show, {inset.show:g} s"
        if inset.surface is not None and inset.surface not in shown:
            there = f"it shows {', '.join(shown)}" if shown else "a line has none, so leave surface out"
            sentence = f'the shot does not show a surface "{inset.surface}"; {there}'
            yield (*place, "surface"), inset.surface, sentence


def nominal_heights(insets: Sequence[Inset], size: tuple[int, int]) -> Mapping[str, float]:
    """Returns how high the insets of each place are together at their least, pixels, where a place is settled."""
    found: dict[str, float] = {}
    for inset in insets:
        if inset.place != "auto":
            found[inset.place] = found.get(inset.place, 0.0) + LEAST * inset.width(*size) * inset.ratio
    return found
