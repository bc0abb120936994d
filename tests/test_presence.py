"""Presence: whoever writes is known to be there until it leaves or is killed, and what a kill left is swept then."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from render.film.pool import Pool, PoolWriter
from render.storage.presence import NAME, alone, present
from tests.faults import PATIENCE

WRITES = """
import sys, time
from pathlib import Path
from render.storage.presence import present
with present(Path(sys.argv[1])):
    print("there", flush=True)
    time.sleep(1e6)
"""


def is_alone(folder: Path) -> bool:
    with alone(folder) as found:
        return found


def test_nobody_is_alone_where_another_writes_and_the_last_removes_the_file(tmp_path):
    with present(tmp_path), present(tmp_path):
        assert not is_alone(tmp_path)
        assert (tmp_path / NAME).exists()
    assert not (tmp_path / NAME).exists()
    assert is_alone(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_stays_so(tmp_path):
    assert not is_alone(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_process_that_is_killed_is_there_no_longer(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "there\n"
    assert not is_alone(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert is_alone(tmp_path)


@pytest.mark.parametrize("others", [True, False])
def test_what_a_kill_left_in_the_pool_is_swept_unless_it_may_be_anothers(tmp_path, others):
    pool = Pool(tmp_path / "pictures")
    with PoolWriter(pool) as writer:
        writer.write("ab" * 32, np.zeros((4, 4, 3), np.uint8))
        kept = pool.folder / "ab" / ".abab.k3j2h1_x.png"
        kept.parent.mkdir(parents=True, exist_ok=True)  # which the picture may not have come to yet
        writer.hand_over(lambda: kept.write_bytes(b"half"))
    if others:
        with present(pool.folder):
            pool.sweep()
            assert kept.exists()
    pool.sweep()
    assert not kept.exists()
    assert len(list(pool.pictures())) == 1
