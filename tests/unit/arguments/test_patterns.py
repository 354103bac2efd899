"""Each pattern's arguments are written once: operators and sensors refuse the same values with the same words."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.patterns import CONCIERGE, PATTERNS, LeadValues, make_pattern
from airflow_chilipiper.operators import ConciergeBookOperator, HandoffBookOperator, SchedulingLinkBookOperator, col
from airflow_chilipiper.sensors import ConciergeSlotSensor, HandoffSlotSensor, SchedulingLinkSlotSensor

PACKAGE = Path(__file__).parents[3] / "airflow_chilipiper"
GUEST = "jo@prospect.example"
ROUTER = {"router_slug": "in", "trigger": "InAppButton", "form": {"PersonEmail": GUEST}}
GOOD: dict[str, dict[str, Any]] = {
    "concierge": ROUTER,
    "scheduling_link": {"link_id": "l", "guest_email": GUEST},
    "handoff": {"workspace_id": "w", "booker_id": "b", "guest_email": GUEST},
}
BOOKS: dict[str, type] = {
    "concierge": ConciergeBookOperator,
    "scheduling_link": SchedulingLinkBookOperator,
    "handoff": HandoffBookOperator,
}
WAITS: dict[str, type] = {
    "concierge": ConciergeSlotSensor,
    "scheduling_link": SchedulingLinkSlotSensor,
    "handoff": HandoffSlotSensor,
}
VALUES: list[Any] = [None, "", " ", 7, "nobody", "Nope", [], {}, "[1]", ["x"], col("x"), object()]
ANYTHING = "crm_explicits"  # is passed through
WHEN = ("window", "window_start", "between", "weekdays", "min_notice", "timezone", "chilipiper_conn_id")
CASES = [(name, argument) for name, pattern in PATTERNS.items() for argument in (*pattern.readers, *WHEN)]


def refusal(kind: type, **arguments: Any) -> str | None:
    try:
        kind(task_id="a", **arguments)
    except BadValue as bad:
        return str(bad)
    return None


def without_others(name: str, argument: str) -> dict[str, Any]:
    """What else is given, when this argument is."""
    others = {other for group in PATTERNS[name].one_of if argument in group for other in group}
    return {given: value for given, value in GOOD[name].items() if given not in {*others, argument}}


@pytest.mark.parametrize(("name", "argument"), CASES)
def test_operators_and_sensors_refuse_the_same_with_the_same_words(name: str, argument: str) -> None:
    """But for a column, which a sensor has no row for."""
    more = without_others(name, argument)
    opens = {"opens_sessions": True} if name == "concierge" else {}
    refused = 0
    for value in VALUES:
        by_operator = refusal(BOOKS[name], purpose="q3", lead={"email": GUEST}, **more, **{argument: value})
        by_sensor = refusal(WAITS[name], **more, **opens, **{argument: value})
        if value == col("x") and by_operator is None:
            assert by_sensor is not None or argument == ANYTHING
            continue
        assert by_operator == by_sensor, value
        refused += by_operator is not None
    assert refused or argument == ANYTHING


def shared(name: str) -> list[str]:
    """The arguments that both take, their base's and their own, but for what Airflow brings."""
    operator, sensor = (
        {each for cls in kind.__mro__[:2] for each in signature(cls.__init__).parameters}  # type: ignore[misc]
        for kind in (BOOKS[name], WAITS[name])
    )
    return sorted((operator & sensor) - {"self", "kwargs"})


@pytest.mark.parametrize("name", PATTERNS)
def test_what_both_take_is_read_by_one_reader(name: str) -> None:
    readers = {**booking.READERS, **booking.READERS_BY_LEAD, **PATTERNS[name].readers}
    of_sensor: dict[str, Any] = WAITS[name].readers  # type: ignore[attr-defined]
    assert {*PATTERNS[name].readers, *WHEN} <= {*shared(name)}
    assert [each for each in shared(name) if of_sensor[each] is not readers[each]] == []


@pytest.mark.parametrize("name", PATTERNS)
def test_a_patterns_own_arguments_have_the_same_types_and_defaults(name: str) -> None:
    of_operator, of_sensor = (signature(kind.__init__).parameters for kind in (BOOKS[name], WAITS[name]))  # type: ignore[misc]
    assert [each for each in PATTERNS[name].readers if str(of_operator[each]) != str(of_sensor[each])] == []


def test_every_pattern_is_tried() -> None:
    assert GOOD.keys() == BOOKS.keys() == WAITS.keys() == PATTERNS.keys()
    for name in PATTERNS:
        assert BOOKS[name].pattern is WAITS[name].pattern is PATTERNS[name]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PATTERNS)
def test_what_is_said_of_a_pattern_names_its_arguments_and_its_class(name: str) -> None:
    pattern = PATTERNS[name]
    own = {*pattern.readers, "form"}
    assert {*pattern.required, *pattern.target, *(each for group in pattern.one_of for each in group)} <= own
    requests = {"concierge": {"router_slug": "in", "trigger": "InAppButton"}, "scheduling_link": {"link_id": "l"}}
    given = requests.get(name, {"workspace_id": "w", "booker_id": "b"}) | (
        {"link_type": "RoundRobin"} if name == "scheduling_link" else {}
    )
    values = LeadValues(email=GUEST, timezone=ZoneInfo("UTC"), form={"PersonEmail": GUEST}, own=given)
    made = make_pattern(name, pattern.request(values))
    assert (made.name, made.guest) == (name, GUEST)
    assert set(made.invited()) == {GUEST}


def test_whom_a_router_invites_stands_in_its_form() -> None:
    """Under the data field if there is one; else it is the one address, or that of the row where there are several."""

    def guest(form: dict[str, Any]) -> Any:
        values = LeadValues(email="row@x.example", timezone=ZoneInfo("UTC"), form=form, own={})
        return CONCIERGE.request(values)["guest"]

    assert guest({"PersonEmail": GUEST, "Note": "b@x.example"}) == GUEST
    assert guest({"work": "a@x.example"}) == "a@x.example"
    assert guest({"work": "a@x.example", "home": "b@x.example"}) == "row@x.example"
    with pytest.raises(BadValue, match="form has no e-mail address"):
        guest({"Company": "Ltd"})
    with pytest.raises(BadValue, match="PersonEmail"):
        guest({"PersonEmail": "nobody"})


OWN_FILES = ("concierge.py", "scheduling_link.py", "handoff.py")
HOMES = ("api/patterns", "operators", "sensors")


def test_no_other_module_asks_which_pattern_it_has() -> None:
    """A fourth pattern is a file, an entry, an operator and a sensor: nothing else knows the three by name or class."""
    for file in sorted(PACKAGE.rglob("*.py")):
        where, code = file.relative_to(PACKAGE), file.read_text()
        if where.parts[0] == "sandbox":
            continue
        for asked in ("pattern.name ==", "pattern.name in", "getattr(pattern", "isinstance(pattern", "type(pattern"):
            assert asked not in code, (where, asked)
        is_own = where.name in OWN_FILES and str(where.parent) in HOMES
        if not is_own and str(where) != "arguments/patterns.py":
            named = [name for name in PATTERNS if f'"{name}"' in code]
            assert named == (["concierge"] if str(where) == "booking/doubt/routing_log.py" else []), where
