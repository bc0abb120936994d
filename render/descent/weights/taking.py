"""Which of a file's tensors are taken for a model: those whose names, after one common prefix, cover it.

A file may hold a model beside other things: a criterion, a teacher, an average of the weights, an optimiser's state.
What lies outside of the prefix is left aside, and said. What lies under it and has no place in the model means that the
file is of another network, unless it is a criterion's or a metric's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from render.descent.weights import averages
from render.descent.weights.candidates import Candidate, Slot, candidates, is_unheeded, misfit, strangers
from render.descent.weights.saved import StateDict, is_part
from render.errors import DataError, UsageError

STATES = {"state_dict", "model_state_dict", "module"}  # what all modules of a trainer are under
SHOWN = 3  # names in a sentence
PARAMETRISED = ("_g", "_v", "_orig")  # how the names of a weight end that is made of others


@dataclass(frozen=True)
class Wanted:
    """What is to be taken of a file that holds a model more than once."""

    prefix: str | None = None  # of its names in the file, or a part of it; "." is none
    weights: str | None = None  # "model" or "ema"; ema is any average; None is the model, else an average

    def __post_init__(self) -> None:
        if self.weights not in ("model", "ema", None):
            raise UsageError(f"--weights {self.weights}: is neither model nor ema; choose one of them")


@dataclass(frozen=True)
class Taken:
    """The weights of a model out of a file."""

    state: StateDict  # under the model's own names
    prefix: str = ""  # of their names in the file
    role: tuple[str, ...] = ()  # what the prefix says, such as student
    average: str = ""  # EMA, averaged, or "" where they are the model's own
    averages_left: tuple[str, ...] = ()  # prefixes of averages that the file holds too
    left_aside: tuple[str, ...] = ()  # names in the file
    lent: tuple[str, ...] = ()  # names of the model that an average lacks, which are those of the model beside it


def take(held: StateDict, model: nn.Module, path: Path, wanted: Wanted | None = None) -> Taken:
    """Returns the weights of a model out of a file's tensors.

    Raises DataError that says what is missing, left over or of another kind; and where a file holds the model more than
    once, and wanted does not say which.
    """
    place = Slot.of(model)
    if not place.own:
        raise DataError("--model: the network has no parameters; there is no path to draw")
    found = candidates(held, place)
    whole = [one for one in found if one.is_whole]
    fitting = [one for one in whole if not strangers(one, held, whole)]
    if not fitting:
        raise DataError(f"{path}: {_misfit(whole or found, held, place, path)}")
    wanted = wanted or Wanted()
    chosen = _chosen(_by_name(_no_trainers(fitting, path, wanted), path), path, wanted)
    left = [one for one in fitting if one.average and not chosen.average]
    told = {name for one in (chosen, *left) for name in (*one.sources.values(), *one.lent.values())}
    aside = tuple(sorted(name for name in held.keys() - told if not is_unheeded(name)))
    state = {name: chosen.state.get(name, value) for name, value in model.state_dict().items()}
    return Taken(
        state,
        chosen.prefix,
        tuple(chosen.role),
        chosen.average,
        tuple(dict.fromkeys(map(_said, left))),
        aside,
        tuple(sorted(name for name in chosen.lent if not is_unheeded(name))),
    )


def _no_trainers(found: list[Candidate], path: Path, wanted: Wanted) -> list[Candidate]:
    """Returns candidates without what a trainer keeps for itself; raises DataError where nothing else is there."""
    if wanted.prefix is not None:
        return found
    kept = [one for one in found if not one.is_a_trainers]
    if not kept:
        raise DataError(
            f"{path}: holds the model's names only under {found[0].prefix}, which belongs to a trainer; choose a "
            f"checkpoint of the model, or --prefix {found[0].prefix}"
        )
    return kept


def take_like(first: Taken, held: StateDict, model: nn.Module, path: Path, wanted: Wanted) -> Taken:
    """Returns the weights of a further checkpoint, which are of the kind that was taken of the first one.

    Raises DataError where they are another network's, so that no path leads from one to another.
    """
    taken = take(held, model, path, replace(wanted, weights="ema" if first.average else "model"))
    if taken.role != first.role:
        raise DataError(
            f"{path}: holds the model under {taken.prefix or '.'}, the first checkpoint under {first.prefix or '.'}; "
            "leave it out, or choose one by --prefix"
        )
    return taken


def sentences(taken: Taken) -> list[str]:
    """Returns what is to be said of what was taken and left aside."""
    said = []
    if taken.average:
        lent = f", with the model's own {_some(taken.lent)}" if taken.lent else ""
        said.append(f"{taken.average} weights were taken, which lie under {taken.prefix or '.'}{lent}")
    elif taken.averages_left:
        there = _listing(taken.averages_left)
        said.append(f"the model's own weights were taken; averages lie under {there}, and --weights ema takes them")
    elif taken.role:
        said.append(f"the weights under {taken.prefix} were taken")
    if taken.left_aside:
        said.append(f"left aside: {_some(groups(taken.left_aside))}")
    return said


def groups(names: Sequence[str]) -> list[str]:
    """Returns names of tensors as words, those of one part of a file together: teacher (4 tensors)."""
    parts: dict[str, list[str]] = {}
    for name in names:
        ways = name.split(".")
        depth = next((place for place, way in enumerate(ways[:-1]) if way not in STATES), 0)
        parts.setdefault(".".join(ways[: depth + 1]), []).append(name)
    return [found[0] if len(found) == 1 else f"{part} ({len(found):,} tensors)" for part, found in parts.items()]


def _by_name(found: list[Candidate], path: Path) -> list[Candidate]:
    """Returns candidates, as averages where a file says in its name, and nowhere else, that it holds one."""
    if any(one.average for one in found):
        return found
    return [replace(one, average=averages.kind_by_name(path)) for one in found]


def _said(candidate: Candidate) -> str:
    return candidate.prefix or "."


def _chosen(found: list[Candidate], path: Path, wanted: Wanted) -> Candidate:
    """Returns the one candidate that is wanted; raises DataError where there is none, or several that differ."""
    under = found if wanted.prefix is None else _under(found, wanted.prefix)
    if not under:
        raise DataError(
            f"{path}: holds the model under {_listing(map(_said, found))}, not under {wanted.prefix}; "
            f"choose --prefix {_said(found[0])}"
        )
    models, means = [one for one in under if not one.average], [one for one in under if one.average]
    asked = sorted(
        {"model": models, "ema": means, None: models or means}[wanted.weights], key=lambda one: len(one.role)
    )
    if not asked and wanted.weights == "ema":
        raise DataError(
            f"{path}: holds no EMA weights of the model, which were asked for, or taken of the first checkpoint; "
            "leave it out, or choose --weights model"
        )
    if not asked:
        raise DataError(
            f"{path}: holds only {means[0].average} weights of the model, and its own were asked for, or taken of the "
            "first checkpoint; leave it out, or choose --weights ema"
        )
    others = [one for one in asked[1:] if not _alike(one, asked[0])]
    if others:
        raise DataError(
            f"{path}: holds the model under {_listing(map(_said, [asked[0], *others]))}; "
            f"--prefix NAME chooses, such as --prefix {_said(asked[0])}"
        )
    return asked[0]


def _under(found: Sequence[Candidate], prefix: str) -> list[Candidate]:
    """Returns the candidates of a prefix; where none has it in full, those that have it as a part of theirs."""
    parts = [part for part in prefix.split(".") if part]
    exact = [one for one in found if one.prefix == ".".join(parts)]
    return exact or [one for one in found if parts and _holds(one.prefix.split("."), parts)]


def _holds(whole: Sequence[str], parts: Sequence[str]) -> bool:
    return any([*whole[start : start + len(parts)]] == [*parts] for start in range(len(whole)))


def _alike(one: Candidate, other: Candidate) -> bool:
    """Whether two are the same under prefixes that say the same; a teacher may equal its student for a while only."""
    pairs = [(one.state[name], other.state[name]) for name in one.state.keys() & other.state.keys()]
    return one.role == other.role and all(torch.equal(a, b) for a, b in pairs)


def _misfit(found: Sequence[Candidate], held: StateDict, place: Slot, path: Path) -> str:
    """Returns why nothing in a file is the model, told of what comes nearest to it."""
    if not found:
        return _lacking(sorted(place.needed), sorted(held), path)
    nearest = max(found, key=lambda one: (len(one.state), -len(one.missing)))
    if nearest.misfits:
        name = nearest.misfits[0]
        reason = misfit(nearest.state[name], place.own[name]) or _torn(name, nearest, place)
        more = f", and {len(nearest.misfits) - 1} more differ" if len(nearest.misfits) > 1 else ""
        return f"does not fit the model: {nearest.sources[name]} {reason}{more}; choose its own model"
    missing = sorted(nearest.missing)
    made_of = _made_of(missing, held)
    if made_of:
        return (
            f"{missing[0]} is not in it, but {made_of}, which it was made of; make the model so too, or save it after "
            "torch.nn.utils.parametrize.remove_parametrizations, remove_weight_norm or prune.remove"
        )
    return _lacking(missing, strangers(nearest, held, [one for one in found if one.is_whole]), path)


def _torn(name: str, candidate: Candidate, place: Slot) -> str:
    """Returns the words for a weight that the model ties to another, and the file does not."""
    found = {own: candidate.state[own] for own in candidate.sources if not misfit(candidate.state[own], place.own[own])}
    other = candidate.sources[place.tied_to(name, found)]
    return f"is not {other}, and the model ties them, the file does not"


def _made_of(missing: Sequence[str], held: Collection[str]) -> str:
    """Returns a name in a file of what a missing weight was made of: by a parametrisation, a weight norm, pruning."""
    if not missing:
        return ""
    outer, _, last = missing[0].rpartition(".")
    ways = [f"{outer}.parametrizations.{last}.original", *(f"{missing[0]}{end}" for end in PARAMETRISED)]
    return min((name for name in held for way in ways if way.lstrip(".") in name), default="")


def _lacking(missing: Sequence[str], left_over: Sequence[str], path: Path) -> str:
    parts = [f"{what} {_some(names)}" for what, names in (("lacks", missing), ("has also", left_over)) if names]
    remedy = "name the folder of all its parts" if is_part(path) else "choose its own model"
    return f"does not fit the model: it {' and '.join(parts)}; {remedy}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _listing(names: Collection[str] | map[str]) -> str:
    """Returns names as words: a, b and c."""
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} and {last}" if first else last
