"""A span: the fields from and to of a part. The first is a word of Python and cannot be declared as others are."""

from __future__ import annotations

from typing import Any

from pydantic import Field


def spanning(body: dict[str, Any], kind: Any, begin: tuple[Any, str], end: tuple[Any, str]) -> None:
    """Declares from and to in the body of a class, of one type, each with its default and its description."""
    for name, (default, description) in (("from", begin), ("to", end)):
        body["__annotations__"][name] = kind
        body[name] = Field(default=default, description=description)


def span_of(part: Any) -> tuple[Any, Any]:
    """Returns from and to of a part."""
    return getattr(part, "from"), part.to
