"""The hook: from an Airflow connection to clients, worlds and look-ups."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit

from airflow.sdk import BaseHook, get_current_context
from airflow.sdk.log import mask_secret

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.http.client import AwaitingClient, BlockingClient, ClientSettings
from airflow_chilipiper.api.http.client_runtime import AwaitingWorld, BlockingWorld
from airflow_chilipiper.api.pace.limiter import AwaitingTurns, BlockingTurns
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.resources import links as link_lists
from airflow_chilipiper.api.resources import meeting_types as type_lists
from airflow_chilipiper.api.resources import meetings as meeting_lists
from airflow_chilipiper.api.resources import routers as router_lists
from airflow_chilipiper.api.resources import users as user_lists
from airflow_chilipiper.api.resources import workspaces as workspace_lists
from airflow_chilipiper.api.resources.links import KINDS, Link
from airflow_chilipiper.api.resources.meeting import Meeting
from airflow_chilipiper.api.resources.meeting_types import MeetingType
from airflow_chilipiper.api.resources.routers import HandoffRouter, Router
from airflow_chilipiper.api.resources.users import User
from airflow_chilipiper.api.resources.workspaces import Workspace
from airflow_chilipiper.api.retry import patiently
from airflow_chilipiper.api.runtime import block
from airflow_chilipiper.booking.batch.runtime import BatchWorld, SingleWorld
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.guests import check_guests, guest_allowed, named_guests
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.lead_key import lead_key
from airflow_chilipiper.booking.ledger.store import Ledger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.connection import permissions
from airflow_chilipiper.connection.settings import USER_AGENT, ChiliPiperSettings, Connection, settings_of
from airflow_chilipiper.connection.shared_runtime import SharedWorld, shared_world
from airflow_chilipiper.get_provider_info import EXTRAS, HIDDEN, PLACEHOLDERS, RELABELED
from airflow_chilipiper.ledgers import ledger_of, sender_of
from airflow_chilipiper.version_compat import aget_connection, airflow_version, amask_secret

__all__ = [
    "ChiliPiperHook",
    "ChiliPiperSettings",
    "Concierge",
    "Handoff",
    "SchedulingLink",
    "guest_allowed",
    "settings_of",
]

LONGEST_TEST_READ = 5.0


class ChiliPiperHook(BaseHook):
    """Talk to Chili Piper with the token of an Airflow connection.

    Nothing is fetched or sent before the first use.

    :param chilipiper_conn_id: id of the connection; its type is ``chilipiper``
    """

    conn_name_attr = "chilipiper_conn_id"
    default_conn_name = "chilipiper_default"
    conn_type = "chilipiper"
    hook_name = "Chili Piper"

    def __init__(self, chilipiper_conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chilipiper_conn_id = chilipiper_conn_id
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

    @cached_property
    def settings(self) -> ChiliPiperSettings:
        """What the connection says. Raises Invalid naming the field that cannot be used."""
        settings = self._read(self.get_connection(self.chilipiper_conn_id))
        for secret in _secrets(settings):
            mask_secret(secret)
        return settings

    async def asettings(self) -> ChiliPiperSettings:
        """The same settings, fetched from an event loop."""
        if "settings" not in self.__dict__:
            self.__dict__["settings"] = await self._afetch()
        return self.settings

    async def _afetch(self) -> ChiliPiperSettings:
        settings = self._read(await aget_connection(self.chilipiper_conn_id))
        for secret in _secrets(settings):
            await amask_secret(secret)
        return settings

    def _read(self, connection: Connection) -> ChiliPiperSettings:
        settings = settings_of(connection, user_agent=f"{USER_AGENT} airflow/{airflow_version()}")
        if settings.unknown:
            self.log.warning(
                "Connection %s has extras that nobody reads: %s. Known ones are %s",
                self.chilipiper_conn_id,
                ", ".join(settings.unknown),
                ", ".join(EXTRAS),
            )
        return settings

    def get_conn(self) -> BlockingClient:
        """The client of this hook; ``close`` ends it."""
        return self._client

    @cached_property
    def _client(self) -> BlockingClient:
        return BlockingClient(self.settings.client)

    async def aget_conn(self) -> AwaitingClient:
        """A new client for this event loop; the caller closes it: ``async with await hook.aget_conn() as client``."""
        return AwaitingClient((await self.asettings()).client)

    def world(self) -> BlockingWorld:
        """The World for flows that block; all that this hook asks shares its pace."""
        return self._world

    @cached_property
    def _world(self) -> BlockingWorld:
        return BlockingWorld(self._client, self._turns)

    @cached_property
    def _turns(self) -> BlockingTurns:
        return BlockingTurns(Rate(self.settings.client.requests_per_second))

    @asynccontextmanager
    async def aworld(self) -> AsyncIterator[SharedWorld]:
        """The World for flows that wait: ``async with hook.aworld() as world``.

        All in one event loop that name this connection share one client and one pace. The connection is read again
        every five minutes while it is in use.
        """

        async def says() -> ClientSettings:
            return (await self._afetch()).client

        async with shared_world(self.chilipiper_conn_id, says, _awaiting_world) as world:
            yield world

    @asynccontextmanager
    async def batch_world(self, ledger: Ledger, *, share: float = 1.0) -> AsyncIterator[BatchWorld]:
        """A World for a batch, to be opened in the batch's loop; its settings were read before.

        :param share: this batch's part of the pace, where others of the same job keep the rest
        """
        async with AwaitingClient(self.settings.client) as client:
            turns = AwaitingTurns(Rate(self.settings.client.requests_per_second, share=share))
            yield BatchWorld(client, turns, ledger)

    def recording_world(self, ledger: Ledger) -> SingleWorld:
        """The World for flows that block and mark; it shares this hook's client and pace."""
        return SingleWorld(self._client, self._turns, ledger)

    def close(self) -> None:
        """Close the client, if there is one; the next use makes another."""
        self.__dict__.pop("_world", None)
        client: BlockingClient | None = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    def test_connection(self) -> tuple[bool, str]:
        """Ping, then say which permissions the token seems to lack; nothing is asked twice, nor for long."""
        try:
            settings = self.settings.client
        except ChiliPiperError as problem:
            return False, str(problem)
        hurried = replace(settings, timeout=min(settings.timeout, LONGEST_TEST_READ))
        try:
            with BlockingClient(hurried) as client:
                return True, block(permissions.examine(BlockingWorld(client, BlockingTurns(None))))
        except ChiliPiperError as problem:
            return False, f"{settings.address}: {problem}"

    def open(
        self, pattern: Pattern, *, window_start: datetime | None = None, window: timedelta = timedelta(days=7)
    ) -> Offer:
        """Open a session and answer its offer. Nothing is booked; a Concierge router may already act on the lead.

        :param pattern: ``Concierge(...)``, ``SchedulingLink(...)`` or ``Handoff(...)``
        :param window_start: from when slots are wanted; now, if not given
        :param window: for how long
        """
        world = self.world()
        start = window_start or datetime.fromtimestamp(world.wall(), UTC)
        domains = self.settings.allowed_guest_domains
        check_guests(named_guests(pattern), domains)
        opened = world.now()
        offer = block(patiently(pattern.open(Interval(start, window)), world))
        check_guests((pattern.guest or offer.guest,), domains)
        self._opened[offer.session] = opened
        return offer

    def book(
        self, pattern: Pattern, offer: Offer, slot: Slot, *, purpose: str, key: Any, ledger_conn_id: str | None = None
    ) -> Outcome:
        """Spend the session of *offer* on *slot*: one meeting at most for this key within this purpose.

        It goes through the ledger as the operators do, and the log says through which. Raises NotAllowed where no
        booking of this token could fare better; whatever else happens is an outcome.

        :param pattern: the same as was opened
        :param purpose: the campaign within which a lead is booked once
        :param key: what tells leads apart, such as the lead's id
        :param ledger_conn_id: the database connection of the ledger; default the one that the connection names
        """
        context = _context()
        lead = Lead(
            purpose=purpose,
            key=lead_key(key),
            pattern=pattern,
            interval=Interval(slot.start),
            choose=lambda _, __: slot,
            max_sessions=1,
            allowed_domains=self.settings.allowed_guest_domains,
            sender=sender_of(context.get("ti")),
            bounds=Bounds(call=self.settings.client.timeout),
        )
        world = self.recording_world(self._ledger(ledger_conn_id, context))
        return block(book(lead, world, session=(self._opened.get(offer.session, world.now()), offer)))

    def _ledger(self, ledger_conn_id: str | None, context: Any) -> Ledger:
        conn_id = ledger_conn_id or self.settings.ledger_conn_id
        if conn_id not in self._ledgers:
            tried = context["ti"].try_number if context else 1
            self._ledgers[conn_id] = ledger_of(conn_id, store=context.get("task_state_store"), try_number=tried)
        return self._ledgers[conn_id]

    def routers(self, *, workspace_id: str | None = None) -> list[Router]:
        """The Concierge routers, with the form keys that each reads."""
        return block(router_lists.routers(self.world(), workspace_id=workspace_id))

    def links(
        self, *, kinds: Sequence[str] = tuple(KINDS), workspace_ids: Sequence[str] = (), slugs: Sequence[str] = ()
    ) -> list[Link]:
        """The scheduling links that workspaces own."""
        return block(link_lists.links(self.world(), kinds=kinds, workspace_ids=workspace_ids, slugs=slugs))

    def workspaces(self) -> list[Workspace]:
        """All workspaces that the token sees."""
        return block(workspace_lists.workspaces(self.world()))

    def find_workspace(self, name: str) -> Workspace:
        """The workspace with exactly this name."""
        return block(workspace_lists.find_workspace(self.world(), name))

    def users(self, *, workspace_id: str | None = None) -> list[User]:
        """The users of a workspace, or of all."""
        return block(user_lists.users(self.world(), workspace_id=workspace_id))

    def find_user(self, email: str) -> User:
        """The user with exactly this e-mail, in whatever case."""
        return block(user_lists.find_user(self.world(), email))

    def meeting_types(self, *, workspace_id: str | None = None) -> list[MeetingType]:
        """The meeting types of a workspace, or of all."""
        return block(type_lists.meeting_types(self.world(), workspace_id=workspace_id))

    def handoff_routers(self, *, workspace_id: str | None = None) -> list[HandoffRouter]:
        """The Handoff routers of a workspace, or of all."""
        return block(router_lists.handoff_routers(self.world(), workspace_id=workspace_id))

    def meetings(self, *, start: datetime, end: datetime, **filters: Any) -> list[Meeting]:
        """The meetings that start in this stretch of time, of any length.

        :param filters: ``guest``, ``statuses``, ``workspace_ids``, ``host_ids``, ``meeting_type_ids``
        """
        return block(meeting_lists.meetings(self.world(), start=start, end=end, **filters))

    def meeting(self, meeting_id: str) -> Meeting:
        """One meeting by its id."""
        return block(meeting_lists.meeting(self.world(), meeting_id))


@asynccontextmanager
async def _awaiting_world(settings: ClientSettings) -> AsyncIterator[AwaitingWorld]:
    async with AwaitingClient(settings) as client:
        yield AwaitingWorld(client, AwaitingTurns(Rate(settings.requests_per_second)))


def _context() -> Any:
    """The context of the task that runs this code; empty where none does."""
    try:
        return get_current_context()
    except RuntimeError:
        return {}


def _secrets(settings: ChiliPiperSettings) -> list[str]:
    """The token as it is sent, and a proxy's password both as written and as sent."""
    password = urlsplit(settings.client.proxy_url or "").password
    return [settings.client.token, *filter(None, [password, unquote(password or "")])]
