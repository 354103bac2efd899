"""What is on record when a run begins, and for whom it runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.slots import Bookable, Slots
from airflow_chilipiper.booking.doubt.bounds import InDoubt
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import Entry, State
from tests.entries import changed
from tests.leads import made_of
from tests.protocol.copies import Copies
from tests.protocol.laws import IN_DOUBT

GUEST, IN_CRM, AS_LISTED = "jo@example.com", "jo.crm@example.com", "Jo@Example.com"
START = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
START_AS_SENT = "2026-11-03T09:30:00Z"
THEIR_START = START + timedelta(hours=4)  # of another run that was faster
HORIZON = timedelta(days=60)
WALL = START.timestamp() - 86_400
BEGINS = 100.25  # what the clock shows when a run begins
SKEW, CALL, LIFETIME, PROCESSING = 300.0, 30.0, 600.0, 60.0
FRESH, SETTLED = 1.0, LIFETIME + PROCESSING
BEFORE, AFTER = SETTLED - 2, SETTLED + 1


class Scenario(NamedTuple):
    """`age` is for how many seconds the call on record has been under way, `by` who made it, by a clock that is behind
    this run's by all that clocks may differ, unless `one_clock`. `policy` holds for that call and for this run's, but
    for a run that has become stricter. `invited` says how Chili Piper knows whom to invite; a `literal` list has that
    guest in another spelling than ours, and compares letter by letter. The sessions of an `endless` scenario do not
    say when they end. What one scenario tries, another need not.
    """

    state: State | Literal["absent"] = "absent"
    query: str = "same"
    sessions: int = 2
    due_again: bool = False
    policy: InDoubt = "hold"
    age: float = AFTER
    by: str = "another run"
    invited: str = "e-mail"
    lag: float = 0.0
    one_clock: bool = False
    stricter: bool = False
    endless: bool = False
    literal: bool = False
    tried: Literal["all", "less", "least", "answers"] = "all"

    @property
    def name(self) -> str:
        """What is on record, and all that is not as usual."""
        usual = Scenario._field_defaults
        odd = [f"{name} {value}" for name, value in self._asdict().items() if name != "state" and value != usual[name]]
        return ", ".join([self.state, *odd]).replace("_", " ")

    @property
    def is_same_request(self) -> bool:
        return self.query in ("same", "other window")

    @property
    def may_rebook(self) -> bool:
        return self.policy == "rebook" and self.is_known and not (self.stricter or self.endless)

    @property
    def is_known(self) -> bool:
        """Whether anybody on our side knows who is invited."""
        return self.invited != "crm id of nobody"

    @property
    def sent_at(self) -> float:
        """When the call on record went out, as this run's clock counts."""
        return BEGINS - self.age - self.lag


LESS: dict[str, Any] = {"sessions": 1, "tried": "less"}
LEAST: dict[str, Any] = {"sessions": 1, "tried": "least"}
HOLD: dict[str, Any] = {"policy": "hold"}
REBOOK: dict[str, Any] = {"policy": "rebook", "age": AFTER}
EARLY: dict[str, Any] = {"age": BEFORE, "lag": 4.0}
REBOOK_EARLY: dict[str, Any] = {"policy": "rebook", **EARLY}
# Short ones, and with them most of what can be broken is found.
SHORT = (
    Scenario("planned", sessions=1, tried="answers"),
    Scenario("planned", sessions=1, lag=4.0, tried="answers"),
    Scenario("sent", **REBOOK_EARLY, **LEAST),
    *(Scenario("sent", age=age, policy="rebook", **LESS) for age in (FRESH, CALL - 1)),
    Scenario("sent", by="a later try", age=FRESH, **LESS),
    *(
        Scenario(state, query, policy="rebook")
        for state in (*IN_DOUBT, "booked", "abandoned")
        for query in ("other guest", "other target")
    ),
    *(Scenario(state) for state in ("booked", "abandoned")),
    Scenario("booked", "other window"),
    Scenario("planned", "other guest", **LEAST),
)
LONG = (
    *(Scenario("unknown", **policy, **LESS) for policy in (HOLD, REBOOK)),
    *(Scenario("review", **policy, **LESS) for policy in (HOLD, REBOOK)),
    *(Scenario(state, **REBOOK_EARLY, **LEAST) for state in ("unknown", "review")),
    *(Scenario(state, **EARLY, **LEAST) for state in ("unknown", "review")),
    Scenario("sent", **REBOOK, sessions=1),
    *(Scenario("sent", by="an earlier try", age=FRESH, policy=policy, **LESS) for policy in ("hold", "rebook")),
    *(
        Scenario("sent", by="an earlier try", age=FRESH - 4, one_clock=one_clock, lag=4.0, **LEAST)
        for one_clock in (True, False)
    ),
    Scenario("unknown", stricter=True, **REBOOK, **LEAST),
    Scenario("unknown", policy="rebook", age=30_000, endless=True, **LEAST),
    Scenario("unknown", "other window", **LEAST),
    *(Scenario("unknown", invited="crm id", **policy, **LESS) for policy in (HOLD, REBOOK)),
    *(Scenario("unknown", invited="crm id and e-mail", **policy, **LESS) for policy in (HOLD, REBOOK)),
    *(Scenario("unknown", invited="crm id of nobody", **policy, **LESS) for policy in (HOLD, REBOOK)),
    *(Scenario("unknown", literal=True, **policy, **LEAST) for policy in (HOLD, REBOOK)),
    Scenario(literal=True, **LESS),
    *(Scenario(invited=invited, **LESS) for invited in ("crm id and e-mail", "crm id of nobody")),
    *(Scenario(policy="rebook", lag=lag, **LESS) for lag in (0.0, 4.0)),
    Scenario("booked", due_again=True, **LESS),
    Scenario(),
)


SCENARIOS = {scenario.name: scenario for scenario in (*SHORT, *LONG)}


def a_pattern(invited: str, query: str) -> Pattern:
    form = {"Company": "Other"} if query == "other window" else {}
    guest = "ann@example.com" if query == "other guest" else GUEST
    slug = "outbound" if query == "other target" else "inbound"
    if invited == "e-mail":
        return Concierge(router_slug=slug, trigger="InAppButton", form=form | {"PersonEmail": guest}, guest=guest)
    by_email = {"guest": GUEST} if invited == "crm id and e-mail" else {}
    return Handoff(workspace_id="w", booker_id="b", crm_id="00Q1", **by_email)


def invited_by(scenario: Scenario) -> str:
    """Whom Chili Piper invites, whatever we know of it."""
    ours = AS_LISTED if scenario.literal else GUEST
    return ours if scenario.invited == "e-mail" else IN_CRM


def start_of(session: str | None) -> datetime:
    return THEIR_START if session == "theirs" else START


def an_offer(
    scenario: Scenario, session: str, lifetime: float = LIFETIME, *, has_slots: bool = True, allowed: bool = True
) -> Offer:
    start = start_of(session).isoformat().replace("+00:00", "Z")
    slots = Slots([Bookable(f"/v1/org/concierge/routing/{session}/schedule-simple", [start])])
    guest = IN_CRM if scenario.invited in ("crm id", "crm id and e-mail") else None
    stated = None if scenario.endless else lifetime
    return Offer(session=session, slots=slots if has_slots else (), allowed=allowed, lifetime=stated, guest=guest)


class Scene(NamedTuple):
    """A scenario, with its entry and the lead of this try and of the next, all made by one flow."""

    scenario: Scenario
    tries: list[Lead]
    entry: Entry | None


def scenes(scenarios: Iterable[Scenario], flow: Copies) -> list[Scene]:
    quick = _quick(flow.Lead)
    senders = ("dag/run/task/0#2", "dag/run/task/0#3")
    return [
        Scene(each, [_lead(each, flow, quick, sender) for sender in senders], _on_record(each, flow))
        for each in scenarios
    ]


def _quick(lead: type[Lead]) -> Any:
    class QuickLead(lead):  # type: ignore[misc, valid-type]  # of this flow
        """Hashes its key once, not once a sequence."""

        own: Entry | None = None

        def new_entry(self) -> Entry:
            return self.own or super().new_entry()  # type: ignore[no-any-return]

    return QuickLead


def _lead(scenario: Scenario, flow: Copies, kind: Any, sender: str, *, query: str = "same") -> Any:
    policy: InDoubt = "hold" if scenario.stricter and kind is not flow.Lead else scenario.policy
    lead = made_of(
        kind,
        flow.Policy,
        purpose="spring",
        key="42",
        pattern=a_pattern(scenario.invited, query),
        interval=Interval(START + timedelta(days=query == "other window")),
        max_sessions=scenario.sessions,
        rebook_after=timedelta(days=30) if scenario.due_again else None,
        sender=sender,
        bounds=flow.Bounds(in_doubt=policy, list_lag=scenario.lag),
    )
    if kind is not flow.Lead:
        object.__setattr__(lead, "own", lead.new_entry())
    return lead


def _on_record(scenario: Scenario, flow: Copies) -> Entry | None:
    """The entry as its sender's flow has left it."""
    if scenario.state == "absent":
        return None
    senders = {"an earlier try": "dag/run/task/0#1", "a later try": "dag/run/task/0#9"}
    sender = senders.get(scenario.by, "dag/another run/task/0#1")
    lead = _lead(scenario, flow, flow.Lead, sender, query=scenario.query)
    offer = an_offer(scenario, "session-0")
    entry: Entry = lead.sent(lead.new_entry(), offer.slots[0], offer, WALL + scenario.sent_at)
    if scenario.state != "sent":
        entry = changed(entry, scenario.state)
    if scenario.state == "booked":
        long_ago = WALL - timedelta(days=31).total_seconds()
        entry = replace(entry, meeting_id="meeting-of-session-0", booked_at=long_ago if scenario.due_again else WALL)
    return entry
