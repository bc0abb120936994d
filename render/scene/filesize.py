"""The size of a file: a number with its unit in a scene, bytes in the program."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

FILE_UNITS = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}  # bytes
LEAST, MOST = 10**3, 10**12  # bytes
FILE_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?(kB|MB|GB|KiB|MiB|GiB)", re.ASCII)


def file_bytes(value: Any) -> Any:
    """Returns a size in bytes; a whole number is bytes already. Raises ValueError where text is no size."""
    if not isinstance(value, str):
        return value
    match = FILE_SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError(f'"{value[:40]}" is not the size of a file; write it like 8MB, 500kB or 1.5GB')
    return round(float(match[1]) * FILE_UNITS[match[2]])


def told_bytes(count: float) -> str:
    """Returns bytes in words of three digits."""
    unit = next((unit for unit in ("GB", "MB", "kB") if count >= FILE_UNITS[unit]), "kB")
    return f"{count / FILE_UNITS[unit]:.3g} {unit}"


FileSize = Annotated[
    int,
    Field(ge=LEAST, le=MOST),
    BeforeValidator(file_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": LEAST, "maximum": MOST},
                {"type": "string", "pattern": f"^{FILE_SIZE.pattern}$"},
            ]
        }
    ),
]
