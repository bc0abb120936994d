"""An exhibit: what a page shows of one scene, as plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.storage.files import content_key

PLAIN = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)  # what an address had better not have


@dataclass(frozen=True)
class PagePicture:
    """A picture of a page, and what is said of it to who does not see it."""

    file: str  # in the folder of the page
    size: tuple[int, int]  # pixels
    alternative: str


@dataclass(frozen=True)
class Screening:
    """A film of a page."""

    file: str
    size: tuple[int, int]
    moves: bool  # whether a page plays it, else it is a picture that moves by itself
    caption: str


@dataclass(frozen=True)
class Prospect:
    """A terrain that is turned on a page."""

    file: str  # of its data
    heading: str
    aspect: float
    alternative: str


@dataclass(frozen=True)
class Download:
    """A file that a page hands out."""

    file: str
    called: str
    size: int  # bytes


@dataclass(frozen=True)
class Exhibit:
    """Everything that a page shows of a scene."""

    name: str  # of its folder
    title: str
    brief: str
    caption: str
    source: str  # of the scene
    facts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # under headings, which may be empty
    poster: PagePicture
    small: PagePicture
    stills: tuple[PagePicture, ...]
    films: tuple[Screening, ...]
    views: tuple[Prospect, ...]
    downloads: tuple[Download, ...]

    @property
    def files(self) -> list[str]:
        """The files that its page shows or hands out."""
        pictures = [picture.file for picture in (self.poster, self.small, *self.stills)]
        moving = [*(film.file for film in self.films), *(view.file for view in self.views)]
        return [*pictures, *moving, *(download.file for download in self.downloads)]


def address(name: str) -> str:
    """Returns the name of a folder for a name: one that needs no quoting, and is no other name's."""
    plain = PLAIN.sub("-", name).strip("-")
    return plain if plain == name else f"{plain or 'work'}-{content_key({'name': name})[:8]}"


def read_source(path: Path) -> str:
    """Returns the text of a scene's file."""
    return path.read_text(encoding="utf-8-sig", errors="replace")


def kept(record: dict[str, Any], *names: str) -> Any:
    """Returns what a record has under names, one within the other, or None."""
    found: Any = record
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
