"""A run over rows: one outcome for each, whatever becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.batch.batch import BEGUN_AT_ONCE
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome, Status
from airflow_chilipiper.task.run import LOOKED_UP_AT_ONCE, Run
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead


class Plan:
    """Makes a lead of each row's number, and raises the *troubles* of some."""

    def __init__(self, troubles: Mapping[int, Exception] = {}) -> None:
        self.made = list[int]()
        self._troubles = troubles

    def key_of(self, row: Mapping[str, Any]) -> str:
        if row["id"] is None:
            raise BadValue("key is None")
        return str(row["id"])

    def lead(self, row: Mapping[str, Any], key: str, number: int) -> Lead:
        self.made.append(row["id"])
        if trouble := self._troubles.get(row["id"]):
            raise trouble
        return a_lead(row["id"], row=number)


class Recorded:
    """A run over rows with these ids, and the outcomes that it hands on."""

    def __init__(
        self, *ids: int | None, rows: Any = None, troubles: Mapping[int, Exception] = {}, **settings: Any
    ) -> None:
        self.outcomes: list[tuple[int, str, str | None, dict[str, Any]]] = []
        self.reasons: dict[int, str] = {}
        self.plan, self.chili, self.ledger = Plan(troubles), FakeChiliPiper(), MemoryLedger()
        rows = [{"id": each, "name": f"n{each}"} for each in ids] if rows is None else rows
        self.run = Run(rows, self.plan, on_outcome=self.record, **settings)  # type: ignore[arg-type]

    def record(self, number: int, outcome: Outcome, key: str | None, kept: dict[str, Any]) -> None:
        self.outcomes.append((number, outcome.status, key, kept))
        self.reasons[number] = outcome.reason

    def book(self, **settings: Any) -> None:
        self.run.book(self.runtime, **{"at_once": 1, **settings})
        self.run.finish()

    def runtime(self) -> AbstractAsyncContextManager[BatchRuntime]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[BatchRuntime]:
            yield BatchRuntime(self.chili, RateLimiter(None), self.ledger)

        return opened()

    @property
    def statuses(self) -> dict[int, str]:
        """By the row's number; never has one two of them."""
        statuses = {number: status for number, status, _, _ in self.outcomes}
        assert len(statuses) == len(self.outcomes)
        return statuses


def test_each_row_has_one_outcome_with_its_key_and_what_is_kept_of_it() -> None:
    run = Recorded(7, None, 7, keep=["name"])
    run.book()
    assert sorted(run.outcomes) == [
        (0, "booked", "7", {"name": "n7"}),
        (1, "invalid", None, {"name": "nNone"}),
        (2, "invalid", "7", {"name": "n7"}),
    ]
    assert run.reasons[2] == "repeats the key of row 1"
    assert (run.run.left, run.chili.meetings.total()) == (0, 1)


def test_a_lead_whose_outcome_is_known_is_neither_made_nor_asked_about() -> None:
    run = Recorded(1, 2, 1)
    run.run.known = {"1": Outcome(status=Status.ALREADY_BOOKED, meeting_id="m")}.get
    run.book()
    assert run.statuses == {0: "already_booked", 1: "booked", 2: "invalid"}
    assert (run.plan.made, run.chili.openings) == ([2], 1)
    assert list(run.ledger.get([a_lead(1).entry_key])) == []


def test_where_nobody_is_left_to_be_asked_about_that_is_known_before_and_whoever_is_found_is_not_lost() -> None:
    run, nobody = Recorded(None, 1, 2, 3), Recorded(None, 1)
    for each in (run, nobody):
        each.run.known = {"1": Outcome(status=Status.ALREADY_BOOKED, meeting_id="m")}.get
    assert (run.run.has_leads(), run.run.has_leads(), nobody.run.has_leads()) == (True, True, False)
    assert run.statuses == nobody.statuses == {0: "invalid", 1: "already_booked"}
    assert (run.plan.made, run.run.left, nobody.run.left) == ([2], 2, 0)
    run.book()
    assert run.statuses == {0: "invalid", 1: "already_booked", 2: "booked", 3: "booked"}


def test_rows_of_others_have_no_outcome_and_of_all_runs_together_each_has_one() -> None:
    def takes(part: int) -> Callable[[str | None], bool]:
        return lambda key: int(key or 0) % 3 == part

    runs = [Recorded(*range(20), None, is_own=takes(part)) for part in range(3)]
    for run in runs:
        run.book()
    together = Counter(number for run in runs for number in run.statuses)
    assert together == dict.fromkeys(range(21), 1)
    assert [run.run.left for run in runs] == [0, 0, 0]
    assert list(Recorded(*range(5), None, is_own=takes(1)).run.keys()) == ["1", "4"]


def test_a_run_that_is_stopped_before_it_begins_asks_nothing_and_has_all_outcomes() -> None:
    run = Recorded(1, None, 3)
    run.run.stop()
    run.book()
    assert run.statuses == dict.fromkeys(range(3), "not_attempted")
    assert [key for _, _, key, _ in sorted(run.outcomes)] == ["1", None, "3"]
    assert (run.chili.openings, run.run.left) == (0, 0)


def test_a_run_that_ends_twice_hands_on_nothing_twice() -> None:
    run = Recorded(1, 2)
    run.book()
    run.run.finish()
    assert run.statuses == dict.fromkeys(range(2), "booked")


def test_rows_are_read_as_they_come_and_those_never_reached_have_their_outcome() -> None:
    read = 0

    class Rows(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            nonlocal read
            for row in super().__iter__():
                read += 1
                yield row

    run = Recorded(rows=Rows({"id": number} for number in range(4 * BEGUN_AT_ONCE)))
    run.chili = FakeChiliPiper(opening={0: errors.NotAllowed("no", status=403)})
    run.run.book(run.runtime, at_once=1)
    assert read <= 2 * BEGUN_AT_ONCE + 1
    run.run.finish()
    assert run.statuses == dict.fromkeys(range(4 * BEGUN_AT_ONCE), "not_attempted")
    assert isinstance(run.run.stopped_by, errors.NotAllowed)
    assert run.run.left == 0


@pytest.mark.parametrize(
    ("trouble", "one_target", "status", "reason"),
    [
        (errors.Invalid("the link is empty"), True, "invalid", "the link is empty"),
        (BadValue("form is of type int"), True, "invalid", "form is of type int"),
        (
            ZeroDivisionError("ada@example.com"),
            True,
            "invalid",
            "the row cannot be read (unexpected ZeroDivisionError)",
        ),
        (errors.NotFound("no such link", status=404), False, "refused", "no such link"),
    ],
)
def test_a_row_that_makes_no_lead_is_no_other_rows_trouble(
    trouble: Exception, one_target: bool, status: str, reason: str
) -> None:
    run = Recorded(1, 2, 3, troubles={2: trouble}, one_target=one_target)
    run.book()
    assert run.statuses == {0: "booked", 1: status, 2: "booked"}
    assert run.reasons[1] == reason


@pytest.mark.parametrize("trouble", [errors.NotFound("no such link", status=404), errors.NoAnswer("the list is away")])
def test_what_no_other_row_could_escape_ends_the_run_and_those_before_it_are_booked(trouble: Exception) -> None:
    run = Recorded(1, 2, 3, troubles={2: trouble})
    run.book()
    assert run.statuses == {0: "booked", 1: "not_attempted", 2: "not_attempted"}
    assert run.reasons[1] == str(trouble)
    assert run.run.stopped_by is trouble


def test_what_is_added_goes_along_with_the_runs_settings() -> None:
    async def refuses(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        return Outcome(status=Status.REVIEW)

    run = Recorded(1)
    run.book(finish=refuses)
    assert run.statuses == {0: "review"}


def test_a_preview_asks_the_ledger_for_many_at_once_and_changes_nothing() -> None:
    """I10."""
    asked = list[int]()

    class Asked(MemoryLedger):
        def get(self, keys: Any, /) -> Mapping[str, Entry]:
            asked.append(len(keys))
            return super().get(keys)

    ledger, run = Asked(), Recorded(*range(LOOKED_UP_AT_ONCE), None, LOOKED_UP_AT_ONCE)
    ledger.update([changed(ledger.get_or_create([a_lead(0).new_entry()])[0], "booked", meeting_id="m")])
    run.run.preview(ledger)
    run.run.finish()
    expected = dict.fromkeys(range(LOOKED_UP_AT_ONCE + 2), "would_book")
    assert run.statuses == expected | {0: "already_booked", LOOKED_UP_AT_ONCE: "invalid"}
    assert asked == [LOOKED_UP_AT_ONCE, 1]
    assert len(ledger.list(limit=9)) == 1


@pytest.mark.parametrize("repeated_guests", [False, True])
def test_a_preview_knows_of_guests_who_come_twice_or_have_a_meeting(repeated_guests: bool) -> None:
    run, ledger = Recorded(1, 2, 3), MemoryLedger()
    made = run.plan.lead
    run.plan.lead = lambda row, key, number: replace(  # type: ignore[method-assign]
        (lead := made({"id": min(row["id"], 2)}, key, number)),
        key=key,
        policy=replace(lead.policy, repeated_guests=repeated_guests),
    )
    of_another_key = ledger.get_or_create([replace(a_lead(1), key="other").new_entry()])[0]
    ledger.update([changed(of_another_key, "booked", meeting_id="m")])
    run.run.preview(ledger)
    told = ["would_book"] * 3 if repeated_guests else ["already_booked", "would_book", "invalid"]
    assert list(run.statuses.values()) == told
    assert repeated_guests or run.reasons[2].startswith("repeats the guest of row 2")


def test_a_preview_whose_ledger_fails_has_all_outcomes() -> None:
    class Away(MemoryLedger):
        def get(self, keys: Any, /) -> Mapping[str, Entry]:
            raise LedgerFailed("away")

    run = Recorded(1, 2)
    with pytest.raises(LedgerFailed):
        run.run.preview(Away())
    run.run.finish()
    assert run.statuses == dict.fromkeys(range(2), "not_attempted")
