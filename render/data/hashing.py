"""Hashes of files, remembered by size and time of change, so that thousands are hashed only once.

They are kept in the cache folder: a file that was changed in place within the clock's resolution and kept its size
would go unnoticed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from render.errors import DataError, MachineError
from render.storage.files import cache_folder, file_digest, replacing
from render.storage.records import read_json

_remembered: dict[str, str] = {}  # by what is known of all files without reading them


def digest_of(files: Sequence[str]) -> str:
    """Returns a hash of the names and the bytes of files; raises DataError where one cannot be read."""
    try:
        known = _known_of(files)
        if known not in _remembered:
            _remembered[known] = _kept(known) or _hash(files, known)
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror}); put the data there again") from error
    return _remembered[known]


def _known_of(files: Sequence[str]) -> str:
    """Returns a hash of what is known of files without reading them."""
    hashed = hashlib.sha256()
    for file in files:
        state = os.stat(file)  # noqa: PTH116  (to make ten thousand paths takes longer than all calls)
        hashed.update(f"{file}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return hashed.hexdigest()


def _place(known: str) -> Path:
    return cache_folder() / "hashes" / f"{known[:32]}.json"


def _kept(known: str) -> str | None:
    kept = read_json(_place(known))
    return str(kept["digest"]) if isinstance(kept, dict) and kept.get("known") == known else None


def _hash(files: Sequence[str], known: str) -> str:
    hashed = hashlib.sha256()
    base = os.path.commonpath([Path(file).parent for file in files]) if files else ""
    for file in files:
        hashed.update(f"{os.path.relpath(file, base)}\0{file_digest(Path(file))}\n".encode())
    digest = hashed.hexdigest()
    with contextlib.suppress(OSError, MachineError), replacing(_place(known)) as temporary:
        temporary.write_text(json.dumps({"known": known, "digest": digest}), encoding="utf-8")
    return digest
