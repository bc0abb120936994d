"""The errors that a user can meet, each with its exit code.

A message has the value, the rule and the remedy, in one sentence. Anything that is not one of these is our own
mistake and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MOST_SAID = 100  # problems of one scene; more help nobody


class ThalwegError(Exception):
    """Something that a user can set right, or has to know."""

    exit_code = 1

    def __init__(self, said: str, remedy: str = ""):
        """Takes what is wrong, and what to do about it, which ends the sentence; the first may hold both."""
        super().__init__(said, *([remedy] if remedy else []))  # all of it goes from process to process
        self.said, self.remedy = said, remedy

    def __str__(self) -> str:
        return f"{self.said}; {self.remedy}" if self.remedy else self.said


class UsageError(ThalwegError):
    """A command was called in a way that it does not understand."""

    exit_code = 2


class SceneError(ThalwegError):
    """A scene that cannot be used, with every problem that was found in it."""

    exit_code = 3

    def __init__(self, problems: Sequence[str]):
        self.problems = list(problems)
        more = len(self.problems) - MOST_SAID
        said = [*self.problems[:MOST_SAID], *([f"and {more:,} more problems"] if more > 0 else [])]
        super().__init__("\n".join(said))


class MachineError(ThalwegError):
    """The machine lacks something: a graphics library, an encoder, room on its disk."""

    exit_code = 4


class Partial(MachineError):
    """A share of the work is done as it was asked for, and the whole waits for those who do the rest."""

    exit_code = 0


class FramesError(ThalwegError):
    """Some frames of a film could not be drawn, though they were tried again; the others are there."""

    exit_code = 6

    def __init__(self, what: str, failed: Mapping[int, str], count: int):
        """Takes what was drawn, such as "film main", why each of some frames failed, and how many are asked for."""
        numbers = sorted(failed)
        named = ", ".join(map(str, numbers[:10])) + (" and more" if len(numbers) > 10 else "")
        said = f"{what}: {len(numbers):,} of {count:,} frames could not be drawn ({named}: {failed[numbers[0]]})"
        super().__init__(said, "the others are there; the same command tries these again")


class DataError(ThalwegError):
    """Data, a checkpoint or a stored result is absent or cannot be used."""

    exit_code = 5


class ModelError(DataError):
    """A function makes another network than the one that was imported: nothing is damaged, and nothing made again."""
