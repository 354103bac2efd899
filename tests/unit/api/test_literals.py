"""What Chili Piper has not published is tried: the next literal only after a decoder's 400 that names it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call, Interval
from airflow_chilipiper.api.errors import BadRequest, ChiliPiperError, NotFound, Refused, ServerBroken
from airflow_chilipiper.api.http.answer import read
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.retry import with_retries
from tests.unit.api.patterns.test_scheduling_link import WEEK

ADMIN = SchedulingLink(named={"type": "AdminOneOnOne", "linkId": "l"}, guest="jo@example.com")
OPEN: Call[Offer] = ADMIN.open(WEEK)


class Chili:
    """Answers by the type of the link: a text is a 400, a pair a status with a body; anything else opens a session."""

    def __init__(self, **answers: Any) -> None:
        self.answers, self.asked, self.clock = answers, list[str](), lambda: 0.0

    async def ask(self, call: Call[Any], /) -> Any:
        kind = call.body["link"]["type"]
        self.asked.append(kind)
        answer = self.answers.get(kind)
        if isinstance(answer, str):
            return read(call, 400, {"content-type": "text/plain"}, answer.encode())
        status, body = answer or (200, {"routeId": f"r-{len(self.asked)}", "startTimes": []})
        return read(call, status, {"content-type": "application/json"}, json.dumps(body).encode())


def opened(chili: Chili, times: int = 1) -> None:
    runtime = ClientRuntime(chili, RateLimiter(None))

    async def flow() -> None:
        for _ in range(times):
            await with_retries(OPEN, runtime)

    asyncio.run(flow())


NAMED = [
    "Invalid value for: body (DecodingFailure at .link.type)",
    "Invalid value for: body (DecodingFailure at .link: type Admin has no class/object/case in 'LinkRef')",
    "Invalid value for: body (Invalid literal at 'link')",
    "DecodingFailure(CNil, List(DownField(link)))",
    "Invalid value for: body (unknown Type)",
]
OTHERS: list[tuple[Any, type[ChiliPiperError]]] = [
    ("Invalid value for: body", BadRequest),
    ("Invalid value for: body (DecodingFailure at .guestEmail: no e-mail, of type text)", BadRequest),
    ("Invalid value for: body (DecodingFailure at .interval.duration)", BadRequest),
    ("Invalid value for: body (DecodingFailure at .meetingTypeId)", BadRequest),
    ("the link has another type", Refused),
    ((400, {"errorCode": "LinkType", "errorMessage": "link.type"}), Refused),
    ((404, {"errorCode": "SchedulingLinkNotFound", "errorMessage": "no link of type Admin"}), NotFound),
    ((422, {"errorCode": "LinkType", "errorMessage": "link.type"}), Refused),
    ((200, {"type": "Failure", "reason": "unknown link type"}), Refused),
]


@pytest.mark.parametrize("said", NAMED)
def test_the_next_literal_is_tried_and_the_one_that_is_taken_remembered(said: str) -> None:
    chili = Chili(Admin=said)
    opened(chili, times=3)
    assert chili.asked == ["Admin", "AdminOneOnOne", "AdminOneOnOne", "AdminOneOnOne"]


def test_the_first_is_taken() -> None:
    chili = Chili()
    opened(chili, times=2)
    assert chili.asked == ["Admin", "Admin"]


def test_it_is_remembered_for_the_client_and_for_nobody_else() -> None:
    opened(Chili(Admin=NAMED[0]))
    other = Chili(AdminOneOnOne=NAMED[0])
    opened(other)
    assert other.asked == ["Admin"]


def test_what_is_no_longer_taken_is_tried_no_more() -> None:
    chili = Chili(Admin=NAMED[0])
    runtime = ClientRuntime(chili, RateLimiter(None))

    async def flow() -> None:
        await with_retries(OPEN, runtime)
        chili.answers = {"AdminOneOnOne": NAMED[0]}
        await with_retries(OPEN, runtime)
        await with_retries(OPEN, runtime)

    asyncio.run(flow())
    assert chili.asked == ["Admin", "AdminOneOnOne", "AdminOneOnOne", "Admin", "Admin"]


@pytest.mark.parametrize(("said", "error"), OTHERS)
def test_nothing_else_leads_to_the_next(said: Any, error: type[ChiliPiperError]) -> None:
    chili = Chili(Admin=said)
    with pytest.raises(error):
        opened(chili)
    assert chili.asked == ["Admin"]


def test_a_broken_server_is_asked_in_the_same_words() -> None:
    chili = Chili(Admin=(500, {}))
    runtime = ClientRuntime(chili, RateLimiter(None))
    with pytest.raises(ServerBroken):
        asyncio.run(runtime.ask(OPEN))
    assert chili.asked == ["Admin"]


def test_none_is_taken() -> None:
    chili = Chili(Admin=NAMED[0], AdminOneOnOne=NAMED[0])
    with pytest.raises(BadRequest, match=r"None of the types Admin, AdminOneOnOne is taken.*give link=") as wrong:
        opened(chili)
    assert (wrong.value.status, chili.asked) == (400, ["Admin", "AdminOneOnOne"])


def test_a_personal_link_has_one_way_only() -> None:
    personal = SchedulingLink(named={"type": "Personal", "owner": "u", "slug": "s"}, guest="jo@example.com")
    runtime = ClientRuntime(chili := Chili(Personal=NAMED[0]), RateLimiter(None))
    with pytest.raises(BadRequest, match="None of the types Personal is taken"):
        asyncio.run(runtime.ask(personal.open(Interval(WEEK.start))))
    assert chili.asked == ["Personal"]
    chili.answers = {"Personal": (404, {"errorCode": "LinkNotFound", "errorMessage": "no"})}
    with pytest.raises(NotFound, match="its slug are a guess"):
        asyncio.run(runtime.ask(personal.open(Interval(WEEK.start))))


def test_a_booking_has_one_body() -> None:
    with pytest.raises(ValueError, match="has one body"):
        Call(operation="x", permission="", method="POST", path="/x", read=str, bodies={"a": {}})
