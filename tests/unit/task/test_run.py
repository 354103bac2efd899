"""One outcome for each row: bad ones are told apart and named, good ones beside them are booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.batch.batch import BEGUN_AT_ONCE
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import LedgerFailed, Row
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.task.run import LOOKED_UP_AT_ONCE, Run
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper as Office
from tests.fake_chilipiper import a_lead


def link(desk: Desk, *rows: Any, **arguments: Any) -> SchedulingLinkBookOperator:
    given = {"link_id": "link-rr-demo", "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(SchedulingLinkBookOperator, leads=list(rows), **given)


BAD: list[tuple[Any, str]] = [
    (3, "the row is a int"),
    (None, "the row is a NoneType"),
    (["x"], "the row is a list"),
    ({}, "no column 'lead_id': the row has none"),
    ({"id": 1}, "no column 'lead_id': the row has id"),
    ({"lead_id": None}, "key is None"),
    ({"lead_id": float("nan")}, "key is None"),
    ({"lead_id": True}, "key is True"),
    ({"lead_id": " "}, "key is empty"),
    ({"lead_id": [1]}, "key is of type list"),
    ({"LEAD_ID": 1, "Lead_Id": 2}, "column 'lead_id' is ambiguous: the row has LEAD_ID, Lead_Id"),
    ({"lead_id": 1}, "email is missing"),
    ({"lead_id": 1, "email": None}, "email is missing"),
    ({"lead_id": 1, "email": "ada"}, "email is no e-mail address"),
    ({"lead_id": 1, "email": "a@b@c"}, "email is no e-mail address"),
    ({"lead_id": 1, "email": "a b@c"}, "email is no e-mail address"),
    ({"lead_id": 1, "email": 7}, "email is no e-mail address"),
    (lead("1", zone="Mars"), "timezone is 'Mars'"),
    (lead("1", zone=None), "timezone is None"),
    (lead("1", query="soon"), "prefer is 'soon'"),
    (lead("1", size=object()), r"form['Size'] is of type object"),
    (lead("1", size={"a": 1}), r"form['Size'] is of type dict"),
    (lead("1", size=float("inf")), r"form['Size'] is inf"),
    (lead("1", size=datetime.max.replace(tzinfo=timezone(-timedelta(hours=9)))), "unexpected OverflowError"),
    ({1: 2}, "no column 'lead_id': the row has 1"),
]


@pytest.mark.parametrize(("row", "told"), BAD, ids=[told for _, told in BAD])
def test_a_bad_row_has_one_clear_outcome(desk: Desk, row: Any, told: str) -> None:
    columns = {
        "timezone": col("zone") if isinstance(row, dict) and "zone" in row else "Europe/Paris",
        "prefer": col("query", default=None),
        "form": {"Size": col("size", default=None)},
    }
    good = lead("good", zone="Europe/Paris")
    answered = desk.run(link(desk, row, good, **columns))
    assert [each["status"] for each in answered] == ["invalid", "booked"]
    assert told in answered[0]["reason"]
    assert desk.guests() == ["good@prospect.example"]


def test_duplicate_keys(desk: Desk) -> None:
    """The first that can be asked about is booked; the others name the row that they repeat, from 1 on."""
    rows = [
        {"lead_id": 42, "email": "nobody"},
        {"lead_id": 42.0, "email": "ada@prospect.example"},
        {"lead_id": "42 ", "email": "bob@prospect.example"},
    ]
    answered = desk.run(link(desk, *rows))
    assert [row["status"] for row in answered] == ["invalid", "booked", "invalid"]
    assert answered[2]["reason"] == "repeats the key of row 2"
    assert desk.guests() == ["ada@prospect.example"]


def test_outcomes_in_the_order_of_the_rows(desk: Desk) -> None:
    rows = [lead(str(number)) if number % 3 else number for number in range(12)]
    answered = desk.run(link(desk, *rows, leads_at_once=6, max_sessions=20))
    assert [row["lead_key"] for row in answered] == [str(number) if number % 3 else None for number in range(12)]
    booked = {row["meeting_id"]: row["lead_key"] for row in answered if row["status"] == "booked"}
    guests = {meeting["meetingId"]: meeting["guest"].partition("@")[0] for meeting in desk.chili.meetings}
    assert booked == guests
    assert len(booked) == 8


def test_a_directory_that_cannot_be_asked(desk: Desk) -> None:
    """Nobody is booked, every key is told, and another try may help."""
    desk.chili.faults.error("scheduling-link-list-round-robin", status=422, code="Odd")
    with pytest.raises(AirflowException, match=r"3 not_attempted .*422 Odd") as raised:
        desk.run(link(desk, *map(lead, "abc"), link_id=None, booking_url="https://x/y"))
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.statuses() == ["not_attempted"] * 3
    assert [row["lead_key"] for row in desk.ti.xcom["return_value"]] == list("abc")


# Without an operator.


class Asked:
    """Terms that make a lead of each row's number, and raise what they are told of some."""

    def __init__(self, troubles: Mapping[int, Exception] = {}) -> None:
        self.made = list[int]()
        self._troubles = troubles

    def key_of(self, row: Mapping[str, Any]) -> str:
        if row["id"] is None:
            raise BadValue("key is None")
        return str(row["id"])

    def lead(self, row: Mapping[str, Any], key: str) -> Lead:
        self.made.append(row["id"])
        if trouble := self._troubles.get(row["id"]):
            raise trouble
        return a_lead(row["id"])


class Told:
    """A run over rows with these ids, and what it tells."""

    def __init__(
        self, *ids: int | None, rows: Any = None, troubles: Mapping[int, Exception] = {}, **settings: Any
    ) -> None:
        self.told: list[tuple[int, str, str | None, dict[str, Any]]] = []
        self.reasons: dict[int, str] = {}
        self.asked, self.office, self.ledger = Asked(troubles), Office(), MemoryLedger()
        rows = [{"id": each, "name": f"n{each}"} for each in ids] if rows is None else rows
        self.run = Run(rows, self.asked, tell=self.tell, **settings)  # type: ignore[arg-type]

    def tell(self, number: int, outcome: Outcome, key: str | None, kept: dict[str, Any]) -> None:
        self.told.append((number, outcome.status, key, kept))
        self.reasons[number] = outcome.reason

    def book(self, **settings: Any) -> None:
        self.run.book(self.runtime, **{"at_once": 1, **settings})
        self.run.finish()

    def runtime(self) -> AbstractAsyncContextManager[BatchRuntime]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[BatchRuntime]:
            yield BatchRuntime(self.office, RateLimiter(None), self.ledger)

        return opened()

    @property
    def statuses(self) -> dict[int, str]:
        """By the row's number; never is one told twice."""
        statuses = {number: status for number, status, _, _ in self.told}
        assert len(statuses) == len(self.told)
        return statuses


def test_each_row_is_told_once_with_its_key_and_what_is_kept_of_it() -> None:
    run = Told(7, None, 7, keep=["name"])
    run.book()
    assert sorted(run.told) == [
        (0, "booked", "7", {"name": "n7"}),
        (1, "invalid", None, {"name": "nNone"}),
        (2, "invalid", "7", {"name": "n7"}),
    ]
    assert run.reasons[2] == "repeats the key of row 1"
    assert (run.run.left, run.office.meetings.total()) == (0, 1)


def test_a_lead_whose_outcome_is_known_is_neither_made_nor_asked_about() -> None:
    run = Told(1, 2, 1)
    run.run.known = {"1": Outcome(status="already_booked", meeting_id="m")}.get
    run.book()
    assert run.statuses == {0: "already_booked", 1: "booked", 2: "invalid"}
    assert (run.asked.made, run.office.openings) == ([2], 1)
    assert list(run.ledger.look([a_lead(1).row_key])) == []


def test_where_nobody_is_left_to_be_asked_about_that_is_known_before_and_whoever_is_found_is_not_lost() -> None:
    run, nobody = Told(None, 1, 2, 3), Told(None, 1)
    for each in (run, nobody):
        each.run.known = {"1": Outcome(status="already_booked", meeting_id="m")}.get
    assert (run.run.has_leads(), run.run.has_leads(), nobody.run.has_leads()) == (True, True, False)
    assert run.statuses == nobody.statuses == {0: "invalid", 1: "already_booked"}
    assert (run.asked.made, run.run.left, nobody.run.left) == ([2], 2, 0)
    run.book()
    assert run.statuses == {0: "invalid", 1: "already_booked", 2: "booked", 3: "booked"}


def test_rows_of_others_are_not_told_and_all_runs_together_tell_each_once() -> None:
    def takes(part: int) -> Callable[[str | None], bool]:
        return lambda key: int(key or 0) % 3 == part

    runs = [Told(*range(20), None, is_own=takes(part)) for part in range(3)]
    for run in runs:
        run.book()
    together = Counter(number for run in runs for number in run.statuses)
    assert together == dict.fromkeys(range(21), 1)
    assert [run.run.left for run in runs] == [0, 0, 0]
    assert list(Told(*range(5), None, is_own=takes(1)).run.keys()) == ["1", "4"]


def test_a_run_that_is_stopped_before_it_begins_asks_nothing_and_tells_all() -> None:
    run = Told(1, None, 3)
    run.run.stop()
    run.book()
    assert run.statuses == dict.fromkeys(range(3), "not_attempted")
    assert [key for _, _, key, _ in sorted(run.told)] == ["1", None, "3"]
    assert (run.office.openings, run.run.left) == (0, 0)


def test_a_run_that_ends_twice_tells_nothing_twice() -> None:
    run = Told(1, 2)
    run.book()
    run.run.finish()
    assert run.statuses == dict.fromkeys(range(2), "booked")


def test_rows_are_read_as_they_come_and_those_never_reached_are_told() -> None:
    read = 0

    class Rows(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            nonlocal read
            for row in super().__iter__():
                read += 1
                yield row

    run = Told(rows=Rows({"id": number} for number in range(4 * BEGUN_AT_ONCE)))
    run.office = Office(opening={0: errors.NotAllowed("no", status=403)})
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
    run = Told(1, 2, 3, troubles={2: trouble}, one_target=one_target)
    run.book()
    assert run.statuses == {0: "booked", 1: status, 2: "booked"}
    assert run.reasons[1] == reason


@pytest.mark.parametrize("trouble", [errors.NotFound("no such link", status=404), errors.NoAnswer("the list is away")])
def test_what_no_other_row_could_escape_ends_the_run_and_those_before_it_are_booked(trouble: Exception) -> None:
    run = Told(1, 2, 3, troubles={2: trouble})
    run.book()
    assert run.statuses == {0: "booked", 1: "not_attempted", 2: "not_attempted"}
    assert run.reasons[1] == str(trouble)
    assert run.run.stopped_by is trouble


def test_what_is_added_goes_along_with_the_runs_settings() -> None:
    async def refuses(outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        return Outcome(status="review")

    run = Told(1)
    run.book(finish=refuses)
    assert run.statuses == {0: "review"}


def test_a_preview_asks_the_ledger_for_many_at_once_and_changes_nothing() -> None:
    """I10."""
    looks = list[int]()

    class Looked(MemoryLedger):
        def look(self, keys: Any, /) -> Mapping[str, Row]:
            looks.append(len(keys))
            return super().look(keys)

    ledger, run = Looked(), Told(*range(LOOKED_UP_AT_ONCE), None, LOOKED_UP_AT_ONCE)
    ledger.mark([changed(ledger.begin([a_lead(0).row()])[0], "booked", meeting_id="m")])
    run.run.preview(ledger)
    run.run.finish()
    expected = dict.fromkeys(range(LOOKED_UP_AT_ONCE + 2), "would_book")
    assert run.statuses == expected | {0: "already_booked", LOOKED_UP_AT_ONCE: "invalid"}
    assert looks == [LOOKED_UP_AT_ONCE, 1]
    assert len(ledger.list(limit=9)) == 1


def test_a_preview_whose_ledger_fails_tells_all_the_same() -> None:
    class Away(MemoryLedger):
        def look(self, keys: Any, /) -> Mapping[str, Row]:
            raise LedgerFailed("away")

    run = Told(1, 2)
    with pytest.raises(LedgerFailed):
        run.run.preview(Away())
    run.run.finish()
    assert run.statuses == dict.fromkeys(range(2), "not_attempted")
