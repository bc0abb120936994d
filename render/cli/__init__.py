"""The command line: `app` holds the commands, one file for each family of them."""

from __future__ import annotations

import signal

from render.cli import data, exchange, scenes, upkeep  # noqa: F401  (they register their commands)
from render.cli.app import app

__all__ = ["app", "main"]


def main() -> None:
    """Runs the command line; being asked to end is treated like Ctrl-C, so that what is in flight is put away."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
