"""The trigger, run for real against the sandbox: what it hands over, and the one event that it sends."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from airflow_chilipiper import triggers
from airflow_chilipiper.arguments.times import as_moments
from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sensors import polling
from airflow_chilipiper.triggers import SlotTrigger

GUEST = "jo.doe@prospect.example"
COMPANY = "Secret Works"


@pytest.fixture
def chili(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with sandbox(requests_per_second=1000) as running:
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", running.connection)
        yield running


def query(pattern: str = "scheduling_link", **arguments: Any) -> dict[str, Any]:
    asked = arguments or {"link": {"type": "RoundRobin", "linkId": "link-rr-demo"}, "guest": GUEST}
    when = {"window_start": None, "window": 604_800.0, "min_notice": 7200.0, "timezone": "Europe/Paris"}
    return {"pattern": pattern, "arguments": asked, "between": ["09:00:00", "17:00:00"], "weekdays": [], **when}


def link(link_id: str) -> dict[str, Any]:
    return query(link={"type": "RoundRobin", "linkId": link_id}, guest=GUEST)


def trigger(asked: dict[str, Any] | None = None, **arguments: Any) -> SlotTrigger:
    """One that is past its deadline unless another deadline is given: it looks once."""
    given = {
        "chilipiper_conn_id": "chilipiper_default",
        "min_slots": 1,
        "interval": 0.0,
        "deadline": 0.0,
        "max_failures": 0,
    }
    return SlotTrigger(query=asked or query(), **{**given, **arguments})


def events(watching: SlotTrigger) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        return [event.payload async for event in watching.run()]

    return asyncio.run(run())


def test_found_slots_are_sent_as_chili_piper_wrote_them(chili: Sandbox) -> None:
    (event,) = events(trigger())
    assert event["status"] == "found"
    assert all(slot.endswith("Z") for slot in event["slots"])
    assert list(as_moments(event["slots"], "prefer")) == sorted(as_moments(event["slots"], "prefer"))


def test_it_goes_on_until_there_are_slots(chili: Sandbox) -> None:
    """A calendar is freed while it watches."""
    links = chili.tenant.catalogue.links

    async def free_after_two_looks() -> None:
        while len(chili.calls) < 2:  # noqa: ASYNC110  # the sandbox lives in another thread
            await asyncio.sleep(0)
        with chili.tenant.lock:
            links["link-rr-full"] = replace(links["link-rr-full"], target=links["link-rr-demo"].target)

    async def run() -> Any:
        watching = trigger(link("link-rr-full"), deadline=time.time() + 600).run()
        event, _ = await asyncio.gather(anext(watching), free_after_two_looks())
        return event.payload

    assert asyncio.run(run())["status"] == "found"
    assert {call.operation for call in chili.calls} == {"scheduling-link-init"}
    assert len(chili.calls) > 2


def test_nothing_by_the_deadline(chili: Sandbox) -> None:
    assert events(trigger(link("link-rr-full"))) == [{"status": "timeout", "unasked": ""}]


def test_a_deadline_with_an_unanswered_look_says_so(chili: Sandbox) -> None:
    chili.faults.server_error()
    (event,) = events(trigger(max_failures=5))
    assert event["status"] == "timeout"
    assert "500" in event["unasked"]


def test_triggers_of_one_loop_share_what_the_first_of_them_opened(
    chili: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one would find a connection to nobody; to what the first opened it is an edit of this minute."""

    async def run() -> list[Any]:
        first = asyncio.create_task(anext(trigger(link("link-rr-full"), deadline=time.time() + 600).run()))
        while not chili.calls and not first.done():  # noqa: ASYNC110  # the sandbox lives in another thread
            await asyncio.sleep(0)
        monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", chili.connection_with("nobodys-token"))
        seen = [(await anext(trigger().run())).payload["status"]]
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return [*seen, (await anext(trigger().run())).payload["status"]]

    assert asyncio.run(run()) == ["found", "refused"]


def test_a_last_look_without_a_turn_or_an_answer_is_given_up(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger says so itself, before Airflow stops waiting for it; until the deadline a look waits as it must."""
    assert triggers.LAST_LOOK_TAKES + timedelta(seconds=30) <= polling.LAST_LOOK_TAKES
    monkeypatch.setattr(triggers, "LAST_LOOK_TAKES", timedelta(0))
    (event,) = events(trigger())
    assert event["status"] == "timeout"
    assert "requests_per_second" in event["unasked"]
    assert events(trigger(deadline=time.time() + 600))[0]["status"] == "found"


def test_a_timeout_of_somebody_else_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(*_: Any) -> Any:
        raise TimeoutError("the secrets backend does not answer")

    monkeypatch.setattr(triggers, "aread_settings", read)
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", "chilipiper://")
    (event,) = events(trigger())
    assert event == {"status": "failed", "reason": "TimeoutError: the secrets backend does not answer"}


def test_passing_failures_are_borne_up_to_a_point(chili: Sandbox) -> None:
    chili.faults.server_error(count=2)
    assert events(trigger(max_failures=2, deadline=time.time() + 600))[0]["status"] == "found"
    chili.faults.lose_request(count=3)
    assert events(trigger(max_failures=2, deadline=time.time() + 600))[0]["status"] == "failed"


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        ("refused", link("link-nobody-knows")),
        ("refused", query(booking_url="https://sandbox.example/nowhere", guest=GUEST)),
        ("refused", {**query("handoff", workspace_id="ws-sales", booker_id="u-sdr-1", guest=GUEST), "path": "only"}),
        (
            "never",
            query("concierge", router_slug="inbound-demo", trigger="InAppButton", form={"PersonEmail": "a@gmail.com"}),
        ),
        ("never", {**query(), "window_start": "2026-01-01T00:00:00+00:00"}),
        ("failed", {**query(), "window": "seven days"}),
    ],
)
def test_what_ends_the_watch_at_once(chili: Sandbox, status: str, asked: dict[str, Any]) -> None:
    (event,) = events(trigger(asked, deadline=time.time() + 600, max_failures=5))
    assert event["status"] == status
    assert event["reason"]
    assert "@" not in event["reason"]


def test_a_token_without_permission_is_refused_at_once(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    token = chili.token_without("scheduling-links.read", "scheduling-links.schedule")
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", chili.connection_with(token, requests_per_second=1000))
    (event,) = events(trigger(deadline=time.time() + 600, max_failures=5))
    assert event["status"] == "refused"
    assert "scheduling-link-init" in event["reason"]
    assert token not in event["reason"]


def test_an_absent_connection_is_no_answer_to_the_question() -> None:
    (event,) = events(trigger(chilipiper_conn_id="absent"))
    assert event["status"] == "failed"
    assert "absent" in event["reason"]


def test_arguments_survive_airflows_serialization() -> None:
    """What is not plain JSON fails the task after the first look, when it is deferred."""
    try:
        serde = import_module("airflow.sdk.serde")
    except ModuleNotFoundError:  # before 3.2
        serde = import_module("airflow.serialization.serde")
    path, kwargs = trigger().serialize()
    assert serde.deserialize(serde.serialize(kwargs)) == kwargs
    assert json.loads(json.dumps(kwargs)) == kwargs
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(**kwargs)
    assert again.serialize() == (path, kwargs)


def test_the_lead_is_in_no_text(chili: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr, nor events, nor logs; not even where the service repeats what was sent, or our code breaks."""
    caplog.set_level(logging.DEBUG)
    form = {"PersonEmail": GUEST, "CompanyName": COMPANY}
    asked = query("concierge", router_slug="inbound-demo", trigger="InAppButton", form=form)
    chili.faults.error(status=422, code="Odd", message=f"cannot take {GUEST} of {COMPANY}")
    texts = [repr(trigger(asked)), str(events(trigger(asked))), str(events(trigger({**asked, "window": f"{GUEST}"})))]
    broken = trigger({**asked, "pattern": "concierge", "arguments": {**asked["arguments"], COMPANY: 1}})
    texts += [str(events(broken)), caplog.text]
    assert "422" in texts[1]
    assert [text for text in texts if GUEST in text or COMPANY in text] == []
