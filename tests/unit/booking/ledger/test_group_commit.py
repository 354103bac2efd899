"""Updates of many flows share a commit, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from threading import Event, Lock
from typing import Any, TypeVar

import pytest

from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, new_version
from airflow_chilipiper.booking.ledger.group_commit import GroupCommit
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.store import Answer
from tests.entries import changed

T = TypeVar("T")


def an_entry(key: str) -> Entry:
    return Entry(key=key, purpose="spring", version=new_version())


class Watched(MemoryLedger):
    """Notes its groups; the first commit waits until it is let go."""

    def __init__(self, fails: Mapping[int, Exception] = {}, *, waits: bool = True) -> None:
        super().__init__()
        self.groups: list[tuple[str, list[str]]] = []
        self.go, self._fails, self._alone = Event(), fails, Lock()
        if not waits:
            self.go.set()

    def get_or_create(self, entries: Sequence[Entry], /) -> list[Entry]:
        return self._noted("create", entries, super().get_or_create)

    def update(self, entries: Sequence[Entry], /) -> list[Answer]:
        return self._noted("update", entries, super().update)

    def _noted(self, name: str, entries: Sequence[Entry], commit: Callable[[Sequence[Entry]], T]) -> T:
        assert self._alone.acquire(blocking=False), "used by two threads at once"
        try:
            self.groups.append((name, [entry.key for entry in entries]))
            self.go.wait(10)
            if failure := self._fails.get(len(self.groups)):
                raise failure
            return commit(entries)
        finally:
            self._alone.release()


def within_ten_seconds(flow: Coroutine[Any, Any, T]) -> T:
    """A waiter that is forgotten shall fail its test, not hang it."""
    return asyncio.run(asyncio.wait_for(flow, 10))


async def all_wait() -> None:
    """Each flow that was started has come as far as to wait for its commit."""
    for _ in range(10):
        await asyncio.sleep(0)


def run_all(ledger: Watched, first: Entry, *others: Entry, cancel: int | None = None) -> list[Any]:
    """Begin *first*, and the others while that commits; what each was answered."""

    async def flow() -> list[Any]:
        commits = GroupCommit(ledger)
        tasks = [asyncio.create_task(commits.get_or_create(first))]
        await all_wait()
        tasks += [asyncio.create_task(commits.get_or_create(entry)) for entry in others]
        await all_wait()
        if cancel is not None:
            tasks[cancel].cancel()
        ledger.go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return within_ten_seconds(flow())


def test_what_comes_while_one_group_commits_is_the_next_group() -> None:
    ledger, entries = Watched(), [an_entry(key) for key in "abcde"]
    assert run_all(ledger, *entries) == entries
    assert ledger.groups == [("create", ["a"]), ("create", ["b", "c", "d", "e"])]


def test_each_gets_its_own_answer_and_ones_trouble_is_not_the_others() -> None:
    ledger = Watched(waits=False)
    entries = ledger.get_or_create([an_entry(key) for key in "abcd"])
    ledger.update([changed(entries[0], "sent"), changed(entries[3], "booked", meeting_id="m")])

    async def flow() -> list[Any]:
        commits = GroupCommit(ledger)
        updates = [
            changed(entries[0], "unknown"),
            changed(entries[1], "sent"),
            changed(entries[2], "booked", meeting_id="m"),
        ]
        return await asyncio.gather(*map(commits.update, updates), return_exceptions=True)

    overtaken, sent, taken = within_ten_seconds(flow())
    assert isinstance(overtaken, Conflict)
    assert sent.state == "sent"
    assert isinstance(taken, MeetingTaken)
    assert ledger.groups[-1] == ("update", ["a", "b", "c"])


def test_a_group_that_failed_is_answered_to_all_of_it_and_to_nobody_else() -> None:
    ledger, entries = Watched({2: LedgerFailed("away")}), [an_entry(key) for key in "abc"]
    first, *others = run_all(ledger, *entries)
    assert first == entries[0]
    assert [type(other) for other in others] == [LedgerFailed, LedgerFailed]


def test_a_ledger_that_does_not_answer_for_every_entry_has_failed() -> None:
    """And nobody waits for ever."""

    class Forgetful(Watched):
        def get_or_create(self, entries: Sequence[Entry], /) -> list[Entry]:
            return super().get_or_create(entries)[1:]

    with pytest.raises(LedgerFailed, match="1 answers to 2 entries"):
        within_ten_seconds(GroupCommit(Forgetful(waits=False)).get_or_create_all([an_entry("a"), an_entry("b")]))


def test_after_a_failed_group_the_next_is_committed() -> None:
    ledger = Watched({1: RuntimeError("a bug")}, waits=False)

    async def flow() -> Entry:
        commits = GroupCommit(ledger)
        with pytest.raises(RuntimeError):
            await commits.get_or_create(an_entry("a"))
        return await commits.get_or_create(an_entry("a"))

    assert within_ten_seconds(flow()).key == "a"


def test_a_flow_that_is_cancelled_takes_no_other_with_it_and_its_entry_is_written() -> None:
    """That is why a cancelled flow may leave an entry `sent`: nobody can know whether the commit took."""
    ledger, entries = Watched(), [an_entry(key) for key in "abc"]
    first, cancelled, other = run_all(ledger, *entries, cancel=1)
    assert (first, other) == (entries[0], entries[2])
    assert isinstance(cancelled, asyncio.CancelledError)
    assert ledger.get("b") == {"b": entries[1]}


def test_creations_and_updates_of_one_moment_are_a_transaction_each() -> None:
    ledger = Watched(waits=False)
    known = ledger.get_or_create([an_entry("a")])[0]

    async def flow() -> None:
        commits = GroupCommit(ledger)
        await asyncio.gather(
            commits.update(changed(known, "sent")),
            commits.get_or_create(an_entry("b")),
            commits.get_or_create(an_entry("c")),
        )

    within_ten_seconds(flow())
    assert ledger.groups[1:] == [("update", ["a"]), ("create", ["b", "c"])]


def test_a_deadlock_that_is_no_exception_is_a_failed_ledger() -> None:
    """Airflow's supervisor raises such a one; nobody may wait for ever because of it."""

    class Deadlock(BaseException):
        """As Airflow's is, no Exception."""

    ledger = Watched({1: Deadlock()}, waits=False)  # type: ignore[dict-item]
    with pytest.raises(LedgerFailed, match="Deadlock"):
        within_ten_seconds(GroupCommit(ledger).get_or_create(an_entry("a")))


def test_many_leads_are_created_in_one_transaction_and_each_finds_its_own_row() -> None:
    ledger = Watched(waits=False)
    known = ledger.get_or_create([an_entry("b")])[0]
    entries = [an_entry(key) for key in "abc"]

    async def flow() -> list[Any]:
        commits = GroupCommit(ledger)
        return await asyncio.gather(
            commits.get_or_create_all(entries), commits.get_or_create(an_entry("d")), commits.get_or_create_all([])
        )

    all_three, one, none = within_ten_seconds(flow())
    assert all_three == [entries[0], known, entries[2]]
    assert (one.key, none) == ("d", [])
    assert ledger.groups[1:] == [("create", ["a", "b", "c", "d"])]


def test_creations_that_fail_raise() -> None:
    ledger = Watched({1: LedgerFailed("away")}, waits=False)
    with pytest.raises(LedgerFailed, match="away"):
        within_ten_seconds(GroupCommit(ledger).get_or_create_all([an_entry("a"), an_entry("b")]))
