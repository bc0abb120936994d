"""A part of a scene with another value at one of its keys."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from render.scene.language.nearest import nearest
from render.scene.language.problem import problems_of
from render.scene.part import Part, refusal


def varied(part: Part, key: str, value: Any, at_key: tuple[str | int, ...], at_value: tuple[str | int, ...]) -> Any:
    """Returns a part with another value at a key, such as network.width; raises ValidationError where it has none.

    at_key, at_value: where in the scene the two are written.
    """
    plain = part.model_dump(mode="json", exclude_unset=True)
    steps = key.split(".")
    holder: Any = plain
    whole: Any = part.model_dump(mode="json")
    for number, step in enumerate(steps):
        if not isinstance(whole, dict) or step not in whole:
            known = list(whole) if isinstance(whole, dict) else []
            remedy = nearest(step, known) if known else "it leads beyond a single value"
            raise refusal(((*at_key, "key"), key, f'"{step}" is not known; {remedy}'))
        whole = whole[step]
        if number == len(steps) - 1:
            holder[step] = value
        else:
            holder = holder.setdefault(step, whole)
    try:
        return type(part).model_validate(plain)
    except ValidationError as error:
        found = problems_of(error, type(part))[0]
        raise refusal((at_value, value, f"{'.'.join(map(str, found.location)) or key}: {found.sentence}")) from error
