"""What a task shows: the page that the extra link opens, and nothing personal anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.operators import ConciergeBookOperator, SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead
from tests.unit.operators.declared import CONCIERGE, concierge


def page_of(operator: Any) -> str:
    (link,) = operator.operator_extra_links
    assert link.name == "Chili Piper meeting"
    return str(link.get_link(operator, ti_key=None))


def test_the_routing_page(desk: Desk) -> None:
    """Of the one lead of a task; many have none."""
    desk.chili.tenant.variants.routing_link_with_interval = True
    one, many = (
        concierge(desk, leads=None, lead_key=None, lead=lead("ada")),
        concierge(desk, lead("bob"), fetch_meeting=True),
    )
    assert page_of(one) == ""
    session = desk.run(one)["session_id"]
    assert page_of(one).endswith(f"/inbound-demo/routing/{session}")
    desk.run(many)
    assert page_of(many) == ""


def test_the_page_after_a_failure(desk: Desk) -> None:
    """Airflow asks for it at every end of a task."""
    operator = desk.make(SchedulingLinkBookOperator, lead=lead("ada"), link_id="none")
    with pytest.raises(AirflowFailException):
        desk.run(operator)
    assert page_of(operator) == ""


# Secrets.

SAID = "Unknown guest ada@prospect.example of Lovelace Ltd"


@pytest.mark.parametrize("operation", ["concierge-route-by-slug", "concierge-schedule"])
def test_nothing_personal_is_shown(
    desk: Desk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    """Neither e-mail, token nor form values in logs, errors, XCom or the link, although the server repeats them."""
    desk.connect(meeting_list_lag=0)
    ada = lead("ada", company="Lovelace Ltd")
    form = {**CONCIERGE["form"], "CompanyName": col("company")}
    operator = desk.make(ConciergeBookOperator, **{**CONCIERGE, "form": form, "lead": ada, "lead_key": col("lead_id")})
    desk.chili.faults.error(operation, status=422, code="Ada@prospect.example", message=SAID, count=9)
    with pytest.raises(AirflowFailException) as raised:
        desk.run(operator)
    shown = (
        "".join([*capsys.readouterr(), caplog.text, str(raised.value)])
        + json.dumps(desk.ti.pushed)
        + str(operator.page)
    )
    assert "422" in shown
    for secret in ("ada@", "Lovelace", desk.chili.token):
        assert secret not in shown


def test_a_value_in_the_wrong_column_is_not_shown(desk: Desk) -> None:
    rows = desk.run(concierge(desk, lead("ada"), timezone=col("email")))
    assert rows[0]["status"] == "invalid"
    assert "timezone is" in rows[0]["reason"]
    assert "ada@" not in rows[0]["reason"]
