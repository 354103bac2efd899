"""Names, e-mails and addresses in an operator's arguments, looked up once a run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any

from airflow_chilipiper.api.errors import Invalid, NotFound
from airflow_chilipiper.api.resources.links import find_link
from airflow_chilipiper.api.resources.users import find_user
from airflow_chilipiper.api.resources.workspaces import find_workspace
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.connection.session import Session

Flow = Callable[[Runtime, str], Coroutine[Any, Any, Any]]


class Directory:
    """Look-ups over a *session*; NotFound where Chili Piper knows no such thing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answer = cache(self._ask)

    def workspace_id(self, name: str | None) -> str:
        return str(self._find("workspace", find_workspace, name).id)

    def user_id(self, email: str | None) -> str:
        return str(self._find("booker_email", find_user, email).id)

    def link(self, booking_url: str | None) -> dict[str, Any]:
        return dict(self._find("booking_url", find_link, booking_url).reference)

    def _find(self, argument: str, flow: Flow, wanted: str | None) -> Any:
        if not wanted:
            raise BadValue(f"{argument} is empty")
        answer = self._answer(flow, wanted)
        if isinstance(answer, Invalid):
            raise NotFound(f"{argument}: {answer}", status=404)
        return answer

    def _ask(self, flow: Flow, wanted: str) -> Any:
        """A no is an answer too, and is not asked for again."""
        try:
            return self._session.block(flow(self._session.runtime, wanted))
        except Invalid as unknown:
            return unknown
