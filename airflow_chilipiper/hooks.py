"""The hook: Chili Piper with the token of an Airflow connection."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.resources import links, meeting_types, meetings, routers, users, workspaces
from airflow_chilipiper.api.resources.links import KINDS, Link
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meeting_types import MeetingType
from airflow_chilipiper.api.resources.routers import FormCheck, HandoffRouter, Router
from airflow_chilipiper.api.resources.users import User
from airflow_chilipiper.api.resources.workspaces import Workspace
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.arguments.patterns import PATTERNS
from airflow_chilipiper.booking.book import book_alone
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.lead import Lead, check_guests
from airflow_chilipiper.booking.ledger.lead_key import lead_key as key_text
from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.booking.slots.choice import Fixed
from airflow_chilipiper.connection.permissions import try_connection
from airflow_chilipiper.connection.session import Session
from airflow_chilipiper.connection.settings import USER_AGENT as OURS
from airflow_chilipiper.connection.settings import ChiliPiperSettings, settings_of
from airflow_chilipiper.get_provider_info import EXTRAS, HIDDEN, PLACEHOLDERS, RELABELED
from airflow_chilipiper.ledgers import incurable_if_lost, ledger_in, running_task, sender_of
from airflow_chilipiper.version_compat import aget_connection, airflow_version, amask_secret

__all__ = ["ChiliPiperHook", "Concierge", "Handoff", "SchedulingLink"]

T = TypeVar("T")
USER_AGENT = f"{OURS} airflow/{airflow_version()}"


class ChiliPiperHook(BaseHook):
    """Talk to Chili Piper with the token of an Airflow connection.

    Nothing is fetched or sent before the first use. One hook may be shared by threads, and used while a loop runs.

    :param chilipiper_conn_id: id of the connection; its type is ``chilipiper``
    """

    conn_name_attr = "chilipiper_conn_id"
    default_conn_name = "chilipiper_default"
    conn_type = "chilipiper"
    hook_name = "Chili Piper"
    _first_use = Lock()  # for all hooks: one of its own could not be copied with the DAG that holds it

    def __init__(self, chilipiper_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chilipiper_conn_id = chilipiper_conn_id
        self._session: Session | None = None
        self._opened: dict[str, float] = {}
        self._ledgers: dict[str | None, Ledger] = {}

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """The form fields as Airflow 3.1 wants them; later ones read them from the provider info."""
        try:
            from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
            from wtforms import BooleanField, StringField
        except ImportError:
            return {}
        return {
            name: BooleanField(label, description=description)
            if kind == "boolean"
            else StringField(label, description=description, widget=BS3TextFieldWidget())
            for name, (kind, label, description) in EXTRAS.items()
        }

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The standard fields as Airflow 3.1 wants them; later ones read them from the provider info."""
        return {"hidden_fields": list(HIDDEN), "relabeling": dict(RELABELED), "placeholders": dict(PLACEHOLDERS)}

    def get_conn(self) -> Session:
        """The client of this hook: ``hook.get_conn().ask(call)``. Raises Invalid naming a field that cannot be used."""
        with self._first_use:
            self._session = self._session or Session(read_settings(self.chilipiper_conn_id))
            return self._session

    def close(self) -> None:
        """Close the client, if there is one; the next use makes another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def test_connection(self) -> tuple[bool, str]:
        """Ping, then say which permissions the token seems to lack; nothing is asked twice, nor for long."""
        try:
            settings = read_settings(self.chilipiper_conn_id)
        except ChiliPiperError as problem:
            return False, str(problem)
        return try_connection(settings, [each.permissions for each in PATTERNS.values()])

    def open(
        self, pattern: Pattern, *, window_start: datetime | None = None, window: timedelta = timedelta(days=7)
    ) -> Offer:
        """Open a session and answer its offer. Nothing is booked; a Concierge router may already act on the lead.

        :param pattern: ``Concierge(...)``, ``SchedulingLink(...)`` or ``Handoff(...)``
        :param window_start: from when slots are wanted; now, if not given
        :param window: for how long
        """
        session, interval = self.get_conn(), Interval(window_start or datetime.now(UTC), window)
        domains, opened = session.settings.allowed_guest_domains, session.runtime.now()
        check_guests(pattern.invited(), domains)
        offer = session.block(with_retries(pattern.open(interval), session.runtime))
        check_guests((pattern.guest or offer.guest,), domains)
        self._opened[offer.session] = opened
        return offer.before(interval.end)

    def book(
        self,
        pattern: Pattern,
        offer: Offer,
        slot: Slot,
        *,
        purpose: str,
        lead_key: Any,
        ledger_conn_id: str | None = None,
        repeated_guests: bool = False,
    ) -> Outcome:
        """Spend the session of *offer* on *slot*: one meeting at most for this lead within this purpose.

        It goes through the ledger as the operators do, and the log says through which. Raises NotAllowed where no
        booking of this token could fare better; whatever else happens is an outcome.

        :param pattern: the same as was opened
        :param purpose: the campaign within which a lead is booked once
        :param lead_key: what tells leads apart, such as the lead's id
        :param ledger_conn_id: the database connection of the ledger; default the one that the connection names
        :param repeated_guests: whether a guest who has a meeting for this purpose under another key is invited again
        """
        session, context = self.get_conn(), running_task()
        policy = Policy(
            purpose=purpose,
            interval=Interval(slot.start),
            sender=sender_of(context.get("ti")),
            max_sessions=1,
            allowed_domains=session.settings.allowed_guest_domains,
            bounds=Bounds(list_lag=session.settings.meeting_list_lag, call=session.settings.client.timeout),
            repeated_guests=repeated_guests,
        )
        lead = Lead(key=key_text(lead_key), pattern=pattern, choice=Fixed(slot), policy=policy)
        ledger = self._ledger(ledger_conn_id or session.settings.ledger_conn_id, context)
        runtime = RecordingRuntime(session.client, session.runtime.limiter, ledger, sessions=session.runtime.sessions)
        with incurable_if_lost():
            return session.block(book_alone(lead, runtime, (self._opened.get(offer.session, runtime.now()), offer)))

    def routers(self, *, workspace_id: str | None = None) -> list[Router]:
        """The Concierge routers, with the form keys that each reads."""
        return self._look_up(routers.routers, workspace_id=workspace_id)

    def check_form(self, router_slug: str, trigger: str, form: Mapping[str, Any]) -> FormCheck:
        """Which keys a Concierge router would miss in *form*, and which it does not read; nothing is routed.

        :param router_slug: the router's slug
        :param trigger: ``ThirdPartyForm``, ``InAppButton`` or ``RouterLink``
        :param form: form keys to values
        """
        return self._look_up(routers.check_form_of, router_slug, trigger, form)

    def links(
        self, *, kinds: Sequence[str] = tuple(KINDS), workspace_ids: Sequence[str] = (), slugs: Sequence[str] = ()
    ) -> list[Link]:
        """The scheduling links that workspaces own."""
        return self._look_up(links.links, kinds=kinds, workspace_ids=workspace_ids, slugs=slugs)

    def personal_links(self, owner: str) -> list[Link]:
        """The personal links of the user with this e-mail; ``SchedulingLink(named=link.named)`` books one of a list."""
        return self._look_up(links.links_of_owner, owner)

    def workspaces(self) -> list[Workspace]:
        """All workspaces that the token sees."""
        return self._look_up(workspaces.workspaces)

    def find_workspace(self, name: str) -> Workspace:
        """The workspace with exactly this name."""
        return self._look_up(workspaces.find_workspace, name)

    def users(self, *, workspace_id: str | None = None) -> list[User]:
        """The users of a workspace, or of all."""
        return self._look_up(users.users, workspace_id=workspace_id)

    def find_user(self, email: str) -> User:
        """The user with exactly this e-mail, in whatever case."""
        return self._look_up(users.find_user, email)

    def meeting_types(self, *, workspace_id: str | None = None) -> list[MeetingType]:
        """The meeting types of a workspace, or of all."""
        return self._look_up(meeting_types.meeting_types, workspace_id=workspace_id)

    def handoff_routers(self, *, workspace_id: str | None = None) -> list[HandoffRouter]:
        """The Handoff routers of a workspace, or of all."""
        return self._look_up(routers.handoff_routers, workspace_id=workspace_id)

    def meetings(self, *, start: datetime, end: datetime, **filters: Any) -> list[Meeting]:
        """The meetings that start in this stretch of time, of any length.

        :param filters: ``guest``, ``statuses``, ``workspace_ids``, ``host_ids``, ``meeting_type_ids``
        """
        return self._look_up(meetings.meetings, start=start, end=end, **filters)

    def meeting(self, meeting_id: str) -> Meeting:
        """One meeting by its id."""
        return self._look_up(meetings.meeting, meeting_id)

    def _look_up(self, flow: Callable[..., Coroutine[Any, Any, T]], *wanted: Any, **filters: Any) -> T:
        session = self.get_conn()
        return session.block(flow(session.runtime, *wanted, **filters))

    def _ledger(self, conn_id: str | None, context: Any) -> Ledger:
        if conn_id not in self._ledgers:
            self._ledgers[conn_id] = ledger_in(context, conn_id)
        return self._ledgers[conn_id]


def read_settings(conn_id: str) -> ChiliPiperSettings:
    """What the connection says; its secrets are masked in logs. Raises Invalid naming the field that cannot be used."""
    settings = settings_of(BaseHook.get_connection(conn_id), user_agent=USER_AGENT)
    for secret in settings.secrets:
        mask_secret(secret)
    return settings


async def aread_settings(conn_id: str) -> ChiliPiperSettings:
    """The same settings, fetched from an event loop."""
    settings = settings_of(await aget_connection(conn_id), user_agent=USER_AGENT)
    for secret in settings.secrets:
        await amask_secret(secret)
    return settings
