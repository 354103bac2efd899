"""Literals that Chili Piper wants and has not published: those that may be meant, and the one that it took."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import BadRequest

T = TypeVar("T")

# `DecodingFailure at .link.type: ...`, `... at 'link'`; what is complained about stands there, if anywhere.
_PLACE = re.compile(r"\bat ['\"]?([.\w\[\]]+)|\bDownField\((\w+)\)")
_LITERAL = re.compile(r"(?<![A-Za-z])(?:link|type)(?![A-Za-z])", re.IGNORECASE)


def refuses_literal(refused: BadRequest) -> bool:
    """Whether their decoder refused the link or its type, and no other part of the request."""
    places = " ".join(".".join(place) for place in _PLACE.findall(refused.message))
    return bool(_LITERAL.search(places or refused.message))


class Literals:
    """Which literals were taken, for one client: what was taken once is sent first from then on."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, ...], str] = {}

    def in_turn(self, call: Call[T]) -> Iterator[tuple[str, Call[T]]]:
        """The calls that may be meant, each with its literal."""
        taken = self._taken.get(tuple(call.bodies))
        for literal in sorted(call.bodies, key=lambda literal: literal != taken):
            yield literal, replace(call, body=call.bodies[literal])

    def took(self, call: Call[T], literal: str) -> None:
        self._taken[tuple(call.bodies)] = literal

    def none_taken(self, call: Call[T], refused: BadRequest) -> BadRequest:
        """What to raise once all were refused."""
        return BadRequest(
            f"{refused}. None of the types {', '.join(call.bodies)} is taken, and Chili Piper has published no other:"
            " give link={...} as its support tells you",
            **refused.facts,
        )
