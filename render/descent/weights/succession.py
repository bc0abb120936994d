"""The succession of checkpoints: the order of files, and the steps that their names tell of.

Names like step=1200, epoch=3 or checkpoint-500/model.safetensors say when a checkpoint was saved. A number that does
not say when, such as a loss or a depth, is left alone: only the one number in which all names differ counts.
"""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

from render.errors import DataError

NUMBER = re.compile(r"\d+")
MARKS = (
    re.compile(r"(?:step|iter|iteration)s?[=_-]?(\d+)", re.IGNORECASE),
    re.compile(r"(?:epoch|ep)[=_-]?(\d+)", re.IGNORECASE),
)


def checkpoints_of(pattern: str) -> list[Path]:
    """Returns the files of a pattern, the earliest first.

    Raises DataError where none is there, one has no place among the others, or two have the same place.
    """
    found = sorted(map(Path, _matches(os.path.expanduser(pattern))))  # noqa: PTH111  (a path would change the pattern)
    if not found:
        raise DataError(f"--checkpoints {pattern}: {_why_none(pattern)}")
    names = _names(found)
    bare = [path for path, name in zip(found, names, strict=True) if not NUMBER.search(name)]
    if 0 < len(bare) < len(found):
        raise DataError(
            f"{min(bare)}: has no number to say when it was saved, though others have; rename it, such as "
            f"step=1200{bare[0].suffix}, or leave it out of the pattern"
        )
    _refuse_mixed_marks(found, names)
    told = _told(names)
    _refuse_twins(found, told)
    places = told or [0] * len(found)
    order = sorted(range(len(found)), key=lambda index: (places[index], _natural(names[index])))
    return [found[index] for index in order]


def _refuse_mixed_marks(paths: Sequence[Path], names: Sequence[str]) -> None:
    """Raises DataError where some names tell a step and others an epoch only, since their numbers are not of a kind."""
    step, epoch = ([bool(mark.search(name)) for name in names] for mark in MARKS)
    if any(step) and not all(step) and any(epoch):
        one, other = paths[step.index(True)], paths[step.index(False)]
        raise DataError(f"{one} tells its step, {other} does not; give all names one kind of number, such as step=1200")


def _refuse_twins(paths: Sequence[Path], told: Sequence[int] | None) -> None:
    """Raises DataError where two were saved at the same step, as those of two runs are: one path would mix them."""
    first: dict[int, Path] = {}
    for path, step in zip(paths, told or [], strict=False):
        if step in first:
            raise DataError(
                f"{first[step]} and {path}: are both of step {step}; name the checkpoints of one run, each of them once"
            )
        first[step] = path


def _matches(pattern: str) -> list[str]:
    """Returns the files of a pattern; brackets that stand in the names of files are taken as they are."""
    found = glob.glob(_literal(pattern), recursive=True)  # noqa: PTH207  (it may be absolute)
    if found or "[" not in pattern:
        return found
    return glob.glob(pattern.replace("[", "[[]"), recursive=True)  # noqa: PTH207


def _literal(pattern: str) -> str:
    """Returns a pattern in which each folder or file with brackets that is there under this very name stands for it."""
    parts: list[str] = []
    for part in pattern.split("/"):
        whole = "/".join([*parts, part])
        named = "[" in part and os.path.exists(whole.replace("[[]", "["))  # noqa: PTH110
        parts.append(part.replace("[[]", "[").replace("[", "[[]") if named else part)
    return "/".join(parts)


def _why_none(pattern: str) -> str:
    """Returns why a pattern has no files, and what to do."""
    if "[" in pattern:
        return (
            "no file is there, neither of this name nor where [ and ] hold letters to choose from; "
            "for a bracket itself write [[]"
        )
    if not glob.has_magic(pattern):
        return "no file is there; name one, or a pattern in quotes, such as 'run/*.safetensors'"
    outer = pattern[: pattern.index("*") if "*" in pattern else pattern.index("?")].rpartition("/")[0]
    if outer and not Path(outer).expanduser().is_dir():
        return f"there is no folder {outer}; a pattern begins in the working directory"
    return f"no file in {outer or 'the working directory'} has such a name; mend the pattern"


def steps_of(paths: Sequence[Path]) -> list[int]:
    """Returns the steps that names tell of, where all do and they rise; else 0, 1, 2 and so on."""
    told = _told(_names(paths))
    rising = told is not None and all(a < b for a, b in itertools.pairwise(told))
    return told if told is not None and rising else list(range(len(paths)))


def _names(paths: Sequence[Path]) -> list[str]:
    """Returns what tells paths apart: each from the folder on that all are in."""
    common = os.path.commonpath([path.parent for path in paths])
    return [path.relative_to(common).as_posix() for path in paths]


def _told(names: Sequence[str]) -> list[int] | None:
    """Returns the number of each name that says when it was saved, or None where they do not agree on one."""
    for mark in MARKS:
        numbers = [mark.findall(name) for name in names]
        if all(numbers):
            return [int(found[-1]) for found in numbers]
    rows = [NUMBER.findall(name) for name in names]
    if len({len(row) for row in rows}) != 1:
        return None
    columns = list(zip(*rows, strict=True))
    telling = [column for column in columns if len(set(column)) > 1] or columns[-1:]
    return [int(number) for number in telling[0]] if len(telling) == 1 else None


def _natural(name: str) -> list[str | int]:
    """Returns a key that sorts 9 before 10."""
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)]
