"""Hanging: what of a scene a gallery shows, each as the work that it is, and the page that comes of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from render import exchange
from render.errors import DataError
from render.exchange import exporting
from render.film import record
from render.film.words.wording import label_of
from render.scene.encoders import H264, Apng, Av1, Gif, Vp9, WebP
from render.scene.existing import ReadySurface
from render.scene.outputs import size_of
from render.site.exhibit import Download, Exhibit, PagePicture, Prospect, Screening, address, kept, read_source
from render.site.facts import alternative_of, facts_of
from render.site.posters import of_film, of_still, write_posters
from render.solid.asked import ExportRequest
from render.storage.files import replacing
from render.storage.records import read_json
from render.works.export_work import ExportWork
from render.works.file import KeptFile
from render.works.film_work import FilmWork
from render.works.of_scene import films_of, stills_of
from render.works.order import Order
from render.works.series_work import SeriesWork, shown_work
from render.works.still_work import StillWork
from render.works.view_work import ViewWork, views_of
from render.works.work import Work

PLAYED = (H264, Vp9, Av1)  # by a page
MOVING = (Gif, WebP, Apng)  # pictures that move by themselves
CELLS = 500  # of the mesh of the model that is handed out, along its longer axis


@dataclass(frozen=True)
class Hanging:
    """A scene of a gallery."""

    source: Path  # its file
    order: Order

    @property
    def name(self) -> str:
        """The name of its folder."""
        return address(self.order.stem)

    @cached_property
    def stills(self) -> list[StillWork]:
        """Its stills."""
        return stills_of(self.order)

    @cached_property
    def films(self) -> list[FilmWork]:
        """Its films, each in the first of its outputs that a page can show."""
        found: dict[str, FilmWork] = {}
        for work in films_of(self.order):
            if isinstance(work, FilmWork) and isinstance(work.file.encoder, (*PLAYED, *MOVING)):
                found.setdefault(work.name, work)
        return list(found.values())

    @cached_property
    def views(self) -> list[ViewWork]:
        """Its terrains."""
        return views_of(self.order)

    @cached_property
    def model(self) -> ExportWork | None:
        """Its first terrain as glTF, where it has one that is seen through a lens."""
        shots = enumerate(self.order.scene.shots, 1)
        flat = next((k for k, shot in shots if not shot.line and shot.camera.projection == "flat"), None)
        if flat is None or self.order.scene.look.body == "none":
            return None
        return ExportWork(self.order, ExportRequest.of("glb", None, CELLS, flat), "views")

    @property
    def rendered(self) -> Sequence[Work]:
        """What has to be there already: its pictures."""
        return (*self.stills, *self.films)

    @property
    def made(self) -> Sequence[Work]:
        """What a gallery makes besides."""
        return (*self.views, *filter(None, [self.model]))

    def write(self, folder: Path) -> Exhibit:
        """Writes everything but the page into the folder of a site; returns what the page shows."""
        folder.mkdir(parents=True, exist_ok=True)
        surfaces = (pair for work in self.rendered for pair in _record(work).get("surfaces", {}).items())
        records = {label_of(self.order.scene.shown, name): told for name, told in surfaces}
        alternative = alternative_of(self.order.scene.title, records, self.order.scene.look.body)
        posters = [PagePicture(*made, alternative) for made in write_posters(self._poster(), folder)]
        for work in (*self.rendered, *self.made):
            _copied(work.path, folder / _file(work))
        source = read_source(self.source)
        _written(folder / "scene.yaml", source.encode())
        return Exhibit(
            name=self.name,
            title=self.order.scene.title,
            brief=_brief(records),
            caption=self._caption,
            source=source,
            facts=facts_of(records, dict(self._seconds())),
            poster=posters[0],
            small=posters[1],
            stills=tuple(PagePicture(_file(work), work.still.size, alternative) for work in self.stills),
            films=tuple(map(_screening, self.films)),
            views=tuple(self._prospects(alternative)),
            downloads=tuple(self._downloads(folder)),
        )

    @property
    def _caption(self) -> str:
        return next((str(told["caption"]) for told in map(_record, self.rendered) if told.get("caption")), "")

    def _poster(self) -> Image.Image:
        """Returns the picture that stands for the work: its first still, else the middle of its first film."""
        if self.stills:
            return of_still(self.stills[0].path)
        film = self.films[0]
        if isinstance(film.file.encoder, MOVING):
            return of_still(film.path)
        length = len(film.frames.keys) / float(film.frames.film.fps)
        return of_film(film.path, size_of(film.film, film.file.encoder), length / 2)

    def _seconds(self) -> Iterator[tuple[str, float]]:
        kinds = [work.kind for work in self.rendered]
        for work in self.rendered:
            told = read_json(record.beside(work.path, ".timing.json"))
            seconds = kept(told, "total") if isinstance(told, dict) else None
            if isinstance(seconds, int | float):
                yield (work.kind if kinds.count(work.kind) == 1 else f"{work.kind} {work.name}"), float(seconds)

    def _prospects(self, alternative: str) -> Iterator[Prospect]:
        for work in self.views:
            heading = "The terrain" if len(self.views) == 1 else f"The terrain: {work.called}"
            yield Prospect(_file(work), heading, work.aspect, f"The terrain to turn. {alternative}")

    def _downloads(self, folder: Path) -> Iterator[Download]:
        for work in self.views:
            file = _surface_file(self.order, work.surface, folder)
            if file is not None:
                yield _download(file, f"Surface {work.called}, {file.suffix[1:]}")
        if self.model is not None:
            yield _download(folder / _file(self.model), "Terrain, glTF")
        yield _download(folder / "scene.yaml", "Scene, YAML")


def _surface_file(order: Order, name: str, folder: Path) -> Path | None:
    """Writes the measured numbers of a surface into a folder; returns the file, or None for a series."""
    work = shown_work(order, name)
    if isinstance(work, SeriesWork):
        return None
    if isinstance(order.scene.surfaces[name], ReadySurface):
        target = folder / f"{address(name)}{work.path.suffix}"
        _copied(work.path, target)
        return target
    target = folder / f"{address(name)}.npz"
    exchange.write(exporting.given_of(work.path), target, "npz")
    return target


def _file(work: Work) -> str:
    """Returns what the file of a work is called on a page."""
    if isinstance(work, ViewWork):
        return work.file
    name = work.path.name.removesuffix(work.path.suffix)
    return f"{work.kind}-{address(name.replace('.', '-'))}{work.path.suffix}"


def _record(work: Work) -> dict[str, Any]:
    found = record.read(work.path)
    if found is None:
        raise DataError(f"{work.path}: its record is missing or damaged; `thalweg render` makes it again")
    return found


def _screening(work: FilmWork) -> Screening:
    settings = work.file.encoder
    size = size_of(work.film, settings)
    rate = f"{float(work.frames.film.fps):g} frames a second"
    seconds = len(work.frames.keys) / float(work.frames.film.fps)
    said = f"{size[0]:,} × {size[1]:,}, {seconds:.3g} s, {rate}"
    return Screening(_file(work), size, isinstance(settings, PLAYED), said)


def _brief(records: dict[str, dict[str, Any]]) -> str:
    """Returns what stands below a picture of the index."""
    runs = dict.fromkeys(
        f"{told['run']['network']} on {told['run']['data']}" for told in records.values() if "run" in told
    )
    points = dict.fromkeys(
        " × ".join(f"{count:,}" for count in told["points"]) for told in records.values() if "points" in told
    )
    return " · ".join([*runs, *(f"{each} points" for each in points)])


def _copied(source: Path, target: Path) -> None:
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def _written(target: Path, content: bytes) -> None:
    with replacing(target) as temporary:
        temporary.write_bytes(content)


def _download(file: Path, called: str) -> Download:
    return Download(file.name, called, file.stat().st_size)


def kept_file(work: Work) -> KeptFile | None:
    """Returns a picture that is on disk and whole, or None."""
    try:
        found: KeptFile | None = work.load()
    except DataError:
        return None
    return found
