"""Being asked to end: the block is finished first, twice ends it at once, and handlers are as before."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from render import compiler, precompiled
from render.interrupts import SIGNALS, Listener, Phase, deferred, finishing, is_asked_to_end, not_inherited
from tests.faults import PATIENCE, wait_until


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_what_is_in_flight_goes_on(number):
    before = signal.getsignal(number)
    done = False
    with deferred() as is_asked_to_end:
        assert not is_asked_to_end()
        os.kill(os.getpid(), number)
        done = is_asked_to_end()
    assert done and signal.getsignal(number) == before


def test_a_second_signal_ends_at_once():
    with pytest.raises(KeyboardInterrupt, match=r"^$"), deferred():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_outside_of_the_main_thread_nothing_is_asked():
    found = []

    def work() -> None:
        with deferred() as is_asked_to_end:
            found.append(is_asked_to_end())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [0]


def test_a_block_that_is_to_finish_does_so_and_is_ended_then():
    done = []
    with pytest.raises(KeyboardInterrupt, match=r"^$"), finishing() as times_asked:
        os.kill(os.getpid(), signal.SIGTERM)
        done.append(times_asked())
    assert done == [1]
    with finishing() as times_asked:
        done.append(times_asked())
    assert done == [1, 0]


def test_what_a_terminal_sends_to_all_is_kept_from_processes_that_are_started_and_heard_here():
    program = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        with not_inherited():
            told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
            os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: False)  # where another thread has taken it, it arrives a moment later
    assert told == "True\n" and signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_process_is_started_wholly_where_another_thread_takes_the_signal():
    wait, done = threading.Event(), []
    other = threading.Thread(target=wait.wait)
    other.start()  # before the signal is blocked, so that this thread may take it
    try:
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            with not_inherited():
                os.kill(os.getpid(), signal.SIGINT)
                done += [subprocess.run([sys.executable, "-c", ""], check=True).returncode]
            wait_until(lambda: False)
    finally:
        wait.set()
        other.join()
    assert done == [0]


def test_who_waits_for_the_end_of_a_block_hears_what_came_while_a_process_was_started():
    with deferred() as times_asked:
        with not_inherited():
            os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: times_asked() == 1)


def test_a_signal_that_is_ignored_is_not_waited_for_either():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with deferred() as times_asked:
            os.kill(os.getpid(), signal.SIGINT)
        assert times_asked() == 0 and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_whether_the_end_is_waited_for_is_known_inside_of_the_block_only():
    with deferred():
        before = is_asked_to_end()
        os.kill(os.getpid(), signal.SIGTERM)
        assert not before and is_asked_to_end()
    assert not is_asked_to_end()


def test_what_is_interrupted_in_a_finaliser_is_interrupted_a_moment_later(monkeypatch):
    heard, again = Listener(), threading.Event()
    monkeypatch.setattr("_thread.interrupt_main", lambda number: again.set())
    monkeypatch.setattr(sys, "unraisablehook", heard.on_unraisable)

    class Last:
        def __del__(self):
            raise KeyboardInterrupt

    for phase, comes in ((Phase.DONE, False), (Phase.WORKING, True)):
        heard.phase = phase
        Last()
        assert again.wait(PATIENCE if comes else 0) == comes


def test_a_kernel_whose_compiler_was_ended_by_the_same_signal_is_not_drawn_unfused(monkeypatch):
    from torch._dynamo.exc import BackendCompilerFailed, TorchDynamoException

    def failing(*_):
        raise TorchDynamoException("the compiler was ended")

    assert issubclass(BackendCompilerFailed, TorchDynamoException)
    monkeypatch.setattr(precompiled, "_traced", failing)
    fused = compiler._Fused(lambda: "unfused")
    with pytest.raises(KeyboardInterrupt, match=r"^$"), deferred():
        os.kill(os.getpid(), signal.SIGINT)
        fused()
    assert fused() == "unfused"
