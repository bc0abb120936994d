"""The command line: `app` holds the commands, one file for each family of them."""

from __future__ import annotations

from render.cli import composing, datasets, exchange, language, scenes, showing, upkeep  # noqa: F401  (they register their commands)
from render.cli.app import app

__all__ = ["app"]
