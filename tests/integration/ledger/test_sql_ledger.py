"""The ledger behind a database: its failures, commits whose answer is lost, and entries that others hold."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from airflow_chilipiper.booking.ledger.entry import Conflict, Entry, LedgerFailed, MeetingTaken, new_version
from airflow_chilipiper.booking.ledger.sql.faults import AWAY
from airflow_chilipiper.booking.ledger.sql.ledger import TRIES, SqlLedger
from tests.entries import changed

Open = Callable[..., sa.engine.Engine]


def an_entry(key: str = "a", **facts: Any) -> Entry:
    return Entry(key=key * 64, purpose="spring", version=new_version(), **facts)


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


@pytest.mark.parametrize("after", [True, False], ids=["the commit took", "the commit did not take"])
def test_begin_is_repeated_after_an_unanswered_commit_and_inserts_once(
    engine: sa.engine.Engine, ledger: SqlLedger, after: bool
) -> None:
    entries = [an_entry(key) for key in "ab"]
    lost = LosesAnswers(engine, times=2, after=after)
    assert ledger.get_or_create(entries) == entries
    assert lost.commits == 2 * after


@pytest.mark.parametrize("after", [True, False], ids=["the commit took", "the commit did not take"])
@pytest.mark.parametrize("state", ["sent", "booked"])
def test_an_update_is_repeated_after_an_unanswered_commit_and_known_as_our_own(
    engine: sa.engine.Engine, ledger: SqlLedger, state: Any, after: bool
) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    lost = LosesAnswers(engine, times=2, after=after)
    change = changed(entry, state, meeting_id="m" if state == "booked" else None)
    (answer,) = ledger.update([change])
    assert isinstance(answer, Entry)
    assert answer.version == change.version
    assert lost.commits == 2 * after


def test_an_update_whose_commit_is_never_answered_fails_though_it_may_have_taken(
    engine: sa.engine.Engine, ledger: SqlLedger
) -> None:
    (entry,) = ledger.get_or_create([an_entry()])
    lost = LosesAnswers(engine, times=TRIES, after=True)
    with pytest.raises(LedgerFailed):
        ledger.update([changed(entry, "sent")])
    assert lost.left == 0
    assert ledger.get([entry.key])[entry.key].state == "sent"


def test_who_won_is_read_back_in_a_transaction_of_its_own(engine: sa.engine.Engine, ledger: SqlLedger) -> None:
    """A read inside the writing transaction may be stale, and a commit that is lost would still look like a win."""
    (entry,) = ledger.get_or_create([an_entry()])
    seen: list[str] = []
    event.listen(engine, "commit", lambda db: seen.append("commit"))
    event.listen(engine, "before_cursor_execute", lambda db, cursor, text, *rest: seen.append(text.lower()))
    ledger.update([changed(entry, "sent")])
    words = [text.split()[0] for text in seen if "set_config" not in text]
    assert [word for word in words if word in ("update", "commit", "select")] == [
        "update",
        "commit",
        "select",
        "commit",
    ]


def test_a_group_is_one_transaction_in_key_order(engine: sa.engine.Engine, ledger: SqlLedger) -> None:
    entries = ledger.get_or_create([an_entry(key) for key in "cab"])
    commits: list[object] = []
    keys: list[str] = []

    def note(db: Any, cursor: Any, text: str, parameters: Any, context: Any, many: bool) -> None:
        for of_row in parameters if many and text.startswith("UPDATE") else []:
            values = of_row.values() if isinstance(of_row, dict) else of_row
            keys.extend(value[0] for value in values if str(value) in {entry.key for entry in entries})

    event.listen(engine, "commit", commits.append)
    event.listen(engine, "before_cursor_execute", note)
    ledger.update([changed(entry, "sent") for entry in entries])
    assert len(commits) == 2
    assert "".join(dict.fromkeys(keys)) == "abc"


def test_nothing_to_update_is_no_trouble(ledger: SqlLedger) -> None:
    assert ledger.update([]) == ledger.get_or_create([]) == []


def test_a_meeting_stands_against_another_though_the_version_that_was_read_still_holds(ledger: SqlLedger) -> None:
    """Transition 10: booked stays as it is, whoever brings another meeting."""
    (entry,) = ledger.get_or_create([an_entry()])
    (booked,) = ledger.update([changed(entry, "booked", meeting_id="m")])
    assert isinstance(booked, Entry)
    (answer,) = ledger.update([changed(booked, "booked", meeting_id="another")])
    assert isinstance(answer, Conflict)
    assert answer.entry == booked
    assert ledger.get([entry.key]) == {entry.key: booked}


@pytest.mark.parametrize(
    "facts",
    [
        {"meeting_id": "\ud800"},
        {"session": "s\x00"},
        {"reason": "\ud800"},
        {"sent_at": math.inf},
        {"no_effect_after": math.inf},
        {"booked_at": -math.inf},
        {"list_lag": math.nan},
        {"attempt": 2**70},
        {"no_effect_after": 1e300},
    ],
    ids=str,
)
def test_an_entry_that_a_database_does_not_take_fails_alone(ledger: SqlLedger, facts: dict[str, Any]) -> None:
    """A lone surrogate is text to Python, and to no database; a time without end is one to some."""
    entries = ledger.get_or_create([an_entry(key) for key in "abc"])
    answers = ledger.update(
        [
            changed(entries[0], "sent"),
            changed(entries[1], "booked", **facts),
            changed(entries[2], "booked", meeting_id="m"),
        ]
    )
    assert [type(answer).__name__ for answer in answers] == ["Entry", "Unfit", "Entry"]
    assert isinstance(answers[1], LedgerFailed)
    assert ledger.get([entries[1].key])[entries[1].key] == entries[1]


def test_a_purpose_that_the_database_does_not_take_fails_as_the_ledger_does(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerFailed):
        ledger.get_or_create([Entry(key="a" * 64, purpose="\ud800", version=new_version())])


def test_a_ledger_that_is_away_fails_and_tells_no_secret() -> None:
    url = "postgresql+psycopg2://robot:hunter2@127.0.0.1:9/ledger"
    ledger = SqlLedger(sa.create_engine(url, hide_parameters=True))
    entry = an_entry(reason="why", session="session-of-jo")
    for ask in (
        ledger.create,
        lambda: ledger.get_or_create([entry]),
        lambda: ledger.update([entry]),
        lambda: ledger.get([entry.key]),
    ):
        with pytest.raises(LedgerFailed) as failed:
            ask()
        shown = "".join(traceback.format_exception(failed.value))
        assert str(failed.value) == f"chilipiper_ledger: OperationalError: {AWAY}"
        assert not any(secret in shown for secret in ("hunter2", "session-of-jo", entry.key))


def test_a_table_that_is_missing_is_a_failed_ledger(open_engine: Open) -> None:
    with pytest.raises(LedgerFailed, match=r"chilipiper_ledger: .* a table or a column is missing"):
        SqlLedger(open_engine()).get_or_create([an_entry()])


def test_an_entry_that_was_deleted_is_a_failed_ledger(ledger: SqlLedger) -> None:
    with pytest.raises(LedgerFailed, match="gone"):
        ledger.update([changed(an_entry(), "sent")])


def test_keys_and_meeting_ids_that_differ_by_case_are_different(ledger: SqlLedger) -> None:
    entries = ledger.get_or_create([an_entry("a"), an_entry("A")])
    assert len({entry.version for entry in entries}) == 2
    answers = ledger.update(
        [changed(entries[0], "booked", meeting_id="m"), changed(entries[1], "booked", meeting_id="M")]
    )
    assert not any(isinstance(answer, MeetingTaken) for answer in answers)


def test_what_is_too_long_is_refused_and_never_cut(ledger: SqlLedger) -> None:
    """Two keys or two meetings with one beginning would become one."""
    entries = ledger.get_or_create([an_entry(key) for key in "ab"])
    answers = ledger.update(
        [changed(entries[0], "booked", meeting_id="m" * 256), changed(entries[1], "booked", meeting_id="m" * 255)]
    )
    assert [type(answer).__name__ for answer in answers] == ["Unfit", "Entry"]
    assert "meeting_id has 256 characters, and there is room for 255" in str(answers[0])
    with pytest.raises(LedgerFailed, match="key has 65 characters"):
        ledger.get_or_create([Entry(key="a" * 65, purpose="spring", version=new_version())])
    assert [entry.key for entry in ledger.list()] == [entry.key for entry in entries]


def refuse_writes(engine: sa.engine.Engine) -> None:
    def refuse(db: Any, cursor: Any, text: str, *rest: Any) -> None:
        if text.startswith(("INSERT", "UPDATE")):
            raise sa.exc.IntegrityError(text, {}, Exception("a trigger"))

    event.listen(engine, "before_cursor_execute", refuse)


def test_a_constraint_of_somebody_else_is_no_taken_meeting(engine: sa.engine.Engine) -> None:
    ledger = SqlLedger(engine, sleep=lambda _: None)
    (entry,) = ledger.get_or_create([an_entry()])
    refuse_writes(engine)
    (answer,) = ledger.update([changed(entry, "sent")])
    assert type(answer) is LedgerFailed
    with pytest.raises(LedgerFailed, match="IntegrityError"):
        ledger.get_or_create([an_entry("b"), an_entry("c")])


def test_a_table_that_cannot_be_stamped_is_a_failed_ledger(open_engine: Open) -> None:
    refuse_writes(engine := open_engine())
    with pytest.raises(LedgerFailed, match="IntegrityError"):
        SqlLedger(engine, sleep=lambda _: None).create()


def test_entries_updated_one_by_one_are_each_answered_with_what_came_of_them(tmp_path: Path) -> None:
    """One of a group cannot be as it is to be; of the others, those before the database goes away are on record."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/ledger.db")
    ledger = SqlLedger(engine, sleep=lambda _: None)
    ledger.create()
    entries = [Entry(key=key, purpose="p", version=f"m{key}") for key in "abcd"]
    ledger.get_or_create(entries)
    ledger.update([changed(entries[3], "booked", meeting_id="taken")])
    updates = 0

    @sa.event.listens_for(engine, "before_cursor_execute")
    def go_away(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal updates
        updates += statement.startswith("UPDATE")
        if updates > 2:
            raise sa.exc.OperationalError(statement, {}, Exception("gone"))

    sent = [changed(entries[0], "sent"), changed(entries[1], "booked", meeting_id="taken"), changed(entries[2], "sent")]
    first, *others = ledger.update(sent)
    assert isinstance(first, Entry)
    assert first.version == sent[0].version
    assert [type(each) for each in others] == [LedgerFailed] * 2
    engine.dispose()
