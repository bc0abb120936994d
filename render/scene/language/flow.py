"""Values as YAML writes them: in one line, or over several."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

WIDEST = 1000  # letters of a line that is not broken


def flow(value: Any) -> str:
    """Returns a value in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return _dumped(_plain(value)).removesuffix("\n...").strip()


def block(value: Any) -> str:
    """Returns a value over several lines."""
    return _dumped(_plain(value))


def _dumped(value: Any) -> str:
    yaml = YAML(typ="rt")
    yaml.width = WIDEST
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue().strip()


def _plain(value: Any) -> Any:
    """Returns a value of mappings, lists and scalars that YAML knows, lists of scalars in one line."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        listed = CommentedSeq(map(_plain, value))
        if not any(isinstance(each, dict | list) for each in listed):
            listed.fa.set_flow_style()
        return listed
    if isinstance(value, Fraction) or (isinstance(value, float) and value.is_integer() and abs(value) < 1e6):
        return int(value) if value == int(value) else f"{value}"
    return DoubleQuotedScalarString(value) if isinstance(value, str) and value.startswith("#") else value
