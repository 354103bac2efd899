"""A loop thread ends in every case: closed, left alone, or in the middle of something."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from airflow_chilipiper.connection.loop_thread import LoopThread
from tests.unit.connection.flows import End, TimeIsUp, name_of_the_thread, threads


def test_closing_ends_what_is_under_way_and_twice_is_as_once(thread: LoopThread, end: End) -> None:
    begun = Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: thread.run(end.forever(begun.set)))
        assert begun.wait(5)
        thread.close()
        thread.close()
        with pytest.raises(CancelledError):
            waiting.result(5)
    assert (end.ended, threads()) == (1, 0)
    with pytest.raises(RuntimeError, match="closed"):
        thread.run(name_of_the_thread())


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_whoever_comes_while_it_is_closed_is_answered(end: End) -> None:
    """A flow that a closing loop took and did not run would never end."""
    for number in range(500):
        thread, together = LoopThread(at_end=end), threading.Barrier(4)
        if number % 2:
            thread.run(name_of_the_thread())
        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(run_or_error, thread, together) for _ in range(3)]
            together.wait(5)
            for _ in range(7 * number):  # so that it is closed now before them, now after
                pass
            thread.close()
            assert {each.result(5) for each in running} <= {"chilipiper-calls", "RuntimeError", "CancelledError"}
        assert threads() == 0


def run_or_error(thread: LoopThread, together: threading.Barrier) -> str:
    together.wait(5)
    try:
        return thread.run(name_of_the_thread())
    except (RuntimeError, CancelledError) as error:
        return type(error).__name__


def test_the_handler_of_a_signal_may_close_it(thread: LoopThread, end: End) -> None:
    """As a task does that is killed: in the very thread that waits."""

    def close(*_: Any) -> None:
        thread.close()

    before = signal.signal(signal.SIGALRM, close)
    main = threading.main_thread().ident
    assert main is not None
    try:
        with pytest.raises(CancelledError):
            thread.run(end.forever(lambda: signal.pthread_kill(main, signal.SIGALRM)))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert (end.ended, threads()) == (1, 0)


def test_an_interrupted_close_is_a_close(end: End) -> None:
    """The thread ends by itself, once what is under way lets it."""
    thread, main, may_end = LoopThread(at_end=end), threading.main_thread().ident, Event()
    assert main is not None
    begun = Event()

    async def lingers() -> None:
        asyncio.get_running_loop().call_soon(begun.set)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            signal.pthread_kill(main, signal.SIGALRM)
            await asyncio.to_thread(may_end.wait, 5)
            raise

    def time_out(*_: Any) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, time_out)
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(lambda: thread.run(lingers()))
            assert begun.wait(5)
            with pytest.raises(TimeIsUp):
                thread.close()
            with pytest.raises(RuntimeError, match="closed"):
                thread.run(name_of_the_thread())
            may_end.set()
            with pytest.raises(CancelledError):
                waiting.result(5)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert end.done.wait(5)
    thread.close()
    assert end.ended == 1


AFTER_A_FORK = """
import asyncio, os, sys
from airflow_chilipiper.connection.loop_thread import LoopThread

async def at_end():
    pass

thread = LoopThread(at_end=at_end)
print(thread.run(asyncio.sleep(0, "parent")), flush=True)
if os.fork() == 0:
    try:
        thread.run(asyncio.sleep(0))
    except RuntimeError as error:
        print(error, flush=True)
    thread.close()
    del thread
    sys.exit()
os.wait()
print(thread.run(asyncio.sleep(0, "parent again")))
thread.close()
"""


def test_a_forked_process_is_refused_and_harms_nobody() -> None:
    """Its copy of the loop shares sockets with the parent, and has no thread."""
    ran = subprocess.run([sys.executable, "-c", AFTER_A_FORK], capture_output=True, text=True, check=True, timeout=20)
    parent, child, again = ran.stdout.splitlines()
    assert (parent, again) == ("parent", "parent again")
    assert "after a fork" in child
    assert "Traceback" not in ran.stderr


def test_what_was_never_used_leaves_nothing(end: End) -> None:
    thread = LoopThread(at_end=end)
    loop = thread._loop
    thread.close()
    assert (end.ended, threads(), loop.is_closed()) == (0, 0, True)


def test_what_was_never_used_nor_closed_leaves_nothing(end: End) -> None:
    thread = LoopThread(at_end=end)
    loop = thread._loop
    del thread
    gc.collect()
    assert (end.ended, threads(), loop.is_closed()) == (0, 0, True)


def test_what_nobody_holds_any_more_ends_by_itself(end: End) -> None:
    thread = LoopThread(at_end=end)
    thread.run(name_of_the_thread())
    (serving,) = (each for each in threading.enumerate() if each.name == "chilipiper-calls")
    loop = thread._loop
    del thread
    gc.collect()
    serving.join(5)
    assert (end.ended, serving.is_alive(), loop.is_closed()) == (1, False, True)
