"""What a person may do with an entry, and when; the guards hold for people too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.ledger import person as resolve
from airflow_chilipiper.booking.ledger.entry import STATES, Entry, LedgerFailed, State, new_version
from airflow_chilipiper.booking.ledger.lead_key import entry_key
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.ledger.person import NotResolved
from airflow_chilipiper.booking.ledger.store import Answer, Ledger
from tests.drive import Immediate, block
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper, a_lead

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0
Decide = Callable[[Ledger, str], tuple[Entry, Entry]]
DECISIONS: dict[str, Decide] = {
    "release": lambda ledger, key: resolve.release(ledger, key, wall=NOON),
    "booked": lambda ledger, key: resolve.booked(ledger, key, "found", wall=NOON),
    "not_booked": lambda ledger, key: resolve.not_booked(ledger, key, wall=NOON),
    "abandon": lambda ledger, key: resolve.abandon(ledger, key, wall=NOON),
}
# What each comes to, by the state before; from every other state it is refused.
ALLOWED: dict[str, dict[State, State]] = {
    "release": {"booked": "planned"},
    "booked": {"planned": "booked", "sent": "booked", "unknown": "booked", "review": "booked"},
    "not_booked": {"review": "planned"},
    "abandon": {"review": "abandoned"},
}
FACTS: dict[State, dict[str, Any]] = {"booked": {"meeting_id": "m", "booked_at": NOON - DAY}}


def put(ledger: Ledger, state: State, key: str = "a", **facts: Any) -> Entry:
    """An entry in this state, of a booking call whose silence counts since an hour."""
    (entry,) = ledger.get_or_create([Entry(key=key * 64, purpose="spring", version=new_version())])
    known = {"sent_at": NOON - DAY, "no_effect_after": NOON - HOUR, "attempt": 1, **FACTS.get(state, {}), **facts}
    (answer,) = ledger.update([changed(entry, state, **known)])
    assert isinstance(answer, Entry)
    return answer


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("decision", DECISIONS)
def test_each_decision_is_taken_from_its_states_only(decision: str, state: State) -> None:
    """Transition 9, and the release: whatever is refused leaves the entry as it was."""
    ledger = MemoryLedger()
    entry = put(ledger, state)
    if state in ALLOWED[decision]:
        before, after = DECISIONS[decision](ledger, entry.key)
        assert (before.state, after.state) == (state, ALLOWED[decision][state])
        assert ledger.get([entry.key])[entry.key] == after
    else:
        with pytest.raises(NotResolved, match=state):
            DECISIONS[decision](ledger, entry.key)
        assert ledger.get([entry.key])[entry.key] == entry


@pytest.mark.parametrize(
    ("decision", "state", "said"),
    [
        ("release", "booked", "a person released it from meeting m, 2026-11-22T12:00Z"),
        ("booked", "unknown", "a person said booked, 2026-11-22T12:00Z"),
        ("not_booked", "review", "a person said not booked, 2026-11-22T12:00Z"),
        ("abandon", "review", "a person abandoned it, 2026-11-22T12:00Z"),
    ],
)
def test_the_entry_says_that_it_was_a_person_and_when(decision: str, state: State, said: str) -> None:
    ledger = MemoryLedger()
    _, after = DECISIONS[decision](ledger, put(ledger, state, reason="before").key)
    assert after.reason == said


def test_a_meeting_that_a_person_found_is_on_record_with_its_time() -> None:
    ledger = MemoryLedger()
    _, after = resolve.booked(ledger, put(ledger, "review").key, " found\n", wall=NOON)
    assert (after.meeting_id, after.booked_at) == ("found", NOON)


def test_a_release_forgets_when_it_was_booked_and_remembers_the_meeting_as_one_not_to_be_found_again() -> None:
    ledger = MemoryLedger()
    before, after = resolve.release(ledger, put(ledger, "booked").key, wall=NOON)
    assert (after.meeting_id, after.booked_at, after.released) == (None, None, before.meeting_id)


def test_a_meeting_needs_an_id() -> None:
    ledger = MemoryLedger()
    entry = put(ledger, "review")
    with pytest.raises(NotResolved, match="id is empty"):
        resolve.booked(ledger, entry.key, " \u200b", wall=NOON)
    assert ledger.get([entry.key])[entry.key] == entry


def test_the_meeting_on_record_said_again_changes_nothing() -> None:
    ledger = MemoryLedger()
    entry = put(ledger, "booked")
    assert resolve.booked(ledger, entry.key, "m", wall=NOON) == (entry, entry)
    assert ledger.get([entry.key])[entry.key] == entry


def test_another_meeting_than_the_one_on_record_is_an_alarm() -> None:
    """Transition 10."""
    ledger = MemoryLedger()
    entry = put(ledger, "booked")
    with pytest.raises(NotResolved, match=r"booked with meeting m, .* if found exists too, the lead was invited twice"):
        resolve.booked(ledger, entry.key, "found", wall=NOON)
    assert ledger.get([entry.key])[entry.key] == entry


def test_a_meeting_of_another_lead_is_refused() -> None:
    ledger = MemoryLedger()
    put(ledger, "booked", "b", meeting_id="found")
    entry = put(ledger, "review")
    with pytest.raises(NotResolved, match="meeting found is on record for another lead"):
        resolve.booked(ledger, entry.key, "found", wall=NOON)
    assert ledger.get([entry.key])[entry.key].version == entry.version


@pytest.mark.parametrize("state", ["sent", "unknown"])
def test_what_was_not_reconciled_is_not_for_a_person_to_free(state: State) -> None:
    ledger = MemoryLedger()
    with pytest.raises(NotResolved, match=f"the entry is {state}, .* let the reconciliation run first"):
        resolve.not_booked(ledger, put(ledger, state).key, wall=NOON)


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({"no_effect_after": NOON}, "2026-11-22T12:00:00Z"),
        ({"no_effect_after": NOON + HOUR + 0.25}, "2026-11-22T13:00:01Z"),
        ({"no_effect_after": None, "sent_at": NOON - HOUR}, "2026-11-23T11:00:00Z"),
    ],
    ids=["at no_effect_after", "before no_effect_after", "a day after sending"],
)
def test_nobody_is_freed_while_a_delayed_booking_could_appear(facts: dict[str, Any], until: str) -> None:
    """And the message says when to look again, never a moment too early."""
    ledger = MemoryLedger()
    entry = put(ledger, "review", **facts)
    with pytest.raises(NotResolved, match=f"too early: until {until} a delayed booking could still appear"):
        resolve.not_booked(ledger, entry.key, wall=NOON)
    assert ledger.get([entry.key])[entry.key] == entry
    stated = datetime.fromisoformat(until).timestamp()
    assert resolve.not_booked(ledger, entry.key, wall=stated + 1)[1].state == "planned"


class Interrupted(MemoryLedger):
    """Somebody else changes each entry that was looked at, right after."""

    def get(self, keys: Collection[str], /) -> Mapping[str, Entry]:
        found = super().get(keys)
        super().update([changed(entry, "review", reason="seen by a sweep") for entry in found.values()])
        return found


@pytest.mark.parametrize("decision", ["not_booked", "abandon"])
def test_who_meets_a_conflict_is_asked_to_look_again(decision: str) -> None:
    ledger = Interrupted()
    entry = put(ledger, "review")
    with pytest.raises(NotResolved, match="changed meanwhile, to review; look again"):
        DECISIONS[decision](ledger, entry.key)
    assert ledger.list()[0].reason == "seen by a sweep"


class Away(MemoryLedger):
    """Its commits are not answered, one way or the other."""

    answers = False

    def update(self, entries: Sequence[Entry], /) -> Sequence[Answer]:
        if self.answers:
            return [LedgerFailed("away") for _ in entries]
        raise LedgerFailed("away")


@pytest.mark.parametrize("answers", [True, False], ids=["answered", "raised"])
def test_a_ledger_that_fails_leaves_it_open_what_is_on_record(answers: bool) -> None:
    ledger = Away()
    ledger.answers = answers
    (entry,) = ledger.get_or_create([Entry(key="a" * 64, purpose="spring", version=new_version(), state="review")])
    with pytest.raises(LedgerFailed, match="away; whether the change is on record is not known: look again"):
        resolve.abandon(ledger, entry.key, wall=NOON)


def test_a_lead_without_an_entry() -> None:
    for decide in DECISIONS.values():
        with pytest.raises(NotResolved, match="no entry"):
            decide(MemoryLedger(), "a" * 64)


def test_an_entry_is_found_by_its_key_or_a_beginning_that_only_it_has() -> None:
    """In whatever order a database sorts."""
    ledger = MemoryLedger()
    keys = [f"{beginning:0<64}" for beginning in ("0abcdef01", "0abcdef02", "0abcdef0a", "f00dfeed")]
    ledger.get_or_create([Entry(key=key, purpose="spring", version=new_version()) for key in keys])
    for given, key in [("0abcdef01", 0), ("0abcdef02", 1), ("0abcdef0a0", 2), ("f00dfeed", 3), (keys[1], 1)]:
        assert resolve.find(ledger, given).key == keys[key]
    with pytest.raises(NotResolved, match="several entries"):
        resolve.find(ledger, "0abcdef0")
    for absent in ("0abcdef03", "ffffffff", "f" * 64):
        with pytest.raises(NotResolved, match="no entry"):
            resolve.find(ledger, absent)


@pytest.mark.parametrize("given", ["f00dfee", "", "F00DFEED", "jo@example.com", "f00d%eed", "f" * 65, "f00dfeed\n"])
def test_what_is_no_key_shows_how_to_name_a_lead(given: str) -> None:
    ledger = MemoryLedger()
    put(ledger, "review", "f")
    with pytest.raises(NotResolved, match="64 hexadecimal digits") as refused:
        resolve.find(ledger, given)
    assert "example.com" not in str(refused.value)


def test_an_entry_stands_where_its_lead_looks_for_it() -> None:
    assert entry_key(" spring ", "1") == a_lead(1).new_entry().key


def test_nobody_is_booked_again_but_after_a_release_or_a_persons_word() -> None:
    """With the real flow: each word lets the lead be booked once, and no second time."""
    office, ledger = FakeChiliPiper(yields=False), MemoryLedger()
    key = a_lead(1).new_entry().key

    def run() -> str:
        return block(book(a_lead(1), Immediate(office, ledger))).status

    assert [run(), run()] == ["booked", "already_booked"]
    resolve.release(ledger, key, wall=NOON)
    assert [run(), run()] == ["booked", "already_booked"]
    ledger.update([changed(ledger.get([key])[key], "planned", meeting_id=None)])
    ledger.update([changed(ledger.get([key])[key], "review", sent_at=NOON - DAY, no_effect_after=NOON - HOUR)])
    resolve.not_booked(ledger, key, wall=NOON)
    assert [run(), run()] == ["booked", "already_booked"]
    assert office.meetings == {"lead1@example.com": 3}


def test_a_lead_that_was_given_up_is_never_asked_about() -> None:
    office, ledger = FakeChiliPiper(yields=False), MemoryLedger()
    ledger.get_or_create([a_lead(1).new_entry()])
    key = a_lead(1).new_entry().key
    ledger.update([changed(ledger.get([key])[key], "review", sent_at=NOON - DAY)])
    resolve.abandon(ledger, key, wall=NOON)
    outcome = block(book(a_lead(1), Immediate(office, ledger)))
    assert (outcome.status, office.openings) == ("refused", 0)
