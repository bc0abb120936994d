"""One moment of a scene, drawn to look at while it is composed: alone, or from several sides on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from render.errors import UsageError
from render.film.preflight import require_drawing, require_writable
from render.film.shooting import Shooting
from render.film.storyboard import sheet_of
from render.film.timeline import Moment, timeline_of
from render.interrupts import finishing
from render.progress import Reporter
from render.scene.camera import Fixed
from render.scene.output import Still
from render.scene.spec import Scene
from render.storage.files import content_key, replacing
from render.works.file import (
    KeptFile,
    OneFile,
    megabytes_of,
    picture_key,
    require_letters,
    surfaces_shown,
    write_file,
)
from render.works.order import Order
from render.works.work import Work

USUAL = (1920, 1080)  # of a scene that asks for no picture


class LastPreview:
    """What the last preview was drawn by, from which the next one takes over all that its scene has not changed."""

    def __init__(self) -> None:
        self.shooting: Shooting | None = None

    def hold(self, shooting: Shooting) -> None:
        """Keeps what a preview was drawn by, and nothing of the one before it."""
        if self.shooting is not None:
            self.shooting.leave(())
        self.shooting = replace(shooting, before=None)

    def leave(self) -> None:
        """Gives back the stages."""
        if self.shooting is not None:
            self.shooting.leave(())


@dataclass(frozen=True)
class PreviewWork(OneFile):
    """One moment of a scene as a PNG."""

    order: Order
    at: float | None  # seconds; None is the moment of the first still, or the middle
    angles: int = 0  # sides that it is seen from, evenly around; 0 is the scene's own camera
    held: LastPreview | None = field(default=None, compare=False)  # from one preview to the next

    kind = "preview"
    again = "is drawn again"

    @property
    def name(self) -> str:
        """What the scene's file is called by."""
        return self.order.stem

    @cached_property
    def still(self) -> Still:
        """The picture: as large as what the scene makes."""
        scene = self.order.scene
        stills, films = list(scene.stills.values()), list(scene.films.values())
        size = (films or stills)[0].size if films or stills else USUAL
        moment = self.at if self.at is not None else stills[0].at if stills else scene.duration / 2
        if not scene.shots:
            raise UsageError(f"{self.name}: there is no shot to preview; add one under shots")
        if moment > scene.duration:
            raise UsageError(f"--at {moment:g}s: is after the end of the shots, {scene.duration:g} s")
        return Still(at=moment, size=size, title=True)

    @cached_property
    def shown(self) -> dict[str, Work]:
        """The surfaces on it."""
        return surfaces_shown(self.order, self.still.at)

    @property
    def needs(self) -> Sequence[Work]:
        """The surfaces on it."""
        return tuple(self.shown.values())

    @cached_property
    def key(self) -> str:
        """The hash of everything that it depends on."""
        return content_key({"stage": "preview", "picture": picture_key(self.order, self.still), "angles": self.angles})

    @property
    def path(self) -> Path:
        """Its file."""
        ending = ".angles" if self.angles else ""
        return self.order.output / "previews" / f"{self.name}{ending}{self.order.suffix}.png"

    def _require_sides(self) -> None:
        """Raises UsageError where what it shows looks the same from all sides."""
        place = timeline_of(self.order.scene.shots, 1.0).locate(self.still.at)
        if self.angles and self.order.scene.shots[place.shot].line:
            raise UsageError(
                f"--angles {self.angles}: at {self.still.at:g} s stands the chart of a line, which has one side; "
                "leave --angles out, or name a moment of a surface with --at"
            )

    def look_ahead(self, say: Callable[[str], None]) -> float:
        """Looks for letters, a window to draw in, and a folder that can be written."""
        self._require_sides()
        require_letters(self.order.scene)
        require_drawing(say)
        require_writable(self.path.parent)
        return megabytes_of(self.still.size, max(1, self.angles))

    def make(self, finished: Sequence[Any], reporter: Reporter) -> KeptFile:
        """Draws it."""
        landscapes = dict(zip(self.shown, finished, strict=True))
        return write_file(self.order, self.path, self.key, lambda: (self._write(landscapes, reporter), {}))

    def _write(self, landscapes: dict[str, Any], reporter: Reporter) -> dict[str, Any]:
        scene, still = self.order.scene, self.still
        if not self.angles:
            before = self.held.shooting if self.held else None
            shooting = Shooting(scene, still, landscapes, reporter, before=before)
            pixels = _taken(shooting, stay=self.held is not None)
            if self.held:
                self.held.hold(shooting)
        else:
            bare = still.model_copy(update={"caption": False, "title": False})
            turns = [360.0 * number / self.angles for number in range(self.angles)]
            with reporter.task(f"drawing {self.name} from {self.angles} sides", self.angles, "pictures") as task:
                pictures = []
                for turn in turns:
                    pictures.append(_taken(Shooting(from_side(scene, still.at, turn), bare, landscapes, reporter)))
                    task.advance(1)
            pixels = sheet_of(pictures, [f"azimuth: {turn:g}" for turn in turns])
        with replacing(self.path) as temporary:
            Image.fromarray(pixels).save(temporary, "PNG")
        return {"size": [pixels.shape[1], pixels.shape[0]], "at": still.at, "angles": self.angles}


def _taken(shooting: Shooting, stay: bool = False) -> np.ndarray:
    assert isinstance(shooting.output, Still)
    with finishing():
        [(_, pixels)] = shooting.pictures([Moment(0, shooting.output.at)], stay)
    return pixels


def from_side(scene: Scene, moment: float, azimuth: float) -> Scene:
    """Returns a scene whose shot at a moment, seconds, is seen by a camera that stands still at an azimuth."""
    number = timeline_of(scene.shots, 1.0).locate(moment).shot
    camera = Fixed(azimuth=azimuth)
    shots = [
        shot.model_copy(update={"camera": camera}) if index == number else shot
        for index, shot in enumerate(scene.shots)
    ]
    tracks = (track for track in scene.tracks if track.location[:3] != ("shots", number, "camera"))
    return scene.model_copy(update={"shots": shots}).with_tracks(tracks)
