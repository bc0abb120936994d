"""The whole check on a machine that lacks packages: nobody is asked for a password, and what is missing is said.

The programs that would install something are stand-ins that write down how they were called, and end the check early.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

STANDS_IN = {
    "ldconfig": "exit 0",  # lists no library, so that libegl1 is missing
    "g++": "exit 0",
    "python3": "exit 0",
    "find": "echo swrast_dri.so",
    "apt-get": "exit 0",
    "mktemp": "exit 77",  # what follows would make a fresh environment
}
BASE = "/usr/bin:/bin"


def whole_check(folder: Path, *, user: int, sudo: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Returns how the check ended, and how sudo and apt-get were called."""
    calls = folder / "calls"
    for name, script in {**STANDS_IN, "id": f"echo {user}", "sudo": sudo}.items():
        note = f'echo "{name} $*" >> "{calls}"\n' if name in ("sudo", "apt-get") else ""
        (folder / name).write_text(f"#!/bin/sh\n{note}{script}\n")
        (folder / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env={**os.environ, "PATH": f"{folder}:{BASE}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, calls.read_text().splitlines() if calls.is_file() else []


def test_who_may_not_install_is_told_what_is_missing_and_asked_for_nothing(tmp_path):
    done, calls = whole_check(tmp_path, user=1000, sudo="exit 1")
    assert done.returncode == 1
    assert "lacks libegl1 " in done.stderr and "'sudo apt-get install libegl1'" in done.stderr
    assert done.stderr.count("\n") == 1 and not done.stdout
    assert calls == ["sudo -n true"]


PASSES_ON = 'shift; exec "$@"'  # what sudo -n does for who needs no password


@pytest.mark.parametrize(("user", "sudo"), [(0, "exit 1"), (1000, PASSES_ON)], ids=["root", "sudo without a password"])
def test_who_may_install_has_what_is_missing_installed(tmp_path, user, sudo):
    done, calls = whole_check(tmp_path, user=user, sudo=sudo)
    assert done.returncode == 77, done.stderr
    assert [call for call in calls if call.startswith("apt-get")] == [
        "apt-get update -qq",
        "apt-get install -y -qq libegl1",
    ]
    assert all(call.startswith("sudo -n ") for call in calls if call.startswith("sudo"))
    assert any(call.startswith("sudo") for call in calls) == (user != 0)
