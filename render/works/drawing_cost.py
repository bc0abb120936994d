"""What drawing costs: about how long the pictures of a film take, by what they show, and as this machine has told.

What is built in was measured on two cores without a graphics card. Each film that one process draws leaves in the
folder of results how many times as long its pictures took here; the next plan counts with that.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from render.errors import ThalwegError
from render.film.shooting import supersampling
from render.scene.output import Film
from render.scene.spec import Scene
from render.storage.records import read_json, write_json

FILE = "paces.json"
CELLS = 1_000_000  # of a surface that is ready, of which a scene does not say how many it has
EACH = 0.15  # seconds for any picture
SHADED, COVERED = 0.15, 0.0625  # and for a million of its pixels, and of its sub-pixels
LINE, CHART = 0.02, 0.25  # of a line, and for a million of its pixels
ANEW = 0.15  # seconds for any picture whose relief or sun is another than on the last
BAKED, LIT = 1.7, 0.5  # and for a million cells: of a relief and its light, and of a sun alone
FACES = 4.0  # pictures that one is made of which is no flat one
EXPOSED = 4.0  # exposures of a picture whose shutter is open
FIRST, STAGE = 3.0, 4.0  # seconds for the first picture of a film, and for a million cells of each of its shots
WORDS = 0.1  # seconds for a million pixels that words are laid over
FEWEST = 3  # pictures of a shot that tell how long one takes


@dataclass(frozen=True)
class PictureManner:
    """What the pictures of a shot are like."""

    kind: str  # line, plain, lit, baked; blurred or around
    megapixels: float
    finer: int  # sub-pixels of a pixel
    megacells: float

    @property
    def name(self) -> str:
        """What is alike, so that one tells of another: the kind, and twice the sub-pixels or half."""
        return f"{self.kind} {round(math.log2(max(1e-6, self.megapixels * self.finer)))}"

    @property
    def picture(self) -> float:
        """The seconds that one takes where nothing is known of this machine."""
        if self.kind == "line":
            return LINE + CHART * self.megapixels
        drawn = EACH + (SHADED + COVERED * self.finer) * self.megapixels
        rate = {"baked": BAKED, "lit": LIT}.get(self.kind.split()[0])
        anew = 0.0 if rate is None else ANEW + rate * self.megacells
        faces, exposures = FACES if "around" in self.kind else 1.0, EXPOSED if "blurred" in self.kind else 1.0
        return exposures * (faces * drawn + anew)

    @property
    def stage(self) -> float:
        """The seconds that its shot takes to be made ready, the same."""
        return 0.0 if self.kind == "line" else 0.5 + STAGE * self.megacells


def manner_of(scene: Scene, film: Film, number: int) -> PictureManner:
    """Returns what the pictures of a shot of a film are like."""
    shot, (width, height) = scene.shots[number], film.size
    megapixels, finer = width * height / 1e6, supersampling(film) ** 2
    if shot.line and not shot.surfaces:
        return PictureManner("line", megapixels, 1, 0.0)
    moved = {track.location for track in scene.tracks if track.location[:2] in (("look", "sun"), ("look", "relief"))}
    rises = any(name in scene.series for name in shot.surfaces) or any("relief" in place for place in moved)
    kind = "baked" if rises else "lit" if moved else "plain"
    around = " around" if shot.camera.projection != "flat" else ""
    blurred = " blurred" if shot.camera.blur else ""
    cells = sum(_cells(scene, name) for name in shot.surfaces)
    return PictureManner(kind + around + blurred, megapixels, finer, cells / 1e6)


def _cells(scene: Scene, name: str) -> int:
    points = getattr(scene.shown.get(name), "points", None)
    return math.prod(points) if points else CELLS


@dataclass(frozen=True)
class Paces:
    """How many times as long as built in pictures take on this machine, by what they are like."""

    told: Mapping[str, float]

    @classmethod
    def of(cls, output: Path) -> Paces:
        """Returns what films in a folder of results have told."""
        found = read_json(output / FILE)
        own = found.get(_machine()) if isinstance(found, dict) else None
        every = own.items() if isinstance(own, dict) else ()
        return cls({name: float(ratio) for name, ratio in every if isinstance(ratio, int | float) and ratio > 0})

    def ratio(self, name: str) -> float:
        """Returns that of a manner: its own, or that of the nearest of its kind, or the middle of all."""
        if name in self.told:
            return self.told[name]
        kind, _, size = name.rpartition(" ")
        alike = {other: ratio for other, ratio in self.told.items() if other.rpartition(" ")[0] == kind}
        if alike and kind:
            return alike[min(alike, key=lambda other: abs(int(other.rpartition(" ")[2]) - int(size)))]
        return statistics.median(self.told.values()) if self.told else 1.0

    def seconds(
        self, manners: Mapping[int, PictureManner], shots: Iterable[int], megapixels: float, frames: int
    ) -> float:
        """Returns about how long frames take whose new pictures are of these shots, one for each picture."""
        count = Counter(shots)
        drawn = sum(manners[shot].picture * self.ratio(manners[shot].name) * some for shot, some in count.items())
        ready = sum(manners[shot].stage for shot in count)
        ready += FIRST if ready else 0.0
        return drawn + ready * self.ratio("first") + WORDS * megapixels * frames * self.ratio("words")

    def keep(self, output: Path) -> None:
        """Writes them down beside those of other machines; where that cannot be, they are not."""
        with contextlib.suppress(ThalwegError, OSError):
            found = read_json(output / FILE)
            others = found if isinstance(found, dict) else {}
            write_json(output / FILE, {**others, _machine(): dict(sorted(self.told.items()))})


def _machine() -> str:
    """Returns what tells this machine from others without naming it: results may be passed on."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:16]


def told_by(
    manners: Mapping[int, PictureManner],
    drawn: Sequence[tuple[int, float]],
    seconds: float,
    megapixels: float,
    frames: int,
) -> dict[str, float]:
    """Returns the ratios that a film tells; drawn: the shot of each picture, and its seconds, of all that it took."""
    taken: dict[int, list[float]] = {}
    for shot, each in drawn:
        taken.setdefault(shot, []).append(each)
    told: dict[str, list[float]] = {}
    ready = built_in = 0.0
    for shot, every in taken.items():
        if len(every) > FEWEST:
            usual = statistics.median(every[1:])
            told.setdefault(manners[shot].name, []).append(usual / manners[shot].picture)
            ready, built_in = ready + every[0] - usual, built_in + manners[shot].stage
    found = {name: statistics.median(ratios) for name, ratios in told.items()}
    if built_in and ready > 0:
        found["first"] = ready / (FIRST + built_in)
    rest = seconds - sum(each for _, each in drawn)
    if frames > FEWEST and rest > 0:
        found["words"] = rest / (WORDS * megapixels * frames)
    return {name: round(ratio, 3) for name, ratio in found.items()}
