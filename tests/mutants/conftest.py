"""Real databases, and a certificate for servers made of bare sockets."""

from tests.api.test_wire import certificate, server_tls
from tests.booking.conftest import open_engine

__all__ = ["certificate", "open_engine", "server_tls"]
