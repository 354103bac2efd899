"""One lead: what it puts on record, whose query an entry is, and who may be invited."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.booking.doubt.bounds import ASSUMED_LIFETIME, Bounds
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import guest_digest
from airflow_chilipiper.booking.outcome import Outcome
from tests import leads

WEEK = Interval(datetime(2026, 11, 2, tzinfo=UTC))
START = "2026-11-03T09:30:00Z"
OFFER = Offer(session="s", slots=Slots([Bookable("/book", [START])]))
BY_EMAIL = Handoff(workspace_id="w", booker_id="b", guest="jo@example.com")
BY_CRM_ID = Handoff(workspace_id="w", booker_id="b", crm_id="00Q1")
BY_BOTH = replace(BY_CRM_ID, guest="jo@example.com")


def a_lead(**facts: Any) -> Lead:
    return leads.a_lead(**{"pattern": BY_EMAIL} | facts)


def concierge(**facts: Any) -> Concierge:
    return Concierge(**{"router_slug": "in", "trigger": "InAppButton", "form": {"PersonEmail": "x"}} | facts)


def test_the_place_of_a_lead_goes_by_purpose_and_key_alone() -> None:
    same = [a_lead(), a_lead(pattern=concierge()), a_lead(purpose=" spring\u200b", sender="another", max_sessions=1)]
    assert len({lead.new_entry().key for lead in same}) == 1
    others = [a_lead(key="43"), a_lead(purpose="autumn"), a_lead(purpose="Spring")]
    assert len({lead.new_entry().key for lead in [a_lead(), *others]}) == 4


def test_each_lead_has_one_entry_with_a_version_of_its_own_and_no_email() -> None:
    entry = a_lead().new_entry()
    assert entry.version != a_lead().new_entry().version
    assert (lead := a_lead()).new_entry() is lead.new_entry()
    assert "jo@example.com" not in repr(entry)
    assert (entry.state, entry.attempt, entry.policy) == ("planned", 0, "hold")


def test_the_sent_entry_says_what_goes_out_now() -> None:
    lead = a_lead(sender="dag/run/task/2")
    entry = replace(lead.new_entry(), attempt=1, reason="older", guest="older", pattern="older")
    sent = lead.sent(entry, OFFER.slots[0], OFFER, 1_000.5)
    assert (sent.state, sent.attempt, sent.sender, sent.session, sent.slot) == ("sent", 2, "dag/run/task/2", "s", START)
    assert (sent.sent_at, sent.reason, sent.replaces) == (1_000.5, "", entry.version)
    assert (sent.guest, sent.pattern) == (lead.new_entry().guest, lead.new_entry().pattern)


def sent_row(lead: Lead, **offered: Any) -> Entry:
    return lead.sent(lead.new_entry(), OFFER.slots[0], replace(OFFER, **offered), 1_000.0)


def test_the_sent_entry_says_when_silence_counts_and_what_it_allows() -> None:
    """By what the offer says of its session, or else the user; and where nobody does, silence allows nothing."""
    rebook = a_lead(bounds=Bounds(in_doubt="rebook", processing=20, list_lag=3, skew=100))
    said, unsaid = sent_row(rebook, lifetime=600), sent_row(rebook)
    assert (said.policy, said.no_effect_after, said.list_lag) == ("rebook", 1_000 + 600 + 123, 3)
    assert (unsaid.policy, unsaid.no_effect_after) == ("hold", 1_000 + ASSUMED_LIFETIME + 123)
    stated = a_lead(bounds=replace(rebook.policy.bounds, session_lifetime=900))
    assert (sent_row(stated).policy, sent_row(stated).no_effect_after) == ("rebook", 1_000 + 900 + 123)
    assert sent_row(a_lead(), lifetime=600).policy == "hold"


@pytest.mark.parametrize(
    ("pattern", "invited", "policy"),
    [
        (BY_EMAIL, None, "rebook"),
        (BY_CRM_ID, "x@y.com", "rebook"),
        (BY_BOTH, None, "rebook"),
        (BY_CRM_ID, None, "hold"),
    ],
)
def test_silence_frees_nobody_whom_no_list_could_show(pattern: Handoff, invited: str | None, policy: str) -> None:
    """Where nobody knows the guest, a meeting that was moved cannot be distinguished from any other."""
    lead = a_lead(pattern=pattern, bounds=Bounds(in_doubt="rebook"))
    assert sent_row(lead, lifetime=600, guest=invited).policy == policy


def test_what_an_earlier_call_left_on_record_counts_no_more() -> None:
    older = replace(
        a_lead().new_entry(), no_effect_after=1.0, policy="rebook", invited="older", session="older", slot="older"
    )
    sent = a_lead().sent(older, OFFER.slots[0], OFFER, 1_000.0)
    assert (sent.policy, sent.invited, sent.session, sent.slot) == ("hold", "", "s", START)
    assert sent.no_effect_after is not None
    assert sent.no_effect_after > 1_000


def test_the_sent_entry_says_whom_chili_piper_invites_beside_whom_was_asked_for() -> None:
    both = sent_row(a_lead(pattern=BY_BOTH), guest="x@y.com")
    assert (both.guest, both.invited) == (guest_digest("jo@example.com"), guest_digest("x@y.com"))
    assert sent_row(a_lead()).invited == ""


@pytest.mark.parametrize(
    ("pattern", "invited", "asked_for"),
    [
        (BY_EMAIL, None, ("jo@example.com",)),
        (BY_EMAIL, "JO@example.com", ("jo@example.com",)),
        (BY_BOTH, "x@y.com", ()),
        (BY_CRM_ID, "x@y.com", ()),
        (BY_CRM_ID, None, ()),
    ],
)
def test_the_list_is_asked_for_our_guest_only_if_nobody_else_can_have_been_invited(
    pattern: Handoff, invited: str | None, asked_for: tuple[str, ...]
) -> None:
    """Whose e-mail we do not have is looked for among everybody, by hash."""
    lead = a_lead(pattern=pattern)
    assert lead.guests_to_ask_for(sent_row(lead, guest=invited)) == asked_for


def test_the_guest_of_another_entry_is_not_asked_for_under_our_e_mail() -> None:
    other = sent_row(a_lead(pattern=replace(BY_EMAIL, guest="ann@example.com")))
    assert a_lead().guests_to_ask_for(other) == ()


def test_a_guest_who_has_a_meeting_is_known_by_hash_however_the_e_mail_is_written() -> None:
    known = Outcome(status="already_booked", meeting_id="m")
    lead = a_lead(existing_meetings={guest_digest("jo@example.com"): known})
    assert lead.existing_meeting(" JO@example.com") is known
    assert lead.existing_meeting("ann@example.com") is None
    assert lead.existing_meeting(None) is None


def test_a_lead_whose_guest_nobody_knows_has_no_known_meeting() -> None:
    assert a_lead(existing_meetings={"": Outcome(status="already_booked")}).existing_meeting(None) is None


def test_a_guest_whom_only_the_offer_names_is_on_record_once_sent() -> None:
    lead, offer = a_lead(pattern=BY_CRM_ID), replace(OFFER, guest="Jo@Example.com")
    assert lead.new_entry().guest == ""  # nobody, as the column has it
    assert lead.sent(lead.new_entry(), offer.slots[0], offer, 0).guest == guest_digest("jo@example.com")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (a_lead(interval=Interval(datetime(2027, 1, 1, tzinfo=UTC)), max_sessions=1), True),
        (a_lead(pattern=replace(BY_EMAIL, guest="JO@example.com ")), True),
        (a_lead(pattern=replace(BY_EMAIL, crm_explicits={"a": 1})), True),
        (a_lead(pattern=replace(BY_EMAIL, guest="ann@example.com")), False),
        (a_lead(pattern=replace(BY_EMAIL, workspace_id="v")), False),
        (a_lead(pattern=replace(BY_EMAIL, router_id="r")), False),
        (a_lead(pattern=concierge(guest="jo@example.com")), False),
        (a_lead(pattern=BY_CRM_ID), False),
    ],
)
def test_window_and_form_may_change_guest_and_target_may_not(other: Lead, same: bool) -> None:
    assert other.is_same_request(a_lead().new_entry()) is same


def test_another_crm_id_is_another_guest() -> None:
    """Of a Handoff by CRM id no e-mail is known, so the id itself sets guests apart."""
    lead = a_lead(pattern=BY_CRM_ID)
    assert lead.is_same_request(lead.new_entry())
    assert not a_lead(pattern=replace(BY_CRM_ID, crm_id="00Q000000000999")).is_same_request(lead.new_entry())


@pytest.mark.parametrize(
    ("sent_by", "asked_by", "due"),
    [
        ("dag/run/task/-1#1", "dag/run/task/-1#1", False),
        ("dag/run/task/-1#1", "dag/run/task/-1#2", False),
        ("dag/run/task/-1#1", "dag/next/task/-1#1", True),
        ("dag/run/task/0#1", "dag/run/task/1#1", True),
        ("", "", True),
        ("", "dag/run/task/-1#1", True),
    ],
)
def test_a_booking_of_its_own_task_instance_is_never_due_again(sent_by: str, asked_by: str, due: bool) -> None:
    """A job may take longer than `rebook_after`. Code outside a task is none."""
    lead = a_lead(rebook_after=timedelta(seconds=1), sender=asked_by)
    assert lead.is_due_again(replace(lead.new_entry(), state="booked", booked_at=1.0, sender=sent_by), 2e9) is due


@pytest.mark.parametrize(
    ("state", "rebook_after", "age", "due"),
    [
        ("booked", None, 10**9, False),
        ("booked", timedelta(days=30), timedelta(days=30).total_seconds(), True),
        ("booked", timedelta(days=30), timedelta(days=30).total_seconds() - 1, False),
        ("unknown", timedelta(days=30), 10**9, False),
        ("review", timedelta(days=30), 10**9, False),
        ("sent", timedelta(days=30), 10**9, False),
        ("abandoned", timedelta(days=30), 10**9, False),
    ],
)
def test_only_an_old_booking_ever_stops_counting(state: Any, rebook_after: Any, age: float, due: bool) -> None:
    lead = a_lead(rebook_after=rebook_after)
    entry = replace(lead.new_entry(), state=state, booked_at=2e9)
    assert lead.is_due_again(entry, 2e9 + age) is due
    assert not lead.is_due_again(replace(entry, booked_at=None), 2e9 + age)


@pytest.mark.parametrize(
    ("guest", "allowed"),
    [
        ("jo@example.com", True),
        (" Jo@EXAMPLE.com ", True),
        ("jo@sub.example.com", False),
        ("jo@notexample.com", False),
        ("jo@evil.com,ann@example.com", False),
        ("jo@evil.com@example.com", False),
        ("@example.com", False),
        ("example.com", False),
    ],
)
def test_a_guest_outside_the_allowed_domains_is_refused_before_anything_is_asked(guest: str, allowed: bool) -> None:
    def make() -> Lead:
        return a_lead(pattern=replace(BY_EMAIL, guest=guest), allowed_domains=("example.com",))

    if allowed:
        make()
    else:
        with pytest.raises(Invalid, match="allowed_guest_domains"):
            make()


@pytest.mark.parametrize("pattern", [BY_CRM_ID, BY_BOTH], ids=["crm id", "crm id and e-mail"])
def test_whom_chili_piper_has_under_a_crm_id_must_be_allowed_too(pattern: Handoff) -> None:
    """An e-mail beside the CRM id is not what is sent: the invitation goes where the CRM says."""
    lead = a_lead(pattern=pattern, allowed_domains=("example.com",))
    assert lead.pick(replace(OFFER, guest="jo@example.com"), 0.0) is not None
    with pytest.raises(Invalid, match="allowed_guest_domains"):
        lead.pick(replace(OFFER, guest="jo@customer.com"), 0.0)


def test_a_guest_whom_nobody_names_is_not_allowed_where_domains_are_set() -> None:
    lead = a_lead(pattern=BY_CRM_ID, allowed_domains=("example.com",))
    with pytest.raises(Invalid, match="allowed_guest_domains"):
        lead.pick(OFFER, 0.0)
    assert a_lead(pattern=BY_CRM_ID).pick(OFFER, 0.0) == OFFER.slots[0]


def test_an_offer_that_allows_nothing_is_never_picked_from() -> None:
    assert a_lead().pick(replace(OFFER, allowed=False), 0.0) is None


def test_everybody_who_may_be_invited_is_looked_for() -> None:
    assert a_lead().guests_of(OFFER) == ("jo@example.com",)
    assert a_lead().guests_of(replace(OFFER, guest="JO@example.com")) == ("JO@example.com",)
    assert a_lead(pattern=BY_BOTH).guests_of(replace(OFFER, guest="x@y.com")) == ("jo@example.com", "x@y.com")
    assert a_lead(pattern=BY_CRM_ID).guests_of(OFFER) == ()
