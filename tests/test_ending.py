"""A program that is asked to end: at once while it starts, with a sentence while it works, never after its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib

import pytest

from render.interrupts import INTERRUPTED, SIGNALS
from tests.conftest import ROOT, SCENE
from tests.faults import PATIENCE

SENTENCE = "interrupted; the same command goes on where it was\n"
WORDS = {"check": ["check", str(SCENE)], "help": ["--help"], "schema": ["schema"]}
PROGRAM = """
import atexit, os, runpy, sys, threading

number, moment, told = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sys.argv[1:] = sys.argv[4:]

def strike(*_):
    if told:
        os.write(told, b"!")  # another process strikes, from now on without end
    else:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)

def at(moment):
    if moment == "the exit handlers":
        atexit.register(strike)
    elif moment == "the last threads":
        def behind():
            threading.main_thread().join()
            strike()
        threading.Thread(target=behind).start()
    elif moment == "a finaliser":
        class Last:
            __del__ = strike
        sys.modules["__main__"].last = Last()
    else:
        class Finder:
            def find_spec(self, name, *_):
                if name == moment:
                    strike()
        sys.meta_path.insert(0, Finder())

at(moment)
runpy.run_module("render", run_name="__main__", alter_sys=True)
"""


def command(number: signal.Signals, moment: str, words: str, told: int = 0) -> list[str]:
    """Returns the command line of a program that asks itself to end at a moment, an import or one after its work.

    With told, a file descriptor, it only tells when that moment has come.
    """
    return [sys.executable, "-c", PROGRAM, str(int(number)), moment, str(told), *WORDS[words]]


def run(number: signal.Signals, moment: str, words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(number, moment, words), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("words", ["check", "help"])
def test_a_program_that_is_asked_to_end_while_it_starts_ends_without_a_word(number, words):
    for moment in ("render.cli", "typer", "render.cli.upkeep"):
        done = run(number, moment, words)
        assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_program_that_is_asked_to_end_at_work_says_how_to_go_on(number):
    for moment in ("render.progress", "ruamel.yaml", "render.scene.quality"):
        done = run(number, moment, "check")
        assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", SENTENCE), moment


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("words", ["check", "help", "schema"])
@pytest.mark.parametrize("moment", ["the exit handlers", "the last threads", "a finaliser"])
def test_a_program_that_has_done_its_work_cannot_be_asked_to_end_any_more(number, moment, words):
    done = run(number, moment, words)
    assert done.returncode == 0 and done.stdout and done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("moment", ["render.cli", "render.progress", "render.scene.quality", "the exit handlers"])
def test_however_often_a_program_is_asked_to_end_there_is_no_traceback(number, moment):
    for _ in range(10):
        code, told = struck_without_end(number, moment)
        assert code in (0, INTERRUPTED) and told in ("", SENTENCE), (code, told)


def struck_without_end(number: signal.Signals, moment: str) -> tuple[int, str]:
    """Sends signals from a moment on until the program is gone; returns its exit code and its words."""
    begun, told = os.pipe()
    with subprocess.Popen(
        command(number, moment, "check", told),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[told],
    ) as process:
        os.close(told)
        os.read(begun, 1)
        os.close(begun)
        while process.poll() is None:
            process.send_signal(number)
        assert process.stderr is not None
        return process.returncode, process.stderr.read()


def test_what_a_shell_keeps_from_its_background_jobs_is_not_heard():
    ignoring = (
        "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    )
    words = command(signal.SIGINT, "render.progress", "check")
    done = subprocess.run(
        [sys.executable, "-c", ignoring, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_command_hears_before_it_imports_what_takes_long():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"thalweg": "render.__main__:main"}
    program = (
        "import sys, render.__main__; sys.exit(any(name in sys.modules for name in ('typer', 'torch', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


INTERRUPTED_IN_A_TEXT = """
import sys
from render.interrupts import program
with program():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        pass
    sys.exit(130)
"""


def test_a_program_that_was_interrupted_in_a_text_that_it_ran_ends_with_its_exit_code(tmp_path):
    (tmp_path / "interrupted_once.py").write_text(INTERRUPTED_IN_A_TEXT)
    words, around = [sys.executable, "-m", "interrupted_once"], {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(words, cwd=tmp_path, env=around, check=False).returncode == INTERRUPTED
