"""What type checkers see of the operators and sensors is what runs."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import pytest
from airflow.sdk import BaseOperator, BaseSensorOperator

from airflow_chilipiper.arguments.signatures import AirflowArguments, BookingArguments, SlotArguments
from airflow_chilipiper.operators import ChiliPiperBookBaseOperator
from airflow_chilipiper.sensors import SlotBaseSensor


def seen(typed: Any) -> dict[str, str]:
    """Name to type, as they are written."""
    return {name: hint.__forward_arg__ for name, hint in typed.__annotations__.items()}


def of_ours(typed: Any) -> dict[str, str]:
    return {name: hint for name, hint in seen(typed).items() if name not in AirflowArguments.__annotations__}


def written(kind: type) -> dict[str, str]:
    """As a TypedDict has it: what has no default is required."""
    parameters = [each for each in signature(kind.__init__).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    return {
        each.name: each.annotation if each.default is not Parameter.empty else f"Required[{each.annotation}]"
        for each in parameters
    }


def test_the_arguments_of_booking_operators_are_those_of_their_base() -> None:
    """By name, in order, by type, and by what is required."""
    assert list(of_ours(BookingArguments).items()) == list(written(ChiliPiperBookBaseOperator).items())


def test_the_arguments_of_sensors_are_those_of_their_base() -> None:
    """And then Airflow's own of every sensor."""
    ours = written(SlotBaseSensor)
    assert list(of_ours(SlotArguments).items())[: len(ours)] == list(ours.items())


@pytest.mark.parametrize(("airflows", "typed"), [(BaseOperator, AirflowArguments), (BaseSensorOperator, SlotArguments)])
def test_airflows_own_arguments_may_be_given_all_but_email(airflows: type, typed: Any) -> None:
    named = {
        name for name, each in signature(airflows.__init__).parameters.items() if each.kind is not Parameter.VAR_KEYWORD
    }
    assert named - {"self", "email"} <= seen(typed).keys()
    assert "email" not in seen(typed)
    assert seen(AirflowArguments)["task_id"] == "Required[str]"
