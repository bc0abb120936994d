"""Where a file may hold a model: under each prefix whose names, taken off it, are the model's.

Wrappers put parts into names (torch.compile, DistributedDataParallel, FSDP, activation checkpoints), anywhere in them;
these are taken out first. An average of the weights may be kept as a list in the order of the parameters (torch_ema,
diffusers), under names without their dots (LitEma), and without what is not trained: that is then the model's.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from render.descent.weights import averages
from render.descent.weights.saved import StateDict
from render.errors import DataError

WRAPPERS = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"}
PARALLEL = {"module"}  # put in by DataParallel and DDP; but a part of a model's own may have this name
OUTER = {"model", "net", "network", "backbone", "module"}  # what a model may stand in where its file has it bare
NEUTRAL = {"state_dict", "model_state_dict", "weights", "params"} | OUTER
ASIDE = re.compile(  # parts of a module that are no layers of its network
    r"(^|_)(criteri\w*|crit|loss\w*|metrics?|acc|accuracy|auroc|confmat|teacher|pos_weight|class_weights?|n_averaged)($|_)",
    re.IGNORECASE,
)
TRAINERS = re.compile(r"\w*(optim|sched|scaler|rng|random)\w*|opt(_\w+)?|amp|callbacks|loops", re.IGNORECASE)
OPTIMISERS = re.compile(r"\w*optimi[sz]er\w*|callbacks|loops", re.IGNORECASE)  # those that no layer is called
STATES = {"state", "param_groups"}  # of an optimiser, which no layer has a part called
RANDOM = re.compile(r"\w*rng(_?states?)?(_\w+)?|\w*random_states?", re.IGNORECASE)
CONSTANT = {"token_type_ids", "relative_position_index"}  # whole numbers that are alike in all models of one shape
UNHEEDED = {"num_batches_tracked", "total_ops", "total_params", "position_ids"}  # counters, which change no output


@dataclass(frozen=True)
class Slot:
    """What a model has a place for."""

    own: StateDict
    parameters: tuple[str, ...]  # in their order
    trainable: tuple[str, ...]

    @classmethod
    def of(cls, model: nn.Module) -> Slot:
        """Returns the place of a model; raises DataError where its layers have no shapes yet."""
        own = {name: value for name, value in model.state_dict().items() if isinstance(value, Tensor)}
        if any(is_lazy(tensor) for tensor in own.values()):
            raise DataError(
                "--model: the network has layers without shapes; run it once on an example before returning it"
            )
        named = dict(model.named_parameters())
        return cls(own, tuple(named), tuple(name for name in named if named[name].requires_grad))

    @cached_property
    def needed(self) -> list[str]:
        """Names that a file must have: all but counters, and what is alike in all models."""
        return [name for name in self.own if name.split(".")[-1] not in UNHEEDED | CONSTANT]

    @cached_property
    def tied(self) -> set[str]:
        """Names whose tensor the model has under another name too."""
        count = Counter(map(_memory, self.own.values()))
        return {name for name, tensor in self.own.items() if tensor.data_ptr() and count[_memory(tensor)] > 1}

    def shared(self, state: StateDict) -> StateDict:
        """Returns tensors that a file leaves out since the model shares them with one that it has: tied weights."""
        held = {_memory(self.own[name]): tensor for name, tensor in state.items()}
        absent = {name: _memory(tensor) for name, tensor in self.own.items() if name not in state}
        return {name: held[memory] for name, memory in absent.items() if memory in held}

    def tied_to(self, name: str, state: StateDict) -> str:
        """Returns a name before this one in a state that the model shares its tensor with, the state not; or ""."""
        before = itertools.takewhile(lambda other: other != name, state)
        twins = (other for other in before if _memory(self.own[other]) == _memory(self.own[name]))
        return next((other for other in twins if not _equal(state[other], state[name])), "")


def _equal(one: Tensor, other: Tensor) -> bool:
    kind = torch.promote_types(one.dtype, other.dtype)
    return one.shape == other.shape and torch.equal(one.to(kind), other.to(kind))


def _memory(tensor: Tensor) -> tuple[int, torch.Size]:
    return tensor.data_ptr(), tensor.shape


@dataclass(frozen=True)
class Candidate:
    """What lies under a prefix of a file, as far as the model has a place for it."""

    prefix: str
    average: str  # EMA, averaged, or "" where it is a model itself
    state: StateDict  # under the model's own names
    sources: Mapping[str, str]  # names in the file, by the model's own
    missing: tuple[str, ...]  # names of the model
    misfits: tuple[str, ...]  # names of the model whose tensor in the file is of another kind, or tied to another
    lent: Mapping[str, str] = field(default_factory=dict)  # as sources, of what the model beside an average lends it

    @property
    def role(self) -> list[str]:
        """What its prefix says, without the words that any trainer puts around a model."""
        return [part for part in self.prefix.split(".") if part and part not in NEUTRAL]

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the model."""
        return not (self.missing or self.misfits)

    @property
    def is_a_trainers(self) -> bool:
        """Whether it lies in what a trainer keeps for itself, such as an optimiser's copy, and is no average."""
        return not self.average and bool(TRAINERS.fullmatch(self.prefix.split(".")[0]))


def candidates(held: StateDict, place: Slot) -> list[Candidate]:
    """Returns all that may be the model in a file, whole or not, each of them once, the shortest prefix first."""
    found = [
        *(one for own, names in _readings(held, place.own) for one in _named(held, names, own, place)),
        *_listed(held, place),
        *_undotted(held, place),
    ]
    once = {frozenset(one.sources.values()): one for one in reversed(found)}  # the first of those that are alike
    made = sorted(_completed(list(once.values()), place), key=lambda one: (len(one.prefix), one.prefix))
    if any(one.is_whole for one in made):
        return made
    outer = {name.split(".")[0] for name in place.own}
    if len(outer) != 1 or not outer <= OUTER:
        return made
    bare = {name.partition(".")[2]: name for name in place.own}
    return [*made, *_named(held, _without(held, WRAPPERS | PARALLEL), bare, place)]


def _readings(held: Collection[str], own: Collection[str]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Gives the names of the model and of the file as they read without wrappers, each with the name that it has."""
    for wrappers in (WRAPPERS, WRAPPERS | PARALLEL):
        yield _without(own, wrappers), _without(held, wrappers)


def _without(names: Collection[str], wrappers: set[str]) -> dict[str, str]:
    """Returns names as they read without wrappers, each with the name that it has; where two would read as one, the
    one that has a wrapper keeps it.
    """
    read = {name: name for name in names if not {*name.split(".")} & wrappers}
    for name in names:
        short = ".".join(part for part in name.split(".") if part not in wrappers)
        read.setdefault(name if short in read or not short else short, name)
    return read


def _named(held: StateDict, names: Mapping[str, str], own: Mapping[str, str], place: Slot) -> Iterator[Candidate]:
    """Gives what lies under each prefix of names in a file."""
    under: dict[str, dict[str, str]] = {}
    for name in names:
        parts = name.split(".")
        for depth in range(len(parts)):
            rest = ".".join(parts[depth:])
            if rest in own:
                under.setdefault(".".join(parts[:depth]), {})[own[rest]] = names[name]
    for prefix, sources in under.items():
        yield _candidate(held, prefix, sources, place)


def _candidate(held: StateDict, prefix: str, sources: Mapping[str, str], place: Slot) -> Candidate:
    """Returns what some names of a file come to, given by the model's own."""
    found = {name: held[source] for name, source in sources.items()}
    state = {**found, **place.shared(found)}
    counted = "averaged" if averages.is_counted(set(sources.values()), held.keys()) else ""
    odd = {name for name, tensor in found.items() if misfit(tensor, place.own[name])}
    even = {name: tensor for name, tensor in found.items() if name not in odd}
    return Candidate(
        prefix,
        averages.kind_of(prefix, held.keys()) or counted,
        state,
        sources,
        tuple(name for name in place.needed if name not in state),
        tuple(sorted(odd | {name for name in place.tied & even.keys() if place.tied_to(name, even)})),
    )


def misfit(there: Tensor, here: Tensor) -> str:
    """Returns why a tensor in a file cannot be one of a model's, or "" where it can."""
    if there.layout != torch.strided or there.is_quantized or there.is_meta:
        return "is sparse, quantised or empty; save it dense, as float32"
    if there.shape != here.shape:
        return f"has the shape {tuple(there.shape)}, the model's has {tuple(here.shape)}"
    if here.is_floating_point() and not there.is_floating_point():
        return f"holds {_short(there.dtype)}, the model's holds {_short(here.dtype)}"
    return ""


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _listed(held: StateDict, place: Slot) -> Iterator[Candidate]:
    """Gives averages that are lists of tensors in the order of the model's parameters."""
    lists: dict[str, dict[int, str]] = {}
    for name in held:
        way, _, last = name.rpartition(".")
        if last.isdecimal() and averages.kind_of(way, held.keys()):
            lists.setdefault(way, {})[int(last)] = name
    for way, places in lists.items():
        names = [places[index] for index in sorted(places)]
        for order in dict.fromkeys([place.trainable, place.parameters]):
            if [held[name].shape for name in names] == [place.own[name].shape for name in order]:
                yield _candidate(held, way, dict(zip(order, names, strict=True)), place)


def _undotted(held: StateDict, place: Slot) -> Iterator[Candidate]:
    """Gives averages that are buffers, whose names can have no dots: model_ema.layerweight is of layer.weight."""
    own = {name.replace(".", ""): name for name in place.trainable}
    for one in _named(held, {name: name for name in held}, own, place):
        if one.average and len(one.sources) == len(place.trainable):
            yield one


def _completed(found: list[Candidate], place: Slot) -> Iterator[Candidate]:
    """Gives candidates, averages with what is not trained from the one model beside them, where they leave it out."""
    models = [one for one in found if one.is_whole and not one.average]
    for one in found:
        lent = {*one.missing} - {*place.trainable}
        if one.average and len(models) == 1 and one.missing and not one.misfits and lent == {*one.missing}:
            state = {**one.state, **{name: models[0].state[name] for name in one.missing}}
            lenders = {name: models[0].sources[name] for name in one.missing if name in models[0].sources}
            yield replace(one, state=state, missing=(), lent=lenders)
        else:
            yield one


def strangers(candidate: Candidate, held: Collection[str], whole: Iterable[Candidate]) -> list[str]:
    """Returns names under the prefix of a candidate that are neither the model's nor known to be no layers."""
    start = f"{candidate.prefix}." if candidate.prefix else ""
    known = {name for one in (candidate, *whole) for name in one.sources.values()}
    rest = {name: name.removeprefix(start) for name in held if name not in known and name.startswith(start)}
    return sorted(name for name, short in rest.items() if not _is_aside(short, bool(candidate.average)))


def _is_aside(name: str, in_average: bool) -> bool:
    first, *more = name.split(".")
    return (
        (not more and in_average and first in averages.COUNTERS)
        or name.split(".")[-1] in UNHEEDED
        or bool(ASIDE.search(first) or averages.kind_of_part(first))
        or bool(OPTIMISERS.fullmatch(first))
        or _is_a_trainers(name)
    )


def is_unheeded(name: str) -> bool:
    """Whether a tensor of a file needs no word when it is left aside: counters, and what belongs to a trainer."""
    return name.split(".")[-1] in UNHEEDED | averages.COUNTERS or _is_a_trainers(name)


def _is_a_trainers(name: str) -> bool:
    """Whether a tensor is an optimiser's or a generator's state; a layer may be called scaler or random_features."""
    first, *more = name.split(".")
    return bool(TRAINERS.fullmatch(first)) and bool(STATES & {*more} or RANDOM.fullmatch(first))
