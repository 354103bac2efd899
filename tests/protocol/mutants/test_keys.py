"""Broken rules of who is one and the same lead: two meetings for one, or none for the second of two."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from airflow_chilipiper.api.resources.meeting import Meeting
from tests.fake_chilipiper import a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.booked import a_chili, a_ledger, book, booked_once


def booked_in_turn(*queries: dict[str, Any]) -> tuple[int, list[str]]:
    """How many meetings these leads came to, in one ledger; and how each of them ended."""
    chili, ledger = a_chili(), a_ledger()
    outcomes = [book(a_lead(1, **{"repeated_guests": True} | query), chili, ledger) for query in queries]
    return chili.meetings.total(), [outcome.status for outcome in outcomes]


def none_lost(*queries: dict[str, Any]) -> None:
    _, ends = booked_in_turn(*({**query, "guest": f"lead{at}@example.com"} for at, query in enumerate(queries)))
    law(set(ends) == {"booked"}, f"I6: a lead is lost, since it is taken for another ({ends})")


def one_meeting(*keys: object) -> None:
    made, _ = booked_in_turn(*({"key": the_key_of(key)} for key in keys))
    booked_once(made)


def the_key_of(value: object) -> str:
    from airflow_chilipiper.booking.ledger.lead_key import lead_key

    return lead_key(value)


def two_purposes_and_keys_that_read_the_same_when_pasted() -> None:
    none_lost({"purpose": "spring1", "key": "2"}, {"purpose": "spring", "key": "12"})


def two_ids_of_a_crm() -> None:
    none_lost({"key": the_key_of("00Q5e000001AbCd")}, {"key": the_key_of("00Q5e000001AbCD")})


def two_long_numbers() -> None:
    none_lost({"key": the_key_of(10**30 + 1)}, {"key": the_key_of(10**30 + 2)})


def one_number_from_three_drivers() -> None:
    one_meeting(42, 42.0, Decimal("42.00"))


def one_address_in_two_spellings() -> None:
    one_meeting("Jo@Example.com", "jo@example.com")


def one_name_from_two_keyboards() -> None:
    one_meeting("Zo\u00eb", "Zoe\u0308", " Zo\u00eb\u200b")


def one_id_behind_a_direction_mark() -> None:
    one_meeting("00Q5e00000ABCDE", "\u200f00Q5e00000ABCDE", "00Q5e00000ABCDE\ufe0f")


def a_retry_after_a_long_job() -> None:
    from datetime import timedelta

    tries = ({"sender": f"dag/run/task/-1#{number}", "rebook_after": timedelta(0)} for number in (1, 2))
    made, _ = booked_in_turn(*tries)
    booked_once(made)


def a_lead_that_was_released_twice() -> None:
    """Its next call is lost, and the list still has its first meeting, at the same slot."""
    from airflow_chilipiper.booking.doubt.evidence import evidence_in
    from airflow_chilipiper.booking.ledger.entry import Entry

    entry = Entry(key="k", purpose="p", version="v", slot="2027-01-01T00:00:00Z")
    for meeting_id in ("m1", "m2"):
        entry = entry.to_booked(meeting_id, at=0.0, reason="").to_released("")
    listed = {"meeting_id": "m1", "start": datetime(2027, 1, 1, tzinfo=UTC), "guest": "jo@example.com"}
    evidence = evidence_in([Meeting(**listed)], entry, skew=0)
    law(evidence.is_none, "I5: a meeting from which the lead was released is taken for that of its next call")


def over_link(**named: str) -> Any:
    from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink

    return a_lead(1, pattern=SchedulingLink(named=named, guest="lead1@example.com"))


def one_link_under_two_literals() -> None:
    first, second = (over_link(type=literal, linkId="l") for literal in ("AdminOneOnOne", "Admin"))
    law(second.is_same_request(first.new_entry()), "I6: a booking over this very link is taken for another's")


def two_owners_of_links_with_one_slug() -> None:
    first, second = (over_link(type="Personal", owner=owner, slug="demo") for owner in ("u-1", "u-2"))
    law(not second.is_same_request(first.new_entry()), "I6: a booking over another's link is taken for this one")


def a_slot_of_another_user() -> None:
    from airflow_chilipiper.api.errors import Invalid
    from airflow_chilipiper.api.patterns.offer import Offer
    from airflow_chilipiper.api.patterns.slots import Slot

    start = datetime(2027, 1, 1, tzinfo=UTC)
    slot = Slot("/x", start, start.isoformat(), attendees=("u-2",))
    try:
        over_link(type="Personal", owner="u-1", slug="demo").pattern.book(slot, Offer(session="s"))
    except Invalid:
        return
    law(False, "I5: the meeting is with another user than the link's owner")


def a_later_window() -> None:
    from airflow_chilipiper.api.call import Interval

    _, ends = booked_in_turn({}, {"interval": Interval(datetime(2027, 1, 1, tzinfo=UTC))})
    law(ends == ["booked", "already_booked"], f"a changed window makes a booked lead {ends[1]}")


def a_fuller_form() -> None:
    fuller = dict(a_lead(1).pattern.form) | {"PersonFirstName": "Jo"}
    _, ends = booked_in_turn({}, {"pattern": a_pattern(form=fuller)})
    law(ends == ["booked", "already_booked"], f"a changed form makes a booked lead {ends[1]}")


def another_guest() -> None:
    _, ends = booked_in_turn({}, {"guest": "lead2@example.com"})
    law(ends == ["booked", "invalid"], f"I6: a guest whom nobody invited ends as {ends[1]}")


def another_router() -> None:
    _, ends = booked_in_turn({}, {"pattern": a_pattern(router_slug="out")})
    law(ends == ["booked", "invalid"], f"I6: a lead whom nobody booked there ends as {ends[1]}")


def a_pattern(**facts: Any) -> Any:
    from dataclasses import replace

    return replace(a_lead(1).pattern, **facts)


LEAD_KEY, LEAD, SPELLING = "booking.ledger.lead_key", "booking.lead", "api.spelling"
LINK = "api.patterns.scheduling_link"
TARGET = "return _target_digest(self.pattern.name, *self.pattern.target)"
OTHER_GUEST = '"guest" if self._guest and entry.guest != self._guest else ""'
OTHER_TARGET = '"target" if entry.pattern != self._pattern else ""'
AS_TEXT = 'return text.lower() if "@" in text else text'
MUTANTS = {
    "a booking of an earlier try due again": Mutant(
        "booking.lead",
        "if is_same_task(entry.sender, self.policy.sender):",
        "if False:",
        shown=("I1", a_retry_after_a_long_job),
    ),
    "only the last release remembered": Mutant(
        "booking.ledger.entry",
        "filter(None, (self.released, self.meeting_id))",
        "filter(None, (self.meeting_id,))",
        shown=("I5", a_lead_that_was_released_twice),
    ),
    "purpose and key pasted together": Mutant(
        LEAD_KEY,
        "_as_json(parts).encode()",
        '"".join(parts).encode()',
        shown=("I6", two_purposes_and_keys_that_read_the_same_when_pasted),
    ),
    "ids lower-cased": Mutant(LEAD_KEY, AS_TEXT, "return text.lower()", shown=("I6", two_ids_of_a_crm)),
    "long numbers rounded": Mutant(
        LEAD_KEY, 'format(number, "f")', 'format(number.normalize(), "f")', shown=("I6", two_long_numbers)
    ),
    "42 and 42.0 two leads": Mutant(
        LEAD_KEY, "_number(Decimal(str(value)))", "str(value)", shown=("I1", one_number_from_three_drivers)
    ),
    "e-mails compared with regard to case": Mutant(
        LEAD_KEY, AS_TEXT, "return text", shown=("I1", one_address_in_two_spellings)
    ),
    "text not normalized": Mutant(
        SPELLING, 'unicodedata.normalize("NFC", text)', "text", shown=("I1", one_name_from_two_keyboards)
    ),
    "text not trimmed of what nobody sees": Mutant(
        SPELLING, "bool(_is_unseen(sign))", "False", shown=("I1", one_name_from_two_keyboards)
    ),
    "text trimmed of a list of marks": Mutant(
        SPELLING,
        "bool(_is_unseen(sign))",
        r'sign in "\u200b\u200c\u200d\u2060\ufeff\u00ad"',
        shown=("I1", one_id_behind_a_direction_mark),
    ),
    "the literal that is sent in the digest": Mutant(
        LINK,
        'return {**link, "type": KIND_OF.get(link["type"], link["type"])}',
        "return link",
        shown=("I6", one_link_under_two_literals),
    ),
    "the reference that is sent in the digest": Mutant(
        LINK,
        "in sorted(self._link.items()))",
        "in sorted(self._references()[0].items()))",
        shown=("I6", two_owners_of_links_with_one_slug),
    ),
    "a personal link of anybody booked": Mutant(
        LINK,
        'if self._is_personal and slot.attendees and self.named["owner"] not in slot.attendees:',
        "if False:",
        shown=("I5", a_slot_of_another_user),
    ),
    "compared over the window": Mutant(
        LEAD,
        TARGET,
        "return _target_digest(self.pattern.name, *self.pattern.target, repr(self.policy.interval))",
        shown=("changed window", a_later_window),
    ),
    "compared over the form": Mutant(
        LEAD,
        TARGET,
        "return _target_digest(self.pattern.name, *self.pattern.target, repr(self.pattern.form))",
        shown=("changed form", a_fuller_form),
    ),
    "guest not compared": Mutant(LEAD, OTHER_GUEST, '""', shown=("I6", another_guest)),
    "target not compared": Mutant(LEAD, OTHER_TARGET, '""', shown=("I6", another_router)),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_key_is_caught(what: str) -> None:
    catch(MUTANTS[what])
