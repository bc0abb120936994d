"""The surface to measure: whose loss, on which plane, at how many points, how far around."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from render.scene.duration import Duration
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.part import Location, Name, Part, refusal
from render.scene.plane import RANGES, Pca, PlaneSettings
from render.scene.words import Label

MOST_POINTS = 100_000_000
MOST_PATHS = 8
MARGIN = 0.75
TOLERANCE = 0.002
Count = Annotated[int, Field(ge=2, le=20_000)]
ExampleCount = Annotated[int, Field(ge=2, le=100_000_000)]  # enough for a variance
Span = Annotated[tuple[float, float], Field(strict=False)]


class EpochSettings(Part):
    """What an epoch of the training lends to the loss that is measured."""

    number: int = Field(ge=0, le=10_000_000, description="epoch, 1 for the first; 0 is before it")
    of: Literal["statistics", "order", "augmentation"] = Field(
        default="statistics",
        description="batch norm's statistics as they were at the end of the epoch; the order in which it took the "
        "examples, whose first ones are measured; or how it changed their images",
    )


class ObjectiveSettings(Part):
    """The loss that is measured: on which examples, in which mode."""

    examples: int | None = Field(
        default=None, ge=1, le=100_000_000, description="examples of the split, the first ones; all when absent"
    )
    balanced: bool = Field(default=False, description="whether every class has as many of the examples")
    split: Literal["train", "test"] = Field(default="train", description="split that the examples come from")
    loss: Literal["cross-entropy", "squared-error"] = Field(
        default="cross-entropy", description="cross-entropy in nats, or squared-error of the outputs to one-hot classes"
    )
    bn: Literal["frozen", "batch", "recalibrated"] = Field(
        default="frozen",
        description="batch norm's statistics: frozen as the run left them, those of each batch, or recalibrated on "
        "training examples at every point",
    )
    bn_batch: ExampleCount | None = Field(
        default=None,
        examples=[128],
        description="examples of one batch for bn batch or recalibrated; the whole set when absent",
    )
    calibration: ExampleCount | None = Field(
        default=None,
        examples=[512],
        description="examples of the train split, the first ones, that bn recalibrated needs",
    )
    dropout: Literal["off", "fixed"] = Field(
        default="off", description="off, or fixed: one mask, the same at every point"
    )
    weight_decay: float = Field(default=0.0, ge=0, description="λ of the term ½·λ·‖θ‖² that is added to the loss")
    precision: Literal["float32", "tf32", "bfloat16", "float16"] = Field(
        default="float32",
        description="arithmetic; one below float32 is kept only where a check against float32 passes",
    )
    epoch: Annotated[EpochSettings | None, InKey.GIVEN] = Field(
        default=None, description="epoch of the training that lends its statistics, order or augmentation"
    )

    @model_validator(mode="after")
    def _takes_what_an_epoch_has(self) -> Self:
        if self.epoch is not None:
            sentence = epoch_fault(self, self.epoch.of, self.epoch.number)
            if sentence:
                raise refusal((("epoch",), self.epoch.number, sentence))
        return self

    @model_validator(mode="after")
    def _has_what_batch_norm_needs(self) -> Self:
        faults: list[tuple[Location, Any, str]] = []
        if self.bn == "frozen" and self.bn_batch is not None:
            sentence = "has no use where bn is frozen; leave it out, or set bn to batch or recalibrated"
            faults.append((("bn_batch",), self.bn_batch, sentence))
        if self.bn == "recalibrated" and self.calibration is None:
            faults.append((("bn",), self.bn, "recalibrated needs examples of the train split; set calibration"))
        if self.bn != "recalibrated" and self.calibration is not None:
            sentence = f"has no use where bn is {self.bn}; leave it out, or set bn to recalibrated"
            faults.append((("calibration",), self.calibration, sentence))
        if faults:
            raise refusal(*faults)
        return self


def epoch_fault(asked: ObjectiveSettings, of: str, number: int) -> str | None:
    """Returns why an epoch of a number cannot lend what is wanted of it to a loss, or None."""
    if of == "statistics":
        return None if asked.bn == "frozen" else "statistics of an epoch are frozen; set bn to frozen"
    if number == 0:
        return f"epoch 0 is before the training and has no {of}; begin with 1"
    if asked.split != "train":
        return f"an epoch has an {of} of the train split only; set split to train"
    if of == "order" and asked.examples is None:
        return "the order of all examples changes nothing; set examples to fewer"
    return None


class Range(Part):
    """The part of the plane that is measured, in units of its directions."""

    alpha: Span = Field(description="lowest and highest α, left to right")
    beta: Span = Field(description="lowest and highest β, bottom to top")

    @model_validator(mode="after")
    def _rises(self) -> Self:
        for axis, (low, high) in (("alpha", self.alpha), ("beta", self.beta)):
            if low >= high:
                raise refusal(((axis,), [low, high], f"[{low:g}, {high:g}] does not rise; write the lower bound first"))
        return self


class SurfaceSettings(Part):
    """The loss of a run's network on a plane; without margin and range, as much of it as suits the plane."""

    run: Annotated[Name, InKey.NAME] = Field(description="name of the run under runs")
    paths: Annotated[list[Name], InKey.NAME] = Field(
        default=[],
        max_length=MOST_PATHS - 1,
        description="further runs, of the same network, whose paths are drawn as well",
    )
    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None,
        examples=["Réseau A"],
        description="what it is called on pictures, in free text; its name when absent",
    )
    objective: ObjectiveSettings = Field(default=ObjectiveSettings(), description="the loss that is measured")
    plane: PlaneSettings = Field(
        default=Pca(),
        description=f"how the two directions are chosen: {kinds_of(PlaneSettings)}",
    )
    points: Annotated[tuple[Count, Count], Field(strict=False)] = Field(description="points along α and along β")
    margin: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="empty ground on each side of the path, fraction of its longer extent; only for a pca plane, 0.75",
    )
    range: Range | None = Field(
        default=None,
        description="part of the plane in its own units; excludes margin; ±1 where neither is said, −0.5 to 1.5 along "
        "the way to another run",
    )
    mode: Literal["exact", "adaptive"] = Field(
        default="exact",
        description="exact measures every cell; adaptive measures where the ground asks for it, fills the rest and "
        "checks that on cells held out",
    )
    tolerance: float | None = Field(
        default=None,
        gt=0,
        le=0.5,
        description="largest error of adaptive at held-out cells, fraction of the range of the drawn height; 0.002",
    )
    strategy: Literal["auto", "loop", "folded", "compiled", "dense-eager", "dense-compiled", "native"] = Field(
        default="auto",
        description="how points are computed; auto takes the fastest of those that fit the network, by timing",
    )
    budget: Annotated[Annotated[Duration, Field(gt=0)] | None, InKey.APART] = Field(
        default=None,
        description="time for measuring, seconds or with a unit; points are fitted to it, and the caption says so",
    )

    @model_validator(mode="before")
    @classmethod
    def _leaves_nothing_open(cls, data: Any) -> Any:
        """Fills in what depends on the plane and on the mode."""
        return {**data, **_reach(data), **_tolerance(data)} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _is_measurable(self) -> Self:
        columns, rows = self.points
        if columns * rows > MOST_POINTS:
            sentence = f"{columns} × {rows} is {columns * rows:,} points; at most {MOST_POINTS:,} are measured"
            raise refusal((("points",), self.points, sentence))
        return self

    @model_validator(mode="after")
    def _reaches_one_way(self) -> Self:
        kind = self.plane.kind
        if self.margin is not None and self.range is not None:
            raise refusal((("range",), None, "excludes margin; keep one of the two"))
        if self.margin is not None and kind in RANGES:
            sentence = f"is taken around the path, which a {kind} plane need not follow; give range"
            raise refusal((("margin",), self.margin, sentence))
        return self

    @model_validator(mode="after")
    def _has_derivatives(self) -> Self:
        asked, kind = self.objective, self.plane.kind
        if kind in ("hessian", "gradient") and (asked.bn == "recalibrated" or asked.dropout == "fixed"):
            odd = "bn: recalibrated" if asked.bn == "recalibrated" else "dropout: fixed"
            sentence = f"needs derivatives of the loss, which {odd} has none of; choose another plane or objective"
            raise refusal((("plane",), kind, sentence))
        return self

    @model_validator(mode="after")
    def _tolerates_only_what_is_filled(self) -> Self:
        if self.mode == "exact" and self.tolerance is not None:
            sentence = "has no use where every cell is measured; leave it out, or set mode to adaptive"
            raise refusal((("tolerance",), self.tolerance, sentence))
        return self


def _reach(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the range or margin of a surface that says neither."""
    if data.get("margin") is not None or data.get("range") is not None:
        return {}
    plane = data.get("plane", Pca())
    kind = plane.get("kind") if isinstance(plane, dict) else getattr(plane, "kind", None)
    if not isinstance(kind, str) or kind not in RANGES:
        return {"margin": MARGIN}
    alpha, beta = RANGES[kind]
    return {"range": {"alpha": list(alpha), "beta": list(beta)}}


def _tolerance(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the tolerance of an adaptive surface that says none."""
    return {"tolerance": TOLERANCE} if data.get("mode") == "adaptive" and data.get("tolerance") is None else {}
