"""What the columns of a table are, by the words that head them: α, β, the value, accuracy, and what is left aside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from render.errors import DataError

ALPHA, BETA = "alpha alphas a α", "beta betas b β"
TABULAR = ("col cols column columns", "row rows")
PLACES = (  # words for α and for β; the first pair that is there counts
    (ALPHA, BETA),
    ("x xs xcoordinate xcoordinates xcoord xcoords", "y ys ycoordinate ycoordinates ycoord ycoords"),
    ("lon lng long longitude", "lat latitude"),
    ("easting east", "northing north"),
    ("u", "v"),
    ("pathalpha projxcoord", "pathbeta projycoord"),
    TABULAR,
)
VALUES = (
    "loss losses lossvals trainloss trainingloss evalloss valloss validationloss testloss trueloss pathloss "
    "projloss z zs zvalue value values elevation elev height altitude depth reward return energy objective cost"
)
ACCURACIES = "accuracy acc trainacc trainaccuracy valacc valaccuracy validationaccuracy testacc testaccuracy"
INDEX = {"", "index", "unnamed0", "rownames", "row", "id"}
LONGEST = 40  # characters of a name that a caption takes


@dataclass(frozen=True)
class Columns:
    """Where the parts of a surface or path stand, counted from 0."""

    alpha: int
    beta: int
    value: int | None
    name: str  # of the value
    accuracy: int | None = None
    notes: tuple[str, ...] = ()


def key_of(word: str) -> str:
    """Returns a word without its unit, its case and what parts it: "Train loss (nats)" is trainloss."""
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[].*?[)\]]", "", word.lower()))


def name_of(word: str) -> str:
    """Returns a word as a caption says it."""
    said = " ".join("".join(c if c.isprintable() else " " for c in word).replace("_", " ").replace(",", " ").split())
    said = said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
    return {"z": "value", "values": "value", "losses": "loss", "": "value"}.get(said.lower(), said)


def first_of(words: str, keys: list[str]) -> int | None:
    """Returns the place of the first of some words among keys, or None."""
    return next((keys.index(word) for word in words.split() if word in keys), None)


def places_of(keys: list[str]) -> tuple[int, int] | None:
    """Returns where α and β stand among keys, or None."""
    for words in PLACES:
        alpha, beta = (first_of(word, keys) for word in words)
        if alpha is not None and beta is not None:
            return alpha, beta
    return None


def columns_of(path: Path, heading: tuple[str, ...]) -> Columns:
    """Returns what columns are by their names, or by their order where three have names that say nothing.

    Raises DataError where it cannot be told which is which.
    """
    keys = [key_of(word) for word in heading]
    places = places_of(keys)
    accuracy = first_of(ACCURACIES, keys)
    left = [k for k, key in enumerate(keys) if key not in INDEX]
    if places is None:
        return _in_order(path, heading, keys, left)
    rest = [k for k in left if k not in (*places, accuracy)]
    value = first_of(VALUES, [key if k in rest else "" for k, key in enumerate(keys)])
    if value is None and len(rest) > 1:
        raise DataError(f"{path}: its columns are {_listed(heading)}; name the one that is drawn loss")
    value = rest[0] if value is None and rest else value
    if value is None:  # nothing but accuracy beside the places: that is what is drawn
        value, accuracy = accuracy, None
    _require_single(path, heading, keys, [*places, value])
    notes: tuple[str, ...] = ()
    if all(keys[k] in words.split() for k, words in zip(places, TABULAR, strict=True)):  # as in an array
        notes = (f"{name_of(heading[places[0]])} is α, {name_of(heading[places[1]])} β",)
    return Columns(*places, value, "" if value is None else name_of(heading[value]), accuracy, notes)


def _in_order(path: Path, heading: tuple[str, ...], keys: list[str], left: list[int]) -> Columns:
    """Returns what three columns are: those whose names say it, and the others by their order."""
    values = [k for k in left if keys[k] in VALUES.split()]
    accuracy = first_of(ACCURACIES, keys)
    if len(left) == 4 and len(values) == 1 and accuracy is not None:
        left = [k for k in left if k != accuracy]
    elif len(values) != 1 and accuracy is not None:
        values, accuracy = [accuracy], None
    if len(left) != 3:
        raise DataError(f"{path}: its columns are {_listed(heading)}; name two of them alpha and beta, one loss")
    named: dict[str, int] = {"value": values[0]} if len(values) == 1 else {}
    for role, side in (("alpha", 0), ("beta", 1)):
        found = [k for k in left if any(keys[k] in pair[side].split() for pair in PLACES) and k not in named.values()]
        named |= {role: found[0]} if len(found) == 1 else {}
    rest = iter([k for k in left if k not in named.values()])
    alpha, beta, value = (named[role] if role in named else next(rest) for role in ("alpha", "beta", "value"))
    _require_single(path, heading, keys, [alpha, beta, value])
    first, second = ("z" if keys[k] == "z" else name_of(heading[k]) for k in (alpha, beta))
    said = f"{first} is α, {second} β"
    return Columns(alpha, beta, value, name_of(heading[value]), accuracy, notes=(said,))


def _require_single(path: Path, heading: tuple[str, ...], keys: list[str], taken: list[int | None]) -> None:
    """Raises DataError where two columns bear the name of one that is taken."""
    for k in taken:
        if k is not None and keys.count(keys[k]) > 1:
            raise DataError(f'{path}: two of its columns are named "{heading[k]}"; name each differently')


def _listed(heading: tuple[str, ...]) -> str:
    shown = [name_of(word) if word else "one without a name" for word in heading[:8]]
    return ", ".join(shown) + (f" and {len(heading) - 8} more" if len(heading) > 8 else "")
