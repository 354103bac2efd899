"""The ledger as a table: its making, its failures, and commits whose answer is lost."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from airflow_chilipiper.booking.ledger import LedgerFailed, MeetingTaken, Row, new_mark
from airflow_chilipiper.booking.sql_ledger import SqlLedger, table_of

Open = Callable[[], sa.engine.Engine]


def a_row(key: str = "a", **facts: Any) -> Row:
    return Row(key=key * 64, purpose="spring", mark=new_mark(), **facts)


@pytest.fixture(params=["sqlite", "postgres"])
def open_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engines: list[sa.engine.Engine] = []

    def open_() -> sa.engine.Engine:
        engines.append(sa.create_engine(url, hide_parameters=True))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(open_engine: Open) -> sa.engine.Engine:
    return open_engine()


@pytest.fixture
def ledger(engine: sa.engine.Engine) -> SqlLedger:
    ledger = SqlLedger(engine)
    ledger.create()
    return ledger


class Lost(Exception):
    """What a driver raises where the connection breaks."""


class LosesAnswers:
    """Breaks the connection right after the next commits took, or right before."""

    def __init__(self, engine: sa.engine.Engine, *, times: int, after: bool) -> None:
        self.left, self.commits, self._after = times, 0, after
        commit = engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            if not self.left:
                return commit(connection)
            self.left -= 1
            if self._after:
                commit(connection)
                self.commits += 1
            else:
                connection.rollback()
            raise sa.exc.OperationalError("commit", {}, Lost("server closed the connection"))

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign, assignment]  # this engine's own dialect


def test_the_table_has_exactly_the_fields_of_a_row() -> None:
    """All but `replaces`, which says what is compared and is no fact."""
    assert {column.name for column in table_of("ledger").columns} == {field.name for field in fields(Row)} - {
        "replaces"
    }


def test_create_says_whether_it_made_the_table(open_engine: Open) -> None:
    assert SqlLedger(open_engine()).create() is True
    assert SqlLedger(open_engine()).create() is False


def test_of_runs_that_create_at_once_one_makes_the_table_and_none_fails(open_engine: Open) -> None:
    ledgers, start = [SqlLedger(open_engine()) for _ in range(6)], Barrier(6)
    made: list[bool] = []

    def create(ledger: SqlLedger) -> None:
        start.wait()
        made.append(ledger.create())

    threads = [Thread(target=create, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(made) == [False] * 5 + [True]


def test_two_ledgers_may_share_an_engine(engine: sa.engine.Engine) -> None:
    spring, autumn = SqlLedger(engine), SqlLedger(engine, "autumn")
    assert spring.create() is autumn.create() is True
    (row,) = spring.begin([a_row()])
    assert autumn.look([row.key]) == {}


@pytest.mark.parametrize("after", [True, False], ids=["the commit took", "the commit did not take"])
def test_begin_is_repeated_after_an_unanswered_commit_and_inserts_once(
    engine: sa.engine.Engine, ledger: SqlLedger, after: bool
) -> None:
    rows = [a_row(key) for key in "ab"]
    lost = LosesAnswers(engine, times=2, after=after)
    assert ledger.begin(rows) == rows
    assert lost.commits == 2 * after


@pytest.mark.parametrize("after", [True, False], ids=["the commit took", "the commit did not take"])
@pytest.mark.parametrize("state", ["sent", "booked"])
def test_a_mark_is_repeated_after_an_unanswered_commit_and_known_as_our_own(
    engine: sa.engine.Engine, ledger: SqlLedger, state: Any, after: bool
) -> None:
    (row,) = ledger.begin([a_row()])
    lost = LosesAnswers(engine, times=2, after=after)
    changed = row.to(state, meeting_id="m" if state == "booked" else None)
    (answer,) = ledger.mark([changed])
    assert isinstance(answer, Row)
    assert answer.mark == changed.mark
    assert lost.commits == 2 * after


def test_a_mark_whose_commit_is_never_answered_fails_though_it_may_have_taken(
    engine: sa.engine.Engine, ledger: SqlLedger
) -> None:
    (row,) = ledger.begin([a_row()])
    lost = LosesAnswers(engine, times=3, after=True)
    with pytest.raises(LedgerFailed):
        ledger.mark([row.to("sent")])
    assert lost.left == 0
    assert ledger.look([row.key])[row.key].state == "sent"


def test_who_won_is_read_back_in_a_transaction_of_its_own(engine: sa.engine.Engine, ledger: SqlLedger) -> None:
    """A read inside the writing transaction may be stale, and a commit that is lost would still look like a win."""
    (row,) = ledger.begin([a_row()])
    seen: list[str] = []
    event.listen(engine, "commit", lambda db: seen.append("commit"))
    event.listen(engine, "before_cursor_execute", lambda db, cursor, text, *rest: seen.append(text.split()[0].lower()))
    ledger.mark([row.to("sent")])
    assert [word for word in seen if word in ("update", "commit", "select")] == ["update", "commit", "select", "commit"]


def test_a_group_is_one_transaction_in_key_order(engine: sa.engine.Engine, ledger: SqlLedger) -> None:
    rows = ledger.begin([a_row(key) for key in "cab"])
    commits: list[object] = []
    keys: list[str] = []

    def note(db: Any, cursor: Any, text: str, parameters: Any, *rest: Any) -> None:
        values = parameters.values() if isinstance(parameters, dict) else parameters
        keys.extend(
            value[0] for value in values if text.startswith("UPDATE") and str(value) in {row.key for row in rows}
        )

    event.listen(engine, "commit", commits.append)
    event.listen(engine, "before_cursor_execute", note)
    ledger.mark([row.to("sent") for row in rows])
    assert len(commits) == 2
    assert "".join(dict.fromkeys(keys)) == "abc"


def test_a_row_that_the_database_does_not_take_fails_alone(ledger: SqlLedger) -> None:
    """A lone surrogate is text to Python, and to no database."""
    rows = ledger.begin([a_row(key) for key in "abc"])
    answers = ledger.mark(
        [rows[0].to("sent"), rows[1].to("booked", meeting_id="\ud800"), rows[2].to("booked", meeting_id="m")]
    )
    assert [type(answer).__name__ for answer in answers] == ["Row", "Unfit", "Row"]
    assert isinstance(answers[1], LedgerFailed)
    assert ledger.look([rows[1].key])[rows[1].key] == rows[1]


def test_a_purpose_that_the_database_does_not_take_fails_as_the_ledger_does(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerFailed):
        ledger.begin([Row(key="a" * 64, purpose="\ud800", mark=new_mark())])


def test_a_ledger_that_is_away_fails_and_tells_no_secret() -> None:
    url = "postgresql+psycopg2://robot:hunter2@127.0.0.1:9/ledger"
    ledger = SqlLedger(sa.create_engine(url, hide_parameters=True))
    row = a_row(reason="why", session="session-of-jo")
    for ask in (ledger.create, lambda: ledger.begin([row]), lambda: ledger.mark([row]), lambda: ledger.look([row.key])):
        with pytest.raises(LedgerFailed) as failed:
            ask()
        told = "".join(traceback.format_exception(failed.value))
        assert "chilipiper_ledger: OperationalError" in str(failed.value)
        assert not any(secret in told for secret in ("hunter2", "session-of-jo", row.key))


def test_a_table_that_is_missing_is_a_failed_ledger(engine: sa.engine.Engine) -> None:
    with pytest.raises(LedgerFailed, match="chilipiper_ledger"):
        SqlLedger(engine).begin([a_row()])


def test_a_row_that_was_deleted_is_a_failed_ledger(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerFailed, match="gone"):
        ledger.mark([a_row().to("sent")])


def test_keys_and_meeting_ids_that_differ_by_case_are_different(ledger: SqlLedger) -> None:
    rows = ledger.begin([a_row("a"), a_row("A")])
    assert len({row.mark for row in rows}) == 2
    answers = ledger.mark([rows[0].to("booked", meeting_id="m"), rows[1].to("booked", meeting_id="M")])
    assert not any(isinstance(answer, MeetingTaken) for answer in answers)


def test_sqlite_syncs_fully_and_takes_the_write_lock_first(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ledger.db")
    SqlLedger(engine).create()
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda db, cursor, text, *rest: statements.append(text))
    with engine.begin() as db:
        synchronous = db.exec_driver_sql("pragma synchronous").scalar()
    assert (statements[0], synchronous) == ("begin immediate", 2)
    engine.dispose()
