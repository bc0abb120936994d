"""Fetching a file: taken up where it was interrupted, checked by its hash, whole or absent under its own name.

The part that is there lies beside it as <name>.part, with <name>.part.tag to tell whether the server still has the
same file (RFC 9110, range requests with If-Range).
"""

from __future__ import annotations

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from render.data.sources import Remote
from render.errors import DataError
from render.storage.files import disk_errors

BLOCK = 2**16  # bytes that are read at once
STALL = 60.0  # seconds without a byte
TRIES = 4
PAUSE = 1.0  # seconds before the second try; doubled each time
MOST_REDIRECTS = 5


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, but none from https to anything less."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise DataError(f"{req.full_url}: leads to {newurl}, which is not encrypted; it was not followed")
        if not newurl.startswith(("https:", "http:")):
            raise DataError(f"{req.full_url}: leads to {newurl}, which is no web address; it was not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(remote: Remote, target: Path, advance: Callable[[int], None] = lambda count: None) -> Path:
    """Returns target after fetching it, or at once where it is there and whole.

    Raises DataError where the server cannot be reached or gives other bytes than the hash says; what a try has
    fetched is kept for the next one. advance is told of every byte.
    """
    if target.is_file() and md5_of(target) == remote.md5:
        advance(target.stat().st_size)
        return target
    part = target.with_name(f"{target.name}.part")
    with disk_errors(target, "--data"):
        target.parent.mkdir(parents=True, exist_ok=True)
    _complete(remote, part, advance)
    found = md5_of(part)
    if found != remote.md5:
        _forget(part)
        raise DataError(f"{remote.url}: has the MD5 {found}, {remote.md5} is right; it was removed, fetch it again")
    with disk_errors(target, "--data"):
        part.replace(target)
    _forget(part)
    return target


def _complete(remote: Remote, part: Path, advance: Callable[[int], None]) -> None:
    """Fetches what is missing of a part, trying again after a failure; told is how much was told of so far."""
    pause, told = PAUSE, 0
    for tries_left in reversed(range(TRIES)):
        try:
            for count in _stream(remote, part):
                if count > told:
                    advance(count - told)
                    told = count
            return
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            refused = isinstance(error, urllib.error.HTTPError) and 400 <= error.code < 500
            if refused or not tries_left:
                kept = f"; {part.stat().st_size:,} bytes are kept for the next try" if part.is_file() else ""
                raise DataError(f"{remote.url}: cannot be fetched ({reason}){kept}") from error
        time.sleep(pause)
        pause *= 2


def _stream(remote: Remote, part: Path) -> Any:
    """Gives the size of a part as it grows until it is whole."""
    have, tag = _have(part)
    request = urllib.request.Request(remote.url, headers={"User-Agent": "thalweg"})
    if have and tag:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag)
    try:
        answer = urllib.request.build_opener(_Redirects).open(request, timeout=STALL)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:  # everything asked for lies behind the end
            raise
        _forget(part)
        yield from _stream(remote, part)
        return
    with answer:
        goes_on = answer.status == 206
        have = have if goes_on else 0
        expected = have + (answer.length or 0)  # 0 where the server does not say
        with disk_errors(part, "--data"), part.open("ab" if goes_on else "wb") as file:
            _keep_tag(part, answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")
            yield have
            while block := answer.read1(BLOCK):
                file.write(block)
                have += len(block)
                yield have
    if have < expected:
        raise http.client.IncompleteRead(b"", expected - have)


def _have(part: Path) -> tuple[int, str]:
    tag = _tag_file(part)
    if not part.is_file() or not tag.is_file():
        return 0, ""
    return part.stat().st_size, tag.read_text(encoding="utf-8")


def _keep_tag(part: Path, tag: str) -> None:
    strong = "" if tag.startswith("W/") else tag
    with disk_errors(part, "--data"):
        _tag_file(part).write_text(strong, encoding="utf-8")


def _tag_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.tag")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag_file(part).unlink(missing_ok=True)


def md5_of(path: Path) -> str:
    """Returns the MD5 of a file's bytes, as it is published."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
