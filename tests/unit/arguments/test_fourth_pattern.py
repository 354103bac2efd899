"""A fourth pattern is a file, an entry, a short operator and a short sensor: no other module is touched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.patterns import PATTERNS, LeadValues, PatternArguments
from airflow_chilipiper.arguments.readers import as_choice, as_name
from airflow_chilipiper.operators import ChiliPiperBookBaseOperator, col
from airflow_chilipiper.sensors import SlotBaseSensor
from airflow_chilipiper.triggers import SlotTrigger
from tests.booking_task import Desk, lead

# api/patterns/chat.py: the sandbox has no such endpoints, so it asks those of a link.
CHAT = '''
"""Chat: a widget books for whoever writes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_chilipiper.api.call import Call, Interval, path
from airflow_chilipiper.api.patterns.answers import booked, record, session_id, start_times
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Slot, Slots


@dataclass(frozen=True, kw_only=True)
class Chat:
    widget: str
    topic: str
    guest: str | None = field(repr=False)
    name = "chat"
    has_routing_log = False

    @property
    def target(self) -> tuple[str, ...]:
        return (self.widget,)

    def invited(self) -> tuple[str | None, ...]:
        return (self.guest,)

    def open(self, interval: Interval, /) -> Call[Offer]:
        return Call(
            operation="chat-open",
            permission="chat.schedule",
            method="POST",
            path="/v1/org/schedulingLinks/init-simple",
            body={
                "link": {"type": "RoundRobin", "linkId": self.widget},
                "interval": interval.body(),
                "guestEmail": self.guest,
            },
            read=_offer,
            repeatable=True,
        )

    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]:
        return Call(
            operation="chat-book",
            permission="chat.schedule",
            method="POST",
            path=slot.address,
            body={"startTime": slot.start_as_sent, "guestEmail": self.guest},
            read=booked,
        )


def _offer(body: Any) -> Offer:
    answer = record(body, "chat-open")
    session = session_id(answer)
    address = path("/v1/org/schedulingLinks/routing/{}/schedule-simple", session)
    return Offer(session=session, slots=Slots([Bookable(address, start_times(answer))]))
'''


def chat_request(values: LeadValues) -> dict[str, Any]:
    return {"widget": values.needed("widget"), "topic": values.get("topic"), "guest": values.email}


# arguments/patterns.py: one more entry.
CHAT_ARGUMENTS = PatternArguments(
    name="chat",
    type="chat_pattern:Chat",
    permissions="chat.schedule (chat)",
    readers={"widget": as_name, "topic": partial(as_choice, choices=("sales", "support"))},
    request=chat_request,
    required=("widget",),
    target=("widget",),
    needs_email=lambda arguments: True,
)


class ChatBookOperator(ChiliPiperBookBaseOperator):
    """Book whoever writes to a chat widget.

    :param widget: the widget's id (templated)
    :param topic: sales or support (templated)
    """

    pattern = CHAT_ARGUMENTS

    def __init__(self, *, widget: Any, topic: Any = "sales", **kwargs: Any) -> None:
        booking.declare(self, locals(), CHAT_ARGUMENTS.readers)
        super().__init__(**kwargs)


class ChatSlotSensor(SlotBaseSensor):
    """Wait for a slot of a chat widget."""

    pattern = CHAT_ARGUMENTS
    readers = {**SlotBaseSensor.readers, "guest_email": booking.READERS_BY_LEAD["guest_email"]}  # noqa: RUF012

    def __init__(self, *, widget: Any, topic: Any = "sales", guest_email: Any = None, **kwargs: Any) -> None:
        booking.declare(self, locals(), self.readers.keys() - SlotBaseSensor.readers.keys())
        super().__init__(**kwargs)


@pytest.fixture(autouse=True)
def fourth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "chat_pattern.py").write_text(CHAT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PATTERNS, "chat", CHAT_ARGUMENTS)
    yield
    import sys

    sys.modules.pop("chat_pattern", None)


def book(desk: Desk, *leads: Any, **arguments: Any) -> Any:
    given = {"widget": "link-rr-demo", "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(ChatBookOperator, leads=list(leads), **given)


def test_it_books_with_all_that_the_others_have(desk: Desk, ledger: Path) -> None:
    rows = [lead("ada", widget="link-rr-demo"), lead("bob", widget="none"), lead("eve", widget=None), {"lead_id": 1}]
    where = {"widget": col("widget", default=None), "ledger_conn_id": "ledger"}
    desk.run(book(desk, *rows, **where))
    assert desk.statuses() == ["booked", "refused", "invalid", "invalid"]
    assert desk.ti.xcom["return_value"][0]["pattern"] == "chat"
    desk.run(book(desk, *rows, **where), try_number=2)
    assert desk.statuses() == ["already_booked", "refused", "invalid", "invalid"]
    assert desk.guests() == ["ada@prospect.example"]


def test_a_lost_answer_is_found(desk: Desk, ledger: Path) -> None:
    desk.chili.faults.lose_answer("scheduling-link-schedule")
    desk.run(book(desk, lead("ada"), ledger_conn_id="ledger"))
    assert (desk.statuses(), desk.spent()) == (["booked"], 1)


def test_the_safety_net_and_bad_arguments_hold(desk: Desk) -> None:
    desk.connect(allowed_guest_domains="test.example")
    desk.run(book(desk, lead("ada")))
    assert (desk.statuses(), desk.opened()) == (["invalid"], 0)
    with pytest.raises(BadValue, match="topic is 'weather'"):
        book(desk, topic="weather")
    with pytest.raises(BadValue, match="widget is missing"):
        ChatSlotSensor(task_id="wait", widget=None, guest_email="a@b.example")


def test_it_waits_in_both_ways(desk: Desk) -> None:
    sensor = ChatSlotSensor(task_id="wait", widget="link-rr-demo", guest_email="ada@prospect.example", timeout=0)
    slots = sensor.execute({})  # type: ignore[arg-type]
    assert slots
    full = ChatSlotSensor(task_id="wait", widget="link-rr-full", guest_email="ada@prospect.example", deferrable=True)
    assert full.look() == []
    watcher = full.watcher(0.0)
    assert isinstance(watcher, SlotTrigger)
    assert (watcher.query["pattern"], watcher.query["arguments"]["widget"]) == ("chat", "link-rr-full")
    assert {"widget", "topic", "guest_email"} <= {*ChatSlotSensor.template_fields}


def test_it_is_documented_with_the_others() -> None:
    assert ":param widget: the widget's id (templated)\n:param topic:" in (ChatBookOperator.__doc__ or "")
    assert {"widget", "topic"} <= {*ChatBookOperator.template_fields}
