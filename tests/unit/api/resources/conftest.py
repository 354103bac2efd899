"""The other side, which shares no code with the readers."""

from tests.unit.sandbox.conftest import box, clock, edge

__all__ = ["box", "clock", "edge"]
