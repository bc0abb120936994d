"""Averages of weights over a training, which trainers keep beside the model: EMA, SWA and their like.

They are known by the way to them in a file, such as ema, model_ema, state_dict_ema, swa_model or shadow_params; by the
counter n_averaged that torch.optim.swa_utils.AveragedModel keeps; and by current_model_state, beside which Lightning's
WeightAveraging puts the average in the model's own place.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
AVERAGES = {
    "ema": "EMA",
    **dict.fromkeys(("swa", "averaged", "average", "avg", "polyak", "shadow"), "averaged"),
}
IN_NAMES = {"ema", "swa"}  # words that tell it of a whole file; avg stands in names for scores too
THE_MODELS_OWN = {"online", "raw", "current", "backup", "collected"}  # beside an average, such as ema.online_model
AMBIGUOUS = {"averaged", "average", "avg", "shadow"}  # of an average beside one of BESIDE only; avg_pool is a layer
BESIDE = {
    "model", "weight", "weights", "state", "states", "dict", "param", "params", "parameters", "net", "network",
    "module", "student", "generator", "encoder",
}  # fmt: skip
COUNTERS = {"n_averaged", "num_updates", "decay", "initted", "step", "optimization_step"}  # that averages keep


def words_of(name: str) -> list[str]:
    """Returns the words of a name: model_ema, modelEma and EMACallback hold ema."""
    return [word.lower() for word in WORD.findall(name)]


def kind_of_part(part: str) -> str:
    """Returns what kind of average one part of a name tells of, or ""."""
    words = words_of(part)
    found = next((word for word in words if word in AVERAGES), "")
    if found in AMBIGUOUS and not {*words} <= AMBIGUOUS | BESIDE:
        return ""
    return AVERAGES.get(found, "")


def is_counted(sources: Collection[str], names: Collection[str]) -> bool:
    """Whether names in a file lie in what an AveragedModel holds: module beside n_averaged, whatever wraps both."""

    def lies(name: str) -> bool:
        parts = name.split(".")
        counters = (".".join([*parts[:place], "n_averaged"]) for place, part in enumerate(parts) if part == "module")
        return any(counter in names and counter not in sources for counter in counters)

    return bool(sources) and all(map(lies, sources))


def kind_of(prefix: str, names: Collection[str]) -> str:
    """Returns what kind of average lies under a prefix in a file of names: EMA, averaged, or "" for a model itself."""
    for part in reversed(prefix.split(".")):
        if THE_MODELS_OWN & {*words_of(part)}:
            return ""
        found = kind_of_part(part)
        if found:
            return found
    kept = any(name.startswith("current_model_state.") for name in names)
    return "averaged" if kept and prefix.split(".")[0] == "state_dict" else ""


def kind_by_name(path: Path) -> str:
    """Returns what kind of average a file is by its name, such as ema_0.9999_010000.pt, or ""."""
    return next((AVERAGES[word] for word in words_of(path.name) if word in IN_NAMES), "")
