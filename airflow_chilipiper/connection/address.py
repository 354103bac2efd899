"""The API's address, out of a connection's host, port and schema."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.settings import DEFAULT_URL, EDGE


def base_url(host: str | None, port: int | None, schema: str | None, *, allow_http: bool) -> str:
    """The address up to where the API's own path begins.

    The scheme is https where none is given, but http for a loopback address. The host may carry the API's path, or
    part of it; any other path is that of a gateway, and stays.
    """
    host = (host or "").strip() or DEFAULT_URL
    address = _split(host if "://" in host else f"//{host}")
    name = address.hostname or ""
    local = _is_loopback(name)
    by_schema = _scheme(schema)
    scheme = address.scheme or by_schema or ("http" if local else "https")
    if scheme not in ("http", "https"):
        raise Invalid(f"host begins with {scheme}://, expected https://, for instance {DEFAULT_URL}")
    if scheme == "http" and not (local or allow_http):
        raise Invalid(
            "host has no TLS, so anyone on the way can read the token; use https://, or set allow_http to true"
        )
    bracketed = f"[{name}]" if ":" in name else name
    return f"{scheme}://{bracketed}{_port(address.port, port)}{_gateway(address.path)}"


def _split(host: str) -> SplitResult:
    """The value is not repeated in the error: people paste tokens into addresses."""
    unfit = Invalid(
        f"host is no plain address; expected a scheme, a name and perhaps a port, for instance {DEFAULT_URL}"
    )
    try:
        address = urlsplit(host)
        named = address.hostname and address.port != 0
    except ValueError:
        raise unfit from None
    if not named or address.query or address.fragment or re.search(r"[\s\\%@]", host):
        raise unfit
    return address


def _scheme(schema: str | None) -> str | None:
    """Airflow's own HTTP connections keep http or https in the schema; a hand-written URI may leave the path there."""
    schema = (schema or "").strip("/ ").lower()
    if schema and schema not in ("http", "https", EDGE.strip("/")):
        raise Invalid("schema is not used; leave it empty and write the API address into host")
    return schema if schema.startswith("http") else None


def _port(in_host: int | None, port: int | None) -> str:
    if port and in_host and port != in_host:
        raise Invalid(f"port is {port}, but host names port {in_host}; leave port empty")
    found = in_host or port
    return f":{found}" if found else ""


def _gateway(path: str) -> str:
    """What stands before the API's own path, which the client adds by itself."""
    return re.sub(rf"({EDGE})?(/v\d+(/org)?)?$", "", path.rstrip("/"))


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
