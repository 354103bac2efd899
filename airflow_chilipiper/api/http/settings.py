"""How to reach Chili Piper, as one value that a client is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from airflow_chilipiper.api.errors import Invalid

DEFAULT_URL = "https://fire.chilipiper.com"
EDGE = "/api/fire-edge"  # vendor's OpenAPI, servers
SCHEMES = ("http", "https")


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Address, token and habits of a client.

    `base_url` may end with or without `/api/fire-edge`. `timeout` is the whole time of one call in seconds, from
    before connecting to the last byte of the answer. `requests_per_second` is the ceiling of the pace, None for none.
    Without `proxy_url` the environment's HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY count, except for a loopback
    address. `verify` is False for no check of certificates, or the path of a file or folder of authorities to trust.
    """

    token: str = field(repr=False)
    base_url: str = DEFAULT_URL
    timeout: float = 30.0
    requests_per_second: float | None = None
    proxy_url: str | None = field(default=None, repr=False)  # may hold a password
    verify: bool | str = True
    user_agent: str = "airflow-provider-chilipiper"
    max_connections: int = 512

    def __post_init__(self) -> None:
        """Tokens are checked because HTTP libraries quote a bad header, token and all, in their errors."""
        if not self.token or not all("!" <= sign <= "~" for sign in self.token):
            raise Invalid("the token is empty or has blanks or other signs that no header can carry: copy it again")
        if not self.timeout > 0:
            raise Invalid(f"timeout is {self.timeout}: expected seconds, more than 0")
        if not is_url(self.base_url):
            raise Invalid(f"the address {self.base_url!r} is none: expected something like {DEFAULT_URL}")
        if self.proxy_url and not is_url(self.proxy_url):
            raise Invalid(
                "proxy_url is no address of an HTTP proxy: expected something like http://proxy.example.com:3128"
            )

    @property
    def address(self) -> str:
        """What the path of a call is appended to."""
        return self.base_url.rstrip("/").removesuffix(EDGE) + EDGE


def is_url(text: str) -> bool:
    """An http or https address with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
