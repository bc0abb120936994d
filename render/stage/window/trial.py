"""A trial: one small frame, drawn to see whether this machine can, and what draws it.

    python -m render.stage.window.trial

prints what was found as JSON. It runs in a process of its own, since a broken driver ends the process it is used in.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from render.scene.look import Look
from render.stage import camera
from render.stage.body import relief
from render.stage.cast import Placed
from render.stage.light.bake import Sun
from render.stage.stage import Stage

SIZE = (160, 90)


def draw() -> dict[str, Any]:
    """Returns what drew a frame, and the largest difference between two codes of it, which is 0 where all is one grey.

    Raises MachineError where no library is there, or the frame came back empty.
    """
    y, x = np.mgrid[-1:1:60j, -1:1:80j]
    loss = (0.02 + x**2 + 2 * (y - 0.3 * np.sin(3 * x)) ** 2).astype(np.float32)
    look = Look.model_validate({"name": "ember"})
    stage = Stage([Placed(relief.make(loss, look.steps, 0.75))], look.resolved, Sun(120, 28, 2), SIZE, 1)
    try:
        stage.show_paths([[]])
        pixels = stage.photograph(camera.standing(200, 42, 1.35, np.array([0, 0, 0.06]), 30), 1)
        return {**stage.graphics, "contrast": int(np.ptp(pixels))}
    finally:
        stage.close()


if __name__ == "__main__":
    print(json.dumps(draw()))
