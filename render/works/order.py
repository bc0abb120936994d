"""An order: what is asked for, a scene at a quality, made into an output folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from render.film.choice import ALL, FrameChoice
from render.sampling.survey import Means
from render.scene.spec import Scene


@dataclass(frozen=True)
class Order:
    """A scene at a quality, already applied to it, and where all that is made of it goes."""

    scene: Scene
    quality: str
    output: Path
    metadata: bool = True  # whether pictures have title and caption in their own files
    means: Means = field(default_factory=Means)  # of measuring
    stem: str = ""  # of the scene's file, by which its exports and sheets are called
    choice: FrameChoice = ALL  # of the frames of its films
    rates: dict[str, float] = field(default_factory=dict, compare=False)  # points per second, once timed, for a plan

    @property
    def suffix(self) -> str:
        """What the quality adds to a file's name: nothing for final."""
        return "" if self.quality == "final" else f".{self.quality}"
