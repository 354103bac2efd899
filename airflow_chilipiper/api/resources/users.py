"""Users."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from airflow_chilipiper.api.call import Call, path
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.http.payload import Payload, read
from airflow_chilipiper.api.resources.pages import every, numbered
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.api.spelling import email as spelled


class User(Payload):
    """A user of Chili Piper (published schema 1.494). Nothing here says whether a calendar is connected."""

    id: str
    name: str = Field(default="", repr=False)
    email: str = Field(default="", repr=False)
    slug: str | None = None
    timezone: str | None = None
    workspaces: tuple[str, ...] = ()
    personal_workspace_id: str | None = None
    licenses: dict[str, Any] = Field(default_factory=dict, repr=False)


def _user(row: Any) -> User:
    return read(User, row, "a user")


def _id(user: User) -> str:
    return user.id


async def users(runtime: Runtime, *, workspace_id: str | None = None) -> list[User]:
    """The users of a workspace, or of all: `GET /v1/org/workspace/users` (published schema 1.243)."""
    query = {"workspaceId": workspace_id} if workspace_id else {}
    page = numbered("workspace-list-users", "workspace.read", "/v1/org/workspace/users", _user, query)
    return await every(page, runtime, key=_id)


async def search_users(runtime: Runtime, text: str) -> list[User]:
    """Users whose e-mail or name contains *text*: `GET /v1/org/user/find` (published schema 1.289)."""
    if not text.strip():
        raise Invalid("the text to search users by is empty")
    page = numbered("user-find", "user.read", "/v1/org/user/find", _user, {"query": text})
    return await every(page, runtime, key=_id)


def user_read(user_id: str) -> Call[User]:
    """One user by id (published schema 1.230)."""
    return Call(
        operation="user-read",
        permission="user.read",
        method="GET",
        path=path("/v1/org/user/read/{}", user_id),
        read=_user,
        repeatable=True,
    )


async def user(runtime: Runtime, user_id: str) -> User:
    return await with_retries(user_read(user_id), runtime)


async def find_user(runtime: Runtime, email: str) -> User:
    """The user with exactly this e-mail, in whatever case: the service itself also finds parts of e-mails and names."""
    wanted = spelled(email)
    fitting = [found for found in await search_users(runtime, wanted) if spelled(found.email) == wanted]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Invalid("no user has exactly this e-mail: look it up in Chili Piper, or give the user's id instead")
    raise Invalid(f"{len(fitting)} users have exactly this e-mail: give one id of {', '.join(map(_id, fitting))}")
