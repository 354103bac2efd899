"""Flows for callers that block: interruption, threads, running loops, and an end in every case."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from airflow_chilipiper.connection.loop_thread import LoopThread
from tests.unit.connection.flows import End, TimeIsUp, name_of_the_thread, threads


def test_a_flow_runs_in_a_thread_that_stays(thread: LoopThread) -> None:
    assert threads() == 0
    assert [thread.run(name_of_the_thread()) for _ in range(2)] == ["chilipiper-calls"] * 2
    assert threads() == 1


def test_an_error_of_the_flow_is_the_callers(thread: LoopThread) -> None:
    async def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread.run(fails())


def test_an_interruption_is_raised_at_once_and_the_thread_is_still_of_use(thread: LoopThread, end: End) -> None:
    """Airflow raises its time-outs out of a signal handler of the main thread."""

    def time_out(*_: Any) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, time_out)
    main = threading.main_thread().ident
    assert main is not None
    try:
        with pytest.raises(TimeIsUp):
            thread.run(end.forever(lambda: signal.pthread_kill(main, signal.SIGALRM)))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert end.cancelled.wait(5)
    assert thread.run(name_of_the_thread()) == "chilipiper-calls"


@pytest.mark.parametrize("has_begun", [True, False])
def test_an_interruption_while_the_flow_is_handed_over_cancels_it_too(
    thread: LoopThread, end: End, monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    """Before the caller has anything of it; a flow that has not begun by then never does."""
    hand_over, begun, goes_on = asyncio.run_coroutine_threadsafe, Event(), Event()

    def interrupted(flow: Any, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(bool if has_begun else lambda: goes_on.wait(5))
        hand_over(flow, loop)
        assert not has_begun or begun.wait(5)
        raise TimeIsUp

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted)
    with pytest.raises(TimeIsUp):
        thread.run(end.forever(begun.set))
    goes_on.set()
    monkeypatch.undo()
    assert thread.run(name_of_the_thread()) == "chilipiper-calls"
    assert end.cancelled.wait(5) if has_begun else not begun.is_set()


def test_many_threads_share_it(thread: LoopThread) -> None:
    """Their flows run beside each other, in one loop that is made once."""
    together = asyncio.Barrier(4)

    async def meet() -> int:
        async with together:
            return id(asyncio.get_running_loop())

    with ThreadPoolExecutor(4) as pool:
        loops = list(pool.map(lambda _: thread.run(meet()), range(4)))
    assert len(set(loops)) == 1
    assert threads() == 1


def test_it_may_be_used_where_another_loop_runs(thread: LoopThread) -> None:
    async def in_a_loop() -> str:
        return thread.run(name_of_the_thread())

    assert asyncio.run(in_a_loop()) == "chilipiper-calls"


def test_a_flow_cannot_block_for_another_one(thread: LoopThread) -> None:
    """It would wait for itself."""

    async def blocks() -> str:
        return thread.run(name_of_the_thread())

    with pytest.raises(RuntimeError, match="cannot block"):
        thread.run(blocks())
