"""Fused kernels that outlive their process: loaded where they were made for the same, made anew where they were not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from render import compiler, precompiled
from render.precompiled import Precompiled, TooManyKindsError
from render.storage import kernels

pytestmark = pytest.mark.skipif(
    not compiler._compiler() or not kernels.processor(),
    reason="needs a C++ compiler and a system that tells its processor",
)
FACTOR = 3.0


def scaled(values: torch.Tensor, shift: torch.Tensor, power: int) -> torch.Tensor:
    return FACTOR * values**power + shift


def wanted(values: torch.Tensor, shift: torch.Tensor, power: int) -> torch.Tensor:
    return FACTOR * values**power + shift


VALUES, SHIFT = torch.linspace(0, 1, 1000), torch.ones(1000)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Iterator[Path]:
    """A cache that the tests of this module share, since each kernel takes seconds."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("cache")
    patch.setenv("THALWEG_CACHE", str(folder))
    yield folder
    patch.undo()


@pytest.fixture
def traced(cache, monkeypatch) -> list[int]:
    """One entry for each time that torch has to trace and compile a kernel."""
    found: list[int] = []
    trace = precompiled._traced

    def counted(*what):
        found.append(1)
        return trace(*what)

    monkeypatch.setattr(precompiled, "_traced", counted)
    Precompiled(scaled, compiler._compiler())(VALUES, SHIFT, 2)  # which one of the tests compiles
    found.clear()
    return found


def anew() -> Precompiled:
    """The kernel as a new process has it."""
    return Precompiled(scaled, compiler._compiler())


def test_a_kernel_is_loaded_where_an_earlier_process_has_kept_it(traced):
    kernel = anew()
    assert torch.allclose(kernel(VALUES, SHIFT, 2), wanted(VALUES, SHIFT, 2))
    assert torch.allclose(kernel(0.5 * VALUES, SHIFT, 2), wanted(0.5 * VALUES, SHIFT, 2))
    assert not traced


@pytest.mark.parametrize("change", ["code", "torch", "compiler"])
def test_a_kernel_of_another_program_is_not_loaded(traced, monkeypatch, change):
    if change == "code":
        monkeypatch.setattr(precompiled, "_code_of_package", lambda: "another")
    elif change == "torch":
        monkeypatch.setattr(torch, "__version__", "another")
    kernel = Precompiled(scaled, ["false"]) if change == "compiler" else anew()
    monkeypatch.setattr(precompiled, "_traced", lambda *_: traced.append(1) or wanted)
    kernel(VALUES, SHIFT, 2)
    assert traced


@pytest.mark.parametrize(
    "arguments", [(VALUES, SHIFT, 3), (VALUES[:9], SHIFT[:9], 2), (VALUES.double(), SHIFT, 2), (VALUES[::2], SHIFT, 2)]
)
def test_other_arguments_have_a_kernel_of_their_own(traced, monkeypatch, arguments):
    monkeypatch.setattr(precompiled, "_traced", lambda *_: traced.append(1) or (lambda *_: "another"))
    kernel = anew()
    assert kernel(*arguments) == "another"
    assert torch.is_tensor(kernel(VALUES, SHIFT, 2))
    assert len(traced) == 1


def test_a_kernel_for_other_threads_is_another(traced, monkeypatch):
    monkeypatch.setattr(precompiled, "_traced", lambda *_: traced.append(1) or wanted)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 17)
    anew()(VALUES, SHIFT, 2)
    assert traced


def test_a_damaged_kernel_is_made_anew(traced, cache, capsys):
    (file,) = (path for path in cache.glob("libraries-*/*") if path.suffix == kernels.ENDING)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert torch.allclose(anew()(VALUES, SHIFT, 2), wanted(VALUES, SHIFT, 2))
    assert len(traced) == 1
    assert "is damaged" in capsys.readouterr().err


def test_whole_bytes_that_are_no_kernel_are_made_anew(traced, monkeypatch):
    monkeypatch.setattr(kernels, "read", lambda _: b"no kernel")
    assert torch.allclose(anew()(VALUES, SHIFT, 2), wanted(VALUES, SHIFT, 2))
    assert len(traced) == 1


def test_a_kernel_that_no_longer_fits_is_made_anew(traced, monkeypatch):
    def refusing(*_):
        raise RuntimeError(f"{precompiled.CHANGED}, reason: a state of torch")

    ways = iter([refusing, wanted])
    monkeypatch.setattr(precompiled, "_traced", lambda *_: next(ways))
    kernel = anew()
    for _ in range(2):
        assert torch.equal(kernel(VALUES[:6], SHIFT[:6], 2), wanted(VALUES[:6], SHIFT[:6], 2))


def test_an_error_of_the_kernel_itself_is_raised(traced, monkeypatch):
    def failing(*_):
        raise RuntimeError("no memory")

    monkeypatch.setattr(precompiled, "_traced", lambda *_: failing)
    with pytest.raises(RuntimeError, match="no memory"):
        anew()(VALUES[:7], SHIFT[:7], 2)


def test_a_kernel_is_made_for_few_kinds_and_runs_as_it_is_for_more(traced, monkeypatch):
    monkeypatch.setattr(precompiled, "_traced", lambda kernel, *_: kernel)
    kernel, fused = anew(), compiler._Fused(scaled)
    for run in (kernel, fused):
        for length in range(1, precompiled.KINDS + 1):
            run(VALUES[:length], SHIFT[:length], 2)
    with pytest.raises(TooManyKindsError):
        kernel(VALUES[:99], SHIFT[:99], 2)
    assert torch.equal(fused(VALUES[:99], SHIFT[:99], 2), wanted(VALUES[:99], SHIFT[:99], 2))


def test_a_compiler_that_fails_is_told_and_the_kernel_runs_as_it_is(traced, monkeypatch, capsys):
    from torch._inductor.exc import CppCompileError

    def failing(*_):
        raise CppCompileError(["g++"], "no room")

    monkeypatch.setattr(precompiled, "_traced", failing)
    fused = compiler._Fused(scaled)
    assert torch.equal(fused(VALUES[:5], SHIFT[:5], 2), wanted(VALUES[:5], SHIFT[:5], 2))
    assert "could not be compiled" in capsys.readouterr().err
