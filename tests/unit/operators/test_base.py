"""What the three booking operators share: where they are imported from, their arguments, and what templates leave."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import (
    ConciergeBookOperator,
    Rebook,
    col,
)
from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead
from tests.unit.operators.declared import CONCIERGE, MANY, concierge

try:
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:  # before 3.2
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization


def test_where_users_import_from() -> None:
    """The hook, too, though it is loaded only when it is asked for."""
    from airflow_chilipiper import operators

    for name in operators.__all__:
        assert getattr(operators, name).__module__.startswith("airflow_chilipiper.")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        operators.Nothing  # noqa: B018


def test_templates_leave_text(desk: Desk) -> None:
    """Which means the same as the value; empty text stands for None where None is allowed."""
    texts = {
        "purpose": " q3 ",
        "timezone": "",
        "prefer": "",
        "rebook_after": "",
        "window_start": "",
        "window": "7 days",
        "between": "['00:00', '23:59']",
        "weekdays": "",
        "min_notice": "PT2H",
        "max_leads": "5",
        "allow_backfill": "True",
        "preview": "False",
        "repeated_guests": "False",
        "fetch_meeting": "False",
        "form": "{'PersonEmail': 'ada@prospect.example'}",
        "ledger_conn_id": "",
    }
    operator = concierge(desk, lead("ada"))
    for name, text in texts.items():
        assert name in operator.template_fields
        setattr(operator, name, text)
    assert [(row["status"], row["purpose"]) for row in desk.run(operator, run_type="backfill")] == [("booked", "q3")]


def test_templates_are_rendered(desk: Desk) -> None:
    operator = concierge(desk, lead("ada"), purpose="{{ campaign }}", between="{{ hours }}", form={"Phone": "{{ x }}"})
    operator.render_template_fields({"campaign": "q4", "hours": ("09:00", "17:00"), "x": 3})
    assert (operator.purpose, operator.between, operator.form) == ("q4", "('09:00', '17:00')", {"Phone": "3"})


def test_a_column_survives_all_that_airflow_does(desk: Desk, recwarn: pytest.WarningsRecorder) -> None:
    """Templating, copies, mapping, serialization: and a missing column without a default stays an error."""
    with DAG("serialized", schedule=None) as dag:
        plain = ConciergeBookOperator(task_id="plain", purpose="q3", **CONCIERGE, **MANY)
        ConciergeBookOperator.partial(
            task_id="mapped", purpose="q3", lead_key=col("id", default=3), guest_email=col("Mail"), **CONCIERGE
        ).expand(leads=[[lead("ada")], []])
    plain.render_template_fields({})
    assert plain.lead_key == col("lead_id")
    assert deepcopy(plain).lead_key == col("lead_id")
    with pytest.raises(BadValue, match="no column 'lead_id'"):
        deepcopy(plain).lead_key.of({"email": "x"})
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    assert DagSerialization.from_dict(stored).task_ids == ["plain", "mapped"]
    assert "col('lead_id')" in json.dumps(stored)
    assert [str(each.message) for each in recwarn if "chilipiper" in str(each.message)] == []
    unmapped = dag.get_task("mapped").unmap({"leads": [lead("ada")]})
    assert (unmapped.lead_key, unmapped.guest_email) == (col("id", default=3), col("Mail"))


def test_when(desk: Desk) -> None:
    """Slots are those of the window, the hours and the weekdays in the guest's zone, near to the time preferred."""
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    wednesday = today + timedelta(days=(2 - today.weekday()) % 7 + 7)
    wanted = {"prefer": wednesday.isoformat(), "timezone": "Asia/Kolkata"}
    hours = {"weekdays": "['Wed']", "between": ("09:00", "17:00")}
    (row,) = desk.run(concierge(desk, lead("ada"), window_start=wednesday - timedelta(days=3), **wanted, **hours))
    start = datetime.fromisoformat(row["start_time"])
    assert start.date() == wednesday.date()
    assert timedelta(minutes=30) < wednesday - start < timedelta(hours=2)  # 17:00 in Kolkata is 11:30
    (near,) = desk.run(concierge(desk, lead("bob"), window_start=today, **wanted, window="P14D"))
    assert abs(datetime.fromisoformat(near["start_time"]) - wednesday) <= timedelta(hours=1)
    far = {"min_notice": "3 days", "window": "P7D"}
    (row,) = desk.run(concierge(desk, lead("eve"), **far))
    assert datetime.fromisoformat(row["start_time"]) >= datetime.now(UTC) + timedelta(days=2, hours=23)


def test_a_template_states_how_long_a_session_lives(desk: Desk) -> None:
    """For real: `Rebook` has template fields, and what is wrong in one is seen when it is rendered."""
    operator = concierge(desk, lead("ada"), in_doubt=Rebook(session_lifetime="{{ params.minutes }} minutes"))
    operator.render_template_fields({"params": {"minutes": 10}})
    assert operator.in_doubt == Rebook("10 minutes")
    assert desk.run(operator)[0]["status"] == "booked"
    operator = concierge(desk, lead("bob"), in_doubt=Rebook(session_lifetime="{{ params.minutes }}"))
    operator.render_template_fields({"params": {"minutes": 10}})
    with pytest.raises(AirflowFailException, match=r"^in_doubt: session_lifetime is '10', .*Nothing was sent"):
        desk.run(operator)


@pytest.mark.parametrize("flag", [True, "True", "{{ params.repeated }}"])
def test_repeated_guests_are_invited_for_each_lead_where_the_dag_says_so(desk: Desk, flag: Any) -> None:
    leads = lead("ada"), lead("bob", email="Ada@Prospect.example")
    operator = concierge(desk, *leads, repeated_guests=flag)
    operator.render_template_fields({"params": {"repeated": True}})
    desk.run(operator)
    assert desk.statuses() == ["booked", "booked"]
    assert [row["status"] for row in desk.run(concierge(desk, *leads, purpose="q4"))] == ["booked", "invalid"]
    assert len(desk.chili.meetings) == 3


def test_tasks_that_are_given_one_rebook_render_one_each(desk: Desk) -> None:
    """As where a constant of the DAG file is given to several, or to all of a mapped task."""
    rebook = Rebook(session_lifetime="{{ minutes }} minutes")
    operators = [concierge(desk, lead("ada"), in_doubt=rebook) for _ in range(2)]
    for minutes, operator in enumerate(operators, 10):
        operator.render_template_fields({"minutes": minutes})
    assert [operator.in_doubt.session_lifetime for operator in operators] == ["10 minutes", "11 minutes"]
    assert rebook.session_lifetime == "{{ minutes }} minutes"
