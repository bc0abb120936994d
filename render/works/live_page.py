"""The live page of a scene that is being composed: its terrains, which follow the scene's file.

A page of a disk may load scripts and nothing else, so it asks for one again and again that says what is to be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from render.site import pages
from render.site.exhibit import Prospect, address
from render.site.facts import alternative_of
from render.site.markup import TEMPLATES, as_script
from render.storage.files import content_key
from render.works.file import KeptFile
from render.works.gallery_work import write_parts, write_text
from render.works.order import Order
from render.works.view_work import ViewWork

FOLLOWING = "following.js"


def write_live(order: Order, views: Sequence[ViewWork], made: Sequence[KeptFile]) -> Path:
    """Writes the page of a scene's views, which lies beside them, and what they are now; returns the page."""
    folder = order.output / "views"
    page, now = folder / f"{address(order.stem)}{order.suffix}.html", f"{address(order.stem)}{order.suffix}.now.js"
    text = pages.live(order.scene.title, list(_prospects(order, views)), now)
    if not page.is_file() or page.read_text(encoding="utf-8") != text:
        write_parts(folder / "assets")
        write_text(folder / "assets" / FOLLOWING, (TEMPLATES / FOLLOWING).read_text(encoding="utf-8"))
        write_text(page, text)
    mark = {"page": content_key({"text": text})[:16], "data": content_key({"keys": [each.key for each in made]})[:16]}
    write_text(folder / now, f"thalweg.now({as_script(mark)});\n")
    return page


def _prospects(order: Order, views: Sequence[ViewWork]) -> list[Prospect]:
    scene = order.scene
    found = []
    for work in views:
        alternative = f"The terrain to turn. {alternative_of(scene.title, {}, scene.look.body)}"
        found.append(Prospect(work.file, work.called, work.aspect, alternative))
    return found
