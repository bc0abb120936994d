"""The JSON schema of scene files, for editors that complete and check them.

`python -m render.scene.language.schema > assets/scene.schema.json` writes the copy that scenes point at.
"""

from __future__ import annotations

import json
from typing import Any

from render.scene.language.moving import with_tracks
from render.scene.spec import Scene


def scene_schema() -> dict[str, Any]:
    """Returns the schema of a scene, JSON Schema draft 2020-12."""
    schema = Scene.model_json_schema(mode="validation")
    with_tracks(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    print(json.dumps(scene_schema(), indent=1, ensure_ascii=False))
