"""The flow, answered by hand through every sequence of answers; and broken copies of it, each of which is caught."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.calls import Call
from airflow_chilipiper.api.turns import BlockingTurns
from airflow_chilipiper.api.world import block
from airflow_chilipiper.booking import answered, book, reconcile
from airflow_chilipiper.booking.ledger import LedgerFailed, MemoryLedger
from airflow_chilipiper.booking.worlds import SingleWorld
from tests.booking.by_hand import every_sequence
from tests.booking.choices import Broken
from tests.booking.office import START, AtOnce, Office, a_lead


def test_no_sequence_of_answers_breaks_a_promise() -> None:
    """I1 to I4, I6 and I7, after every sequence and after another try with what it left on record."""
    assert every_sequence(book.book) >= 20_000


def office_world(**facts: Any) -> tuple[Office, SingleWorld]:
    office = Office(yields=False, **facts)
    return office, SingleWorld(AtOnce(office), BlockingTurns(None), MemoryLedger())


def test_a_session_that_is_open_already_is_spent_first() -> None:
    office, world = office_world()
    session = block(book.open_session(a_lead(1), world))
    assert block(book.book(a_lead(1), world, session=session)).status == "booked"
    assert (office.openings, office.meetings.total()) == (1, 1)


def test_after_an_open_session_that_came_to_nothing_a_fresh_one_is_opened() -> None:
    gone = errors.SlotGone("taken", status=200)
    office, world = office_world(booking={1: gone})
    session = block(book.open_session(a_lead(1), world))
    outcome = block(book.book(a_lead(1), world, session=session))
    assert (outcome.status, outcome.attempts, office.openings) == ("refused", 3, 3)


def test_an_open_session_is_not_spent_on_a_lead_that_is_booked() -> None:
    office, world = office_world()
    block(book.book(a_lead(1), world))
    session = block(book.open_session(a_lead(1), world))
    assert block(book.book(a_lead(1), world, session=session)).status == "already_booked"
    assert office.meetings.total() == 1


def test_a_request_that_cannot_be_written_was_not_sent_and_leaves_the_lead_free() -> None:
    _, world = office_world(booking={1: errors.Invalid("formData cannot be written")})
    assert block(book.book(a_lead(1), world)).status == "invalid"
    assert block(world.begin(a_lead(1).row())).state == "planned"


def test_a_lead_without_sessions_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(errors.Invalid, match="max_sessions is 0"):
        a_lead(1, max_sessions=0)


@pytest.mark.parametrize(
    ("no", "status"),
    [(errors.BadRequest("Invalid value for: body", status=400), "refused"), (errors.Invalid("cannot"), "invalid")],
    ids=["bad request", "invalid"],
)
def test_what_no_fresh_session_can_cure_is_not_asked_again(no: Exception, status: str) -> None:
    office, world = office_world(booking={1: no})
    assert block(book.book(a_lead(1), world)).status == status
    assert office.openings == 1


def test_a_missing_permission_ends_more_than_one_lead() -> None:
    office, world = office_world(booking={1: errors.NotAllowed("no", status=403)})
    with pytest.raises(errors.NotAllowed):
        block(book.book(a_lead(1), world))
    assert office.openings == 1


@pytest.mark.parametrize(
    "found",
    [{}, {"dateTime": {"start": START}}, {"primaryGuest": {"value": "lead1@example.com"}}],
    ids=["nothing", "no guest", "no start"],
)
def test_a_meeting_that_may_be_anybodys_settles_nothing(found: dict[str, Any]) -> None:
    """Neither is the lead booked under its id, nor is it free to be booked again."""

    class Lists(Office):
        async def ask(self, call: Call[Any], /) -> Any:
            if call.operation == "meeting-list-put":
                return call.read({"data": {"list": [{"meetingId": "m1", **found}]}, "hasMore": "No"})
            return await super().ask(call)

    office = Lists(yields=False, booking={1: errors.Refused("no", status=409, code="Whatever")})
    world = SingleWorld(AtOnce(office), BlockingTurns(None), MemoryLedger())
    outcomes = [block(book.book(a_lead(1), world)) for _ in range(2)]
    assert [(each.status, each.meeting_id) for each in outcomes] == [("unknown", None)] * 2
    assert office.openings == 1


ASKS = "booked = await world.ask(call.by(send_by))"
MARKS = "sent = await world.mark(lead.sent(row, slot, offer, world.wall()))"
LOOKS = "found = await look_for_meetings(guests, slot, sent, world)"
DEFINITE = "DEFINITE_NO = ("
OPENS = """    opened = world.now()
    return opened, await patiently(lead.pattern.open(lead.interval), world)
"""
SESSIONS = "        for sessions_left in reversed(range(lead.max_sessions)):\n"
OFFERS = "            opened, offer = session or await open_session(lead, world)\n"
LIST_FAILED = """        return await record(
            sent, "unknown", world, reason=f"{reason}; and the meeting list could not be asked: {error}"
        )
"""

# What is broken: the text of book.py or answered.py that is replaced, by what, and the law that is then broken.
BROKEN_FLOWS = {
    "booking asked patiently": (
        ASKS,
        "booked = await patiently(replace(call.by(send_by), repeatable=True), world)",
        "between the mark and the call",
    ),
    "booking asked again without a turn": (
        ASKS,
        f"""try:
            {ASKS}
        except errors.NoAnswer:
            {ASKS}""",
        "I3|I2",
    ),
    "a booking that says it may be repeated": (
        ASKS,
        ASKS.replace("call.by", "replace(call, repeatable=True).by"),
        "I2",
    ),
    "no answer taken for a no": (DEFINITE, DEFINITE + "errors.NoAnswer, ", "I4|I5|I6"),
    "5xx taken for a no": (DEFINITE, DEFINITE + "errors.ServerBroken, ", "I4|I5|I6"),
    "an unreadable answer taken for a no": (DEFINITE, DEFINITE + "errors.Unreadable, ", "I4|I5|I6"),
    "a used session taken for a no": (DEFINITE, DEFINITE + "errors.SessionGone, ", "I4|I5|I6"),
    "any 4xx taken for a no": (DEFINITE, DEFINITE + "errors.Refused, ", "I4|I5|I6"),
    "a surprise taken for a no": (DEFINITE, DEFINITE + "RuntimeError, ", "I4|I5|I6"),
    "a coded 4xx taken for a no without the look": (LOOKS, "found = []", "I6"),
    "a list that failed taken for none": (LIST_FAILED, "        found = []\n", "I6"),
    "of two meetings that fit, one taken": ("if len(found) > 1 or", "if len(found) > 9 or", "one was taken"),
    "a meeting that was found not taken": ("    if found:\n", "    if not found:\n        pass\n    elif 0:\n", "I6"),
    "looked at although nobody may say that it is a no": ("and is_worth_a_look(doubt)", "", "no look"),
    "mark after the call": (
        f"""    {MARKS}
    try:
        {ASKS}""",
        f"""    try:
        {ASKS}
        {MARKS}""",
        "I3",
    ),
    "the turn taken after the mark": (ASKS, f"await world.turn(urgent=True)\n        {ASKS}", "between the mark"),
    "mark not compared": (
        MARKS,
        """sent = lead.sent(row, slot, offer, world.wall())
    try:
        await world.mark(sent)
    except Overtaken:
        pass""",
        "I3",
    ),
    "sent although the mark failed": (
        MARKS,
        """sent = lead.sent(row, slot, offer, world.wall())
    try:
        await world.mark(sent)
    except LedgerFailed:
        pass""",
        "I3",
    ),
    "a session reused for the next slot": (
        SESSIONS + OFFERS,
        OFFERS[4:] + SESSIONS,
        "I7",
    ),
    "booked, and not on record": (
        'return await record(sent, "booked", world, meeting=booked.meeting_id), booked',
        'return sent.to("booked", meeting_id=booked.meeting_id), booked',
        "I6",
    ),
    "a step back that is not on record": (
        'return await record(sent, "planned", world, reason=str(no)), no',
        'return sent.to("planned"), no',
        "I3|I6",
    ),
    "a row in doubt booked again": (
        'if row.state != "planned":\n            return on_record',
        'if row.state not in ("planned", "unknown"):\n            return on_record',
        "I1",
    ),
    "a sent row booked again": (
        'if row.state != "planned":\n            return on_record',
        'if row.state not in ("planned", "sent"):\n            return on_record',
        "I1",
    ),
    "no deadline": ("call.by(send_by)", "call", "too late"),
    "a deadline that counts from after the mark": (
        f"    send_by = min(world.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n    {MARKS}\n",
        f"    {MARKS}\n    send_by = min(world.now() + SEND_WITHIN, opened + (offer.lifetime or inf))\n",
        "too late",
    ),
    "a deadline beyond the session's life": (", opened + (offer.lifetime or inf))", ", inf)", "too late"),
    "a life that counts from the offer": (
        OPENS,
        "    offer = await patiently(lead.pattern.open(lead.interval), world)\n    return world.now(), offer\n",
        "too late",
    ),
    "booked again in doubt, since somebody set it free": (
        'replace(other.row, state="unknown", reason=reason) if freed_in_doubt else other.row',
        "other.row",
        "I4|I6",
    ),
    "a cancelled call that frees the row": (
        "except DEFINITE_NO as no:",
        "except (*DEFINITE_NO, BaseException) as no:",
        "I5|I6|I4",
    ),
    "a second meeting passed over": ("not in (None, meeting):", "is False:", "I6"),
    "an outcome that forgets a ledger failure": (
        'return replace(sent, state="unknown", meeting_id=meeting, reason=f"not on record',
        'return replace(sent, state=state, meeting_id=meeting, reason=f"not on record',
        "I3|I6",
    ),
}

# The same of reconcile.py.
BROKEN_LOOKS = {
    "cancelled meetings not counted": ("guest=guest)", 'guest=guest, statuses=("Active",))', "I6"),
    "meetings hardly described not counted": (
        "meeting.start in (None, slot.start)",
        "meeting.start == slot.start",
        "I6",
    ),
    "a used session worth a look": (
        "isinstance(doubt, (SessionGone, ServerBroken))",
        "isinstance(doubt, ServerBroken)",
        "no look",
    ),
    "an answer without envelope worth a look": ("doubt.code is not None and ", "", "no look"),
}


def broken_copy(module: ModuleType, text: str = "", instead: str = "") -> ModuleType:
    source = inspect.getsource(module)
    assert not text or source.count(text) == 1, f"the text to replace is there {source.count(text)} times"
    copy = ModuleType(module.__name__)
    copy.__dict__.update(replace=replace, LedgerFailed=LedgerFailed)  # which the broken text needs
    exec(compile(source.replace(text, instead) if text else source, f"broken {module.__name__}", "exec"), copy.__dict__)  # noqa: S102  # our own source
    return copy


@pytest.mark.parametrize("what", BROKEN_FLOWS)
def test_a_broken_flow_is_caught(what: str) -> None:
    text, instead, law = BROKEN_FLOWS[what]
    if text in inspect.getsource(book):
        broken = broken_copy(book, text, instead)
    else:
        broken, copy = broken_copy(book), broken_copy(answered, text, instead)
        broken.doubted, broken.record = copy.doubted, copy.record  # type: ignore[attr-defined]
    with pytest.raises(Broken, match=law):
        every_sequence(broken.book)


@pytest.mark.parametrize("what", BROKEN_LOOKS)
def test_a_broken_look_is_caught(what: str) -> None:
    text, instead, law = BROKEN_LOOKS[what]
    broken, judge, flow = broken_copy(reconcile, text, instead), broken_copy(answered), broken_copy(book)
    judge.look_for_meetings, judge.is_worth_a_look = broken.look_for_meetings, broken.is_worth_a_look  # type: ignore[attr-defined]
    flow.doubted, flow.record = judge.doubted, judge.record  # type: ignore[attr-defined]
    with pytest.raises(Broken, match=law):
        every_sequence(flow.book)
