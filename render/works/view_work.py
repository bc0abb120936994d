"""A view of a scene as a work: the terrain of one of its surfaces, as a page turns it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from render.film.preflight import require_writable
from render.film.shooting import Shooting
from render.film.words.wording import label_of
from render.progress import Reporter
from render.scene.output import Film, Still
from render.site.exhibit import address
from render.site.markup import as_script
from render.site.terrain import PageTerrain
from render.solid.export import film_of
from render.storage.files import content_key, replacing
from render.works.file import KeptFile, OneFile, picture_key, surfaces_of_shot, write_file
from render.works.order import Order
from render.works.work import Work

ALGORITHM = 1  # raise it when the same scene would give another view


@dataclass(frozen=True)
class ViewWork(OneFile):
    """A surface of a scene with its paths, as a script that a page loads."""

    order: Order
    surface: str

    kind = "view"
    again = "is made again"

    @property
    def name(self) -> str:
        """What the scene's file and the surface are called by."""
        return f"{self.order.stem} {self.surface}"

    @cached_property
    def shot(self) -> int:
        """The number of the first shot that shows it."""
        return next(
            k for k, shot in enumerate(self.order.scene.shots) if not shot.line and self.surface in shot.surfaces
        )

    @cached_property
    def moment(self) -> float:
        """The moment that its view begins with, on the scene's clock: of the first still in its shot, or the middle."""
        scene = self.order.scene
        begin, length = scene.starts[self.shot], scene.shots[self.shot].duration
        stills = [still.at for still in scene.stills.values() if begin <= still.at <= begin + length]
        return stills[0] if stills else begin + length / 2

    @property
    def picture(self) -> Film | Still:
        """What its pictures are shaped like: the first film, or the first still."""
        scene = self.order.scene
        pictures: list[Film | Still] = [*scene.films.values(), *scene.stills.values(), film_of(scene)]
        return pictures[0]

    @property
    def aspect(self) -> float:
        """Width / height of its pictures."""
        wide, high = self.picture.size
        return wide / high

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces of its shot."""
        return surfaces_of_shot(self.order, self.shot)

    @property
    def called(self) -> str:
        """What the surface is called on pages."""
        return label_of(self.order.scene.shown, self.surface)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces of its shot."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        told = {"picture": picture_key(self.order, self.picture), "surface": self.surface, "moment": self.moment}
        return content_key({"stage": "view", "algorithm": ALGORITHM, **told})

    @property
    def file(self) -> str:
        """The name of its file, which a page that shows it knows it by."""
        return f"{address(self.order.stem)}.{address(self.surface)}{self.order.suffix}.js"

    @property
    def path(self) -> Path:
        """Its file."""
        return self.order.output / "views" / self.file

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for a folder that can be written."""
        require_writable(self.path.parent)
        return 0.0

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Writes it."""
        shooting = Shooting(self.order.scene, self.picture, dict(zip(self.shown, finished, strict=True)), reporter)
        return write_file(self.order, self.path, self.key, lambda: (self._write(shooting), {}))

    def _write(self, shooting: Shooting) -> dict[str, Any]:
        scene, take = self.order.scene, shooting.take(self.shot)
        number = take.shot.surfaces.index(self.surface)
        data = PageTerrain(scene, take, number, self.aspect, self.moment - scene.starts[self.shot]).data()
        with replacing(self.path) as temporary:
            temporary.write_text(f"thalweg.terrain({as_script(self.file)},{as_script(data)});\n", encoding="utf-8")
        return {"surface": self.surface, "points": [data["columns"], data["rows"]], "aspect": self.aspect}

    def told(self, made: KeptFile) -> dict[str, Any]:
        """Returns the columns and rows of its mesh."""
        return {"points": made.record["points"], "value": "mesh points", "notes": []}


def views_of(order: Order) -> list[ViewWork]:
    """Returns the views of a scene: one for each surface or series that a shot shows as terrain."""
    names = dict.fromkeys(name for shot in order.scene.shots if not shot.line for name in shot.surfaces)
    return [ViewWork(order, name) for name in names]
