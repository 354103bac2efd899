"""What the slot sensors share: their answer, their arguments, and what parsing a DAG costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk import DAG, BaseOperator

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.times import as_moments
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
    SlotBaseSensor,
)
from airflow_chilipiper.version_compat import (
    AirflowFailException,
)
from tests.unit.sensors.waiting import (
    CONCIERGE,
    CONNECTION,
    EVERY_SENSOR,
    GUEST,
    HANDOFF,
    HOST,
    LINK,
    fresh,
    link,
    made,
)


@pytest.mark.parametrize(("kind", "arguments"), EVERY_SENSOR)
@pytest.mark.parametrize("deferrable", [False, True])
def test_slots_that_are_there_are_answered_at_once(
    chili: Sandbox, kind: type[SlotBaseSensor], arguments: dict[str, Any], deferrable: bool
) -> None:
    """As a plain list of texts, in order, that the operators' `prefer` takes; nothing is deferred or booked."""
    slots = made(kind, deferrable=deferrable, **arguments).execute({})
    assert isinstance(slots, list)
    assert {type(slot) for slot in slots} == {str}
    moments = as_moments(slots, "prefer")
    assert list(moments) == sorted(set(moments))
    assert as_moments(str(slots), "prefer") == moments
    assert chili.meetings == []


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
    assert sensor._query()["timezone"] == "Asia/Kolkata"
    assert "guestTimezone" not in chili.calls[-1].body, "the zone of the DAG filters and is never sent"


def test_a_guest_outside_the_allowed_domains_is_never_sent(chili: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, chili.connection_with(chili.token, allowed_guest_domains="elsewhere.example"))
    for kind, arguments in EVERY_SENSOR[1:]:
        with pytest.raises(AirflowFailException, match="allowed_guest_domains"):
            made(kind, **arguments).execute({})
    with pytest.raises(AirflowFailException, match="form has no e-mail address"):
        made(ConciergeSlotSensor, **{**CONCIERGE, "form": {"PersonFirstName": "Jo"}}).execute({})
    assert chili.calls == []


WRONG = [
    (SchedulingLinkSlotSensor, LINK, {"guest_email": None}, "guest_email"),
    (SchedulingLinkSlotSensor, LINK, {"guest_email": "nobody"}, "guest_email"),
    (SchedulingLinkSlotSensor, LINK, {"guest_email": col("email")}, "guest_email"),
    (SchedulingLinkSlotSensor, LINK, {"link": {"type": "Group"}}, "link_id"),
    (SchedulingLinkSlotSensor, LINK, {"link_id": None}, "link_id"),
    (SchedulingLinkSlotSensor, LINK, {"link_type": None}, "link_type"),
    (SchedulingLinkSlotSensor, LINK, {"link_id": None, "link": "RoundRobin"}, "link"),
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
    (HandoffSlotSensor, HANDOFF, {"guest_email": None}, "guest_email"),
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
    kind: type[SlotBaseSensor], good: dict[str, Any], bad: dict[str, Any], name: str
) -> None:
    with pytest.raises(BadValue, match=name) as caught:
        made(kind, **{**good, **bad})
    assert "nobody" not in str(caught.value)


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
def test_every_argument_may_be_a_template(kind: type[SlotBaseSensor], arguments: dict[str, Any]) -> None:
    """None is judged before it is rendered, and all are kept unchanged."""
    names = [*arguments, "window", "between", "timezone", "min_slots", "window_start"]
    given = dict.fromkeys(names, "{{ x }}")
    sensor = made(kind, **{**given, **({"opens_sessions": True} if "opens_sessions" in given else {})})
    fields = given.keys() - {"opens_sessions"}
    assert fields <= set(kind.template_fields)
    assert {getattr(sensor, name) for name in fields} == {"{{ x }}"}
    assert [name for name in kind.template_fields if not hasattr(sensor, name)] == []


def test_another_tasks_result_will_do_for_any_argument() -> None:
    with DAG("chained", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule=None):
        before = BaseOperator(task_id="before")
        sensor = made(ConciergeSlotSensor, **{**CONCIERGE, "form": before.output, "router_slug": before.output["slug"]})
    assert sensor.upstream_task_ids == {"before"}


@pytest.mark.filterwarnings("ignore:Setting email")
def test_alerts_never_go_to_the_guest() -> None:
    """Airflow mails its alerts to a task's `email`, and theirs is nobody's guest: where one is needed, it is missed."""
    with DAG("alerting", schedule=None, default_args={"email": "ops@company.example"}):
        sensor = link()
        by_id = made(HandoffSlotSensor, **{**HANDOFF, "guest_email": None, "crm_id": "00Q1", "task_id": "by_id"})
        with pytest.raises(BadValue, match="guest_email is missing"):
            made(SchedulingLinkSlotSensor, task_id="none", link_type="RoundRobin", link_id="l")
        mapped = HandoffSlotSensor.partial(task_id="mapped", workspace_id="ws-success", booker_id="u-sdr-1")
        unmapped = mapped.expand(crm_id=["00Q1"]).unmap({"crm_id": "00Q1"})
    assert (sensor.email, sensor.guest_email) == ("ops@company.example", GUEST)
    assert (by_id.guest_email, unmapped.guest_email) == (None, None)
    with DAG("quiet", schedule=None):
        mapped = SchedulingLinkSlotSensor.partial(task_id="mapped", guest_email=GUEST).expand(link_id=["link-rr-demo"])
    assert (mapped.email, mapped.unmap({"link_id": "link-rr-demo"}).guest_email) == (None, GUEST)


def test_defaults() -> None:
    sensor = SchedulingLinkSlotSensor(task_id="wait", **LINK)
    assert (sensor.poke_interval, sensor.timeout, sensor.deferrable) == (600, 86_400, False)


def test_the_default_of_deferrable_is_airflows() -> None:
    code = "from airflow_chilipiper.sensors import SlotBaseSensor; import inspect; "
    code += "print(inspect.signature(SlotBaseSensor.__init__).parameters['deferrable'].default)"
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
    heavy = ("aiohttp", "airflow.providers.common.sql", "airflow.triggers", "airflow_chilipiper.api")
    assert "airflow_chilipiper.sensors" in loaded
    assert [name for name in loaded if f"{name}.".startswith(tuple(f"{each}." for each in heavy))] == []
