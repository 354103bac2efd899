"""Book over a scheduling link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import as_name, as_object, exactly_one, or_none
from airflow_chilipiper.operators.base import ChiliPiperBookOperator
from airflow_chilipiper.operators.booking_arguments import Readers

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
    from airflow_chilipiper.task.plan import Given


class SchedulingLinkBookOperator(ChiliPiperBookOperator):
    """Book leads over a scheduling link of a team, an owner or a person.

    All arguments of :class:`ChiliPiperBookOperator` apply. ``form`` answers the link's own questions, by their
    references. Exactly one of ``link_id``, ``link`` and ``booking_url`` is given; each may be a column.

    :param link_type: the kind of link, such as ``RoundRobin``, the only one that Chili Piper documents (templated)
    :param link_id: the link's id (templated)
    :param link: the whole reference, passed through as it is, such as ``{"type": "RoundRobin", "linkId": "..."}``
        (templated)
    :param booking_url: the link's address, looked up in the lists of links once a run (templated)
    :param meeting_type_id: which of the link's meeting types, where it has several (templated)
    """

    readers_by_lead: ClassVar[Readers] = {
        **ChiliPiperBookOperator.readers_by_lead,
        "link_type": as_name,
        "link_id": as_name,
        "link": as_object,
        "booking_url": as_name,
        "meeting_type_id": or_none(as_name),
    }
    required = ("link_type",)
    needs_email = True
    pattern_name = "scheduling_link"
    pattern_arguments = ("link_type", "link_id", "link", "booking_url", "meeting_type_id")
    target_arguments = pattern_arguments
    template_fields = (*ChiliPiperBookOperator.template_fields, *pattern_arguments)

    def __init__(
        self,
        *,
        link_type: Any = "RoundRobin",
        link_id: Any = None,
        link: Any = None,
        booking_url: Any = None,
        meeting_type_id: Any = None,
        **kwargs: Any,
    ) -> None:
        exactly_one(link_id=link_id, link=link, booking_url=booking_url)
        self.link_type = link_type
        self.link_id = link_id
        self.link = link
        self.booking_url = booking_url
        self.meeting_type_id = meeting_type_id
        super().__init__(**kwargs)

    def make_pattern(self, given: Given) -> SchedulingLink:
        from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink

        return SchedulingLink(
            link=self._reference(given),
            guest=given.email or "",
            form=given.form,
            guest_timezone=given.timezone.key,
            meeting_type_id=given["meeting_type_id"],
        )

    def _reference(self, given: Given) -> Any:
        if self.booking_url is not None:
            return self.directory.link(given["booking_url"])
        if self.link is not None:
            return given["link"]
        if not given["link_id"]:
            raise BadValue("link_id is empty")
        return {"type": given["link_type"], "linkId": given["link_id"]}
