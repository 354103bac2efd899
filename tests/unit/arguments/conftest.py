"""A sandbox on a real port, and what runs operators against it."""

from tests.booking_task import chili, clock, desk, ledger, warehouse

__all__ = ["chili", "clock", "desk", "ledger", "warehouse"]
