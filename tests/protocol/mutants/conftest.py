"""Real databases, and a certificate for servers made of bare sockets."""

from tests.integration.ledger.conftest import open_engine
from tests.unit.api.http.conftest import certificate, server_tls

__all__ = ["certificate", "open_engine", "server_tls"]
