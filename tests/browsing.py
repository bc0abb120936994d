"""A browser without a window, and what a page does in it: what it asks for, what it complains of, what it shows."""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import REQUIRED

SOFTWARE = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # three dimensions without a graphics card
LACKING = "chromium or the package playwright was not found; `apt install chromium` and the extra test bring them"
DRAWN = """name => { const viewer = thalweg.viewers()[0]; viewer.drawNow(); return viewer.canvas.toDataURL(); }"""


def chromium() -> str:
    """Returns the path of the browser; skips where there is none, and fails where one is required."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        path = None
    if path is None:
        if "browser" in REQUIRED:
            pytest.fail(f"THALWEG_REQUIRE names browser, but {LACKING}")
        pytest.skip(LACKING)
    return path


@contextmanager
def started() -> Iterator[Any]:
    """Gives a browser."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        options = [*SOFTWARE, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = driver.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that is open, with everything that it has asked for and complained of."""

    page: Any
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def draw(self) -> np.ndarray:
        """Returns what the first view of the page shows now, (H, W, 4) uint8."""
        return pixels_of(self.page.evaluate(DRAWN, ""))

    def ready(self) -> Visit:
        """Returns it once its first terrain is drawn."""
        self.page.locator("[data-terrain]").first.scroll_into_view_if_needed()
        self.page.wait_for_selector("[data-terrain].ready", timeout=30_000)
        return self

    def part(self, name: str) -> Any:
        """Returns a part of the first view, by its name."""
        return self.page.locator(f'[data-terrain] [data-part="{name}"]').first


def pixels_of(url: str) -> np.ndarray:
    """Returns the pixels of a picture in an address of data."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))


@contextmanager
def visiting(browser: Any, path: Path, **options: Any) -> Iterator[Visit]:
    """Gives a page of a disk."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    visit = Visit(context.new_page())
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("requestfailed", lambda request: visit.said.append(f"{request.url}: {request.failure}"))
    visit.page.on("console", lambda told: visit.said.append(told.text) if told.type in ("error", "warning") else None)
    visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
    visit.page.on("dialog", lambda dialog: (visit.said.append(dialog.message), dialog.dismiss()))
    visit.page.goto(path.as_uri())
    yield visit
    context.close()


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the share of two silhouettes (H, W) bool that both have."""
    return float((one & other).sum() / (one | other).sum())
