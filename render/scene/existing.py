"""What exists already, in place of what a scene would make: a surface in a file, a run in a folder.

Their paths begin in the working directory and stay in it; what a stranger's scene names lies among one's own work.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from render.scene.part import Part


def _stays(path: str) -> str:
    """Returns a path that leads on from where it begins; raises ValueError for any other."""
    parts = path.split("/")
    if "\\" in path or any(not letter.isprintable() for letter in path):
        raise ValueError(f"{path!r} is no path; part folders by / and keep to printable letters")
    if path.startswith(("/", "~")) or ":" in parts[0] or ".." in parts:
        raise ValueError(f'"{path}" leads out of the working directory; name a file within it, such as surfaces/a.npz')
    return path


File = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_stays)]


class Source(Part):
    """A file that holds a surface."""

    surface: File = Field(
        description="npz, h5, csv, vtp, vti, or a picture as a height map; from the working directory"
    )


class ReadySurface(Part):
    """A surface that somebody has measured already; it has no run, and no path unless its file has one."""

    source: Source = Field(description="file that holds it")


class ImportedRun(Part):
    """A run that was imported, with a network of its own."""

    folder: File = Field(description="folder that thalweg import has made; from the working directory")
