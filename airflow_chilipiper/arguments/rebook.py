"""What may become of a lead whose booking was never answered, and for whom no meeting is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import or_none
from airflow_chilipiper.arguments.times import as_duration


@dataclass
class Rebook:
    """Book such a lead again, once no earlier call can have any effect any more: ``in_doubt=Rebook(...)``.

    :param session_lifetime: how long a session can be booked, as a timedelta or text such as "10 minutes". Needed where
        Chili Piper does not say so, that is for links and Handoff: ask its support (templated)
    """

    session_lifetime: timedelta | str | None = None
    template_fields: ClassVar[Sequence[str]] = ("session_lifetime",)


def as_in_doubt(value: Any, name: str) -> Rebook | None:
    """None for "hold": such a lead is left to a person."""
    if value == "hold":
        return None
    if not isinstance(value, Rebook):
        raise BadValue(f"{name} is {value!r}, expected 'hold' or Rebook(session_lifetime=...)")
    return Rebook(or_none(as_duration)(value.session_lifetime, f"{name}: session_lifetime"))
