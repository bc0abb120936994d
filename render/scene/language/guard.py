"""The guard: looks through the events of a YAML text before anything is built of them.

It refuses what is no plain data (tags), what multiplies (aliases of aliases), and what is too deep to recurse into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
)

from render.scene.language.place import Mark

MOST_NODES = 10_000  # with every alias written out
MOST_DEPTH = 100
CORE = "tag:yaml.org,2002:"
PLAIN = {None, "!", *(CORE + name for name in ("null", "bool", "int", "float", "str", "seq", "map"))}

MarkedFault = tuple[Mark, str]


def faults(events: Iterable[Event]) -> Iterator[MarkedFault]:
    """Gives what is wrong with a stream of events; stops reading where it would get out of hand."""
    count = 0
    sizes: dict[str, int] = {}  # nodes under each anchor
    within: list[tuple[str | None, int]] = []  # anchor of each open collection, and the count before it
    for event in events:
        yield from _foreign(event)
        if isinstance(event, AliasEvent):
            count += sizes.get(event.anchor, 1)
        elif isinstance(event, CollectionEndEvent):
            anchor, before = within.pop()
            sizes |= {anchor: count - before} if anchor else {}
        elif isinstance(event, NodeEvent):
            yield from _reused(event, sizes)
            sizes |= {event.anchor: 1} if event.anchor else {}
            within += [(event.anchor, count)] if isinstance(event, CollectionStartEvent) else []
            count += 1
        excess = _excess(event, count, within)
        if excess:
            yield event.start_mark, excess
            return


def _foreign(event: Event) -> Iterator[MarkedFault]:
    """Gives the fault of an event that asks for more than plain data of YAML 1.2."""
    if isinstance(event, DocumentStartEvent) and event.version not in (None, (1, 2)):
        yield event.start_mark, "asks for another version of YAML; scenes are YAML 1.2, so leave %YAML out"
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag not in PLAIN:
        tag = str(event.tag).replace(CORE, "!!")
        yield event.start_mark, f"the tag {tag} is not plain data; a scene names no objects, so remove it"


def _reused(event: NodeEvent, sizes: dict[str, int]) -> Iterator[MarkedFault]:
    if event.anchor in sizes:
        yield event.start_mark, f"the anchor &{event.anchor} is set twice; give this one another name"


def _excess(event: Event, count: int, within: list[tuple[str | None, int]]) -> str | None:
    if isinstance(event, AliasEvent) and any(event.anchor == anchor for anchor, _ in within):
        return f"the alias *{event.anchor} stands inside its own anchor; write the value out"
    if len(within) > MOST_DEPTH:
        return f"is nested deeper than {MOST_DEPTH} levels, which no scene needs"
    if count > MOST_NODES:
        return f"holds more than {MOST_NODES:,} values, aliases written out; no scene needs so many"
    return None
