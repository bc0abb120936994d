"""Frames as times: text such as "120f" in the plain data of a scene, made seconds at the scene's frame rate.

The rate is the scene's own fps, or that of its films where they agree. Where there is none, the text stays as it is,
and is refused where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, get_args, get_origin

from render.scene.duration import counted, is_duration
from render.scene.framerate import frame_rate
from render.scene.language.anatomy import child_of, is_model, is_union
from render.scene.time.lifting import KEYS, is_track

USUAL = Fraction(30)  # of a film that says no rate


def with_rates(data: Any) -> Any:
    """Returns the plain data of a scene in which films without a rate have the scene's."""
    if not isinstance(data, Mapping) or not isinstance(data.get("films"), Mapping) or not _is_rate(data.get("fps")):
        return data
    films = {
        name: {"fps": data["fps"], **film} if isinstance(film, Mapping) else film
        for name, film in data["films"].items()
    }
    return {**data, "films": films}


def _is_rate(value: Any) -> bool:
    try:
        return bool(frame_rate(value))
    except ValueError:  # which is complained of where it stands
        return False


def rate_of(data: Mapping[str, Any]) -> Fraction | None:
    """Returns the frame rate of the plain data of a scene, or None where it has none, or several."""
    own, films = data.get("fps"), data.get("films")
    said = [own] if own is not None else _said(films) if isinstance(films, Mapping) else []
    rates = {frame_rate(each) if _is_rate(each) else None for each in said}
    return rates.pop() if len(rates) == 1 else None


def _said(films: Mapping[str, Any]) -> list[Any]:
    return [film.get("fps", USUAL) for film in films.values() if isinstance(film, Mapping)]


def in_seconds(root: Any, data: Any) -> Any:
    """Returns the plain data of a scene, whose type is the root, with times that count frames in seconds."""
    rate = rate_of(data) if isinstance(data, Mapping) else None
    return data if rate is None else _in_seconds(root, (), data, rate)


def _in_seconds(kind: Any, metadata: Any, data: Any, rate: Fraction) -> Any:
    kind, metadata = _opened(kind, metadata)
    if is_track(data):
        return {KEYS: [_key_in_seconds(key, rate) for key in data[KEYS]]}
    if is_union(kind):
        for member in get_args(kind):
            data = _in_seconds(member, (), data, rate) if _may_be(member, data) else data
        return data
    if isinstance(data, Mapping):
        return {key: _child(kind, key, value, rate) for key, value in data.items()}
    if isinstance(data, list):
        return [_child(kind, index, value, rate) for index, value in enumerate(data)]
    return counted(data, rate) if is_duration(metadata) else data


def _key_in_seconds(key: Any, rate: Fraction) -> Any:
    return {**key, "t": counted(key["t"], rate)} if isinstance(key, Mapping) and "t" in key else key


def _child(kind: Any, step: str | int, value: Any, rate: Fraction) -> Any:
    found = kind.model_fields.get(step) if is_model(kind) else None
    if found:
        return _in_seconds(found.annotation, found.metadata, value, rate)
    return value if is_model(kind) else _in_seconds(child_of(kind, step), (), value, rate)


def _may_be(member: Any, data: Any) -> bool:
    """Whether data may be of a member of a union, by the kind that they say."""
    model, _ = _opened(member, ())
    said = data.get("kind") if isinstance(data, Mapping) else None
    own = model.model_fields.get("kind") if is_model(model) else None
    return said is None or own is None or own.default == said


def _opened(kind: Any, metadata: Any) -> tuple[Any, list[Any]]:
    """Returns a type without metadata and without None, and its metadata."""
    if get_origin(kind) is Annotated:
        inner, *further = get_args(kind)
        return _opened(inner, [*metadata, *further])
    some = [member for member in get_args(kind) if member is not type(None)] if is_union(kind) else []
    return _opened(some[0], metadata) if len(some) == 1 else (kind, [*metadata])
