"""Films for editing, archives and stages: ProRes, FFV1, HAP."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from render.scene.encoders.encoder import DEPTH, EncoderPart


class ProRes(EncoderPart):
    """Apple ProRes with 10 bits, for editing."""

    kind: Literal["prores"] = "prores"
    profile: Literal["hq", "4444"] = Field(
        default="hq", description="hq halves the colour's resolution across; 4444 keeps it, and a transparent ground"
    )

    ending, multiples, hears = "mov", (2, 1), True
    deep = True

    @property
    def keeps_alpha(self) -> bool:
        """Only 4444 does."""
        return self.profile == "4444"


class Ffv1(EncoderPart):
    """FFV1 in Matroska: RGB without any loss and with checksums, for archives."""

    kind: Literal["ffv1"] = "ffv1"
    depth: Literal[8, 10, 16] = Field(default=8, description=DEPTH)

    ending, hears = "mkv", True
    alpha = True

    @property
    def frame_depth(self) -> int:
        """As asked."""
        return 8 if self.depth == 8 else 16


class Hap(EncoderPart):
    """HAP, which the players of stages and video walls decode on the graphics card."""

    kind: Literal["hap"] = "hap"
    profile: Literal["standard", "q", "alpha"] = Field(
        default="q", description="q is the better picture, standard half its size, alpha keeps a transparent ground"
    )

    ending, multiples, hears = "mov", (4, 4), True

    @property
    def keeps_alpha(self) -> bool:
        """Only its profile of that name does."""
        return self.profile == "alpha"
