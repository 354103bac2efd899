"""A sandbox on a real port, named by the default connection."""

from tests.unit.sensors.waiting import chili

__all__ = ["chili"]
