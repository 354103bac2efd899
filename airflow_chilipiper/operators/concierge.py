"""Book over a Concierge router."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import as_choice, as_email, as_name
from airflow_chilipiper.operators.base import ChiliPiperBookOperator
from airflow_chilipiper.operators.booking_arguments import Readers

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.concierge import Concierge
    from airflow_chilipiper.task.plan import Given


class ConciergeBookOperator(ChiliPiperBookOperator):
    """Route leads through a Concierge router, which qualifies each and offers slots, and book one slot for each.

    All arguments of :class:`ChiliPiperBookOperator` apply. ``form`` is required: the keys that the router reads under
    this trigger (``ChiliPiperHook().routers()`` lists them).

    :param router_slug: the router's slug, the last part of its address; may be a column (templated)
    :param trigger: how the router reads the form: ``InAppButton`` or ``RouterLink`` take Chili Piper's data fields
        (``PersonEmail``), ``ThirdPartyForm`` the field names of the mapped form (templated)
    """

    readers_by_lead: ClassVar[Readers] = {
        **ChiliPiperBookOperator.readers_by_lead,
        "router_slug": as_name,
        "trigger": partial(as_choice, choices=("ThirdPartyForm", "InAppButton", "RouterLink")),
    }
    tells_session_lifetime = True
    required = ("router_slug", "trigger", "form")
    pattern_name = "concierge"
    pattern_arguments = ("router_slug", "trigger")
    target_arguments = ("router_slug",)
    template_fields = (*ChiliPiperBookOperator.template_fields, *pattern_arguments)

    def __init__(self, *, router_slug: Any, trigger: Any, **kwargs: Any) -> None:
        self.router_slug = router_slug
        self.trigger = trigger
        super().__init__(**kwargs)

    def make_pattern(self, given: Given) -> Concierge:
        from airflow_chilipiper.api.patterns.concierge import Concierge

        return Concierge(
            router_slug=given["router_slug"], trigger=given["trigger"], form=given.form, guest=_guest(given)
        )


def _guest(given: Given) -> str | None:
    """Whom the router invites is in the form, whatever `email` says: every trigger's mapping has the e-mail."""
    from airflow_chilipiper.api.http.redaction import EMAIL

    if "PersonEmail" in given.form:
        return as_email(given.form["PersonEmail"], "form['PersonEmail']")
    in_form = [value for value in given.form.values() if isinstance(value, str) and EMAIL.fullmatch(value)]
    if not in_form:
        raise BadValue(
            "form has no e-mail address: this row has none where the router reads it, or form names no such key"
        )
    return in_form[0] if len(in_form) == 1 else given.email
