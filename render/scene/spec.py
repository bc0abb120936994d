"""The scene: everything that a film or a print is made from.

Named maps hold what is made once and used by name: runs, surfaces, stills, films.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, ModelWrapValidatorHandler, PrivateAttr, Tag, ValidationError, model_validator

from render.scene import consistency, members
from render.scene.along import LineSettings
from render.scene.dangling import MEASURED, dangling
from render.scene.duration import Duration
from render.scene.existing import ImportedRunSettings, ReadySurface
from render.scene.framerate import FrameRate
from render.scene.hyperparameters import OF, HyperparameterSurface
from render.scene.language.framecount import in_seconds, with_rates
from render.scene.language.substitution import escaped
from render.scene.look import Look
from render.scene.output import Film, Still
from render.scene.part import Name, Part, Seed, refusal
from render.scene.run_settings import RunSettings
from render.scene.series import AnySeries
from render.scene.shot import Shot, shot_called
from render.scene.surface import SurfaceSettings
from render.scene.time.lifting import faults_of, lift, put_back, read, untold
from render.scene.time.track import Track
from render.scene.time.transition import starts_of
from render.scene.titles import AnyCredits, Title
from render.scene.varied import Matrix, Params
from render.scene.words import WordsSettings

VERSION = 1


def _origin(made: str, **others: str) -> Discriminator:
    """Returns what tells parts by a key that one kind of them alone has; others: the tags of such kinds, by keys."""

    def tag(value: Any) -> str:
        keys = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Part) else ()
        return next((kind for key, kind in others.items() if key in keys), made)

    return Discriminator(tag)


AnyRunSettings = Annotated[
    Annotated[RunSettings, Tag("trained")] | Annotated[ImportedRunSettings, Tag("imported")],
    _origin("trained", folder="imported"),
]
AnySurfaceSettings = Annotated[
    Annotated[SurfaceSettings, Tag(MEASURED)]
    | Annotated[ReadySurface, Tag("ready")]
    | Annotated[HyperparameterSurface, Tag(OF)],
    _origin(MEASURED, source="ready", of=OF),
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
        default={},
        description="surfaces to measure, by name; or {source: {surface: file}} for one that is ready, or "
        "{of: hyperparameters} for one of whole trainings",
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
        """The surfaces whose points are losses of a run's network, by name."""
        return {name: surface for name, surface in self.surfaces.items() if isinstance(surface, SurfaceSettings)}

    @property
    def trained(self) -> dict[str, HyperparameterSurface]:
        """The surfaces whose points are whole trainings, by name."""
        return {name: surface for name, surface in self.surfaces.items() if isinstance(surface, HyperparameterSurface)}

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
        found = self.measured.get(surface) or self.trained[surface]
        own = found.budget
        if own is not None or self.budget is None:
            return own
        return self.budget / self.sharers

    @property
    def sharers(self) -> int:
        """How many surfaces share the scene's budget: those without one of their own, of series too."""
        own = sum(other.budget is None for other in self.measured.values())
        own += sum(other.budget is None for other in self.trained.values())
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
        names = dangling(self.model_dump(include={"runs", "surfaces", "series", "lines", "shots"}))
        faults = [*names, *consistency.faults(self)]
        if faults:
            raise refusal(*faults)
        return self

    def shots_of(self, film: Film) -> tuple[int, ...]:
        """Returns the numbers, from 0, of the shots that a film shows, in their order."""
        found = (shot_called(name, self.shots) for name in film.shots)
        return tuple(number for number in found if number is not None) or tuple(range(len(self.shots)))


def resolved(scene: Scene) -> dict[str, Any]:
    """Returns the complete scene for JSON, with every default written out; loading it gives the same scene."""
    return escaped(put_back(scene.model_dump(mode="json"), scene.tracks))
