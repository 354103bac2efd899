"""A broken booking protocol."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """In which module a text is replaced, and by what.

    `laws` is a pattern: the text of whichever law the broken flow meets first.
    """

    module: str
    text: str
    instead: str
    laws: str
