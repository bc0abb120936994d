"""Progress: what a log, a terminal and a program get to see."""

import io
import subprocess
import sys

import pytest

from render.progress import Bars, Lines, Reporter, Silence, format_duration, format_rate, notice


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def in_lines():
    stream, clock = io.StringIO(), Clock()
    return Reporter(Lines(stream), clock), stream, clock


def test_a_log_gets_a_first_a_last_and_a_line_every_five_seconds():
    reporter, stream, clock = in_lines()
    with reporter.task("surface main", total=1_000_000, unit="points") as task:
        for _ in range(10):
            clock.now += 2.5
            task.advance(100_000)
    assert stream.getvalue().splitlines() == [
        "surface main: 0 of 1,000,000 points",
        "surface main: 200,000 of 1,000,000 points, 40,000/s, 20 s left",
        "surface main: 400,000 of 1,000,000 points, 40,000/s, 15 s left",
        "surface main: 600,000 of 1,000,000 points, 40,000/s, 10 s left",
        "surface main: 800,000 of 1,000,000 points, 40,000/s, 5 s left",
        "surface main: 1,000,000 points in 25 s, 40,000/s",
    ]


def test_what_an_earlier_run_has_done_does_not_count_as_speed():
    reporter, stream, clock = in_lines()
    with reporter.task("film", total=100, unit="frames", done=90) as task:
        clock.now += 5
        task.advance(1)
        clock.now += 5
        task.advance(5)
    assert "film: 96 of 100 frames, 1/s, 4 s left" in stream.getvalue()


def test_a_slow_beginning_is_forgotten():
    reporter, _, clock = in_lines()
    with reporter.task("film", total=1000, unit="frames") as task:
        clock.now += 100
        task.advance(1)
        for _ in range(60):
            clock.now += 1
            task.advance(2)
        assert task.state.startswith("121 of 1,000 frames, 2/s")


def test_an_error_ends_a_task_with_how_far_it_came():
    reporter, stream, _ = in_lines()
    with pytest.raises(ValueError, match="broken"), reporter.task("film", total=10, unit="frames") as task:
        task.advance(3)
        raise ValueError("broken")
    assert stream.getvalue().splitlines()[-1] == "film: stopped at 3 of 10 frames"


def test_a_notice_is_one_line():
    reporter, stream, _ = in_lines()
    reporter.say("surface main: a damaged tile is measured again")
    assert stream.getvalue() == "surface main: a damaged tile is measured again\n"


def test_what_is_noticed_without_a_reporter_goes_to_the_one_that_is_hearing(capsys):
    reporter, stream, _ = in_lines()
    with reporter.hearing():
        notice("a kernel was damaged")
        with Reporter.silent().hearing():
            notice("and another")
    assert stream.getvalue() == "note: a kernel was damaged\nnote: and another\n"
    notice("a third")
    with Reporter.silent().hearing():
        notice("a fourth")
    assert capsys.readouterr().err == "note: a third\nnote: a fourth\n"


def test_the_display_fits_the_stream(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    assert isinstance(Reporter.for_terminal(Terminal()).display, Bars)
    assert isinstance(Reporter.for_terminal(io.StringIO()).display, Lines)
    assert isinstance(Reporter.for_terminal(Terminal(), quiet=True).display, Silence)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(Reporter.for_terminal(Terminal()).display, Lines)


def test_a_bar_gives_way_to_one_line_and_notices_stand_above_it(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    reporter = Reporter.for_terminal(terminal)
    with reporter.task("surface main", total=10, unit="points") as task:
        task.advance(5)
        reporter.say("[a tile] is measured again")
        task.advance(5)
    assert "[a tile] is measured again\n" in terminal.getvalue()
    assert "surface main: 10 points in" in terminal.getvalue().splitlines()[-1]


def test_two_bars_may_run_at_once(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    reporter = Reporter.for_terminal(terminal)
    with reporter.task("film", total=1, unit="frames") as outer:
        with reporter.task("surface", total=1, unit="points") as inner:
            inner.advance(1)
        outer.advance(1)
    told = terminal.getvalue()
    assert told.index("surface: 1 points in") < told.index("film: 1 frames in")


def test_no_colour_is_drawn_where_none_is_wanted(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    with Reporter.for_terminal(terminal).task("film", total=4, unit="frames") as task:
        task.advance(2)
    assert not any(f"\x1b[{colour}" in terminal.getvalue() for colour in ("3", "9"))


def test_silence_says_nothing(capsys):
    with Reporter.silent().task("film", total=2, unit="frames") as task:
        task.advance(2)
    Reporter.silent().say("a notice")
    assert capsys.readouterr() == ("", "")


def test_rich_is_imported_only_for_a_bar_and_nothing_goes_to_standard_output():
    script = (
        "import sys; from render.progress import Reporter; reporter = Reporter.for_terminal()\n"
        "with reporter.task('film', total=1, unit='frames') as task: task.advance(1)\n"
        "sys.exit('rich' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr.startswith("film: 0 of 1 frames\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.04 s"), (45.4, "45 s"), (59.7, "1 min 0 s"), (97, "1 min 37 s"), (7500, "2 h 5 min")],
)
def test_a_duration_reads_as_one_says_it(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("rate", "text"), [(9123, "9,100/s"), (9.96, "10/s"), (7.21, "7.2/s"), (0.1349, "0.13/s")])
def test_a_rate_has_two_figures(rate, text):
    assert format_rate(rate) == text
