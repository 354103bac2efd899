"""What a pattern says of itself: whom it may invite, and whether it has a routing log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from airflow_chilipiper.api.call import Call, Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.pattern import Pattern, emails_in
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.patterns.slots import Slot
from tests.leads import a_lead

ANN, BOB = "ann@example.com", "bob@example.org"


def concierge(guest: str | None, **form: object) -> Concierge:
    return Concierge(router_slug="in", trigger="InAppButton", form=form, guest=guest)


def link(**form: object) -> SchedulingLink:
    return SchedulingLink(link={"type": "RoundRobin", "linkId": "l"}, guest=ANN, form=form)


def handoff(**whom: str) -> Handoff:
    return Handoff(workspace_id="ws", booker_id="u", **whom)


@pytest.mark.parametrize(
    ("pattern", "invited"),
    [
        (concierge(ANN, Company="Example"), (ANN,)),
        (concierge(ANN, PersonEmail=ANN), (ANN, ANN)),
        (concierge(ANN, PersonEmail=BOB), (ANN, BOB)),
        (concierge(None, PersonEmail=BOB), (BOB,)),
        (concierge(None, Company="Example"), (None,)),
        (concierge("", Company="Example"), ("",)),
        (link(), (ANN,)),
        (link(more=f"{BOB}, and {ANN}", count=3), (ANN, BOB, ANN)),
        (handoff(guest=ANN), (ANN,)),
        (handoff(guest=ANN, crm_id="00Q1"), (ANN,)),
        (handoff(crm_id="00Q1"), ()),
    ],
)
def test_whom_a_request_names(pattern: Pattern, invited: tuple[str | None, ...]) -> None:
    """None where nobody is known; nobody where the offer will say who it is."""
    assert pattern.invited() == invited


def test_only_concierge_has_a_routing_log() -> None:
    patterns: list[Pattern] = [concierge(ANN, PersonEmail=ANN), link(), handoff(guest=ANN)]
    assert [pattern.has_routing_log for pattern in patterns] == [True, False, False]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A pattern of tomorrow, whose form has another name."""

    answers: Mapping[str, object]
    guest: str | None = None
    name = "survey"
    target = ("survey",)
    has_routing_log = False

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest, *emails_in(self.answers))

    def open(self, interval: Interval, /) -> Call[Offer]:
        raise NotImplementedError

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        raise NotImplementedError


@pytest.mark.parametrize(("colleague", "allowed"), [(BOB, False), ("bob@example.com", True)])
def test_a_pattern_is_guarded_whatever_it_calls_its_form(colleague: str, allowed: bool) -> None:
    """`allowed_guest_domains` asks the pattern, and looks for no attribute of a certain name."""
    survey = Survey(guest=ANN, answers={"who else": colleague})
    if allowed:
        assert a_lead(pattern=survey, allowed_domains=("example.com",)).pattern is survey
    else:
        with pytest.raises(Invalid, match="allowed_guest_domains"):
            a_lead(pattern=survey, allowed_domains=("example.com",))
