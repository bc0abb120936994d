"""What the tests share: made-up surfaces, a scene that is quick to render, and what the machine must have."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: threads cost small pictures more than they save

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from render.stage.window import gl

ROOT = Path(__file__).resolve().parent.parent
SCENE = ROOT / "scenes" / "first-descent.yaml"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, with all they start
# The same examples everywhere, and as much time for each as a busy machine takes.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
REQUIRED = {name for name in os.environ.get("THALWEG_REQUIRE", "").split(",") if name}


@pytest.fixture(scope="session")
def graphics() -> None:
    """Skips where nothing can be drawn, since VTK would crash the whole session; fails where drawing is required."""
    if gl.probe() is None and not os.environ.get("DISPLAY"):
        if "gl" in REQUIRED:
            pytest.fail("THALWEG_REQUIRE names gl, but no OpenGL library was found")
        pytest.skip("no OpenGL library was found; `apt install libegl1 libgl1-mesa-dri` brings one")


@pytest.fixture
def crater() -> np.ndarray:
    """A made-up loss (90, 120): a valley with a ridge, positive everywhere."""
    y, x = np.mgrid[-1:1:90j, -1:1:120j]
    return (0.02 + x**2 + 2 * (y - 0.3 * np.sin(3 * x)) ** 2).astype(np.float32)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory) -> Iterator[None]:
    """Keeps what is cached out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THALWEG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Path:
    """An empty data folder, and a cache of its own."""
    monkeypatch.setenv("THALWEG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def pytest_addoption(parser):
    """One flag draws the golden frames anew."""
    parser.addoption("--regenerate", action="store_true", help="draw the golden frames anew")


def pytest_report_header():
    """Names what draws and whether kernels are compiled."""
    from render import compiler

    return f"OpenGL through {gl.probe() or 'nothing'}; kernels {compiler.strategy()}"
