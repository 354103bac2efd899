"""Book at a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import WALK_IN
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import BookingArguments, Text


class WalkInBookOperator(ChiliPiperBookBaseOperator):
    """Book leads who walk in.

    :param desk: the name of the desk (templated)
    """

    pattern = WALK_IN

    def __init__(self, *, desk: Text, **kwargs: Unpack[BookingArguments]) -> None:
        booking.declare(self, locals(), WALK_IN.readers)
        super().__init__(**kwargs)
