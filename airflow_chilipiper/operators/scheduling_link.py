"""Book over a scheduling link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.patterns import SCHEDULING_LINK
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import BookingArguments, Output, Text


class SchedulingLinkBookOperator(ChiliPiperBookBaseOperator):
    """Book leads over a scheduling link of a team, an owner or a person.

    ``form`` answers the link's own questions, by their references. Exactly one of ``link_id``, ``link`` and
    ``booking_url`` is given; each may be a column.

    :param link_type: the kind of link, such as ``RoundRobin``, the only one that Chili Piper documents (templated)
    :param link_id: the link's id (templated)
    :param link: the whole reference, passed through as it is, such as ``{"type": "RoundRobin", "linkId": "..."}``
        (templated)
    :param booking_url: the link's address, looked up in the lists of links once a run (templated)
    :param meeting_type_id: which of the link's meeting types, where it has several (templated)
    :param link_owner: for a personal link, by its owner's e-mail; not to be used yet
    :param link_slug: and by its slug; not to be used yet
    """

    pattern = SCHEDULING_LINK

    def __init__(
        self,
        *,
        link_type: Text = "RoundRobin",
        link_id: Text | None = None,
        link: Mapping[str, Any] | Output | str | None = None,
        booking_url: Text | None = None,
        meeting_type_id: Text | None = None,
        link_owner: Text | None = None,
        link_slug: Text | None = None,
        **kwargs: Unpack[BookingArguments],
    ) -> None:
        if link_owner is not None or link_slug is not None:
            raise BadValue(
                "link_owner and link_slug cannot be looked up yet: give the link's booking_url, or link={...} as Chili"
                " Piper's support tells you"
            )
        booking.declare(self, locals(), SCHEDULING_LINK.readers)
        super().__init__(**kwargs)
