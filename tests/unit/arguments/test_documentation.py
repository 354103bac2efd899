"""What `help` of an operator shows: six groups in the order of the signature, and every argument once."""

from __future__ import annotations

import inspect
import pydoc
import re

import pytest

from airflow_chilipiper.operators import ConciergeBookOperator, HandoffBookOperator, SchedulingLinkBookOperator
from airflow_chilipiper.sensors import (
    AvailableSlotsSensor,
    ConciergeSlotSensor,
    HandoffSlotSensor,
    SchedulingLinkSlotSensor,
    SlotBaseSensor,
)

BOOKS = [ConciergeBookOperator, HandoffBookOperator, SchedulingLinkBookOperator]
SENSORS = [AvailableSlotsSensor, ConciergeSlotSensor, HandoffSlotSensor, SchedulingLinkSlotSensor]
GROUPS = ["Leads", "Who and why", "Which slot", "Results", "Ending", "Doubt"]
MOST = 44  # arguments of one operator


def documented(kind: type) -> list[str]:
    return re.findall(r"^:param (\w+):", inspect.getdoc(kind) or "", re.MULTILINE)


def arguments(kind: type) -> list[str]:
    return [name for name in inspect.signature(kind).parameters if name != "kwargs"]


@pytest.mark.parametrize("kind", BOOKS)
def test_help_shows_six_groups_with_each_argument_once_in_the_order_of_the_signature(kind: type) -> None:
    shown = pydoc.render_doc(kind, renderer=pydoc.plaintext)
    assert re.findall(r"^ \|  \*\*([\w ]+)\*\*", shown, re.MULTILINE) == GROUPS
    assert re.findall(r"^ \|  :param (\w+):", shown, re.MULTILINE) == arguments(kind)
    assert len(arguments(kind)) <= MOST


@pytest.mark.parametrize("kind", BOOKS)
def test_a_patterns_own_arguments_stand_with_who_and_why(kind: type) -> None:
    doc = inspect.getdoc(kind) or ""
    group = doc.partition("**Who and why**")[2].partition("**Which slot**")[0]
    own = [name for name in inspect.signature(kind.__init__).parameters if name not in ("self", "kwargs")]
    assert own == re.findall(r"^:param (\w+):", group, re.MULTILINE)[: len(own)]


@pytest.mark.parametrize("kind", BOOKS)
def test_what_is_said_to_be_templated_is(kind: type) -> None:
    entries = re.split(r"^:param ", inspect.getdoc(kind) or "", flags=re.MULTILINE)[1:]
    said = {entry.partition(":")[0] for entry in entries if "(templated)" in entry.partition("\n\n")[0]}
    assert said == {*kind.template_fields}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", SENSORS)
def test_a_sensor_documents_each_argument_once(kind: type) -> None:
    """Its own, with those that all share in the docstring of their base."""
    own = [name for name in inspect.signature(kind.__init__).parameters if name not in ("self", "kwargs")]
    assert documented(kind) == own
    assert documented(SlotBaseSensor) == arguments(SlotBaseSensor)
