"""What drawing costs: about how long pictures of films and stills, prints and layers take, by what they show.

What is built in was measured on two cores without a graphics card; what this machine took (paces.py) is counted with
where it is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from render.film.prints.exposing import factor_of
from render.film.shooting import supersampling
from render.film.timeline import timeline_of
from render.scene.members import expanded
from render.scene.output import Film, Still
from render.scene.printing import Print
from render.scene.series import Blend
from render.scene.spec import Scene
from render.stage.body.refine import COARSE, MOST_CELLS

CELLS = 1_000_000  # of a surface that is ready, of which a scene does not say how many it has
EACH = 0.15  # seconds for any picture
SHADED, COVERED = 0.15, 0.0625  # and for a million of its pixels, and of its sub-pixels
LINE, CHART = 0.02, 0.25  # of a line, and for a million of its pixels
ANEW = 0.15  # seconds for any picture whose relief or sun is another than on the last
BAKED, LIT = 1.7, 0.5  # and for a million cells: of a relief and its light, and of a sun alone
FACES = 4.0  # pictures that one is made of which is no flat one
EXPOSED = 4.0  # exposures of a picture whose shutter is open
FIRST, STAGE = 3.0, 4.0  # seconds for the first picture of a film, and for a million cells of each of its shots
WORDS, DEEP_WORDS = 0.1, 0.1  # seconds for a million pixels that words are laid over, and more where they have 16 bits
STARTED = 3.0  # seconds for what is drawn alone, until a window is there
FINISHED = 0.25  # and for a million of its pixels, after they are drawn: the lens, words, the file
APART = 0.9  # seconds more, for a picture of a million pixels whose light is taken apart
COMPILING = 70.0  # seconds for the kernels of pictures of one size, the first time on a machine
EXPORTED = 0.3  # seconds for a megabyte of an export


@dataclass(frozen=True)
class Charge:
    """What something takes where nothing is known of this machine, and under which name that is remembered."""

    name: str
    seconds: float
    kernels: str = ""  # what kernels are compiled for, once on a machine; nothing where none are


@dataclass(frozen=True)
class PictureManner:
    """What the pictures of a shot are like."""

    kind: str  # line, plain, lit, baked; blurred or around
    megapixels: float
    finer: int  # sub-pixels of a pixel
    megacells: float

    @property
    def size(self) -> int:
        """What sizes that are alike have in common: twice the sub-pixels, or half, is another."""
        return round(math.log2(max(1e-6, self.megapixels * self.finer)))

    @property
    def name(self) -> str:
        """What is alike, so that one tells of another: the kind and the size."""
        return f"{self.kind} {self.size}"

    @property
    def kernels(self) -> str:
        """What its kernels are compiled for."""
        return "" if self.kind == "line" else f"{self.megapixels:.6f} megapixels of {self.finer} of a film"

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


@dataclass(frozen=True)
class FrameManner:
    """What the frames of a film are like."""

    shots: Mapping[int, PictureManner]
    megapixels: float
    depth: int = 8  # bits of a channel

    @property
    def written(self) -> Charge:
        """What words and saving take of each."""
        return Charge(f"words {self.depth}", (WORDS + DEEP_WORDS * (self.depth == 16)) * self.megapixels)


def frame_manner(scene: Scene, film: Film, shots: Iterable[int], depth: int = 8) -> FrameManner:
    """Returns what the frames of a film are like that show some shots of a scene."""
    return FrameManner({shot: manner_of(scene, film, shot) for shot in shots}, _megapixels(film.size), depth)


def manner_of(scene: Scene, output: Film | Still, number: int) -> PictureManner:
    """Returns what the pictures of a shot of a film or a still are like."""
    shot, megapixels, finer = scene.shots[number], _megapixels(output.size), supersampling(output) ** 2
    if shot.line and not shot.surfaces:
        return PictureManner("line", megapixels, 1, 0.0)
    moved = {track.location for track in scene.tracks if track.location[:2] in (("look", "sun"), ("look", "relief"))}
    rises = any(_morphs(scene, name) for name in shot.surfaces) or any("relief" in place for place in moved)
    kind = "baked" if rises else "lit" if moved else "plain"
    around = " around" if shot.camera.projection != "flat" else ""
    blurred = " blurred" if shot.camera.blur else ""
    cells = sum(_cells(scene, name) for name in shot.surfaces)
    return PictureManner(kind + around + blurred, megapixels, finer, cells / 1e6)


def _megapixels(size: tuple[int, int]) -> float:
    return math.prod(size) / 1e6


def _morphs(scene: Scene, name: str) -> bool:
    return name in scene.series and not isinstance(scene.series[name], Blend)


def _cells(scene: Scene, name: str) -> int:
    """Returns the cells of a surface, or of each of a series, which all have one grid."""
    if name in scene.series:
        within = expanded(scene, name)
        return max(_cells(within.scene, member) for member in within.stops)
    points = getattr(scene.surfaces[name], "points", None)
    return math.prod(points) if points else CELLS


def still_charge(scene: Scene, still: Still) -> Charge:
    """Returns what a still takes, from the window to the file."""
    manners = _shown_on(scene, still)
    seconds = STARTED + FINISHED * _megapixels(still.size)
    return Charge(f"still {manners[0].size}", seconds + sum(each.stage + each.picture for each in manners))


def print_charge(scene: Scene, still: Still, printed: Print, *, refines: bool = True) -> Charge:
    """Returns what a print of a still takes; refines: whether its relief is made as fine as its pixels."""
    manner, megapixels = _shown_on(scene, still)[0], _megapixels(printed.size)
    cells = manner.megacells * 1e6
    if refines and cells:
        finest = math.ceil(printed.trim[0] / math.sqrt(cells) / COARSE)
        cells *= max(1, min(finest, int(math.sqrt(MOST_CELLS / cells)))) ** 2
    made = PictureManner("plain", megapixels, factor_of(printed.size) ** 2, cells / 1e6)
    seconds = STARTED + manner.stage + made.stage + made.picture + FINISHED * printed.depth / 8 * megapixels
    return Charge(f"print {made.size}", seconds, made.kernels.replace("a film", "a print"))


def passes_charge(scene: Scene, still: Still, printed: Print, *, refines: bool = True) -> Charge:
    """Returns what the passes of a still or a print take, but for writing them."""
    made = print_charge(scene, still, printed, refines=refines)
    seconds = made.seconds + APART * _megapixels(printed.size)
    return Charge(made.name.replace("print", "passes"), seconds, made.kernels.replace("a print", "passes"))


def _shown_on(scene: Scene, still: Still) -> list[PictureManner]:
    """Returns what the shots that are on a still are like, of which nothing moves."""
    shots = dict.fromkeys(place.shot for place in timeline_of(scene.shots, 1.0).slices(still.at))
    found = [manner_of(scene, still, shot) for shot in shots]
    return [PictureManner(each.kind.replace("baked", "plain").replace("lit", "plain"), *_sizes(each)) for each in found]


def _sizes(manner: PictureManner) -> tuple[float, int, float]:
    return manner.megapixels, manner.finer, manner.megacells


def layers_charge(manner: PictureManner, *, apart: bool, written: bool) -> Charge:
    """Returns what a frame of a shot takes in layers, but for saving them.

    apart: whether its light is taken apart. written: whether the picture itself is drawn, for words or a plate.
    """
    seconds = apart * (manner.picture + APART * manner.megapixels) + written * manner.picture
    return Charge(f"layers {manner.size}", seconds)


def layers_begun(frames: FrameManner) -> Charge:
    """Returns what the first frame in layers takes more."""
    kernels = next((shot.kernels for shot in frames.shots.values()), "")
    seconds = FIRST + sum(shot.stage for shot in frames.shots.values())
    return Charge("layers-begun", seconds, kernels.replace("a film", "layers"))


def export_charge(megabytes: float) -> Charge:
    """Returns what an export takes whose file is of a size."""
    return Charge("export", STARTED + EXPORTED * megabytes)
