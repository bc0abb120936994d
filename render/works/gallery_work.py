"""A gallery as a work: a folder of pages that show what scenes have made, and need no server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.errors import DataError, UsageError
from render.film.preflight import require_writable
from render.progress import Reporter
from render.site import bundling, pages
from render.site.exhibit import Exhibit
from render.site.markup import TEMPLATES
from render.storage.files import asset, content_key, file_digest, is_whole, replacing
from render.storage.records import read_record, write_record
from render.works.hanging import Hanging
from render.works.work import Finding, Work, judged

RECORD = "gallery.json"
SHAPE = {"key": str, "files": dict}
SCRIPTS = ("light.js", "page.js", "terrain.js", "scenery.js", "viewer.js")
FONTS = ("Inter-Regular.otf", "InterDisplay-Medium.otf", "Inter-OFL.txt")


@dataclass(frozen=True)
class Gallery:
    """A finished site."""

    folder: Path
    works: int


@dataclass(frozen=True)
class GalleryWork:
    """The site of some scenes."""

    title: str
    path: Path  # its folder
    hangings: tuple[Hanging, ...]

    kind = "gallery"
    again = "is made again"

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.path.name or str(self.path)

    @property
    def place(self) -> Path:
        """Its folder."""
        return self.path

    @property
    def needs(self) -> Sequence[Work]:
        """What its pages show."""
        return tuple(work for each in self.hangings for work in (*each.rendered, *each.made))

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        scenes = [[each.name, file_digest(each.source)] for each in self.hangings]
        made = {"works": [work.key for work in self.needs], "scenes": scenes, "title": self.title}
        parts = {path.name: file_digest(path) for path in (*TEMPLATES.iterdir(), *bundling.VENDOR.iterdir())}
        return content_key({"stage": "gallery", **made, "parts": parts})

    def load(self) -> Gallery | None:
        """Returns it from disk; raises DataError where a file of it is not as it was written."""
        found = read_record(self.path / RECORD, SHAPE, self.key)
        if found is None:
            return None
        for name, digest in found["files"].items():
            if not is_whole(self.path / name, digest):
                raise DataError(f"{self.path / name}: is not as it was written")
        return Gallery(self.path, len(self.hangings))

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for a folder that can be written, and that is no gallery of somebody else's."""
        if (self.path / "index.html").exists() and not (self.path / RECORD).is_file():
            raise UsageError(f"{self.path}: holds pages that are no gallery; name another folder with --site")
        require_writable(self.path)
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> Gallery:
        """Writes it; what an earlier one had and this one has not goes."""
        before = read_record(self.path / RECORD, SHAPE) or {"files": {}}
        (self.path / RECORD).unlink(missing_ok=True)
        write_parts(self.path / "assets")
        with reporter.task(f"hanging {self.name}", len(self.hangings), "works") as task:
            exhibits = []
            for each in self.hangings:
                exhibits.append(each.write(self.path / "works" / each.name))
                task.advance(1)
        for number, exhibit in enumerate(exhibits):
            near = [exhibits[k] if 0 <= k < len(exhibits) else None for k in (number - 1, number + 1)]
            text = pages.page(exhibit, self.title, near[0], near[1])
            write_text(self.path / "works" / exhibit.name / "index.html", text)
        write_text(self.path / "index.html", pages.index(self.title, exhibits))
        self._remember(exhibits, before["files"])
        return Gallery(self.path, len(exhibits))

    def _remember(self, exhibits: Sequence[Exhibit], before: dict[str, str]) -> None:
        """Writes the record, and removes what only an earlier gallery had."""
        names = sorted(self._expected(exhibits))
        for name in before.keys() - set(names):
            remove(self.path, name)
        files = {name: file_digest(self.path / name) for name in names}
        write_record(self.path / RECORD, {"key": self.key, "files": files})

    def _expected(self, exhibits: Sequence[Exhibit]) -> set[str]:
        names = {
            "index.html",
            *(f"assets/{name}" for name in (*SCRIPTS, *FONTS, "gallery.css", "three.js", "three-LICENSE.txt")),
        }
        for each in exhibits:
            names |= {f"works/{each.name}/{name}" for name in ("index.html", "scene.yaml", *each.files)}
        return names

    def state(self) -> Finding:
        """Returns what it is worth on disk."""
        return judged(self, self.path, RECORD, self.load)

    def told(self, made: Gallery) -> dict[str, Any]:
        """Returns how many works it shows."""
        return {"works": made.works}


def remove(site: Path, name: str) -> None:
    """Removes a file of a site, and its folder where that is then empty."""
    path = site / name
    if path.resolve().is_relative_to(site.resolve()):
        path.unlink(missing_ok=True)
        if path.parent != site and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()


def write_parts(folder: Path) -> None:
    """Writes into a folder what all pages have in common: their style, their scripts, their letters."""
    for name in (*SCRIPTS, "gallery.css"):
        write_text(folder / name, (TEMPLATES / name).read_text(encoding="utf-8"))
    write_text(folder / "three.js", bundling.three())
    for source in (bundling.VENDOR / "three-LICENSE.txt", *(asset(f"fonts/{name}") for name in FONTS)):
        with replacing(folder / source.name) as temporary:
            shutil.copyfile(source, temporary)


def write_text(path: Path, text: str) -> None:
    """Writes a text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
