"""`email=` is where Airflow sends its alerts: never the guest's, and refused wherever somebody writes it to a task."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import DAG, TaskGroup

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import ReconcileBookingsOperator, SchedulingLinkBookOperator, col
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
)
from tests.booking_task import lead
from tests.unit.operators.declared import LINK, MANY, OWN

try:
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:  # before 3.2
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization

pytestmark = pytest.mark.filterwarnings("ignore:Setting email")
OPS = ["ops@corp.example"]
REFUSED = r"^email is where Airflow sends its alerts .* guest_email; .* default_args"
CONCIERGE = {"router_slug": "r", "trigger": "InAppButton", "form": {"PersonEmail": "jo@prospect.example"}}
# Each with all that it needs, and with what is mapped over.
EVERY: list[tuple[type, dict[str, Any], dict[str, Any]]] = [
    *((kind, {"purpose": "q3", **own}, {"lead": lead("ada")}) for kind, own in OWN.items()),
    (ReconcileBookingsOperator, {}, {"purpose": "q3"}),
    (AvailableSlotsSensor, {"meeting_type_id": "m"}, {"host": "u-1"}),
    (ConciergeSlotSensor, {**CONCIERGE, "opens_sessions": True}, {"window": "P7D"}),
    (HandoffSlotSensor, {"workspace_id": "w", "booker_id": "u"}, {"guest_email": "jo@prospect.example"}),
    (SchedulingLinkSlotSensor, LINK, {"guest_email": "jo@prospect.example"}),
]
each_task = pytest.mark.parametrize(("kind", "own", "mapped"), EVERY, ids=[kind.__name__ for kind, *_ in EVERY])


@each_task
def test_an_email_is_refused_when_the_dag_is_parsed(kind: type, own: dict[str, Any], mapped: dict[str, Any]) -> None:
    with DAG("plain", schedule=None, default_args={"email": OPS}), pytest.raises(BadValue, match=REFUSED):
        kind(task_id="plain", email="jo@prospect.example", **own, **mapped)


@each_task
def test_an_email_is_refused_in_partial(kind: Any, own: dict[str, Any], mapped: dict[str, Any]) -> None:
    with DAG("mapped", schedule=None), pytest.raises(BadValue, match=REFUSED):
        kind.partial(task_id="mapped", email="jo@prospect.example", **own)


@each_task
def test_an_email_that_is_mapped_over_is_refused_when_it_is_unmapped(
    kind: Any, own: dict[str, Any], mapped: dict[str, Any]
) -> None:
    with DAG("over", schedule=None) as dag:
        kind.partial(task_id="over", **own, **mapped).expand(email=["jo@prospect.example"])
    with pytest.raises(BadValue, match=REFUSED):
        dag.get_task("over").unmap({"email": "jo@prospect.example"})


@each_task
@pytest.mark.parametrize("where", ["dag", "task"])
def test_beside_alerts_an_email_cannot_be_mapped_over(
    kind: Any, own: dict[str, Any], mapped: dict[str, Any], where: str
) -> None:
    """Airflow has it twice then, and says so; where it is allowed to override, it is refused as anywhere."""
    alerts = {"email": OPS}
    of_task = {"default_args": alerts} if where == "task" else {}
    with DAG("over", schedule=None, default_args=alerts if where == "dag" else {}) as dag:
        partial = kind.partial(task_id="over", **of_task, **own, **mapped)
        with pytest.raises(TypeError, match="unmappable or already specified argument: email"):
            partial.expand(email=["jo@prospect.example"])
        partial.expand_kwargs([{"email": "jo@prospect.example"}], strict=False)
    with pytest.raises(BadValue, match=REFUSED):
        dag.get_task("over").unmap({"email": "jo@prospect.example"})


@each_task
@pytest.mark.parametrize("alerts", [OPS, OPS[0]], ids=["list", "text"])
def test_alerts_are_no_guests(kind: Any, own: dict[str, Any], mapped: dict[str, Any], alerts: Any) -> None:
    """Neither way: plain and mapped, from the DAG, a task group or the task itself."""
    defaults = {"email": alerts}
    over = {name: [value] for name, value in mapped.items()}
    with DAG("alerts", schedule=None, default_args=defaults) as dag:
        plain = kind(task_id="plain", **own, **mapped)
        kind.partial(task_id="mapped", **own).expand(**over)
    with DAG("grouped", schedule=None) as grouped, TaskGroup("group", default_args=defaults):
        inside = kind(task_id="plain", **own, **mapped)
        kind.partial(task_id="mapped", **own).expand(**over)
    with DAG("alone", schedule=None) as of_a_task:
        alone = kind(task_id="plain", default_args=defaults, **own, **mapped)
        of_its_own = kind.partial(task_id="own", default_args=defaults, **own).expand(**over)
    tasks = [dag.get_task("mapped"), grouped.get_task("group.mapped"), of_its_own]
    assert [operator.email for operator in tasks] == [alerts] * 3
    for each in (dag, grouped, of_a_task):
        stored = json.loads(json.dumps(DagSerialization.to_dict(each)))
        assert DagSerialization.from_dict(stored).task_ids == each.task_ids
    for operator in (plain, inside, alone, *(each.unmap(mapped) for each in tasks)):
        assert operator.email == alerts, operator
        assert "ops@" not in str(getattr(operator, "guest_email", None)), operator


def test_without_a_guest_email_it_is_the_column_email_whatever_the_alerts() -> None:
    with DAG("alerts", schedule=None, default_args={"email": OPS}) as dag:
        plain = SchedulingLinkBookOperator(task_id="plain", purpose="q3", **LINK, **MANY)
        named = SchedulingLinkBookOperator(task_id="named", purpose="q3", guest_email=col("Mail"), **LINK, **MANY)
        SchedulingLinkBookOperator.partial(task_id="mapped", purpose="q3", **LINK).expand(lead=[lead("ada")])
    for operator in (plain, dag.get_task("mapped").unmap({"lead": lead("ada")})):
        assert operator.guest_email == col("email", default=None)
    assert (named.guest_email, named.email) == (col("Mail"), OPS)


def test_a_guest_gets_no_alerts() -> None:
    with DAG("quiet", schedule=None) as dag:
        SchedulingLinkBookOperator.partial(task_id="over", purpose="q3", lead=lead("ada"), **LINK).expand(
            guest_email=["ada@work.example"]
        )
        plain = SchedulingLinkBookOperator(task_id="plain", purpose="q3", guest_email=col("Mail"), **LINK, **MANY)
        SchedulingLinkBookOperator.partial(task_id="mapped", purpose="q3", guest_email=col("Mail"), **LINK).expand(
            lead=[lead("ada")]
        )
    unmapped = dag.get_task("mapped").unmap({"lead": lead("ada")})
    for operator in (plain, unmapped):
        assert (operator.guest_email, operator.email) == (col("Mail"), None)
    assert dag.get_task("mapped").email is None
    over = dag.get_task("over").unmap({"guest_email": "ada@work.example"})
    assert (over.guest_email, over.email) == ("ada@work.example", None)
    assert json.loads(json.dumps(DagSerialization.to_dict(dag)))
