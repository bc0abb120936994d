"""The scene: everything that a film or a print is made from.

Named maps hold what is made once and used by name: runs, surfaces, stills, films.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, ModelWrapValidatorHandler, PrivateAttr, Tag, ValidationError, model_validator

from render.scene import members, projecting, written
from render.scene.along import LineSettings, lost_lines, other_of
from render.scene.body import CLEAR
from render.scene.camera import Fixed
from render.scene.data import Data
from render.scene.descents import stray_starts
from render.scene.duration import Duration
from render.scene.existing import ImportedRunSettings, ReadySurface
from render.scene.framerate import FrameRate
from render.scene.key import InKey
from render.scene.language.anatomy import kinds_of
from render.scene.language.framecount import in_seconds, with_rates
from render.scene.language.nearest import nearest
from render.scene.language.substitution import escaped
from render.scene.look import Look
from render.scene.network import AnyNetwork
from render.scene.output import Film, Still
from render.scene.outputs import faults_of_films
from render.scene.part import Fault, Location, Name, Part, Seed, refusal
from render.scene.plane import others_of
from render.scene.reachable import beyond_range, beyond_training
from render.scene.series import AnySeries
from render.scene.shot import Shot, broken_ways, shot_called
from render.scene.surface import SurfaceSettings
from render.scene.time.lifting import faults_of, lift, put_back, read, untold
from render.scene.time.track import Track
from render.scene.time.transition import starts_of, too_long
from render.scene.titles import AnyCredits, Title
from render.scene.training import Training
from render.scene.varied import Matrix, Params
from render.scene.words import Label, WordsSettings

VERSION = 1
SOLID = ("block", "disc")  # bodies with a base
OF_VALUES = ("one-weight", "two-weights")  # data sets without classes
NAMED = "what it is called on pictures, in free text; its name when absent"
MEASURED = "measured"  # what pydantic's locations call a surface that is no ready one


class RunSettings(Part):
    """One training of one network on one data set."""

    data: Data = Field(description=f"data that the network learns: {kinds_of(Data)}")
    network: AnyNetwork = Field(description=f"network that is trained: {kinds_of(AnyNetwork)}")
    training: Training = Field(description="way it is trained")
    seed: Annotated[Seed | None, InKey.APART] = Field(
        default=None, description="seed of this run; the scene's own when absent"
    )
    label: Annotated[Label | None, InKey.LABEL] = Field(default=None, examples=["Réseau A"], description=NAMED)

    def seed_in(self, scene_seed: int) -> int:
        """Returns the seed of this run in a scene of a seed."""
        return scene_seed if self.seed is None else self.seed

    def seeded(self, scene_seed: int) -> RunSettings:
        """Returns this run in a scene of a seed, with its seed written out, and no label, which changes nothing."""
        return self.model_copy(update={"seed": self.seed_in(scene_seed), "label": None})


def _origin(key: str, existing: str, made: str) -> Discriminator:
    """Returns what tells a part that exists already, by a key of its own, from one that is made."""

    def tag(value: Any) -> str:
        keys = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Part) else ()
        return existing if key in keys else made

    return Discriminator(tag)


AnyRunSettings = Annotated[
    Annotated[RunSettings, Tag("trained")] | Annotated[ImportedRunSettings, Tag("imported")],
    _origin("folder", "imported", "trained"),
]
AnySurfaceSettings = Annotated[
    Annotated[SurfaceSettings, Tag(MEASURED)] | Annotated[ReadySurface, Tag("ready")],
    _origin("source", "ready", MEASURED),
]


class Scene(Part):
    """A scene of Thalweg."""

    thalweg: Literal[1] = Field(description="version of the scene language: 1")
    include: list[str] = Field(
        default=[],
        examples=[["look.yaml"]],
        description="files beside this one whose keys it takes over; its own keys go before theirs",
    )
    title: str = Field(min_length=1, max_length=200, description="title on the picture")
    seed: Seed = Field(default=0, description="seed of everything random in the scene")
    runs: dict[Name, AnyRunSettings] = Field(
        default={}, description="trainings, by name; or {folder: ...} for one that was imported"
    )
    surfaces: dict[Name, AnySurfaceSettings] = Field(
        default={}, description="surfaces to measure, by name; or {source: {surface: file}} for one that is ready"
    )
    series: dict[Name, AnySeries] = Field(
        default={}, description="surfaces that a shot morphs through, by name; a shot names one as it names a surface"
    )
    lines: dict[Name, LineSettings] = Field(default={}, description="lines to measure, by name")
    budget: Annotated[Duration, Field(gt=0)] | None = Field(
        default=None,
        description="time for measuring all surfaces, seconds or with a unit, shared out evenly among those that have "
        "no budget of their own",
    )
    params: Params = Field(default={})
    matrix: Matrix = Field(default={})
    words: WordsSettings = Field(
        default=WordsSettings(), description="what the fixed words on pictures are in another language"
    )
    look: Look = Field(default_factory=lambda: Look.model_validate({}), description="relief, colour, light and air")
    fps: FrameRate | None = Field(
        default=None,
        examples=[24],
        description='frames per second of films that say none, and of times in frames such as "120f"; these count at '
        "the films' own rate when absent",
    )
    shots: list[Shot] = Field(default=[], max_length=1000, description="shots, in the order of the film")
    titles: list[Title] = Field(
        default=[], max_length=200, description="texts that come and go, each at its time on the clock of all shots"
    )
    credits: AnyCredits = Field(
        default=[],
        examples=[["Measured with Thalweg", "Data: digits"]],
        description="lines at the end of films, standing; or a mapping, in which they may be rolling",
    )
    stills: dict[Name, Still] = Field(default={}, description="pictures to make, by name")
    films: dict[Name, Film] = Field(default={}, description="films to make, by name")

    _tracks: tuple[Track, ...] = PrivateAttr(default=())

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The values of look, cameras and paths that change in time; each field holds the first of its own."""
        return self._tracks

    def with_tracks(self, tracks: Iterable[Track]) -> Self:
        """Returns the scene with other values that change in time."""
        made = self.model_copy()
        made._tracks = tuple(tracks)
        return made

    @model_validator(mode="wrap")
    @classmethod
    def _takes_tracks_out(cls, data: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        data = in_seconds(cls, with_rates(data))
        plain, raw = lift(data) if isinstance(data, dict) else (data, {})
        if not raw:
            return check(data)
        faults = faults_of(raw)
        tracks, wrong = ((), []) if faults else read(raw, plain)
        try:
            scene = check(plain)
        except ValidationError as error:
            rest = untold(error, cls, raw)
            raise (refusal(*faults, *wrong, also=rest) if faults or wrong or rest else error) from error
        if faults or wrong:
            raise refusal(*faults, *wrong)
        scene._tracks = tracks
        return scene

    @property
    def measured(self) -> dict[str, SurfaceSettings]:
        """The surfaces that are measured, by name; the rest are ready."""
        return {name: surface for name, surface in self.surfaces.items() if isinstance(surface, SurfaceSettings)}

    @property
    def shown(self) -> dict[str, Any]:
        """What shots may name: the surfaces and the series."""
        return {**self.surfaces, **self.series}

    @property
    def telling(self) -> dict[str, SurfaceSettings]:
        """The surfaces whose runs pictures may tell of: those measured, and one of each series of one run and loss."""
        return {**self.measured, **members.telling(self.series)}

    def budget_of(self, surface: str) -> float | None:
        """Returns the time for measuring a surface, seconds: its own, or its share of the scene's."""
        own = self.measured[surface].budget
        if own is not None or self.budget is None:
            return own
        return self.budget / self.sharers

    @property
    def sharers(self) -> int:
        """How many surfaces share the scene's budget: those without one of their own, of series too."""
        own = sum(other.budget is None for other in self.measured.values())
        return own + members.count_sharers(self.series)

    @property
    def duration(self) -> float:
        """Length of all shots, seconds."""
        return self.starts[-1] + self.shots[-1].duration if self.shots else 0.0

    @property
    def starts(self) -> list[float]:
        """When each shot begins on the scene's clock, seconds."""
        return list(starts_of([shot.duration for shot in self.shots], [shot.transition for shot in self.shots]))

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = [
            *dangling(self.model_dump(include={"runs", "surfaces", "series", "lines", "shots"})),
            *self._strangers(),
            *members.faults(self),
            *self._moments(),
            *self._undersides(),
            *self._stray_starts(),
            *self._faulty_lines(),
            *broken_ways(self.shots),
            *self._beyond(),
            *self._transitions(),
            *self._films(),
            *self._twins(),
            *written.faults(self),
            *projecting.faults(self),
            *faults_of_films(self.films, self.look.background.colour == CLEAR),
        ]
        if faults:
            raise refusal(*faults)
        return self

    def _strangers(self) -> Iterator[Fault]:
        """Gives the runs that one plane cannot go through: of another network, of other data, or the same twice."""
        runs = {name: run.seeded(self.seed) for name, run in self.runs.items() if isinstance(run, RunSettings)}
        for name, surface in self.measured.items():
            through = [surface.run]
            for location, other in others_of(surface.plane.model_dump()):
                if runs.keys() >= {*through, other} and other not in through:
                    sentence = _unlike(other, through, runs)
                    yield from [((*_surface(name), "plane", *location), other, sentence)] if sentence else []
                    through.append(other)
            yield from self._other_networks(name, surface)

    def _other_networks(self, name: str, surface: SurfaceSettings) -> Iterator[Fault]:
        """Gives the paths of a surface that belong to another network, which its plane knows nothing of."""
        own = self.runs.get(surface.run)
        for index, other in enumerate(surface.paths):
            run = self.runs.get(other)
            if isinstance(own, RunSettings) and isinstance(run, RunSettings) and run.network != own.network:
                sentence = f'run "{other}" has another network than run "{surface.run}"; a plane shows paths of one'
                yield (*_surface(name), "paths", index), other, sentence

    def _moments(self) -> Iterator[Fault]:
        """Gives the stills and films that the shots do not reach."""
        for family, outputs in (("stills", self.stills), ("films", self.films)):
            if outputs and not self.shots:
                yield (family,), None, "need at least one shot; add it under shots"
        end = self.duration
        for name, still in self.stills.items():
            if self.shots and still.at > end:
                yield ("stills", name, "at"), still.at, f"{still.at:g} s is after the end of the shots, {end:g} s"

    def _stray_starts(self) -> Iterator[Fault]:
        """Gives the starts of descents that lie beyond the range that their surface is measured on."""
        for index, shot in enumerate(self.shots):
            ranges = [each.range for name in shot.surfaces if (each := self.measured.get(name)) and each.range]
            for place, start, sentence in stray_starts(shot.descents, ranges):
                yield ("shots", index, "descents", "starts", "places", place), start, sentence

    def _faulty_lines(self) -> Iterator[Fault]:
        """Gives what cannot be drawn along lines: between runs that differ, balls beyond, accuracy of values."""
        runs = {name: run.seeded(self.seed) for name, run in self.runs.items() if isinstance(run, RunSettings)}
        for name, line in self.lines.items():
            other = other_of(line.model_dump())
            two = bool(other) and other != line.run and runs.keys() >= {line.run, str(other)}
            sentence = _unlike(str(other), [line.run], runs) if two else None
            if sentence:
                yield ("lines", name, "along", "between", "run"), other, sentence.replace("plane", "line")
        for index, shot in enumerate(self.shots):
            if shot.line and self.look.background.colour == CLEAR:
                sentence = "a line is drawn on a ground; give look.background a colour"
                yield ("shots", index, "line"), shot.line, sentence
            shown = self.lines.get(shot.line or "")
            run = runs.get(shown.run) if shown else None
            yield from _beside_the_line(index, shot, shown, run)

    def _undersides(self) -> Iterator[Fault]:
        """Gives the cameras that would see the base of a solid body and nothing of its terrain."""
        for index, shot in enumerate(self.shots):
            if isinstance(shot.camera, Fixed) and shot.camera.view == "underside" and self.look.body in SOLID:
                sentence = f"underside shows the base of a {self.look.body}; set look.body to sheet"
                yield ("shots", index, "camera", "fixed", "view"), "underside", sentence

    def _beyond(self) -> Iterator[Fault]:
        """Gives the steps of paths that no training takes, and the places that cameras look at beyond their surface."""
        for index, shot in enumerate(self.shots):
            surface = self.measured.get(shot.surface or "")
            if surface is not None:
                run = self.runs.get(surface.run)
                yield from beyond_training(index, shot, run.training.steps if isinstance(run, RunSettings) else None)
                yield from beyond_range(index, shot, surface)

    def _transitions(self) -> Iterator[Fault]:
        """Gives the transitions that take longer than their shots are on."""
        for index, shot in enumerate(self.shots):
            if index == 0 and shot.transition.kind != "cut":
                sentence = "the first shot takes over from none; leave transition out"
                yield ("shots", index, "transition"), shot.transition.kind, sentence
        for number, asked, sentence in too_long([(shot.duration, shot.transition) for shot in self.shots]):
            yield ("shots", number, "transition", "duration"), asked, sentence

    def shots_of(self, film: Film) -> tuple[int, ...]:
        """Returns the numbers, from 0, of the shots that a film shows, in their order."""
        found = (shot_called(name, self.shots) for name in film.shots)
        return tuple(number for number in found if number is not None) or tuple(range(len(self.shots)))

    def _films(self) -> Iterator[Fault]:
        """Gives the shots of films that are not there, come twice, or are too short for their transitions."""
        there = [shot.name or str(number + 1) for number, shot in enumerate(self.shots)]
        for name, film in self.films.items():
            for place, called in enumerate(film.shots):
                location = ("films", name, "shots", place)
                if shot_called(called, self.shots) is None:
                    yield location, called, f'there is no shot "{called}"; {nearest(called, there)}'
                elif called in film.shots[:place]:
                    yield location, called, f'"{called}" comes twice; a film shows a shot once'
            chosen = [self.shots[number] for number in self.shots_of(film)]
            for sentence in too_long([(shot.duration, shot.transition) for shot in chosen]) if film.shots else ():
                yield ("films", name, "shots"), film.shots, f"in this order {sentence[2]}"

    def _twins(self) -> Iterator[Fault]:
        """Gives the names that two shots share."""
        names = [shot.name for shot in self.shots]
        for index, name in enumerate(names):
            if name is not None and name in names[:index]:
                first = names.index(name) + 1
                yield ("shots", index, "name"), name, f'shot {first} is called "{name}" too; choose another name'


def _beside_the_line(index: int, shot: Shot, line: LineSettings | None, run: RunSettings | None) -> Iterator[Fault]:
    """Gives what a shot asks of a line that it has not."""
    if line is None:
        return
    for place, start in enumerate(shot.ball.starts if shot.ball else []):
        if line.reach and not line.reach[0] <= start <= line.reach[1]:
            within = " to ".join(f"{end:g}" for end in line.reach)
            yield ("shots", index, "ball", "starts", place), start, f"{start:g} lies beyond the line, {within}"
    if shot.ball and not line.has_derivatives:
        sentence = "needs the slope of the loss, which this objective has none of; choose another objective"
        yield ("shots", index, "ball"), None, sentence
    if shot.accuracy and run is not None and run.data.kind in OF_VALUES:
        sentence = f"{run.data.kind} has values and no classes, so there is no accuracy; leave it out"
        yield ("shots", index, "accuracy"), True, sentence


def _unlike(name: str, through: Sequence[str], runs: Mapping[str, RunSettings]) -> str | None:
    """Returns why a plane through runs, the surface's own first, cannot go through another one as well."""
    run, own = runs[name], runs[through[0]]
    if run.network != own.network:
        return f'run "{name}" has another network than run "{through[0]}"; a plane needs runs of one network'
    if run.data != own.data:
        return f'run "{name}" learns other data than run "{through[0]}"; a plane needs runs of the same data'
    twin = next((other for other in through if runs[other] == run), None)
    return twin and f'run "{name}" is the same training as run "{twin}"; give it another seed'


def dangling(scene: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the names that lead nowhere in the plain data of a scene, which may be wrong in other ways."""
    runs, surfaces, shots = scene.get("runs"), scene.get("surfaces"), scene.get("shots")
    if isinstance(runs, dict) and isinstance(surfaces, dict):
        for name, surface in surfaces.items():
            yield from _lost((*_surface(name), "run"), "run", _in(surface, "run"), runs)
            yield from _lost_others(_surface(name), surface, runs)
    series = scene.get("series") or {}
    shown = [*(surfaces or {}), *series] if isinstance(surfaces or {}, dict) and isinstance(series, dict) else None
    if isinstance(series, dict):
        yield from _lost_of_series(series, runs, surfaces)
    if shown is not None and isinstance(shots, list):
        for index, shot in enumerate(shots):
            yield from _lost(("shots", index, "surface"), "surface", _in(shot, "surface"), shown)
            for place, name in enumerate(_listed(shot, "beside")):
                yield from _lost(("shots", index, "beside", place), "surface", name, shown)
    yield from lost_lines(scene)


def _lost_of_series(series: Mapping[str, Any], runs: Any, surfaces: Any) -> Iterator[Fault]:
    """Gives the runs and surfaces of series that are not there."""
    for name, part in series.items():
        here = ("series", name, str(_in(part, "kind")))
        if isinstance(runs, dict):
            yield from _lost((*here, "run"), "run", _in(part, "run"), runs)
            for step, other in others_of(_in(part, "plane")):
                yield from _lost((*here, "plane", *step), "run", other, runs)
        for place, surface in enumerate(_listed(part, "surfaces")):
            if isinstance(surfaces or {}, dict):
                yield from _lost((*here, "surfaces", place), "surface", surface, surfaces or {})


def _lost_others(location: Location, surface: Any, runs: Mapping[str, Any]) -> Iterator[Fault]:
    """Gives the other runs of a surface that are not there, or are its own."""
    own = _in(surface, "run")
    others = [name for name in runs if name != own]
    for step, name in _named_by(surface):
        if name == own and name in runs:
            yield (*location, *step), name, f'"{name}" is the surface\'s own run; {_others(others)}'
        else:
            yield from _lost((*location, *step), "run", name, others)


def _surface(name: str) -> Location:
    return "surfaces", name, MEASURED


def _listed(holder: Any, key: str) -> list[Any]:
    found = _in(holder, key)
    return list(found) if isinstance(found, list | tuple) else []


def _others(names: list[str]) -> str:
    return f"name another: {', '.join(names)}" if names else "add another under runs"


def _named_by(surface: Any) -> list[tuple[Location, Any]]:
    """Returns the other runs in the plain data of a surface, of its plane and of its paths, with their locations."""
    planes = [(("plane", *step), name) for step, name in others_of(_in(surface, "plane"))]
    return [*planes, *((("paths", index), name) for index, name in enumerate(_listed(surface, "paths")))]


def _lost(location: Location, family: str, name: Any, known: Collection[str]) -> Iterator[Fault]:
    if isinstance(name, str) and name not in known:
        yield location, name, f'there is no {family} "{name}"; {nearest(name, known)}'


def _in(holder: Any, key: str) -> Any:
    return holder.get(key) if isinstance(holder, dict) else None


def resolved(scene: Scene) -> dict[str, Any]:
    """Returns the complete scene for JSON, with every default written out; loading it gives the same scene."""
    return escaped(put_back(scene.model_dump(mode="json"), scene.tracks))
