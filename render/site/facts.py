"""Facts: what the record of a work says of its data, points, error and time, as a page tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from render.film.words.figures import format_loss

LOST = (("interpolated", "interpolated"), ("diverged", "diverged"), ("no_data", "without data"))


def facts_of(
    records: Mapping[str, dict[str, Any]], seconds: Mapping[str, float]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Returns what there is to say of surfaces, by name, and of the seconds that pictures took: headings, facts."""
    found = [(name if len(records) > 1 else "", tuple(_of_surface(record))) for name, record in records.items()]
    times = ", ".join(f"{what} {_duration(each)}" for what, each in seconds.items())
    return (*found, ("", (("Time", times),))) if times else tuple(found)


def _of_surface(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    run, objective = record.get("run"), record.get("objective")
    if "source" in record:
        yield "Source", f"{record['source']['value']} from {record['source']['file']}"
    if run:
        yield "Data", _data(run, objective)
        yield "Network", f"{run['network']}, {run['parameters']:,} parameters"
        yield "Training", run["training"]
        learnt = [f"{part} {100 * run[part]['accuracy']:.1f} %" for part in ("train", "test") if _learnt(run, part)]
        if learnt:
            yield "Accuracy", ", ".join(learnt)
    yield "Points", points_of(record)
    if record.get("loss"):
        yield "Loss", " to ".join(map(format_loss, record["loss"]))
    yield from _errors(record)
    if record.get("path", {}).get("largest_distance"):
        yield (
            "Path",
            f"{record['path']['points']:,} steps, {record['path']['largest_distance']:.3g} off the plane at most",
        )


def _learnt(run: dict[str, Any], part: str) -> bool:
    return isinstance(run.get(part), dict) and run[part].get("accuracy") is not None


def _data(run: dict[str, Any], objective: dict[str, Any] | None) -> str:
    if not objective:
        return str(run["data"])
    return f"{run['data']}, {objective['loss']} on {objective['examples']:,} {objective['split']} examples"


def points_of(record: dict[str, Any]) -> str:
    """Returns the points of a surface, and how they came about."""
    counts, by = record.get("counts", {}), " × ".join(f"{count:,}" for count in record["points"])
    lost = [f"{counts[kind]:,} {said}" for kind, said in LOST if counts.get(kind)]
    all_of_them = "all given" if "source" in record else "all measured"
    kept = "given" if "source" in record else "measured"
    return ", ".join([by, *([f"{counts.get('measured', 0):,} {kept}", *lost] if lost else [all_of_them])])


def _errors(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Gives how far the heights may be off, where that was measured."""
    spread, checked = record.get("standard_error"), record.get("adaptive")
    if spread:
        cells = f"at {spread['cells']:,} points"
        yield (
            "Standard error",
            f"{spread['median']:.2g} of the loss in the middle, {spread['largest']:.2g} most, {cells}",
        )
    if isinstance(checked, dict) and checked.get("held_out"):
        held = f"at {checked['held_out']:,} points held out"
        yield "Filled points", f"off by {checked['error']:.2g} of the range {held}, of {checked['tolerance']:g} allowed"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s" if seconds < 10 else f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def alternative_of(title: str, records: Mapping[str, dict[str, Any]], body: str) -> str:
    """Returns what a picture of a terrain shows, for who does not see it: written from its record."""
    return " ".join([f"{title}:", *[_seen(name, record, body, len(records)) for name, record in records.items()]])


def _seen(name: str, record: dict[str, Any], body: str, count: int) -> str:
    run, shape = (
        record.get("run"),
        {"block": "a block", "disc": "a disc", "points": "points of light"}.get(body, "a sheet"),
    )
    of = f" of {run['network']} on {run['data']}" if run else ""
    called = f"{name}, {shape}" if count > 1 else shape
    low = (
        f" from {format_loss(record['loss'][0])} in the depth to {format_loss(record['loss'][1])}"
        if record.get("loss")
        else ""
    )
    ends = record.get("path", {}).get("true_loss")
    way = (
        f", and on it the path of a training from loss {format_loss(ends[0])} to {format_loss(ends[1])}"
        if _known(ends)
        else ""
    )
    return f"{called} of terrain whose height is the loss{of} at {points_of(record)} points,{low}{way}.".replace(
        ",  ", ", "
    )


def _known(ends: Sequence[float | None] | None) -> bool:
    return bool(ends) and all(end is not None for end in ends or ())
