"""One guest, one invitation: in one run whoever comes later waits, and later runs are told by the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import State
from airflow_chilipiper.booking.ledger.memory import MemoryLedger
from airflow_chilipiper.booking.outcome import Outcome
from tests.drive import Immediate, block
from tests.entries import changed
from tests.fake_chilipiper import FakeChiliPiper
from tests.leads import a_lead
from tests.unit.booking.batch.kept_batch import KeptBatch
from tests.unit.booking.batch.test_batch import opener_of

NO_SLOT = Offer(session="s", slots=())
REPEATS = "repeats the guest of row 1; repeated_guests=True invites each lead of a guest"


def of(guest: int, key: str, **facts: Any) -> Lead:
    return a_lead(**{"key": key, "guest": f"lead{guest}@example.com"} | facts)


def by_crm_id(number: int, key: str, **facts: Any) -> Lead:
    """Only the offer says who its guest is."""
    form = {"PersonEmail": f"lead{number}@example.com"}
    return a_lead(key=key, pattern=Concierge(router_slug="in", trigger="InAppButton", form=form, guest=None), **facts)


class WithCrm(FakeChiliPiper):
    """Has everybody in its CRM under one e-mail."""

    def offer(self, session: str) -> Offer:
        return replace(super().offer(session), guest="jo@example.com")


class InTurn(dict[int, Offer]):
    """Answers to openings, each once; then as always."""

    def get(self, key: int, default: Any = None) -> Any:
        return self.pop(key, default)


def run(*leads: Lead, chili: FakeChiliPiper, ledger: MemoryLedger, **settings: Any) -> list[Outcome]:
    batch = KeptBatch([replace(lead, row=row) for row, lead in enumerate(leads)], opener_of(chili, ledger), **settings)
    batch.run()
    return batch.outcomes


def booked(*leads: Lead, chili: FakeChiliPiper | None = None, **settings: Any) -> list[str]:
    outcomes = run(*leads, chili=chili or FakeChiliPiper(), ledger=MemoryLedger(), **settings)
    return [outcome.status for outcome in outcomes]


@pytest.mark.parametrize("make", [of, by_crm_id])
@pytest.mark.parametrize("at_once", [1, 2, 9])
def test_the_second_row_of_a_guest_is_not_booked_and_says_which_was(make: Callable[..., Lead], at_once: int) -> None:
    chili = WithCrm() if make is by_crm_id else FakeChiliPiper()
    leads = [make(1, "a"), make(1, "b"), make(1, "c")]
    first, *others = run(*leads, chili=chili, ledger=MemoryLedger(), at_once=at_once)
    assert first.status == "booked"
    assert [(each.status, each.reason) for each in others] == [("invalid", REPEATS)] * 2
    assert chili.meetings.total() == 1


def test_guests_are_compared_by_case_only() -> None:
    leads = [a_lead(key=str(at), guest=guest) for at, guest in enumerate(("lead1@x.com", "LEAD1@X.com", "lead1@y.com"))]
    assert booked(*leads, chili=NoNumbers()) == ["booked", "invalid", "booked"]


class NoNumbers(FakeChiliPiper):
    """Whose guests may have any name."""

    async def _open(self, email: str) -> Offer:
        return await super()._open(f"lead{sum(map(ord, email.lower()))}@example.com")


def test_with_repeated_guests_each_row_is_booked() -> None:
    assert booked(of(1, "a", repeated_guests=True), of(1, "b", repeated_guests=True)) == ["booked"] * 2


@pytest.mark.parametrize("make", [of, by_crm_id])
def test_after_a_row_that_got_no_slot_it_is_the_next_ones_turn(make: Callable[..., Lead]) -> None:
    fake = WithCrm if make is by_crm_id else FakeChiliPiper
    chili = fake(opening=InTurn({1: replace(NO_SLOT, guest="jo@example.com" if make is by_crm_id else None)}))
    assert booked(make(1, "a"), make(1, "b"), make(1, "c"), chili=chili) == ["no_slot", "booked", "invalid"]
    assert chili.meetings.total() == 1


def test_a_row_that_may_have_been_invited_is_the_last_of_its_guest() -> None:
    chili = FakeChiliPiper(booking={1: ConnectionError("lost")})
    assert booked(of(1, "a"), of(1, "b"), chili=chili) == ["unknown", "invalid"]
    assert chili.bookings.total() == 1


def test_whoever_waits_holds_no_place_and_opens_no_session() -> None:
    """The first is only answered once another lead was booked."""
    chili = FakeChiliPiper(held=(1,))
    leads = [of(1, "a"), of(1, "b"), of(1, "c"), of(2, "d", choice=Going(chili))]
    assert booked(*leads, chili=chili, at_once=2) == ["booked", "invalid", "invalid", "booked"]
    assert chili.openings == 2


class Going:
    """A choice of slots that lets the held booking be answered."""

    def __init__(self, chili: FakeChiliPiper) -> None:
        self._chili = chili

    def choose(self, offer: Offer, opened: float, /) -> Any:
        self._chili.go.set()
        return next(iter(offer.slots))

    def resolve(self, resolution: Any, /) -> None:
        pass


def test_a_session_that_grew_old_while_its_lead_waited_is_not_spent() -> None:
    """Of guests whom only the offer names."""
    chili = WithCrm(opening=InTurn({1: replace(NO_SLOT, guest="jo@example.com")}))
    leads = [by_crm_id(1, "a"), by_crm_id(2, "b")]
    assert booked(*leads, chili=chili) == ["no_slot", "booked"]
    spent = [call.path.split("/")[5] for call in chili.calls if call.operation == "concierge-schedule"]
    assert spent == [f"session-{chili.openings}-of-2"]


def test_who_waits_when_the_batch_is_stopped_was_not_attempted() -> None:
    def stop() -> None:
        batch.stop()
        chili.go.set()

    chili = FakeChiliPiper(held=(1,), busy=stop)
    batch = KeptBatch([of(1, "a"), of(1, "b")], opener_of(chili), drain=10)
    batch.run()
    assert [outcome.status for outcome in batch.outcomes] == ["booked", "not_attempted"]


@pytest.mark.parametrize("make", [of, by_crm_id])
def test_another_order_of_the_rows_books_nobody_again(make: Callable[..., Lead]) -> None:
    chili, ledger = WithCrm() if make is by_crm_id else FakeChiliPiper(), MemoryLedger()
    first, _ = run(make(1, "a"), make(1, "b"), chili=chili, ledger=ledger)
    again = run(make(1, "c"), make(1, "b"), make(1, "a"), chili=chili, ledger=ledger)
    assert [(each.status, each.meeting_id) for each in again] == [("already_booked", first.meeting_id)] * 3
    assert again[0].reason == (
        "its guest has this meeting under another key; repeated_guests=True invites each lead of a guest"
    )
    assert chili.meetings.total() == 1


@pytest.mark.parametrize(
    ("state", "status"),
    [("sent", "unknown"), ("unknown", "unknown"), ("review", "review"), ("planned", "booked"), ("abandoned", "booked")],
)
def test_what_is_on_record_under_another_key_counts_where_somebody_may_have_been_invited(
    state: State, status: str
) -> None:
    other = of(1, "other")
    outcome = one_beside(changed(other.new_entry(), state, sent_at=0.0))
    assert outcome.status == status
    assert (other.entry_key in outcome.reason) is (status == "review")


def one_beside(*others: Any, **facts: Any) -> Outcome:
    ledger = MemoryLedger({other.key: other for other in others})
    return block(book(of(1, "mine", **facts), Immediate(FakeChiliPiper(yields=False), ledger)))


def test_a_meeting_counts_before_a_doubt() -> None:
    booked = changed(of(1, "b").new_entry(), "booked", meeting_id="m", booked_at=1.0, slot="2026-11-03T09:30:00Z")
    outcome = one_beside(changed(of(1, "a").new_entry(), "review"), booked, changed(of(1, "c").new_entry(), "unknown"))
    assert (outcome.status, outcome.meeting_id, outcome.start_time) == ("already_booked", "m", "2026-11-03T09:30:00Z")


@pytest.mark.parametrize(
    ("other", "facts"),
    [
        (of(1, "a", purpose="another"), {}),
        (of(2, "a"), {}),
        (of(1, "a"), {"rebook_after": timedelta(days=1)}),
        (of(1, "a"), {"repeated_guests": True}),
    ],
    ids=["another purpose", "another guest", "due again", "repeated guests"],
)
def test_a_meeting_that_does_not_count_keeps_nobody(other: Lead, facts: dict[str, Any]) -> None:
    assert one_beside(changed(other.new_entry(), "booked", meeting_id="m", booked_at=1.0), **facts).status == "booked"


def test_leads_whose_guests_nobody_knows_are_not_one_guest() -> None:
    """Neither in a run nor on record."""
    ledger = MemoryLedger()
    leads = [by_crm_id(number, str(number)) for number in range(2)]
    assert [each.status for each in run(*leads, chili=FakeChiliPiper(), ledger=ledger)] == ["booked"] * 2
    assert {entry.guest for entry in ledger.list()} == {""}
    (again,) = run(by_crm_id(3, "3"), chili=FakeChiliPiper(), ledger=ledger)
    assert again.status == "booked"


def test_leads_that_are_to_come_are_looked_for_in_one_reading() -> None:
    asked = list[int]()

    class Asked(MemoryLedger):
        def of_guests(self, purpose: str, guests: Any, /) -> Sequence[Any]:
            asked.append(len(guests))
            return super().of_guests(purpose, guests)

    ledger = Asked()
    ledger.get_or_create([changed(of(0, "0").new_entry(), "booked", meeting_id="m")])
    run(*(of(number, str(number)) for number in range(10)), chili=FakeChiliPiper(), ledger=ledger)
    assert asked == [9]
