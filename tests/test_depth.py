"""How deep a network of one's own lies beneath a command: somebody who looks for it passes few frames in few files."""

from __future__ import annotations

import traceback
from collections import Counter

from torch import nn

from render.cli import app
from tests.conftest import ROOT, SCENE

FRAMES, FILES = 9, 6


def test_few_frames_lie_between_the_command_and_the_network_that_is_measured(tmp_path, monkeypatch):
    stacks: Counter[tuple[str, ...]] = Counter()
    forward = nn.Sequential.forward

    def seen(self, inputs):
        files = (frame.filename for frame in traceback.extract_stack())
        stacks[tuple(file for file in files if file.startswith(str(ROOT / "render")))] += 1
        return forward(self, inputs)

    monkeypatch.setattr(nn.Sequential, "forward", seen)
    settings = ["runs.main.training.steps=4", "surfaces.main.strategy=loop", "surfaces.main.points=[20, 20]"]
    words = [part for setting in settings for part in ("--set", setting)]
    app(["sample", str(SCENE), "--quality", "thumb", "--out", str(tmp_path), *words], standalone_mode=False)
    stack, times = stacks.most_common(1)[0]
    assert times >= 20 * 20
    assert len(stack) <= FRAMES and len(set(stack)) <= FILES, "\n".join(stack)
