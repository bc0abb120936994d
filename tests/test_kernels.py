"""Kernels in the user's cache: loaded again where they are whole and of this machine, compiled anew where not."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from render import compiler
from render.storage import kernels

SOURCE = 'extern "C" int answer() { return 42; }'
OTHER = 'extern "C" int answer() { return 43; }'
pytestmark = pytest.mark.skipif(
    not compiler._compiler() or not kernels.processor(),
    reason="needs a C++ compiler and a system that tells its processor",
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Iterator[Path]:
    """A cache of its own, and nothing remembered from an earlier test."""
    monkeypatch.setenv("THALWEG_CACHE", str(tmp_path / "cache"))
    compiler.library.cache_clear()
    yield tmp_path / "cache"
    compiler.library.cache_clear()


@pytest.fixture
def compiled(monkeypatch) -> list[str]:
    """The sources that a compiler was started for."""
    started, made = list[str](), compiler._compile

    def counted(source: str, command: list[str]):
        started.append(source)
        return made(source, command)

    monkeypatch.setattr(compiler, "_compile", counted)
    return started


def answer(source: str = SOURCE) -> int:
    """Returns what a library says, as a new process would load it."""
    compiler.library.cache_clear()
    library = compiler.library(source)
    assert isinstance(library, ctypes.CDLL)
    return library.answer()


def files(cache: Path) -> list[Path]:
    return sorted(cache.glob("libraries-*/*"))


def key(source: str = SOURCE) -> str:
    found = kernels.key_of(source, compiler._compiler(), compiler.FLAGS)
    assert found
    return found


def test_a_kernel_is_compiled_once_and_its_bytes_are_kept(cache, compiled, monkeypatch):
    made, loaded = list[bytes](), list[bytes]()
    keep, load = kernels.keep, compiler._load
    monkeypatch.setattr(kernels, "keep", lambda key, kernel: made.append(kernel) or keep(key, kernel))
    monkeypatch.setattr(compiler, "_load", lambda kernel: loaded.append(kernel) or load(kernel))
    assert [answer(), answer(), answer()] == [42, 42, 42]
    assert compiled == [SOURCE]
    assert len(made) == 1 and loaded == [made[0], made[0]]


def test_every_source_has_its_own_kernel(cache, compiled):
    assert [answer(SOURCE), answer(OTHER), answer(SOURCE), answer(OTHER)] == [42, 43, 42, 43]
    assert compiled == [SOURCE, OTHER] and len(files(cache)) == 2


DAMAGES = {
    "a flipped bit in front": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "a flipped bit in the code": lambda content: content[:5000] + bytes([content[5000] ^ 64]) + content[5001:],
    "a flipped bit at the end": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "half a file": lambda content: content[: len(content) // 2],
    "an empty file": lambda content: b"",
    "more than was written": lambda content: content + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_kernel_is_noticed_compiled_anew_and_written_again(damage, cache, compiled, capsys):
    answer()
    (path,) = files(cache)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert answer() == 42
    assert compiled == [SOURCE, SOURCE]
    assert f"note: {path} is damaged; its kernel is compiled again" in capsys.readouterr().err
    assert kernels.read(key()) is not None
    assert answer() == 42 and len(compiled) == 2


def test_a_kernel_under_the_name_of_another_is_not_loaded(cache, compiled, capsys):
    answer(OTHER)
    (path,) = files(cache)
    path.rename(path.with_name(f"{key()}{kernels.ENDING}"))
    assert answer() == 42
    assert "is damaged" in capsys.readouterr().err


def test_a_whole_file_that_is_no_library_is_compiled_anew(cache, compiled):
    kernels.keep(key(), b"no library")
    assert answer() == 42 and compiled == [SOURCE]
    assert answer() == 42 and compiled == [SOURCE]


def in_a_file(cache: Path) -> None:
    cache.write_text("")


def without_leave(cache: Path) -> None:
    cache.mkdir(mode=0o500)
    if os.access(cache, os.W_OK):
        pytest.skip("the superuser may write everywhere")


def behind_a_link(cache: Path) -> None:
    cache.mkdir()
    (cache.parent / "elsewhere").mkdir()
    (cache / f"libraries-{os.getuid()}").symlink_to(cache.parent / "elsewhere")


def open_to_all(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)


@pytest.mark.parametrize("unusable", [in_a_file, without_leave, behind_a_link, open_to_all])
def test_without_a_folder_of_ones_own_kernels_are_compiled_as_ever(unusable, cache, compiled, capsys):
    unusable(cache)
    assert [answer(), answer()] == [42, 42]
    assert compiled == [SOURCE, SOURCE]
    assert capsys.readouterr().err == ""
    assert not files(cache) and not list((cache.parent).glob("elsewhere/*"))


def test_kernels_are_compiled_as_ever_where_nothing_can_be_written_even_by_the_superuser(monkeypatch, compiled, capsys):
    monkeypatch.setenv("THALWEG_CACHE", "/proc/thalweg")
    assert [answer(), answer()] == [42, 42]
    assert compiled == [SOURCE, SOURCE] and capsys.readouterr().err == ""


def test_a_kernel_is_read_from_a_folder_that_may_only_be_read(cache, compiled):
    answer()
    (path,) = files(cache)
    path.parent.chmod(0o500)
    if os.access(path.parent, os.W_OK):
        pytest.skip("the superuser may write everywhere")
    assert [answer(SOURCE), answer(OTHER)] == [42, 43]
    assert compiled == [SOURCE, OTHER] and files(cache) == [path]
    path.parent.chmod(0o700)


def test_the_folder_is_closed_to_others(cache):
    answer()
    (path,) = files(cache)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.parent.chmod(0o777)
    assert answer() == 42
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_write_or_that_is_a_link_is_not_loaded(cache, compiled):
    answer()
    (path,) = files(cache)
    path.chmod(0o666)
    assert kernels.read(key()) is None
    path.chmod(0o644)
    assert kernels.read(key()) is not None
    path.rename(path.with_name("another"))
    path.symlink_to(path.with_name("another"))
    assert kernels.read(key()) is None
    assert answer() == 42 and not path.is_symlink()


def test_a_file_of_another_user_is_not_loaded(cache, monkeypatch):
    answer()
    here, user = files(cache)[0].parent, os.getuid()
    monkeypatch.setattr(kernels.os, "getuid", lambda: user + 1)
    assert kernels.read(key()) is None
    here.rename(here.with_name(f"libraries-{user + 1}"))
    assert kernels.read(key()) is None


PROCESS = """
import sys
from render import compiler
print(compiler.library(sys.argv[1]).answer())
"""


def test_processes_that_compile_at_once_leave_one_whole_kernel(cache, compiled):
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, SOURCE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate() for process in begun] == [("42\n", "")] * 4
    assert [path.name for path in files(cache)] == [f"{key()}{kernels.ENDING}"]
    assert answer() == 42 and compiled == []


def test_another_processor_has_another_key(tmp_path, monkeypatch):
    told = (
        "processor\t: 0\nvendor_id\t: A\nmodel name\t: B\ncpu MHz\t: {}\nflags\t: {}\n\nprocessor\t: 1\nflags\t: {}\n"
    )
    monkeypatch.setattr(kernels, "CPUINFO", tmp_path / "cpuinfo")

    def key_on(*values: str) -> str:
        kernels.CPUINFO.write_text(told.format(*values))
        return key()

    first = key_on("1000", "sse avx", "sse")
    assert first == key_on("3000", "sse avx", "neon")  # its clock does not count, nor what its neighbour says
    assert first != key_on("1000", "sse", "sse")
    assert first != key_on("1000", "sse avx avx512f", "sse")


def test_an_arm_processor_is_told_too(tmp_path, monkeypatch):
    monkeypatch.setattr(kernels, "CPUINFO", tmp_path / "cpuinfo")
    kernels.CPUINFO.write_text("processor\t: 0\nBogoMIPS\t: 50\nFeatures\t: fp asimd sve\nCPU part\t: 0xd40\n")
    assert kernels.processor() == {"Features": "fp asimd sve", "CPU part": "0xd40"}


@pytest.mark.parametrize("told", [None, "processor\t: 0\n"])
def test_where_the_system_does_not_tell_its_processor_nothing_is_kept(told, cache, compiled, monkeypatch, tmp_path):
    monkeypatch.setattr(kernels, "CPUINFO", tmp_path / "cpuinfo")
    if told is not None:
        kernels.CPUINFO.write_text(told)
    assert [answer(), answer()] == [42, 42]
    assert compiled == [SOURCE, SOURCE] and not files(cache)


def test_other_flags_have_another_key(monkeypatch):
    before = key()
    monkeypatch.setattr(compiler, "FLAGS", [*compiler.FLAGS, "-DOTHER"])
    assert key() != before


def test_another_search_path_has_another_key(monkeypatch):
    before = key()
    monkeypatch.setenv("CPATH", "/opt/include")
    assert key() != before


def test_another_compiler_version_size_or_date_has_another_key(tmp_path, monkeypatch):
    def script(text: str, date: int) -> str:
        path = tmp_path / "cxx"
        path.write_text(f"#!/bin/sh\necho {text}\n")
        path.chmod(0o755)
        os.utime(path, (date, date))
        monkeypatch.setenv("CXX", str(path))
        return key()

    keys = [script("version 12", 1), script("version 13", 1), script("version 12", 2), script("version 12 ", 1)]
    assert len(set(keys)) == 4
    assert script("version 12", 1) == keys[0]
    (tmp_path / "link").symlink_to(tmp_path / "cxx")
    monkeypatch.setenv("CXX", f"{tmp_path / 'cxx'} -m64")
    assert key() not in keys


def test_kernels_that_nobody_used_for_long_go_and_those_in_use_stay(cache):
    for source in (SOURCE, OTHER):
        answer(source)
    used, unused = (cache / f"libraries-{os.getuid()}" / f"{key(source)}{kernels.ENDING}" for source in (SOURCE, OTHER))
    half, lately = used.with_name(".abc.12345678.kernel"), used.with_name(".def.12345678.kernel")
    for path in (half, lately):
        path.write_bytes(b"")
    long_ago, two_days_ago = time.time() - kernels.UNUSED - 60, time.time() - 2 * 86_400
    for path, date in ((used, long_ago), (unused, long_ago), (half, two_days_ago)):
        os.utime(path, (date, date))
    assert answer() == 42  # which notes the use
    kernels.keep("0" * 64, b"new")
    assert used.exists() and lately.exists()
    assert not unused.exists() and not half.exists()


def test_the_kernels_that_were_not_used_longest_go_where_there_are_too_many(monkeypatch, cache):
    monkeypatch.setattr(kernels, "MOST_BYTES", 3 * (kernels.DIGEST + 100))
    for number in range(5):
        kernels.keep(str(number) * 64, bytes(100))
        path = cache / f"libraries-{os.getuid()}" / f"{str(number) * 64}{kernels.ENDING}"
        os.utime(path, (time.time() - 100 + number, time.time() - 100 + number))
    assert [path.name[0] for path in files(cache)] == ["2", "3", "4"]


def test_a_compiler_that_fails_says_so_once_and_leaves_nothing(cache, monkeypatch, capsys):
    monkeypatch.setenv("CXX", "false")
    assert compiler.library(SOURCE) is None
    assert not files(cache)
    assert capsys.readouterr().err.count("a kernel could not be compiled") == 1


def test_whether_a_compiler_works_is_tried_whatever_is_kept(cache, monkeypatch, capsys):
    assert compiler.works() and compiler.works()
    assert not files(cache)
    monkeypatch.setenv("CXX", "false")
    assert not compiler.works()
    assert "a kernel could not be compiled" in capsys.readouterr().err


def test_a_census_counts_what_is_kept_and_makes_no_folder(cache):
    assert kernels.census() is None and not cache.exists()
    answer()
    folder, count, size = kernels.census() or (Path(), 0, 0)
    assert folder == files(cache)[0].parent and count == 1 and size == files(cache)[0].stat().st_size
