"""From an Airflow connection to settings: one pure function, whether the connection was read from a loop or not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from airflow_chilipiper import __version__
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.connection import extras
from airflow_chilipiper.connection.address import base_url
from airflow_chilipiper.get_provider_info import EXTRAS, MEETING_LIST_LAG, TIMEOUT

SHORTEST_LAG = 5  # seconds
USER_AGENT = f"airflow-provider-chilipiper/{__version__}"
WHERE_TOKENS_ARE_MADE = "an admin makes one under Integrations > Credentials > API Access Tokens in Chili Piper"

log = logging.getLogger(__name__)


class Connection(Protocol):
    """What we read of Airflow's connection."""

    conn_id: str
    host: str | None
    port: int | None
    schema: str | None
    password: str | None
    extra: str | None


@dataclass(frozen=True, kw_only=True)
class ChiliPiperSettings:
    """What a connection says. `meeting_list_lag` is in seconds; `allowed_guest_domains` empty means all."""

    client: ClientSettings
    ledger_conn_id: str | None = None
    meeting_list_lag: float = MEETING_LIST_LAG
    allowed_guest_domains: tuple[str, ...] = ()

    @property
    def secrets(self) -> list[str]:
        """The token as it is sent, and a proxy's password both as written and as sent."""
        password = urlsplit(self.client.proxy_url or "").password
        return [self.client.token, *filter(None, [password, unquote(password or "")])]


def settings_of(connection: Connection, *, user_agent: str = USER_AGENT) -> ChiliPiperSettings:
    """Read a connection, or raise Invalid naming the field, what was expected and what to do; never the token.

    It reads `extra` itself: Airflow's `extra_dejson` makes a blocking call, which can deadlock on an event loop.
    """
    try:
        extra = extras.read(connection.extra)
        _warn_of(connection.conn_id, extra)
        return ChiliPiperSettings(
            client=_client(connection, extra, user_agent),
            ledger_conn_id=extras.text("ledger_conn_id", extra, expected="the id of an SQL connection"),
            meeting_list_lag=extras.number("meeting_list_lag", extra, default=MEETING_LIST_LAG, or_zero=True),
            allowed_guest_domains=extras.domains("allowed_guest_domains", extra),
        )
    except Invalid as problem:
        raise Invalid(f"connection {connection.conn_id!r}: {problem}") from None


def _client(connection: Connection, extra: extras.Extra, user_agent: str) -> ClientSettings:
    allow_http = extras.flag("allow_http", extra, default=False)
    return ClientSettings(
        base_url=base_url(connection.host, connection.port, connection.schema, allow_http=allow_http),
        token=_token(connection.password),
        timeout=extras.number("timeout", extra, default=TIMEOUT),
        requests_per_second=extras.number("requests_per_second", extra, default=None),
        proxy_url=extras.text("proxy_url", extra, expected="an address, for instance http://user:password@proxy:3128"),
        verify=extras.verify("verify", extra),
        user_agent=user_agent,
    )


def _token(password: str | None) -> str:
    token = (password or "").lstrip().removeprefix("Bearer ").strip()
    if not token:
        raise Invalid(f"password is empty; it takes the API token: {WHERE_TOKENS_ARE_MADE}")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise Invalid(
            f"password holds blanks or characters that no API token has; paste it anew: {WHERE_TOKENS_ARE_MADE}"
        )
    return token


def _warn_of(conn_id: str, extra: extras.Extra) -> None:
    if unknown := sorted(set(extra) - set(EXTRAS)):
        known = ", ".join(EXTRAS)
        log.warning(
            "Connection %s has extras that nobody reads: %s. Known ones are %s", conn_id, ", ".join(unknown), known
        )
    lag = extras.number("meeting_list_lag", extra, default=MEETING_LIST_LAG, or_zero=True)
    if lag < SHORTEST_LAG:
        log.warning(
            "Connection %s: meeting_list_lag is %g seconds. Where Chili Piper lists a new meeting later than that, an"
            " unanswered booking is taken for none, and with Rebook the lead may be invited twice. Give at least %d"
            " seconds, or leave it empty for %d",
            conn_id,
            lag,
            SHORTEST_LAG,
            MEETING_LIST_LAG,
        )
