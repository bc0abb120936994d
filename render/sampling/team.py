"""Teams: several processes that do the errands of one task, of this machine or of a cluster.

Each writes what it makes to the shared folder and sends back a receipt, no array; what is left is read from disk, so
that a worker that dies costs its errand and nothing else.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import torch

from render.errors import MachineError
from render.interrupts import not_inherited

UNDER_WAY = 256  # errands; more workers than that would wait for each other
PATIENCE = 10  # seconds in which a scheduler answers and has a worker

Errands = Callable[[bytes, Any], Any]  # does an errand in a worker by a packed recipe; returns the receipt

_STOPPED: list[Any] = []  # an event, in the processes of this machine


def is_stopped() -> bool:
    """Whether a worker of this machine is asked to end."""
    return any(event.is_set() for event in _STOPPED)


def _begin(threads: int, stopped: Any) -> None:
    """Prepares a process of this machine, which ends with its parent and leaves Ctrl-C to it."""
    torch.set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STOPPED.append(stopped)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


@dataclass(frozen=True)
class Team:
    """Several processes: of this machine, or the workers of a Dask cluster."""

    submit: Callable[[Any], Any]
    wait: Callable[[set[Any]], tuple[set[Any], set[Any]]]  # until one is done; gives those that are, and the rest
    size: Callable[[], int] = lambda: 1  # how many there are now; those of a cluster come and go

    def receipts(self, errands: Iterator[Any], *, one_each: bool = False) -> Iterator[Any]:
        """Gives the receipts of errands as they come; a number of errands is under way, so that few are in memory.

        one_each: no more than there are workers, so that the next errand is for whoever was done last.
        """
        under_way = self._submitted(errands, self.size() if one_each else UNDER_WAY)
        while under_way:
            done, under_way = self.wait(under_way)
            for future in done:
                yield future.result()
            most = max(1, self.size()) if one_each else UNDER_WAY
            under_way |= self._submitted(errands, most - len(under_way))

    def _submitted(self, errands: Iterator[Any], count: int) -> set[Any]:
        return {self.submit(errand) for errand in itertools.islice(errands, max(0, count))}


def _cores() -> int:
    """Returns how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def processes(count: int, packed: bytes, run: Errands) -> Iterator[Team]:
    """Gives a team of processes of this machine, which share its cores."""
    threads = max(1, _cores() // count)
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    pool = futures.ProcessPoolExecutor(count, context, _begin, (threads, stopped))

    def wait(under_way: set[Any]) -> tuple[set[Any], set[Any]]:
        return futures.wait(under_way, return_when=futures.FIRST_COMPLETED)

    def submit(errand: Any) -> Any:
        with not_inherited():  # a process begins when there is something for it
            return pool.submit(run, packed, errand)

    try:
        yield Team(submit, wait, lambda: count)
    except BrokenProcessPool as error:
        raise MachineError(
            "workers: one of them was ended, for lack of memory perhaps, or since a script of its own does not say "
            "`if __name__ == '__main__':`; the same command goes on where it was"
        ) from error
    finally:
        stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def cluster(address: str, packed: bytes, run: Errands, let_go: Callable[[], None] | None = None) -> Iterator[Team]:
    """Gives the workers of a Dask scheduler; they need the same folder of results.

    let_go: gives back what a worker has kept from one errand to the next.
    """
    try:
        import distributed
    except ImportError as error:
        raise MachineError("scheduler: needs Dask; `pip install thalweg[cluster]` brings it") from error
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise MachineError(f"scheduler: none answers at {address}; start one with `dask scheduler`") from error

    def wait(under_way: set[Any]) -> tuple[set[Any], set[Any]]:
        found = distributed.wait(under_way, return_when="FIRST_COMPLETED")
        return found.done, found.not_done

    with client:
        try:
            client.wait_for_workers(1, PATIENCE)
            sent = client.scatter(packed, broadcast=True)
            yield Team(
                lambda errand: client.submit(run, sent, errand, pure=False), wait, lambda: len(client.nthreads())
            )
            if let_go:
                client.run(let_go)
        except TimeoutError as error:
            raise MachineError(f"scheduler: {address} has no workers; start some with `dask worker`") from error
        except (distributed.KilledWorker, distributed.CancelledError) as error:
            raise MachineError(
                f"workers: too many of them ended ({error}), for lack of memory perhaps; "
                "the same command goes on where it was"
            ) from error
