"""Answers: what a command says of the works that it was asked for, for a person."""

from __future__ import annotations

from typing import Any


def answer_of(result: dict[str, Any]) -> str:
    """Returns what became of a work, on one line."""
    unchanged = " (unchanged)" if result.get("reused") and not result.get("ready") else ""
    return f"{result['kind']} {result['name']}: {result['path']}{_scores(result)}{_held(result)}{unchanged}"


def _held(result: dict[str, Any]) -> str:
    """Returns what a file of a ready surface holds, in words."""
    if "points" not in result:
        return ""
    columns, rows = result["points"]
    return "".join([f", {columns:,} × {rows:,} of {result['value']}", *(f"; {note}" for note in result["notes"])])


def _scores(result: dict[str, Any]) -> str:
    """Returns what a run has learnt, in words."""
    shares = [(part, result.get(part, {}).get("accuracy")) for part in ("train", "test")]
    return "".join(f", {part} accuracy {100 * share:.2f} %" for part, share in shares if share is not None)
