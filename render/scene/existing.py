"""What exists already, in place of what a scene would make: a surface in a file, a run in a folder.

Their paths begin in the working directory and stay in it; what a stranger's scene names lies among one's own work.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from render.scene.key import InKey
from render.scene.part import Part
from render.scene.words import Label


def stays(path: str) -> str:
    """Returns a path that leads on from where it begins; raises ValueError for any other."""
    parts = path.split("/")
    if "\\" in path or any(not letter.isprintable() for letter in path):
        raise ValueError(f"{path!r} is no path; part folders by / and keep to printable letters")
    if path.startswith(("/", "~")) or ":" in parts[0] or ".." in parts:
        raise ValueError(f'"{path}" leads out of the working directory; name a file within it, such as surfaces/a.npz')
    return path


File = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(stays)]


class SourceSettings(Part):
    """Files that hold a surface and the path on it."""

    surface: File = Field(
        examples=["surfaces/resnet56.h5"],
        description="npz, npy, h5, vtp, vti, a picture as a height map, or csv and txt: columns named alpha, beta and "
        "loss, three columns without names, or a matrix, plain or with its axes along its edges and an empty corner; "
        "from the working directory",
    )
    path: File | None = Field(
        default=None,
        examples=["surfaces/descent.csv"],
        description="csv, txt, npz, npy or h5 with the path, in the order of its steps: columns or arrays alpha, beta "
        "and, if you like, loss; instead of a path that the surface's own file may have",
    )


class ReadySurface(Part):
    """A surface that somebody has measured already; it has no run, and no path unless a file has one."""

    source: SourceSettings = Field(description="file that holds it, and one for its path")
    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None, examples=["Réseau A"], description="what it is called on pictures; its name when absent"
    )


class ImportedRunSettings(Part):
    """A run that was imported, with a network of its own."""

    folder: File = Field(
        examples=["output/runs/mine"], description="folder that thalweg import has made; from the working directory"
    )
    label: Annotated[Label | None, InKey.LABEL] = Field(
        default=None, examples=["Réseau A"], description="what it is called on pictures; its name when absent"
    )
