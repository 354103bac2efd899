"""One key with another guest or target than is on record: an error of that lead, never a second booking."""

from __future__ import annotations

from typing import Any

import pytest

from tests.booking_task import Desk, lead
from tests.integration.ledger_troubles.conftest import Home, task

OTHERS = {"guest": ([lead("0", email="another@prospect.example")], {}), "target": ([lead("0")], {"router_slug": "new"})}


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", ["sent", "unknown", "booked"])
@pytest.mark.parametrize(("leads", "arguments"), OTHERS.values(), ids=OTHERS)
def test_a_key_of_another_request_is_invalid_while_its_first_may_have_come_true(
    desk: Desk, home: Home, state: str, leads: list[Any], arguments: dict[str, Any]
) -> None:
    """With the reason; nothing is asked, the entry stays as it is, and the lead beside it is booked."""
    desk.run(task(desk, [lead("0")]))
    if state != "booked":
        home.execute(f"update chilipiper_ledger set state = '{state}', meeting_id = null, booked_at = null")
    before, beside = home.states(), [] if arguments else [lead("1")]
    desk.run(task(desk, [*leads, *beside], **arguments), try_number=2)
    assert desk.statuses() == ["invalid"] + ["booked"] * len(beside)
    differs = "target" if arguments else "guest"
    assert f"on record as {state} with another {differs}, " in desk.reasons()[0]
    assert (desk.opened(), desk.spent()) == (1 + len(beside), 1 + len(beside))
    assert before.items() <= home.states().items()
