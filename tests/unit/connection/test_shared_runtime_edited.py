"""What an edit of the connection changes for those who share its Runtime."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.connection.shared_runtime import READ_AGAIN_AFTER
from tests.unit.connection.changing import ASKED, ChangingConnection, settle


def edited(after: float, **says: Any) -> tuple[list[Any], ChangingConnection]:
    """What two calls of one flow are answered, with an edit and so many seconds in between; and whether it is read."""

    async def run() -> tuple[list[Any], ChangingConnection]:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            answers = [await runtime.ask(ASKED)]
            connection.says = replace(connection.says, **says)
            connection.time = after
            answers.append(await runtime.ask(ASKED))
        return answers, connection

    return asyncio.run(run())


def test_an_edit_counts_after_five_minutes_for_those_who_are_there() -> None:
    answers, connection = edited(READ_AGAIN_AFTER, token="second")
    assert answers == ["first", "second"]
    assert connection.are_open == [False, False]


def test_before_that_nobody_reads() -> None:
    answers, connection = edited(READ_AGAIN_AFTER - 1, token="second")
    assert (answers, connection.reads) == (["first", "first"], 1)


def test_what_was_not_edited_stays_open() -> None:
    _, connection = edited(READ_AGAIN_AFTER)
    assert (connection.reads, len(connection.opened)) == (2, 1)


def test_an_edit_cuts_no_call_off() -> None:
    """A call ends as it began; then nothing holds what it went to."""

    async def run() -> None:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            connection.opened[0].gate.clear()
            slow = asyncio.create_task(runtime.ask(ASKED))
            await settle()
            connection.says, connection.time = replace(connection.says, token="second"), READ_AGAIN_AFTER
            assert await asyncio.gather(*(runtime.ask(ASKED) for _ in range(10))) == ["second"] * 10
            assert (connection.reads, connection.are_open) == (2, [True, True])
            connection.opened[0].gate.set()
            assert await slow == "first"
            assert connection.are_open == [False, True]
        assert connection.are_open == [False, False]

    asyncio.run(run())


@pytest.mark.parametrize("broken", ["it cannot be read", "it cannot be used"])
def test_what_is_broken_by_an_edit_goes_on_as_it_was(broken: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, once in five minutes, and holds no secret; once it is mended, it counts."""

    async def run() -> None:
        connection = ChangingConnection()
        async with connection.enter() as runtime:
            if broken == "it cannot be read":
                connection.error = OSError("no answer to token=hidden")
            connection.says, connection.time = (
                replace(connection.says, token="second", verify="/hidden"),
                READ_AGAIN_AFTER,
            )
            assert [await runtime.ask(ASKED) for _ in range(3)] == ["first"] * 3
            assert connection.reads == 2
            connection.error, connection.says = None, replace(connection.says, verify=True)
            connection.time += READ_AGAIN_AFTER
            assert await runtime.ask(ASKED) == "second"
        assert connection.are_open == [False, False]

    caplog.set_level(logging.DEBUG, "airflow_chilipiper")
    asyncio.run(run())
    assert caplog.text.count("Connection chili cannot be used as it is now") == 1
    assert "hidden" not in caplog.text
