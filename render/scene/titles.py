"""Titles: text that comes and goes while a film runs, and the credits at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, create_model

from render.scene.duration import Duration
from render.scene.part import Fault, Location, Part

TitlePlace = Literal[
    "lower-left",
    "lower-centre",
    "lower-right",
    "left",
    "centre",
    "right",
    "upper-left",
    "upper-centre",
    "upper-right",
]
TitleText = Annotated[str, StringConstraints(min_length=1, max_length=300)]
CreditLine = Annotated[str, StringConstraints(max_length=200)]
FADE = 0.5  # seconds in which a title comes, and in which it goes
SECONDS_A_LINE = 0.8  # of credits, where their duration is left open
BRIEFEST = 3.0  # seconds of credits then
MOST_STANDING = 16  # lines of credits that stand, which one picture has room for
ROUNDING = 1e-6  # seconds

# `in` is a word of Python's own, so that no class body can hold a field of that name.
if TYPE_CHECKING:
    _Fading = Part
else:
    _Fading = create_model(
        "_Fading",
        __base__=Part,
        **{
            "in": (Duration, Field(default=FADE, description="time in which it fades in, seconds or with a unit")),
            "out": (Duration, Field(default=FADE, description="time in which it fades out")),
        },
    )


class Title(_Fading):
    """A text on the picture from one moment to another."""

    text: TitleText = Field(examples=["The first valley"], description="what is written; a line break parts lines")
    at: Duration = Field(
        default=0.0,
        description="moment at which it begins to come: of a scene's title on the "
        "scene's clock, of a shot's on the shot's",
    )
    duration: Annotated[Duration, Field(gt=0)] | None = Field(
        default=None, description="time from its coming to its being gone; to the end of the scene or shot when absent"
    )
    place: TitlePlace = Field(default="centre", description="where on the picture it stands")
    size: float = Field(default=1.0, gt=0, le=8, description="multiple of the size of the picture's title")
    weight: Literal["regular", "medium"] = Field(default="medium", description="weight of the letters")

    @property
    def rise(self) -> float:
        """Seconds in which it fades in."""
        return float(self.model_dump(include={"in"})["in"])

    @property
    def fall(self) -> float:
        """Seconds in which it fades out."""
        return float(self.model_dump(include={"out"})["out"])

    def end(self, whole: float) -> float:
        """Returns when it is gone, on a clock that ends after a whole, seconds."""
        return whole if self.duration is None else self.at + self.duration

    def presence(self, time: float, whole: float) -> float:
        """Returns how much of it is there at a time of a clock that ends after a whole, 0 to 1."""
        end = self.end(whole)
        if not self.at <= time <= end:
            return 0.0
        shares = [(time - self.at) / self.rise if self.rise else 1.0, (end - time) / self.fall if self.fall else 1.0]
        share = max(0.0, min(1.0, *shares))
        return share * share * (3 - 2 * share)


class Credits(Part):
    """Lines at the end of a film, over its last picture, which is dimmed for them."""

    lines: list[CreditLine] = Field(min_length=1, max_length=400, description="lines; an empty one leaves a gap")
    manner: Literal["rolling", "standing"] = Field(
        default="standing", description="rolling moves them from below to above, standing fades them in and out"
    )
    duration: Annotated[Duration, Field(ge=1)] | None = Field(
        default=None,
        examples=["6s"],
        description="time that they take after the last shot; when absent 0.8 s a line, at least 3 s",
    )

    @property
    def seconds(self) -> float:
        """The time that they take."""
        return max(BRIEFEST, SECONDS_A_LINE * len(self.lines)) if self.duration is None else self.duration


def _listed_or_set(value: Any) -> str:
    return "listed" if isinstance(value, list | tuple) else "set"


AnyCredits = Annotated[
    Annotated[list[CreditLine], Field(max_length=400), Tag("listed")] | Annotated[Credits, Tag("set")],
    Discriminator(_listed_or_set),
]


def credits_of(asked: list[str] | Credits) -> Credits | None:
    """Returns credits as they are set, or None where there are none."""
    if isinstance(asked, Credits):
        return asked
    return Credits(lines=asked) if asked else None


def title_faults(where: Location, titles: Sequence[Title], whole: float, of: str) -> Iterator[Fault]:
    """Gives what is wrong with titles on a clock that ends after a whole, seconds: of the shots, or of a shot."""
    for number, title in enumerate(titles):
        place = (*where, "titles", number)
        end = title.end(whole)
        if title.at >= whole:
            yield (*place, "at"), title.at, f"{title.at:g} s is not before the end of {of}, {whole:g} s"
        elif end > whole + ROUNDING:
            sentence = f"the title would end at {end:g} s, after the end of {of}, {whole:g} s; shorten it"
            yield (*place, "duration"), title.duration, sentence
        elif title.rise + title.fall > end - title.at + ROUNDING:
            sentence = (
                f"fading in and out takes {title.rise + title.fall:g} s and the title is there for "
                f"{end - title.at:g} s; shorten in and out"
            )
            yield (*place, "in"), title.rise, sentence


class TimedTitle:
    """A title on the scene's clock, with where it stands in the scene."""

    def __init__(self, location: Location, title: Title, start: float, whole: float):
        self.location, self.title, self.start, self.whole = location, title, start, whole

    @property
    def span(self) -> tuple[float, float]:
        """When it is there, seconds of the scene's clock."""
        return self.start + self.title.at, self.start + self.title.end(self.whole)


def overlapping(titles: Sequence[TimedTitle]) -> Iterator[Fault]:
    """Gives the titles that would stand at one place at one time."""
    for number, title in enumerate(titles):
        for other in titles[:number]:
            begin, end = max(title.span[0], other.span[0]), min(title.span[1], other.span[1])
            if title.title.place == other.title.place and end - begin > ROUNDING:
                named = ".".join(map(str, other.location))
                sentence = (
                    f"{title.title.place} is taken from {begin:g} s to {end:g} s by {named}; "
                    "give one of them another place or time"
                )
                yield (*title.location, "place"), title.title.place, sentence
                break


def credit_faults(asked: list[str] | Credits) -> Iterator[Fault]:
    """Gives what is wrong with credits."""
    found = credits_of(asked)
    if found and found.manner == "standing" and len(found.lines) > MOST_STANDING:
        at: Location = ("credits", "set", "lines") if isinstance(asked, Credits) else ("credits",)
        sentence = (
            f"{len(found.lines)} lines do not stand on one picture, which has room for {MOST_STANDING}; "
            "set manner: rolling, or write fewer"
        )
        yield at, None, sentence
