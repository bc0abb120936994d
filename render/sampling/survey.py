"""The survey: what is measured of a plane and how well, and with what means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from render.errors import UsageError
from render.sampling.adaptive import PLACES
from render.sampling.scaling import Scaling

TOLERANCE = 0.002  # of the range, where adaptive mode is asked for without one


@dataclass(frozen=True)
class Means:
    """With what a surface is measured; nothing that its heights depend on, but the strategy."""

    strategy: str = "auto"
    choices: Path | None = None
    workers: int = 1
    scheduler: str | None = None
    shard: tuple[int, int] | None = None
    models: Mapping[str, str] = field(default_factory=dict)  # functions of networks of one's own, by run; "" for all

    def model_of(self, run: str) -> str | None:
        """Returns the function that makes the network of an imported run, where one was named."""
        return self.models.get(run) or self.models.get("")

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"workers: {self.workers} measure nothing; give 1 or more")
        if self.shard and not 1 <= self.shard[0] <= self.shard[1]:
            raise UsageError(f"shard: {self.shard[0]}/{self.shard[1]} is none; write i/n with i from 1 to n")
        if sum((self.workers > 1, self.scheduler is not None, self.shard is not None)) > 1:
            raise UsageError("workers, scheduler and shard exclude each other; choose one")

    @property
    def is_shared(self) -> bool:
        """Whether more than one process measures."""
        return self.workers > 1 or self.scheduler is not None or self.shard is not None

    def require_fit(self, survey: Survey, stored: bool) -> None:
        """Raises UsageError where these means do not go with a survey, or with having no store."""
        if self.is_shared and not stored:
            raise UsageError("workers, scheduler and shard: need a store, which they share")
        if self.shard and survey.mode == "adaptive" and survey.budget:
            raise UsageError("budget: shards cannot agree on when it ends in adaptive mode; give a tolerance alone")


@dataclass(frozen=True)
class Survey:
    """What is measured of a plane, and how well."""

    mode: str
    tolerance: float | None
    scaling: Scaling
    budget: float | None  # seconds

    @staticmethod
    def of(mode: str, tolerance: float | None, scaling: Scaling, budget: float | None) -> Survey:
        """Returns a survey; raises UsageError for what does not go together."""
        if mode not in ("exact", "adaptive"):
            raise UsageError(f"mode: {mode!r} is unknown; choose exact, adaptive")
        if tolerance is not None and mode == "exact":
            raise UsageError(f"tolerance: {tolerance} has no place in exact mode, which fills nothing; choose adaptive")
        if tolerance is not None and not 0 < tolerance < 1:
            raise UsageError(f"tolerance: {tolerance} is no fraction of the range; give one such as {TOLERANCE}")
        if budget is not None and not budget > 0:
            raise UsageError(f"budget: {budget / 60} min measure nothing; give more")
        return Survey(mode, (tolerance or TOLERANCE) if mode == "adaptive" else None, scaling, budget)

    @property
    def record(self) -> dict[str, Any]:
        """The survey, as a store keeps it."""
        found: dict[str, Any] = {"mode": self.mode}
        if self.mode == "adaptive":
            scaling = self.scaling
            found |= {"tolerance": self.tolerance, "scale": scaling.kind, "floor": scaling.floor, "clip": scaling.clip}
            found |= {"places": PLACES}  # a store that is half measured at other places is not gone on with
        return found | ({"seconds": self.budget} if self.budget else {})
