"""Which proxy and which certificates, by the connection's settings and the environment."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed

import httpx

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.settings import ClientSettings, is_url


def proxy(settings: ClientSettings) -> httpx.Proxy | None:
    """Only the environment is asked: on macOS asking the system crashes a forked worker."""
    url = settings.proxy_url or _from_environment(settings.base_url)
    if url and not is_url(url):
        raise Invalid("the proxy that the environment names is no HTTP proxy: set proxy_url, or NO_PROXY for this host")
    return httpx.Proxy(url) if url else None


def _from_environment(address: str) -> str | None:
    target, known = urlsplit(address), getproxies_environment()
    host = target.hostname or ""
    if is_loopback(host) or proxy_bypass_environment(target.netloc.rpartition("@")[2], known):
        return None
    url = known.get(target.scheme) or known.get("all")
    return url if not url or "://" in url else f"http://{url}"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tls(verify: bool | str) -> ssl.SSLContext:
    """As httpx does it, SSL_CERT_FILE and SSL_CERT_DIR included; a path is a file or a folder of authorities.

    To read the authorities takes 20 ms, so that a process does it once, and again where a file was exchanged.
    """
    places = (verify if isinstance(verify, str) else None, *map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
    return _tls(verify, *((place, _changed_at(place)) for place in places))


def _changed_at(place: str | None) -> int:
    with suppress(OSError):
        return Path(place).stat().st_mtime_ns if place else 0
    return 0


@lru_cache(maxsize=8)
def _tls(verify: bool | str, *places: tuple[str | None, int]) -> ssl.SSLContext:
    if not isinstance(verify, str):
        return httpx.create_ssl_context(verify=verify)
    is_folder = Path(verify).is_dir()
    return ssl.create_default_context(cafile=None if is_folder else verify, capath=verify if is_folder else None)
