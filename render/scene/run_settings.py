"""A run of a scene: one training of one network on one data set."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from render.scene.data import Data
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.network import AnyNetwork
from render.scene.part import Part, Seed
from render.scene.training import Training
from render.scene.words import Label

NAMED = "what it is called on pictures, in free text; its name when absent"


class RunSettings(Part):
    """One training of one network on one data set."""

    data: Data = Field(description=f"data that the network learns: {kinds_of(Data)}")
    network: AnyNetwork = Field(description=f"network that is trained: {kinds_of(AnyNetwork)}")
    training: Training = Field(description="way it is trained")
    seed: Annotated[Seed | None, InKey.APART] = Field(
        default=None, description="seed of this run; the scene's own when absent"
    )
    label: Annotated[Label | None, InKey.LABEL] = Field(default=None, examples=["Réseau A"], description=NAMED)

    def seed_in(self, scene_seed: int) -> int:
        """Returns the seed of this run in a scene of a seed."""
        return scene_seed if self.seed is None else self.seed

    def seeded(self, scene_seed: int) -> RunSettings:
        """Returns this run in a scene of a seed, with its seed written out, and no label, which changes nothing."""
        return self.model_copy(update={"seed": self.seed_in(scene_seed), "label": None})
