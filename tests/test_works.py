"""Works: each is found or made once, what nobody needs any more is let go, and nobody changes what is being read."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from render.errors import DataError, ModelError
from render.progress import Lines, Reporter
from render.scene.language.load import load
from render.scene.quality import apply_quality
from render.storage.files import idle
from render.works import film_work
from render.works.bench import Bench
from render.works.film_work import FilmWork
from render.works.order import Order
from tests.conftest import SCENE


@dataclass(frozen=True)
class Stub:
    """A work that keeps a word in a file."""

    path: Path
    key: str = "key"
    needs: tuple[Any, ...] = ()
    kind: str = "stub"
    again: str = "is made again"
    fault: Exception | None = None
    log: list[str] = field(default_factory=list, compare=False)

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def place(self) -> Path:
        return self.path

    def load(self) -> str | None:
        self.log.append("load")
        if self.fault:
            raise self.fault
        return self.path.read_text() if self.path.is_file() else None

    def look_ahead(self, say) -> float:
        self.log.append("look ahead")
        return 0.0

    def make(self, finished, reporter) -> str:
        self.log.append("make")
        assert not idle(self.place)  # nobody else makes it meanwhile
        self.path.write_text(f"{self.name} of {' '.join(finished)}")
        return self.path.read_text()


def test_a_work_is_made_after_what_it_needs_and_found_the_next_time(tmp_path):
    first = Stub(tmp_path / "a")
    second = Stub(tmp_path / "b", needs=(first,))
    assert Bench(Reporter.silent()).obtain(second) == "b of a of "
    assert (first.log, second.log) == (["load", "look ahead", "load", "make"],) * 2
    first.log.clear()
    second.log.clear()
    assert Bench(Reporter.silent()).obtain(second) == "b of a of "
    assert (first.log, second.log) == ([], ["load"])


def test_what_is_verified_once_in_a_command_is_not_read_again(tmp_path):
    work = Stub(tmp_path / "a")
    bench = Bench(Reporter.silent())
    assert bench.obtain(work) == bench.obtain(work) == bench.find(work) and work.log.count("make") == 1
    assert work.log.count("load") == 2


def test_a_work_that_was_asked_for_twice_was_there_the_second_time(tmp_path):
    works = [Stub(tmp_path / "a"), Stub(tmp_path / "a"), Stub(tmp_path / "b")]
    bench = Bench(Reporter.silent())
    assert [(bench.obtain(work), bench.was_there(work))[1] for work in works] == [False, True, False]


def test_what_no_later_work_needs_is_let_go(tmp_path):
    need = Stub(tmp_path / "need")
    works = [need, Stub(tmp_path / "a", needs=(need,)), Stub(tmp_path / "b")]
    bench, held = Bench(Reporter.silent()), []
    for number, work in enumerate(works, 1):
        bench.obtain(work)
        bench.let_go(works[number:])
        held.append(set(bench._finished))
    assert held == [{(need.path, "key")}, set(), set()]


def test_damage_is_said_and_made_again_but_not_where_that_cannot_be(tmp_path, capsys):
    said = io.StringIO()
    bench = Bench(Reporter(Lines(said)))
    damaged = Stub(tmp_path / "a", fault=DataError("a: a bit is another"))
    assert bench.obtain(damaged) == "a of "
    assert said.getvalue() == "stub a is made again: a: a bit is another\n"
    with pytest.raises(DataError, match="is gone"):
        Bench(Reporter.silent()).obtain(Stub(tmp_path / "b", again="", fault=DataError("b: is gone")))


def test_a_function_of_another_network_is_no_damage(tmp_path):
    work = Stub(tmp_path / "a", fault=ModelError("mine:net makes another network"))
    for ask in (Bench(Reporter.silent()).find, Bench(Reporter.silent()).obtain):
        with pytest.raises(ModelError, match="another network"):
            ask(work)
    assert "make" not in work.log


@pytest.mark.slow
def test_a_film_is_encoded_of_its_own_frames_while_nobody_else_draws_there(graphics, tmp_path, monkeypatch):
    order = Order(apply_quality(load(SCENE), "thumb"), "thumb", tmp_path)
    work, states = FilmWork(order, "first-descent"), []
    bench = Bench(Reporter.silent())
    frames = bench.obtain(work.frames)
    before = frames.paths[3].read_bytes()
    work.frames.store.write(3, np.zeros((90, 160, 3), np.uint8), "of another scene")  # in the meantime
    encode = film_work.encode_film

    def watched(shooting, paths, *rest):
        states.append((idle(work.frames.path), work.frames.store.missing(work.frames.keys), paths[3].read_bytes()))
        return encode(shooting, paths, *rest)

    monkeypatch.setattr(film_work, "encode_film", watched)
    made = bench.obtain(work)
    assert states == [(False, [], before)]
    assert np.asarray(Image.open(frames.paths[3])).any()
    timing = json.loads(made.path.with_name(f"{made.path.name}.timing.json").read_text())
    assert timing["total"] >= timing["frames"] + timing["encoding"] - 0.01
