"""Being asked to end: the block is finished first, twice ends it at once, and handlers are as before."""

import os
import signal
import threading

import pytest

from render.interrupts import SIGNALS, deferred, finishing


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
