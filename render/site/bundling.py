"""Bundling: the two modules of three.js as one classic script, which a page may load from a disk.

A browser refuses `import` between files of a disk. A module becomes a function: what it imports are its arguments, and
what it exports is the object that it returns. The script sets one global, THREE.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"
NAMES = r"\{([^}]*)\}"
IMPORTS = re.compile(rf'import\s*{NAMES}\s*from\s*"\./three\.core\.min\.js";?')
PASSES_ON = re.compile(rf'export\s*{NAMES}\s*from\s*"\./three\.core\.min\.js";?')
EXPORTS = re.compile(rf"export\s*{NAMES};?\s*$")


@functools.cache
def three() -> str:
    """Returns three.js as a classic script."""
    core, renderer = ((VENDOR / f"three.{name}.min.js").read_text(encoding="utf-8") for name in ("core", "module"))
    renderer = PASSES_ON.sub("", renderer)  # what it passes on is in the core anyway
    taken = IMPORTS.search(renderer)
    assert taken is not None
    renderer = f"const {{{_renamed(taken[1], ':')}}}=core;{IMPORTS.sub('', renderer)}"
    functions = f"const core=(()=>{{{_returning(core)}}})(),made=(core=>{{{_returning(renderer)}}})(core);"
    return f'var THREE=(()=>{{"use strict";{functions}return {{...core,...made}}}})();\n'


def _returning(module: str) -> str:
    """Returns the body of a function that returns what a module exports."""
    given = EXPORTS.search(module)
    assert given is not None
    parts = (entry.partition(" as ") for entry in given[1].split(","))
    pairs = (f"{alias.strip() or name.strip()}:{name.strip()}" for name, _, alias in parts)
    return f"{EXPORTS.sub('', module)}\nreturn {{{','.join(pairs)}}};"


def _renamed(names: str, sign: str) -> str:
    """Returns the names of an import with a sign between what is taken and what it is called."""
    return ",".join(sign.join(part.strip() for part in entry.split(" as ")) for entry in names.split(","))
