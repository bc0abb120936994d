"""Words: how those on a picture are set, and what the fixed ones are called in another language."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from render.scene.body import LookPart
from render.scene.language.nearest import nearest
from render.scene.part import Part

WordPlace = Literal["lower-left", "lower-centre", "lower-right", "upper-left", "upper-centre", "upper-right"]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Phrase = Annotated[str, StringConstraints(max_length=200)]

PHRASES = {  # by the names that a scene calls them; {} is where a number or a name goes
    "step": "step",
    "loss": "loss",
    "point": "point",
    "points": "{} points",
    "trainings": "{} trainings of {} steps",
    "measured": "all measured",
    "counted": "{} measured",
    "interpolated": "{} interpolated",
    "symmetry": "{} by symmetry",  # of no surface today; scenes that translate it are still read
    "missing": "{} missing",
    "diverged": "{} diverged",
    "no data": "{} without data",
    "given": "all given",
    "resampled": "resampled from {}",
    "from": "{} from {}",
    "log": "log height",
    "linear": "linear height",
    "ranked": "colour by rank on each side",
    "clipped": "clipped at {} %",
    "smoothed": "smoothed over {} cells",
    "floor": "{} level at the floor",
    "top": "{} level at the top",
    "corner": "near corner cut off",
    "laid": "path on the surface",
    "own": "path at its own loss",
    "read": "its loss read there",
    "beyond": "path beyond the terrain",
    "apart": "line up to {} from the plane",
    "arrows": "arrows: gradient of the slice",
    "drops": "drops to the path's own loss",
    "rolled": "{} points roll down the surface, no trainings",
    "resting": "at rest",
    "slope": "slope",
    "started": "loss, from {}",
    "accuracy": "accuracy",
    "ball": "steps of lr {} · gradient",
    "line": "1 line = {}",
    "factor": "1 line = × {}",
    "weights": "|Δθ| = {}",
    "lost": "diverged",
    "ride-along": "ride-along, {} planes",
    "blend": "blend of {} local planes",
    "series": "series over {}",
    "zoom": "zoom, {} windows measured anew",
    "epoch": "epoch",
    "learning-rate": "learning rate",
    "steps": "steps",
    "log scale": "log",
    "in training": "{} in training",
    "first layer": "first layer",
    "gradient": "gradient",
    "lengths": "gradient by layer",
    "clipped at": "clipped at ±{}",
    "answer": "answer {}",
    "label": "label {}",
    "plane": "the plane",
}


class TextSettings(LookPart):
    """How words of one kind are set."""

    place: WordPlace = Field(description="corner or edge of the picture; of a name, of its panel")
    size: float = Field(default=1.0, gt=0, le=8, description="multiple of the usual size; 1.5 is loud, 0.7 quiet")
    weight: Literal["regular", "medium"] = Field(default="regular", description="weight of the letters")
    align: Literal["auto", "left", "centre", "right"] = Field(
        default="auto", description="where lines begin; auto is the side of the place"
    )


def _from(**usual: Any) -> Callable[[Any], Any]:
    """Returns what fills in the usual setting where a scene gives a part of one."""
    return lambda data: {**usual, **data} if isinstance(data, dict) else data


def _usual(**usual: Any) -> TextSettings:
    return TextSettings.model_validate(usual)


_TITLE, _FOOT = {"place": "lower-left", "weight": "medium"}, {"place": "lower-left"}
_COUNTERS, _NAMES = {"place": "lower-right"}, {"place": "upper-centre"}


class WordStyle(LookPart):
    """How the words on a picture are set."""

    title: Annotated[TextSettings, BeforeValidator(_from(**_TITLE))] = Field(
        default=_usual(**_TITLE), description="setting of the title"
    )
    caption: Annotated[TextSettings, BeforeValidator(_from(**_FOOT))] = Field(
        default=_usual(**_FOOT), description="setting of the caption"
    )
    counters: Annotated[TextSettings, BeforeValidator(_from(**_COUNTERS))] = Field(
        default=_usual(**_COUNTERS), description="setting of step and loss"
    )
    names: Annotated[TextSettings, BeforeValidator(_from(**_NAMES))] = Field(
        default=_usual(**_NAMES), description="setting of the names of surfaces side by side"
    )
    ground: Literal["auto", "scrim", "shadow", "none"] = Field(
        default="auto",
        description="what makes words readable on any ground: a shade at the edge of the picture, a shadow of the "
        "letters, or neither; auto changes the ink where the scene asks for none, else shades as much as is needed",
    )


class WordsSettings(Part):
    """What the words on pictures say."""

    language: dict[str, Phrase] = Field(
        default={},
        examples=[{"step": "Schritt", "points": "{} Punkte"}],
        description="fixed words of counters, labels and captions in another language, such as {step: Schritt, points: "
        '"{} Punkte"}; {} is where a number goes',
    )

    @field_validator("language")
    @classmethod
    def _knows_its_phrases(cls, language: dict[str, str]) -> dict[str, str]:
        for name, said in language.items():
            if name not in PHRASES:
                raise ValueError(f'"{name}" is none of the words on a picture; {nearest(name, PHRASES)}')
            if _gaps(said) != _gaps(PHRASES[name]):
                raise ValueError(f'{name}: "{said}" stands for "{PHRASES[name]}"; write {{}} as often as that has it')
        return language


def _gaps(phrase: str) -> int:
    """Returns how many numbers go into a phrase; −1 where its braces are none that a number can take."""
    try:
        names = [name for _, name, form, turn in string.Formatter().parse(phrase) if name is not None]
        return len(names) if not any(names) else -1
    except ValueError:
        return -1


def say(language: Mapping[str, str], phrase: str, *values: object) -> str:
    """Returns a phrase in a language, with values in their places."""
    return language.get(phrase, PHRASES[phrase]).format(*values)
