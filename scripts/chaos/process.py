"""A worker seen from outside: started in a moment, struck, and waited for, all in one thread."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal

from scripts.chaos.worker import Try, work

# Forked from a process that has imported everything, a worker is at its work after a few hundredths of a second.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(
    [
        "scripts.chaos.worker",
        "airflow_chilipiper.api.http.transport",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql",
        "sqlalchemy.dialects.mysql",
        "psycopg2",
        "pymysql",
    ]
)


def warm_up() -> None:
    """Returns once workers start in a moment."""
    first = processes.Process(target=int)
    first.start()
    first.join()


class Worker:
    def __init__(self, this: Try) -> None:
        self._booking, booking = processes.Pipe(duplex=False)
        self._process = processes.Process(target=work, args=(this, booking), daemon=True)
        self._process.start()
        booking.close()

    async def books(self) -> None:
        """Returns at its first booking call, or at its end."""
        await readable(self._booking.fileno())

    async def ends(self, *, within: float) -> bool:
        if not await readable(self._process.sentinel, within=within):
            return False
        self._process.join()
        self._booking.close()
        return True

    @property
    def succeeded(self) -> bool:
        return self._process.exitcode == 0

    @property
    def was_killed(self) -> bool:
        return self._process.exitcode == -signal.SIGKILL

    def kill(self) -> None:
        """Also if it is paused, or has ended."""
        self._process.kill()

    def stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """Raises ProcessLookupError if it has just ended by itself."""
        os.kill(self._process.pid or 0, number)


async def readable(file: int, *, within: float | None = None) -> bool:
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, there.set)
    try:
        async with asyncio.timeout(within):
            await there.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(file)
    return True
