"""One job over several mapped tasks or workers: which leads are this one's."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue

_WRITTEN = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*")


@dataclass(frozen=True)
class Shard:
    """Part *number* of *parts*, counted from 0."""

    number: int
    parts: int

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"

    @property
    def share(self) -> float:
        """Of the pace."""
        return 1 / self.parts

    def takes(self, key: str | None) -> bool:
        """Whether the lead with this key, as `lead_key` gives it, is booked here; rows without one belong to shard 0.

        By a hash that no release may change: a lead that moves to another shard in the middle of a job is booked by
        nobody, or left to the ledger.
        """
        if key is None or self.parts == 1:
            return self.number == 0
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.parts == self.number


def as_shard(value: Any, name: str) -> Shard:
    """A part of the leads, as text such as "0/4" or two numbers."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else ()
    if isinstance(value, Shard):
        pair = (value.number, value.parts)
    elif isinstance(value, str) and (written := _WRITTEN.fullmatch(value)):
        pair = (int(written[1]), int(written[2]))
    if len(pair) != 2 or not all(type(number) is int for number in pair) or not 0 <= pair[0] < pair[1]:
        raise BadValue(f"{name} is {value!r}, expected text such as '0/4', the first of four: 0/4, 1/4, 2/4, 3/4")
    return Shard(*pair)
