"""Errors that a user can meet: one sentence, whose end says what to do, and which other processes may raise."""

import pickle

import pytest

from render.errors import DataError, MachineError, ThalwegError, UsageError
from render.upkeep import doctor

PLAIN = "output: is gone; make it anew"
SENTENCE = "no window with A=1; 2 can be opened; unset it"


@pytest.mark.parametrize("kind", [ThalwegError, UsageError, MachineError, DataError])
def test_an_error_is_its_sentence_with_the_remedy_at_its_end(kind):
    error = kind("no window with A=1; 2 can be opened", "unset it")
    assert str(error) == SENTENCE and error.remedy == "unset it"
    assert str(kind(PLAIN)) == PLAIN and kind(PLAIN).remedy == ""


@pytest.mark.parametrize("words", [(PLAIN,), ("output: is gone", "make it anew")])
def test_an_error_goes_from_process_to_process_as_it_is(words):
    error = MachineError(*words)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.said, again.remedy) == (PLAIN, error.said, error.remedy)


def test_the_doctor_takes_the_remedy_from_the_error_and_cuts_no_sentence(monkeypatch, tmp_path):
    def fail(name):
        raise MachineError("no window with A=1; 2 can be opened", "unset it")

    monkeypatch.setattr(doctor, "_CHECKS", {"graphics": fail})
    check = next(doctor.examine(tmp_path))
    assert (check.said, check.remedy, check.state) == ("no window with A=1; 2 can be opened", "unset it", "fails")
    assert str(check) == f"fails graphics: {SENTENCE}"
