"""Lifting: the tracks are taken out of the plain data of a scene, each leaving the value of its first key.

What is left is checked as any scene is; then every other key is put in the place of the first, and checked as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from render.scene.duration import DAY, seconds
from render.scene.language.anatomy import follow
from render.scene.language.nearest import nearest
from render.scene.language.problem import problems_of, show
from render.scene.look import Look
from render.scene.part import PLAIN, Fault, Location, Part, again
from render.scene.shot import Shot
from render.scene.time.blend import Blending, nature_of, type_of
from render.scene.time.ease import easing
from render.scene.time.track import EASE, Key, Track

KEYS = "keys"
MOST_KEYS = 10_000  # of a scene
FIELDS = ("t", "v", "ease")
MOVING = "what changes in time is a number, a colour or a switch of look, and of camera and path of a shot"

ROOTS: dict[str, type[Part]] = {"look": Look, "shots": Shot}
Raw = dict[Location, list[Any]]  # the keys of tracks as a file has them, by where they stand


def is_track(value: Any) -> bool:
    """Whether plain data are a track."""
    return isinstance(value, Mapping) and set(value) == {KEYS} and isinstance(value[KEYS], list)


def lift(data: Any) -> tuple[Any, Raw]:
    """Returns plain data with the first value of every track in its place, and the keys of the tracks."""
    raw: Raw = {}
    return _lifted(data, (), raw), raw


def _lifted(data: Any, here: Location, raw: Raw) -> Any:
    if is_track(data):
        raw[here] = data[KEYS]
        first = data[KEYS][0] if data[KEYS] else None
        return first.get("v") if isinstance(first, Mapping) else None
    if isinstance(data, Mapping):
        return {key: _lifted(value, (*here, key), raw) for key, value in data.items()}
    if isinstance(data, list):
        return [_lifted(value, (*here, index), raw) for index, value in enumerate(data)]
    return data


def put_back(data: Any, tracks: Sequence[Track]) -> Any:
    """Returns plain data of a scene with its tracks in their places."""
    for track in tracks:
        data = replaced(data, track.location, track.plain)
    return data


def replaced(data: Any, location: Location, value: Any) -> Any:
    """Returns plain data with another value at a location; data are shared but for the way to it."""
    if not location:
        return value
    step, rest = location[0], location[1:]
    if isinstance(data, list):
        return [replaced(each, rest, value) if index == step else each for index, each in enumerate(data)]
    held = data if isinstance(data, dict) else {}
    return {**held, step: replaced(held.get(step), rest, value)}


def faults_of(raw: Raw) -> list[Fault]:
    """Returns what is wrong with the keys themselves: what they hold, their order, times and easings."""
    count = sum(len(keys) for keys in raw.values())
    if count > MOST_KEYS:
        return [_fault(next(iter(raw)), f"the scene has {count:,} keys of tracks; at most {MOST_KEYS:,} are read")]
    return [fault for location, keys in raw.items() for fault in _faults_in(location, keys)]


def _fault(location: Location, sentence: str, value: Any = None) -> Fault:
    return (PLAIN, *location), value, sentence


def _faults_in(location: Location, keys: list[Any]) -> Iterator[Fault]:
    if root_of(location) is None:
        yield _fault(location, f"does not change in time; {MOVING}")
        return
    if not keys:
        yield _fault((*location, KEYS), "has no key; write [{t: 0s, v: ...}, {t: 4s, v: ...}]")
    last = -1.0
    for index, key in enumerate(keys):
        place = (*location, KEYS, index)
        if not isinstance(key, Mapping):
            yield _fault(place, f"{show(key)} is no key; write {{t: 4s, v: 12, ease: {EASE}}}")
            continue
        yield from (
            _fault((*place, n), f"is not a key here; {nearest(str(n), FIELDS)}") for n in key if n not in FIELDS
        )
        yield from (
            _fault((*place, n), "is missing; a key has a time t and a value v") for n in ("t", "v") if n not in key
        )
        time = _time(key.get("t"))
        if isinstance(time, str):
            yield _fault((*place, "t"), time)
        elif time is not None and time <= last:
            yield _fault(
                (*place, "t"), f"{time:g} s is not after the key before it, {last:g} s; write keys in their order"
            )
        last = time if isinstance(time, float) else last
        yield from _ease_fault(place, key)


def _ease_fault(place: Location, key: Mapping[str, Any]) -> Iterator[Fault]:
    ease = key.get("ease", EASE)
    try:
        easing(ease if isinstance(ease, str) else show(ease))
    except ValueError as error:
        yield _fault((*place, "ease"), str(error))


def _time(value: Any) -> float | str | None:
    """Returns a time in seconds, or what is wrong with it, or None where it is missing."""
    if value is None:
        return None
    try:
        found = seconds(value)
    except ValueError as error:
        return str(error)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return f"{show(value)} is not a time; write it like 4s or 500ms"
    return float(found) if 0 <= found <= DAY else f"{show(value)} is not from 0 to {DAY:,.0f} seconds"


def root_of(location: Location) -> Location | None:
    """Returns the part of a scene that a track belongs to, a look or a shot; None where nothing changes in time."""
    if location[:1] == ("look",) and len(location) > 1:
        return ("look",)
    if location[:1] == ("shots",) and location[2:3] in (("camera",), ("path",)) and len(location) > 3:
        return location[:2]
    return None


def read(raw: Raw, plain: Any) -> tuple[tuple[Track, ...], list[Fault]]:
    """Returns the tracks of plain data that hold the first value of each, and what is wrong with their values."""
    tracks, faults = [], []
    for location, keys in sorted(raw.items(), key=lambda item: [str(step) for step in item[0]]):
        holders, wrong = _holders(location, keys, plain)
        faults += wrong
        if not wrong:
            own = location[len(_root(location)) :]
            pairs = zip(keys, holders, strict=True)
            made = [Key(float(seconds(key["t"])), _at(part, own), key.get("ease", EASE)) for key, part in pairs]
            tracks.append(Track(location, tuple(made), nature_of(*_field(holders[0], own))))
    return tuple(tracks), faults


def untold(error: ValidationError, scene: type, raw: Raw) -> ValidationError | None:
    """Returns what an error tells beside the values of tracks, or None where that is nothing."""
    rest = [each for each in error.errors() if not _is_of_track(follow(scene, each["loc"])[0], raw)]
    return ValidationError.from_exception_data("scene", [again(each) for each in rest]) if rest else None


def _is_of_track(location: Location, raw: Raw) -> bool:
    return any(location[: len(track)] == track for track in raw)


def _root(location: Location) -> Location:
    found = root_of(location)
    assert found is not None
    return found


def _holders(location: Location, keys: list[Any], plain: Any) -> tuple[list[Part], list[Fault]]:
    """Returns the look or the shot that a track belongs to with each of its values, or what is wrong with them."""
    root = _root(location)
    model, own = ROOTS[str(root[0])], location[len(root) :]
    holders: list[Part] = []
    faults: list[Fault] = []
    for index, key in enumerate(keys):
        place = (*location, KEYS, index, "v")
        try:
            holders.append(model.model_validate(_at(replaced(plain, location, key["v"]), root)))
        except ValidationError as error:
            for problem in problems_of(error, model):
                if problem.location[: len(own)] == own:  # what else is wrong there is told for the whole scene
                    faults.append(_fault((*place, *problem.location[len(own) :]), problem.sentence, key["v"]))
            continue
        faults += [_fault(place, sentence, key["v"]) for sentence in _unmoved(holders, location)]
    return holders, faults


def _unmoved(holders: Sequence[Part], location: Location) -> Iterator[str]:
    """Gives why the last of the values of a track has no place in it."""
    own = location[len(_root(location)) :]
    name, first, value = _field(holders[0], own)[1], _at(holders[0], own), _at(holders[-1], own)
    kind = type_of(value)
    if kind == "whole" or _is_chosen_once(holders[0], own):
        yield f"{name} does not change in time; {MOVING}"
    elif kind == "word" and value == "auto":
        yield "auto is chosen once for a shot and cannot be a key; write a number"
    elif kind == "word" and location[0] == "shots":
        yield f"{name} is chosen once for a shot; {MOVING}"
    elif type_of(first) != kind and "number" in (kind, type_of(first)):
        yield f"{show(value)} and {show(first)} cannot be blended; write values of one kind"


def _field(holder: Part, location: Location) -> tuple[Part, str]:
    """Returns the part that holds a field, and the field's name; of an item in a row, those of the row."""
    length = next(n for n in range(len(location), 0, -1) if isinstance(_at(holder, location[: n - 1]), Part))
    return _at(holder, location[: length - 1]), str(location[length - 1])


def _is_chosen_once(holder: Part, location: Location) -> bool:
    """Whether a field on the way to a location says so."""
    fields = [_field(holder, location[:end]) for end in range(1, len(location) + 1)]
    return any(nature_of(part, name).blending is Blending.ONCE for part, name in fields)


def _at(holder: Any, location: Location) -> Any:
    for step in location:
        holder = getattr(holder, str(step)) if isinstance(holder, Part) else holder[step]
    return holder
