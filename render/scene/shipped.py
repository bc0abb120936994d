"""The scenes that come with the program: files of scenes/, which an installed package has within it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """Returns the folder of the scenes that come with the program: within the package, in a checkout beside it."""
    packaged = PACKAGE / "scenes"
    return packaged if packaged.is_dir() else PACKAGE.parent / "scenes"


def scenes() -> dict[str, Path]:
    """Returns the files of the scenes that come with the program, by name, such as first-descent."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}
