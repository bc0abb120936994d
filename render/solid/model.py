"""The model: everything of a shot that other programs can take over, before it has a format.

Lengths are metres. The frame is the picture's: x along α, y along β, z up, the middle of the grid at x = y = 0 and the
lowest drawn loss at z = 0.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import PIL.Image


@dataclass(frozen=True)
class Texture:
    """A picture that is laid on a piece."""

    name: str
    pixels: np.ndarray  # (H, W, 3) uint8, sRGB, the first row at the top

    def png(self) -> bytes:
        """Returns the picture as a PNG without anything else in it."""
        file = io.BytesIO()
        PIL.Image.fromarray(self.pixels).save(file, "PNG")
        return file.getvalue()


@dataclass(frozen=True)
class Material:
    """How a piece takes the light, or gives it."""

    name: str
    texture: Texture | None = None
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)  # linear RGB, where there is no texture
    emission: float = 0.0  # multiples of the colour that it gives by itself
    roughness: float = 1.0
    index: float = 1.45  # of refraction
    two_sided: bool = False


@dataclass(frozen=True)
class Piece:
    """Triangles of one material, counter-clockwise seen from outside."""

    name: str
    points: np.ndarray  # (N, 3) float32, metres
    triangles: np.ndarray  # (M, 3) int32
    normals: np.ndarray  # (N, 3) float32, unit
    material: Material
    places: np.ndarray | None = None  # (N, 2) float32 on the texture, 0..1, from its left and from its lower edge


@dataclass(frozen=True)
class ModelCamera:
    """A pinhole camera over the frames of a film."""

    fps: float  # frames per second
    first: int  # number in the film of its first frame
    positions: np.ndarray  # (F, 3) metres
    axes: np.ndarray  # (F, 3, 3) unit rows: to the right, up, forward
    angles: np.ndarray  # (F,) degrees, vertical
    shifts: np.ndarray  # (F, 2) of the picture's centre, in half heights, to the right and up
    aspect: float  # width / height
    clip: tuple[float, float]  # metres

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True)
class Lights:
    """The sun, far away, and the sky all around."""

    towards: np.ndarray  # (3,) unit, to the sun
    size: float  # degrees, angular radius of the sun
    sun: np.ndarray  # (3,) linear RGB that a white surface facing the sun shows, multiples of white
    sky: np.ndarray  # (3,) linear RGB, mean radiance, multiples of white


@dataclass(frozen=True)
class Model:
    """What is handed out of a shot."""

    pieces: tuple[Piece, ...]
    camera: ModelCamera
    lights: Lights
    words: dict[str, str] = field(default_factory=dict)  # title and description; empty where none are wanted

    @property
    def materials(self) -> list[Material]:
        """The materials of all pieces, each once; those of one name are alike."""
        return list({piece.material.name: piece.material for piece in self.pieces}.values())

    @property
    def textures(self) -> list[Texture]:
        """The textures of all pieces, each once."""
        return [material.texture for material in self.materials if material.texture]
