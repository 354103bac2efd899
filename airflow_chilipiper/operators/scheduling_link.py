"""Book over a scheduling link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments import booking
from airflow_chilipiper.arguments.patterns import SCHEDULING_LINK
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator

if TYPE_CHECKING:
    from typing import Unpack

    from airflow_chilipiper.arguments.signatures import BookingArguments, Output, Text


class SchedulingLinkBookOperator(ChiliPiperBookBaseOperator):
    """Book leads over a scheduling link of a team, an owner or a person.

    ``form`` answers the link's own questions, by their references. Exactly one of ``link_id``, ``link``,
    ``booking_url`` and ``link_owner`` is given; each may be a column.

    :param link_type: the kind of link, such as ``RoundRobin``, the only one that Chili Piper documents (templated)
    :param link_id: the link's id (templated)
    :param link: the whole reference, passed through as it is, such as ``{"type": "RoundRobin", "linkId": "..."}``
        (templated)
    :param booking_url: the link's address, looked up in the lists of links once a run (templated)
    :param meeting_type_id: which of the link's meeting types, where it has several (templated)
    :param link_owner: for a personal link, its owner's e-mail; how Chili Piper wants it named is not confirmed
        (templated)
    :param link_slug: and its slug, as it stands in the owner's list of personal links (templated)
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
        booking.declare(self, locals(), SCHEDULING_LINK.readers)
        super().__init__(**kwargs)
