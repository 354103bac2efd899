"""Broken protocols of what is evidence."""

from __future__ import annotations

from tests.protocol.mutant import Change, Mutant

WHERE = "booking.doubt.evidence"
MUTANTS = {
    "first page only": Mutant(
        "api.resources.pages",
        """        if len(found) == known or not answer.may_have_more(len(found)):
            return _whole(found, answer, page(number).operation)
""",
        "        return list(found.values())\n",
        by_hand=("I1|I5", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "cancelled meetings not counted": Mutant(
        "booking.doubt.meeting_search",
        "guest=guest)",
        'guest=guest, statuses=("Active",))',
        by_hand=("I1|I5", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "a meeting is cancelled"),
    ),
    "meetings hardly described not counted": Mutant(
        WHERE,
        " + [each for each in recent if each.start is None]",
        "",
        Change(WHERE, "each.start in (None, start)", "each.start == start"),
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "meetings without a guest not counted": Mutant(
        WHERE,
        "_is_of(meeting, entry) is not False or",
        "_is_of(meeting, entry) or",
        Change(WHERE, '(entry.guest_canonical, "")', "(entry.guest_canonical,)"),
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "clocks that are believed to agree": Mutant(
        WHERE,
        "(entry.sent_at or 0.0) - skew",
        "(entry.sent_at or 0.0)",
        by_hand=("passed over", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "a list that is believed to have parts of a second": Mutant(
        WHERE,
        "floor((entry.sent_at or 0.0) - skew)",
        "(entry.sent_at or 0.0) - skew",
        by_hand=("passed over", "sent, sessions 1, policy rebook, age 1.0, tried less"),
    ),
    "the meeting that the entry was released from found again": Mutant(
        WHERE,
        " if not entry.is_released_from(each.meeting_id)]",
        "]",
        by_hand=("I5", "booked, sessions 1, due again True, tried less"),
    ),
    "a guest spelled otherwise taken for another's": Mutant(
        WHERE,
        'in (entry.guest_canonical, "")',
        'in ("",)',
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "the time of booking asked at the slot too": Mutant(
        WHERE,
        "[each for each in others if start and",
        "[each for each in recent if start and",
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "a moved meeting not counted": Mutant(
        WHERE,
        "here or [each for each in recent if _is_of(each, entry)]",
        "here",
        by_hand=("against a meeting", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
        schedule=("I1", "a meeting is moved and moved away"),
    ),
    "a meeting of nobody known taken": Mutant(
        WHERE,
        "len(here) == 1 and _is_of(here[0], entry) and",
        "len(here) == 1 and",
        by_hand=("one was taken", "unknown, sessions 1, invited crm id of nobody, tried less"),
    ),
    "a meeting at no known time taken": Mutant(
        WHERE,
        " and here[0].start is not None:",
        ":",
        by_hand=("one was taken", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "of two meetings that fit, one taken": Mutant(
        WHERE,
        "if len(here) == 1 and _is_of",
        "if here and _is_of",
        by_hand=("one was taken", "planned, query other guest, sessions 1, tried least"),
    ),
    "whom the offer named not compared": Mutant(
        WHERE,
        'frozenset({entry.guest, entry.invited} - {""})',
        'frozenset({entry.guest} - {""})',
        by_hand=("without a look", "unknown, sessions 1, invited crm id and e-mail, tried less"),
    ),
    "a log entry of another session taken for ours": Mutant(
        "booking.doubt.routing_log",
        "own = [each for each in listed if each.is_of(entry.session)]",
        "own = listed",
        by_hand=("nobody showed|I9|without proof", "unknown, sessions 1, literal True, tried least"),
    ),
    "timed out while a meeting is listed": Mutant(
        "booking.doubt.reconcile",
        "if evidence.is_none and lead.pattern.has_routing_log:",
        "if lead.pattern.has_routing_log:",
        by_hand=("passed over", "sent, sessions 1, policy rebook, age 658.0, lag 4.0, tried least"),
    ),
    "timed out beside an entry that is not": Mutant(
        "booking.doubt.routing_log",
        "bool(own) and all(",
        "bool(own) and any(",
        by_hand=("I9|without proof", "unknown, sessions 1, policy rebook, stricter True, tried least"),
    ),
    "a log without an entry of ours taken for timed out": Mutant(
        "booking.doubt.routing_log",
        "proven_absent=bool(own) and all(",
        "proven_absent=all(",
        by_hand=("I9|without proof|before a look", "absent, sessions 1, literal True, tried less"),
    ),
    "of two meetings of one session, one taken": Mutant(
        "booking.doubt.routing_log",
        "if len(booked) == 1:",
        "if booked:",
        by_hand=("nobody showed", "unknown, sessions 1, literal True, tried least"),
    ),
    "a log that failed taken for timed out": Mutant(
        "booking.doubt.routing_log",
        "        except ChiliPiperError:\n            return NONE\n",
        "        except ChiliPiperError:\n            return Evidence(proven_absent=True)\n",
        by_hand=("I9|without proof", "unknown, sessions 1, policy rebook, stricter True, tried least"),
    ),
    "the log of another router": Mutant(
        "booking.doubt.routing_log",
        "return self._routers\n",
        "return dict.fromkeys(self._routers, [*self._routers.values()][0])\n",
        by_hand=("another router", "unknown, sessions 1, literal True, tried least"),
    ),
    "the log around the call only": Mutant(
        "booking.doubt.routing_log",
        "timedelta(hours=25), timedelta(days=2)",
        "timedelta(minutes=5), timedelta(days=2)",
        by_hand=("another time", "unknown, sessions 1, literal True, tried least"),
    ),
}
