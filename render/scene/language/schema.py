"""The JSON schema of scene files, for editors that complete and check them.

`python -m render.scene.language.schema > assets/scene.schema.json` writes the copy that scenes point at.
"""

from __future__ import annotations

import json
from typing import Any

from render.scene.language.moving import with_tracks
from render.scene.language.referring import with_references
from render.scene.spec import Scene


def models_schema() -> dict[str, Any]:
    """Returns the schema of the values that a scene has at one moment, with its references put in."""
    return Scene.model_json_schema(mode="validation")


def scene_schema() -> dict[str, Any]:
    """Returns the schema of a scene as a file may have it, JSON Schema draft 2020-12."""
    schema = models_schema()
    with_tracks(schema)
    with_references(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    print(json.dumps(scene_schema(), indent=1, ensure_ascii=False))
