"""The plan: what a scene still lacks, about how long that takes on this machine, and how much disk it needs.

Points per second are timed on the scene's own network, untrained, for a moment; of an adaptive surface only the points
are counted that it needs at least. What pictures take follows from what they show, and from what this machine took.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from render.progress import Reporter
from render.upkeep import prints
from render.works.bench import Bench
from render.works.drawing_cost import export_charge
from render.works.of_scene import works_of
from render.works.order import Order
from render.works.paces import Paces
from render.works.work import Finding, Item, together


@dataclass(frozen=True)
class Plan:
    """Everything that is missing of a scene."""

    items: tuple[Item, ...]

    def as_dict(self) -> dict[str, Any]:
        """Returns the plan for JSON."""
        return {
            "missing": [vars(item) for item in self.items],
            "seconds": sum(item.seconds for item in self.items),
            "megabytes": sum(item.megabytes for item in self.items),
        }

    def as_text(self) -> str:
        """Returns the plan for a person."""
        if not self.items:
            return "  nothing is missing"
        lines = [
            f"  {item.what}: {item.amount:,} {item.unit}, about {_minutes(item.seconds)}, {item.megabytes:,.1f} MB"
            for item in self.items
        ]
        total = self.as_dict()
        return "\n".join([*lines, f"  in all about {_minutes(total['seconds'])}, {total['megabytes']:,.1f} MB of disk"])


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.1f} min"


def plan_of(order: Order, besides: Iterable[Finding] = ()) -> Plan:
    """Returns what is missing of a scene, and of what was made of it beside what it asks for."""
    missing = together(work.left() for work in Bench(Reporter.silent()).lacking(works_of(order)))
    anew = (_anew(order, finding) for finding in besides if finding.state != "whole")
    return Plan((*missing, *anew))


def _anew(order: Order, finding: Finding) -> Item:
    """Returns what was made once, and would have to be made anew to be of its scene."""
    path, work = Path(finding.path), prints.work_of(order, finding)
    megabytes = path.stat().st_size / 1e6 if path.is_file() else 0.0
    seconds = work.left().seconds if work else Paces.of(order.output).charged(export_charge(megabytes))
    return Item(f"{finding.kind} {finding.name} ({finding.state})", 1, "file", seconds, megabytes)
