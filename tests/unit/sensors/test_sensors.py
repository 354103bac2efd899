"""The sensors against the sandbox, over real HTTP, in Airflow's three modes."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import DAG, BaseOperator, task

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.readers import as_moments
from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.state.seed import DEMO, ONBOARDING
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    CouldNotAsk,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
    SlotSensor,
)
from airflow_chilipiper.version_compat import (
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

CONNECTION = "AIRFLOW_CONN_CHILIPIPER_DEFAULT"
GUEST = "jo.doe@prospect.example"
FORM = {"PersonEmail": GUEST, "CompanyEmployees": 50}
CONCIERGE = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": FORM, "opens_sessions": True}
LINK = {"email": GUEST, "link_type": "RoundRobin", "link_id": "link-rr-demo"}
FULL = {**LINK, "link_id": "link-rr-full"}
HANDOFF = {"workspace_id": "ws-success", "booker_id": "u-sdr-1", "email": GUEST}
HOST = {"host": "u-host-01", "meeting_type_id": DEMO}
EVERY_SENSOR = [
    (AvailableSlotsSensor, HOST),
    (ConciergeSlotSensor, CONCIERGE),
    (HandoffSlotSensor, HANDOFF),
    (SchedulingLinkSlotSensor, LINK),
]


@pytest.fixture
def chili(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with sandbox(requests_per_second=1000) as running:
        monkeypatch.setenv(CONNECTION, running.connection)
        yield running


def made(kind: type[SlotSensor], **arguments: Any) -> Any:
    """One that gives up after its first look unless told otherwise."""
    return kind(**{"task_id": "wait", "poke_interval": 0, "timeout": 0, "deferrable": False, **arguments})


def link(**arguments: Any) -> Any:
    return made(SchedulingLinkSlotSensor, **{**LINK, **arguments})


def full(**arguments: Any) -> Any:
    return made(SchedulingLinkSlotSensor, **{**FULL, **arguments})


def airflows(name: str) -> Any:
    """An exception that 3.1 keeps elsewhere."""
    for module in ("airflow.sdk.exceptions", "airflow.exceptions"):
        try:
            return getattr(import_module(module), name)
        except (AttributeError, ModuleNotFoundError):
            continue
    raise AssertionError(name)


def deferred(sensor: Any) -> Any:
    with pytest.raises(airflows("TaskDeferred")) as caught:
        sensor.execute({})
    return caught.value


def resumed(sensor: Any, deferral: Any, **context: Any) -> Any:
    """Run the trigger for real and come back with its event, as the task runner does."""

    async def one_event() -> Any:
        return (await anext(deferral.trigger.run())).payload

    return sensor.resume_execution(deferral.method_name, {"event": asyncio.run(one_event())}, context)


def free(chili: Sandbox) -> None:
    """The calendars behind the full link are opened."""
    links = chili.tenant.catalogue.links
    with chili.tenant.lock:
        links["link-rr-full"] = replace(links["link-rr-full"], target=links["link-rr-demo"].target)


@pytest.mark.parametrize(("kind", "arguments"), EVERY_SENSOR)
@pytest.mark.parametrize("deferrable", [False, True])
def test_slots_that_are_there_are_answered_at_once(
    chili: Sandbox, kind: type[SlotSensor], arguments: dict[str, Any], deferrable: bool
) -> None:
    """As a plain list of texts, in order, that the operators' `prefer` takes; nothing is deferred or booked."""
    slots = made(kind, deferrable=deferrable, **arguments).execute({})
    assert isinstance(slots, list)
    assert {type(slot) for slot in slots} == {str}
    moments = as_moments(slots, "prefer")
    assert list(moments) == sorted(set(moments))
    assert as_moments(str(slots), "prefer") == moments
    assert chili.meetings == []


def test_available_slots_open_nothing(chili: Sandbox) -> None:
    """Neither sessions nor pages: only the availability is read."""
    by_id = made(AvailableSlotsSensor, **HOST).execute({})
    named = {"meeting_type_id": DEMO, "host_email": "Ada.Abel@sandbox.example"}
    assert made(AvailableSlotsSensor, **named).execute({}) == by_id
    pool = {"meeting_type_id": DEMO, "distribution_id": "dist-inbound"}
    assert set(made(AvailableSlotsSensor, **pool).execute({})) > set(by_id)
    both = made(
        AvailableSlotsSensor, attendees=["u-host-01", {"type": "ManuallyAssigned", "userId": "u-host-03"}], **HOST
    )
    assert set(both.execute({})) < set(by_id)
    assert {call.operation for call in chili.calls} == {"availability-slots-v2", "user-find"}
    assert chili.tenant.sessions == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"link": {"type": "Group", "linkId": "link-group"}},
        {"link_type": "Ownership", "link_id": "link-owner", "meeting_type_id": ONBOARDING},
        {"booking_url": "https://sandbox.chilipiper.example/book/book-a-demo"},
    ],
)
def test_links_of_every_kind(chili: Sandbox, arguments: dict[str, Any]) -> None:
    if "booking_url" in arguments:
        arguments = {"booking_url": page_of(chili)}
    assert made(SchedulingLinkSlotSensor, email=GUEST, **arguments).execute({})
    opening = chili.calls[-1]
    assert opening.operation == "scheduling-link-init"
    assert (opening.body["guestEmail"], opening.body["guestTimezone"]) == (GUEST, "UTC")


def page_of(chili: Sandbox) -> str:
    from airflow_chilipiper.hooks import ChiliPiperHook

    hook = ChiliPiperHook()
    pages = {found.link_id: found.booking_url for found in hook.links()}
    hook.close()
    chili.tenant.sessions.clear()
    return pages["link-rr-demo"]


def test_handoff_by_name_and_crm_id(chili: Sandbox) -> None:
    asked = {"workspace": "Customer Success", "booker_email": "sam.setter@sandbox.example", "crm_id": "00Q000000000001"}
    assert made(HandoffSlotSensor, **asked, router_id="ho-success").execute({})
    assert chili.calls[-1].body["id"] == {"type": "LeadId", "value": "00Q000000000001"}
    assert chili.calls[-1].body["routerId"] == "ho-success"


def test_handoff_with_several_paths_asks_for_one(chili: Sandbox) -> None:
    sales = {**HANDOFF, "workspace_id": "ws-sales"}
    with pytest.raises(AirflowFailException, match="p-demo"):
        made(HandoffSlotSensor, **sales).execute({})
    assert made(HandoffSlotSensor, **sales, path="p-demo").execute({})
    assert made(HandoffSlotSensor, **sales, path="earliest").execute({})


def test_the_filters_hold(chili: Sandbox) -> None:
    zone = ZoneInfo("America/New_York")
    asked = {"between": ("10:00", "11:00"), "weekdays": ["Tue", "Thu"], "timezone": zone.key, "min_notice": "36 hours"}
    starts = [start.astimezone(zone) for start in as_moments(link(window="P14D", **asked).execute({}), "prefer")]
    assert {start.strftime("%a") for start in starts} == {"Tue", "Thu"}
    assert all(time(10) <= start.time() < time(11) for start in starts)
    assert min(starts) >= datetime.now(UTC) + timedelta(hours=36) - timedelta(minutes=1)


def test_the_zone_is_the_dags(chili: Sandbox) -> None:
    with DAG("zoned", start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")), schedule=None):
        sensor = link()
    sensor.execute({})
    assert chili.calls[-1].body["guestTimezone"] == "Asia/Kolkata"


def test_min_slots_counts_start_times(chili: Sandbox) -> None:
    there = len(link().execute({}))
    assert len(link(min_slots=str(there)).execute({})) >= there
    with pytest.raises(AirflowSensorTimeout, match=f"{there + 1000} start times"):
        link(min_slots=there + 1000).execute({})


def test_poking_goes_on_until_there_are_slots(chili: Sandbox) -> None:
    """Passing failures on the way are borne."""
    chili.faults.server_error(count=2)
    chili.faults.lose_request()
    assert link(timeout=600).execute({})
    assert [call.status for call in chili.calls] == [500, 500, None, 200]


@pytest.mark.parametrize("soft_fail", [False, True])
def test_too_many_failures_in_a_row_fail_the_task(chili: Sandbox, soft_fail: bool) -> None:
    """So that Airflow's own retry may follow; soft_fail makes no skip of it."""
    chili.faults.server_error(count=9)
    with pytest.raises(CouldNotAsk, match="500") as caught:
        link(timeout=600, max_failures=2, soft_fail=soft_fail).execute({})
    assert not isinstance(caught.value, AirflowException)
    assert len(chili.calls) == 3


def test_in_time_without_slots(chili: Sandbox) -> None:
    """The message says what to look at."""
    with pytest.raises(AirflowSensorTimeout, match=r"minimum notice.*disconnected calendar"):
        full().execute({})
    with pytest.raises(AirflowSkipException, match="minimum notice"):
        full(soft_fail=True).execute({})


@pytest.mark.parametrize("soft_fail", [False, True])
@pytest.mark.parametrize("mode", ["poke", "reschedule"])
def test_time_up_without_an_answer_is_no_time_out(chili: Sandbox, soft_fail: bool, mode: str) -> None:
    """Nobody knows whether there are slots: it fails, even under soft_fail, and says why."""
    chili.faults.server_error()
    with pytest.raises(CouldNotAsk, match=r"last look.*500"):
        link(soft_fail=soft_fail, mode=mode).execute({"ti": Rescheduled(hours=1)})


def test_an_interrupted_look_is_no_answer(chili: Sandbox) -> None:
    """Airflow skips a task whose execution_timeout ends a poke under soft_fail; here that fails."""

    class Interrupted(SchedulingLinkSlotSensor):
        def look(self) -> list[str]:
            raise airflows("AirflowTaskTimeout")

    with pytest.raises(CouldNotAsk, match="without an answer"):
        made(Interrupted, **LINK, soft_fail=True).execute({})


class Rescheduled:
    """What reschedule mode asks of the task instance."""

    def __init__(self, **ago: float) -> None:
        self.first = datetime.now(UTC) - timedelta(**ago)

    def get_first_reschedule_date(self, context: Any) -> datetime:
        return self.first


def test_rescheduling_between_looks(chili: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """A look that cannot be made is a warning and not yet; the next process finds slots."""
    context = {"ti": Rescheduled(minutes=1)}
    again = airflows("AirflowRescheduleException")
    with pytest.raises(again):
        full(mode="reschedule", timeout=600, poke_interval=60).execute(context)
    chili.faults.server_error()
    with pytest.raises(again):
        full(mode="reschedule", timeout=600, poke_interval=60).execute(context)
    free(chili)
    assert full(mode="reschedule", timeout=600, poke_interval=60).execute(context)


DEFINITE = [
    ({"link_id": "link-nobody-knows"}, {}),
    ({"link_type": None, "link_id": None, "booking_url": "https://sandbox.example/nowhere"}, {}),
    ({}, {"allowed_guest_domains": "elsewhere.example"}),
    ({"chilipiper_conn_id": "other"}, {}),
]


@pytest.mark.parametrize(("arguments", "extra"), DEFINITE)
@pytest.mark.parametrize("soft_fail", [False, True])
@pytest.mark.parametrize("deferrable", [False, True])
def test_what_no_retry_cures_fails_for_good(
    chili: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    extra: dict[str, Any],
    soft_fail: bool,
    deferrable: bool,
) -> None:
    monkeypatch.setenv(CONNECTION, chili.connection_with(chili.token, requests_per_second=1000, **extra))
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps({"conn_type": "chilipiper", "host": chili.url}))
    with pytest.raises(AirflowFailException) as caught:
        link(timeout=600, soft_fail=soft_fail, deferrable=deferrable, **arguments).execute({})
    assert GUEST not in str(caught.value)
    assert len(chili.calls) <= 4


def test_a_guest_outside_the_allowed_domains_is_never_sent(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, chili.connection_with(chili.token, allowed_guest_domains="elsewhere.example"))
    for kind, arguments in EVERY_SENSOR[1:]:
        with pytest.raises(AirflowFailException, match="allowed_guest_domains"):
            made(kind, **arguments).execute({})
    with pytest.raises(AirflowFailException, match="allowed_guest_domains"):
        made(ConciergeSlotSensor, **{**CONCIERGE, "form": {"PersonFirstName": "Jo"}}).execute({})
    assert chili.calls == []


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_disqualified_lead_ends_the_wait(chili: Sandbox, deferrable: bool) -> None:
    """That is an answer, so soft_fail may skip; and no second session is opened for it."""
    form = {"PersonEmail": "jo@gmail.com"}
    asked = {**CONCIERGE, "form": form, "timeout": 600, "deferrable": deferrable}
    with pytest.raises(AirflowFailException, match="does not offer"):
        made(ConciergeSlotSensor, **asked).execute({})
    with pytest.raises(AirflowSkipException, match="does not offer"):
        made(ConciergeSlotSensor, **asked, soft_fail=True).execute({})
    assert len(chili.calls) == 2


def test_never_fail_skips_whatever_happens(chili: Sandbox) -> None:
    """Airflow's own word for it: the user asked for a skip instead of any error."""
    for deferrable in (False, True):
        with pytest.raises(AirflowSkipException):
            link(link_id="nobody-knows", never_fail=True, deferrable=deferrable).execute({})


# deferrable


def test_it_defers_with_plain_arguments_and_a_deadline(chili: Sandbox) -> None:
    """Names are looked up before, so that the triggerer asks for slots only; the token stays behind."""
    named = {"meeting_type_id": DEMO, "host_email": "fay.full@sandbox.example"}
    before = datetime.now(UTC).timestamp()
    sensor = made(AvailableSlotsSensor, deferrable=True, timeout=3600, poke_interval=60, min_slots="{{ 2 }}", **named)
    sensor.min_slots = "2"  # as rendered
    deferral = deferred(sensor)
    path, kwargs = deferral.trigger.serialize()
    assert path == "airflow_chilipiper.triggers.SlotTrigger"
    assert json.loads(json.dumps(kwargs)) == kwargs
    assert kwargs["query"]["arguments"] == {"meeting_type_id": DEMO, "host": "u-full"}
    assert (kwargs["min_slots"], kwargs["interval"], kwargs["max_failures"]) == (2, 60.0, 5)
    assert before + 3600 <= kwargs["deadline"] <= datetime.now(UTC).timestamp() + 3600
    assert deferral.timeout > timedelta(seconds=3600)
    assert chili.token not in json.dumps(kwargs)


def test_it_comes_back_with_slots(chili: Sandbox) -> None:
    sensor = full(deferrable=True, timeout=600)
    deferral = deferred(sensor)
    free(chili)
    assert resumed(full(deferrable=True, timeout=600), deferral) == link().execute({})


def test_a_first_look_that_fails_in_passing_is_not_yet(chili: Sandbox) -> None:
    chili.faults.server_error()
    sensor = link(deferrable=True, timeout=600)
    assert resumed(sensor, deferred(sensor))


def test_it_comes_back_without(chili: Sandbox) -> None:
    sensor = full(deferrable=True)
    with pytest.raises(AirflowSensorTimeout, match="minimum notice"):
        resumed(sensor, deferred(sensor))
    sensor = full(deferrable=True, soft_fail=True)
    with pytest.raises(AirflowSkipException, match="minimum notice"):
        resumed(sensor, deferred(sensor))


@pytest.mark.parametrize("soft_fail", [False, True])
def test_a_failing_trigger_fails_the_task(chili: Sandbox, soft_fail: bool) -> None:
    """Whatever soft_fail says: first too many failures, then a deadline without an answer, then a definite no."""
    busy = full(deferrable=True, timeout=600, max_failures=0, soft_fail=soft_fail)
    deferral = deferred(busy)
    chili.faults.server_error()
    with pytest.raises(CouldNotAsk, match="500"):
        resumed(busy, deferral)
    late = full(deferrable=True, soft_fail=soft_fail)
    deferral = deferred(late)
    chili.faults.server_error()
    with pytest.raises(CouldNotAsk, match=r"last look.*500"):
        resumed(late, deferral)
    del chili.tenant.catalogue.links["link-rr-full"]
    with pytest.raises(AirflowFailException, match="scheduling-link-init"):
        resumed(late, deferral)


@pytest.mark.parametrize(
    "event", [None, {}, "found", {"status": "success"}, {"status": "found"}, {"status": "found", "slots": []}]
)
@pytest.mark.parametrize("soft_fail", [False, True])
def test_an_event_that_nobody_knows_is_an_error(event: Any, soft_fail: bool) -> None:
    with pytest.raises(CouldNotAsk, match="nobody knows"):
        link(soft_fail=soft_fail).resume_execution("execute_complete", {"event": event}, {})


def test_a_no_that_will_not_change_ends_the_wait() -> None:
    event = {"status": "never", "reason": "the window is over"}
    with pytest.raises(AirflowFailException, match="over"):
        link().execute_complete({}, event)
    with pytest.raises(AirflowSkipException, match="over"):
        link(soft_fail=True).execute_complete({}, event)


def test_a_time_out_without_its_reason_is_no_answer() -> None:
    with pytest.raises(CouldNotAsk):
        link(soft_fail=True).execute_complete({}, {"status": "timeout"})


@pytest.mark.parametrize("error", ["Trigger timeout", "Trigger failure"])
@pytest.mark.parametrize("soft_fail", [False, True])
def test_a_dead_triggerer_is_no_answer(error: str, soft_fail: bool) -> None:
    """Airflow's own sensors turn both into a skip."""
    with pytest.raises(CouldNotAsk, match="triggerer"):
        link(soft_fail=soft_fail).resume_execution("__fail__", {"error": error}, {})


def test_a_slot_that_comes_later_reaches_the_next_task(chili: Sandbox, run_dag: Callable[..., Any]) -> None:
    """A real DAG run: deferred after a first look without answer, resumed by the trigger, slots in XCom."""
    chili.faults.server_error("scheduling-link-init")
    with DAG("wait_for_a_slot", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None) as dag:
        wait = SchedulingLinkSlotSensor(
            task_id="wait",
            email="{{ params.guest }}",
            link_type="RoundRobin",
            link_id="link-rr-demo",
            window="{{ params.window }}",
            deferrable=True,
            poke_interval=0,
            params={"guest": GUEST, "window": "3 days"},
        )

        @task
        def preferred(slots: list[str]) -> int:
            return len(as_moments(slots, "prefer"))

        preferred(wait.output)
    run = run_dag(dag)
    assert run.state == "success"
    assert [call.status for call in chili.calls] == [500, 200]
    assert chili.calls[-1].body["guestEmail"] == GUEST
    assert chili.calls[-1].body["interval"]["duration"] == "P3D"


def test_one_sensor_for_each_of_many_guests(chili: Sandbox, run_dag: Callable[..., Any]) -> None:
    """Mapped over e-mails in a real DAG run."""
    with DAG("mapped", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None) as dag:
        SchedulingLinkSlotSensor.partial(
            task_id="wait", link_type="RoundRobin", link_id="link-rr-demo", window="2 days", min_notice="0 hours"
        ).expand(email=[GUEST, "ann@prospect.example"])
    assert run_dag(dag).state == "success"
    assert sorted(call.body["guestEmail"] for call in chili.calls) == ["ann@prospect.example", GUEST]


# arguments

WRONG = [
    (SchedulingLinkSlotSensor, LINK, {"email": None}, "email"),
    (SchedulingLinkSlotSensor, LINK, {"email": "nobody"}, "email"),
    (SchedulingLinkSlotSensor, LINK, {"email": col("email")}, "email"),
    (SchedulingLinkSlotSensor, LINK, {"link": {"type": "Group"}}, "link_id"),
    (SchedulingLinkSlotSensor, LINK, {"link_id": None}, "link_id"),
    (SchedulingLinkSlotSensor, LINK, {"link_type": None}, "link_type"),
    (SchedulingLinkSlotSensor, LINK, {"link_type": None, "link_id": None, "link": "RoundRobin"}, "link"),
    (SchedulingLinkSlotSensor, LINK, {"window": 7}, "window"),
    (SchedulingLinkSlotSensor, LINK, {"window": "a week"}, "window"),
    (SchedulingLinkSlotSensor, LINK, {"window_start": datetime(2026, 11, 2)}, "window_start"),  # noqa: DTZ001
    (SchedulingLinkSlotSensor, LINK, {"between": ("09:00",)}, "between"),
    (SchedulingLinkSlotSensor, LINK, {"weekdays": ("Monday",)}, "weekdays"),
    (SchedulingLinkSlotSensor, LINK, {"min_notice": "soon"}, "min_notice"),
    (SchedulingLinkSlotSensor, LINK, {"timezone": "Paris"}, "timezone"),
    (SchedulingLinkSlotSensor, LINK, {"min_slots": 0}, "min_slots"),
    (SchedulingLinkSlotSensor, LINK, {"max_failures": -1}, "max_failures"),
    (SchedulingLinkSlotSensor, LINK, {"chilipiper_conn_id": ""}, "chilipiper_conn_id"),
    (HandoffSlotSensor, HANDOFF, {"workspace": "Sales"}, "workspace"),
    (HandoffSlotSensor, HANDOFF, {"booker_id": None}, "booker_email"),
    (HandoffSlotSensor, HANDOFF, {"email": None}, "crm_id"),
    (HandoffSlotSensor, HANDOFF, {"crm_id": "1", "crm_type": "Lead"}, "crm_type"),
    (ConciergeSlotSensor, CONCIERGE, {"opens_sessions": False}, "opens_sessions"),
    (ConciergeSlotSensor, CONCIERGE, {"opens_sessions": "True"}, "opens_sessions"),
    (ConciergeSlotSensor, CONCIERGE, {"trigger": "Form"}, "trigger"),
    (ConciergeSlotSensor, CONCIERGE, {"form": {}}, "form"),
    (ConciergeSlotSensor, CONCIERGE, {"form": {"PersonEmail": object()}}, "form"),
    (ConciergeSlotSensor, CONCIERGE, {"router_slug": " "}, "router_slug"),
    (AvailableSlotsSensor, HOST, {"host_email": "a@b.example"}, "host"),
    (AvailableSlotsSensor, HOST, {"host": None}, "distribution_id"),
    (AvailableSlotsSensor, HOST, {"attendees": "u-host-01"}, "attendees"),
    (AvailableSlotsSensor, HOST, {"attendees": []}, "attendees"),
]


@pytest.mark.parametrize(("kind", "good", "bad", "name"), WRONG)
def test_a_wrong_argument_is_named_when_the_dag_is_parsed(
    kind: type[SlotSensor], good: dict[str, Any], bad: dict[str, Any], name: str
) -> None:
    with pytest.raises(BadValue, match=name) as caught:
        made(kind, **{**good, **bad})
    assert "nobody" not in str(caught.value)


def test_concierge_says_what_looking_sets_off() -> None:
    """Who does not ask for sessions is told what they do, and what to use instead."""
    asked = {name: value for name, value in CONCIERGE.items() if name != "opens_sessions"}
    with pytest.raises(BadValue, match=r"TimedOut.*AvailableSlotsSensor"):
        made(ConciergeSlotSensor, **asked)


def test_a_wrong_template_is_named_at_execution(chili: Sandbox) -> None:
    """Before anything is sent, and without retry."""
    sensor = link(window="{{ params.window }}")
    sensor.window = "a week"  # as rendered
    with pytest.raises(AirflowFailException, match="window"):
        sensor.execute({})
    sensor = made(HandoffSlotSensor, crm_explicits={"a": datetime.now(UTC)}, **HANDOFF)
    with pytest.raises(AirflowFailException, match="JSON"):
        sensor.execute({})
    assert chili.calls == []


@pytest.mark.parametrize(("kind", "arguments"), EVERY_SENSOR)
def test_every_argument_may_be_a_template(kind: type[SlotSensor], arguments: dict[str, Any]) -> None:
    """None is judged before it is rendered, and all are kept unchanged."""
    names = [*arguments, "window", "between", "timezone", "min_slots", "window_start"]
    given = dict.fromkeys(names, "{{ x }}")
    sensor = made(kind, **{**given, **({"opens_sessions": True} if "opens_sessions" in given else {})})
    fields = {"guest_email" if name == "email" else name for name in given} - {"opens_sessions"}
    assert fields <= set(kind.template_fields)
    assert {getattr(sensor, name) for name in fields} == {"{{ x }}"}
    assert [name for name in kind.template_fields if not hasattr(sensor, name)] == []


def test_another_tasks_result_will_do_for_any_argument() -> None:
    with DAG("chained", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None):
        before = BaseOperator(task_id="before")
        sensor = made(ConciergeSlotSensor, **{**CONCIERGE, "form": before.output, "router_slug": before.output["slug"]})
    assert sensor.upstream_task_ids == {"before"}


def test_alerts_never_go_to_the_guest(chili: Sandbox) -> None:
    """Airflow mails its alerts to a task's `email`: the guest's is kept elsewhere, and theirs is nobody's guest."""
    defaults = {"email": "ops@company.example"}
    with DAG("alerting", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None, default_args=defaults):
        sensor = link()
        by_id = made(HandoffSlotSensor, **{**HANDOFF, "email": None, "crm_id": "00Q1", "task_id": "by_id"})
        with pytest.raises(BadValue, match="email"):
            made(SchedulingLinkSlotSensor, task_id="none", link_type="RoundRobin", link_id="l")
        mapped = HandoffSlotSensor.partial(task_id="mapped", workspace_id="ws-success", booker_id="u-sdr-1")
        unmapped = mapped.expand(crm_id=["00Q1"]).unmap({"crm_id": "00Q1"})
    assert (sensor.email, sensor.guest_email) == ("ops@company.example", GUEST)
    assert (by_id.guest_email, unmapped.guest_email) == (None, None)
    with DAG("quiet", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None):
        mapped = SchedulingLinkSlotSensor.partial(task_id="mapped", email=GUEST).expand(link_id=["link-rr-demo"])
    assert (mapped.email, mapped.unmap({"link_id": "link-rr-demo"}).guest_email) == (None, GUEST)


def test_defaults() -> None:
    sensor = SchedulingLinkSlotSensor(task_id="wait", **LINK)
    assert (sensor.poke_interval, sensor.timeout, sensor.deferrable) == (600, 86_400, False)


def test_the_default_of_deferrable_is_airflows() -> None:
    code = "from airflow_chilipiper.sensors import SlotSensor; import inspect; "
    code += "print(inspect.signature(SlotSensor.__init__).parameters['deferrable'].default)"
    run = fresh(code, AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE="True")
    assert run.splitlines()[-1] == "True"


def test_importing_them_is_cheap() -> None:
    """A DAG file loads no HTTP, no SQL hooks, no triggers and none of `api`; nor do sensors of three kinds."""
    code = f"""
import json, sys
import airflow.sdk
from airflow.sdk import BaseHook, BaseOperator, BaseSensorOperator
before = set(sys.modules)
from airflow_chilipiper.sensors import *
SchedulingLinkSlotSensor(task_id="a", **{LINK})
HandoffSlotSensor(task_id="b", **{HANDOFF})
AvailableSlotsSensor(task_id="c", **{HOST})
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    loaded = json.loads(fresh(code).splitlines()[-1])
    heavy = ("aiohttp", "httpx_aiohttp", "airflow.providers.common.sql", "airflow.triggers", "airflow_chilipiper.api")
    assert "airflow_chilipiper.sensors" in loaded
    assert [name for name in loaded if f"{name}.".startswith(tuple(f"{each}." for each in heavy))] == []


def fresh(code: str, **environment: str) -> str:
    import os

    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | environment
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_lead_is_in_no_log(
    chili: Sandbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in poke mode nor deferred, though the service repeats the e-mail in its errors."""
    caplog.set_level(logging.DEBUG)
    chili.faults.error(status=503, code="Odd", message=f"not now for {GUEST}", count=2)
    assert made(ConciergeSlotSensor, **CONCIERGE, timeout=600).execute({})
    sensor = made(ConciergeSlotSensor, **CONCIERGE, timeout=600, deferrable=True)
    chili.faults.error(status=503, code="Odd", message=f"not now for {GUEST}", count=2)
    assert resumed(sensor, deferred(sensor))
    logged = caplog.text + "".join(capfd.readouterr())
    assert "not now for" in logged
    assert GUEST not in logged
