"""Records: JSON beside what was made, whole or absent, sealed so that no flipped bit is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from render.storage.files import content_key, replacing

SEAL = "seal"


def plain(value: Any) -> Any:
    """Returns value with None in place of every float that is not finite, which JSON cannot say."""
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path: Path, value: Any) -> None:
    """Writes value as JSON, whole or not at all; a float that is not finite becomes null."""
    with replacing(path) as temporary:
        temporary.write_text(_text(plain(value)), encoding="utf-8")


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> Any | None:
    """Returns the value of a JSON file, or None where there is no file that can be read as JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None


def write_record(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Writes a record with its seal; returns it as it will be read."""
    kept: dict[str, Any] = json.loads(json.dumps(plain(record), allow_nan=False))
    write_json(path, {**kept, SEAL: content_key(kept)})
    return kept


def read_record(path: Path, shape: Mapping[str, Any], key: str | None = None) -> dict[str, Any] | None:
    """Returns the record in a JSON file, or None where it is absent, damaged, of another key or of another shape.

    A shape names types, and shapes within it: {"key": str, "path": {"points": int}}.
    """
    record = read_json(path)
    if not isinstance(record, dict) or not _is_as_written(path, record):
        return None
    record = {name: value for name, value in record.items() if name != SEAL}
    return record if key in (None, record.get("key")) and _fits(record, shape) else None


def _is_as_written(path: Path, record: Mapping[str, Any]) -> bool:
    """Whether a record bears the seal of what it says, and a file has its very bytes: 1E5 is 1e5 with a flipped bit."""
    try:
        sealed = record.get(SEAL) == content_key({name: record[name] for name in record if name != SEAL})
        return bool(sealed) and path.read_bytes() == _text(record).encode()
    except ValueError:  # a number that is not finite, or half a character
        return False


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, Mapping):
        return isinstance(value, dict) and all(name in value and _fits(value[name], shape[name]) for name in shape)
    return isinstance(value, shape)
