"""Names, e-mails and addresses in a task's arguments, each looked up once."""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow_chilipiper.api.errors import Invalid, NotFound
from airflow_chilipiper.api.resources.look_ups import LOOK_UPS, resolve_names
from airflow_chilipiper.connection.session import Session


class Names:
    """Look-ups over a *session*; NotFound where Chili Piper knows no such thing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found = cache(self._find)

    def resolve(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """*arguments* with ids for the names in them."""
        resolved = dict(arguments)
        for name in LOOK_UPS.keys() & resolved.keys():
            found = self._found(name, resolved.pop(name))
            if isinstance(found, Invalid):
                raise NotFound(f"{name}: {found}", status=404)
            resolved |= found
        return resolved

    def _find(self, name: str, wanted: str) -> dict[str, Any] | Invalid:
        """A no is an answer too, and is not asked for again."""
        try:
            return self._session.block(resolve_names({name: wanted}, self._session.runtime))
        except Invalid as unknown:
            return unknown
