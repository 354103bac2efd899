"""Book over a Concierge router."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import CONCIERGE
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import BookingArguments, Text, Trigger


class ConciergeBookOperator(ChiliPiperBookBaseOperator):
    """Route leads through a Concierge router, which qualifies each and offers slots, and book one slot for each.

    ``form`` is required: the keys that the router reads under this trigger (``ChiliPiperHook().routers()`` lists them).

    :param router_slug: the router's slug, the last part of its address; may be a column (templated)
    :param trigger: how the router reads the form: ``InAppButton`` or ``RouterLink`` take Chili Piper's data fields
        (``PersonEmail``), ``ThirdPartyForm`` the field names of the mapped form (templated)
    """

    pattern = CONCIERGE

    def __init__(self, *, router_slug: Text, trigger: Trigger, **kwargs: Unpack[BookingArguments]) -> None:
        booking.declare(self, locals(), CONCIERGE.readers)
        super().__init__(**kwargs)
