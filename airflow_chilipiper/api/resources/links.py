"""Scheduling links of five kinds, and how to find one by its address, or a personal one by its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from airflow_chilipiper.api.call import Call, path
from airflow_chilipiper.api.errors import Invalid, NotAllowed
from airflow_chilipiper.api.http.payload import Payload, read, rows
from airflow_chilipiper.api.resources.users import find_user, users
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime

KINDS = {"RoundRobin": "round-robin", "Ownership": "ownership", "Group": "group", "AdminOneOnOne": "admin-one-on-one"}
MOST_OWNERS = 10  # whose slugs may all stand in one address


class Link(Payload):
    """A scheduling link (published schemas 1.287 and 1.494).

    Personal links have neither an id nor a workspace; `owner_id` is the user in whose list they stand.
    """

    kind: str
    link_id: str | None = None
    slug: str = ""
    name: str = ""
    workspace_id: str | None = None
    meeting_type_ids: tuple[str, ...] = ()
    booking_url: str = ""
    owner_id: str | None = None
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    @property
    def named(self) -> dict[str, str]:
        """What `SchedulingLink(named=)` takes; Invalid where the list has nothing to name it by."""
        if self.link_id:
            return {"type": self.kind, "linkId": self.link_id}
        if self.owner_id and self.slug:
            return {"type": self.kind, "owner": self.owner_id, "slug": self.slug}
        raise Invalid(
            f"the list of {self.kind} links has no {'slug' if self.owner_id else 'id'} for this link, so it cannot be"
            " referred to: give link={...} as Chili Piper's support tells you"
        )


def scheduling_link_list(
    kind: str, *, workspace_ids: Sequence[str] = (), slugs: Sequence[str] = ()
) -> Call[list[Link]]:
    """One kind's links: the body is demanded, its filters are optional and never empty (published schema 1.287)."""
    if kind not in KINDS:
        raise Invalid(f"link kind is {kind!r}, expected one of {', '.join(KINDS)}; personal links are listed by user")
    filters = {"filterWorkspaceIds": list(workspace_ids), "filterLinkSlugs": list(slugs)}
    return Call(
        operation=f"scheduling-link-list-{KINDS[kind]}",
        permission="scheduling-links.read",
        method="POST",
        path=f"/v1/org/schedulingLinks/list-{KINDS[kind]}",
        body={name: values for name, values in filters.items() if values},
        read=lambda body: [_link(kind, row) for row in rows(body, "links", f"{kind} links")],
        repeatable=True,
    )


def scheduling_link_list_personal(user_id: str) -> Call[list[Link]]:
    """One user's own links: `{links?: [{slug, meetingTypeId, meetingTypeName, bookingUrl}]}` (schema 1.494)."""
    return Call(
        operation="scheduling-link-list-personal-v2",
        permission="user.read",
        method="GET",
        path=path("/v1/org/schedulingLinks/list-personal-v2/{}", user_id),
        read=lambda body: [_link("Personal", row, owner=user_id) for row in rows(body, "links", "Personal links")],
        repeatable=True,
    )


def _link(kind: str, row: Any, owner: str | None = None) -> Link:
    """A personal link speaks of one meeting type, by id and name."""
    if not isinstance(row, Mapping):
        return read(Link, row, f"a {kind} link")
    one = [row["meetingTypeId"]] if row.get("meetingTypeId") else None
    derived = {
        "kind": kind,
        "name": row.get("name") or row.get("meetingTypeName"),
        "meetingTypeIds": row.get("meetingTypeIds") or one,
        "ownerId": owner,
        "raw": dict(row),
    }
    return read(Link, {**row, **derived}, f"a {kind} link")


async def links(
    runtime: Runtime,
    *,
    kinds: Sequence[str] = tuple(KINDS),
    workspace_ids: Sequence[str] = (),
    slugs: Sequence[str] = (),
) -> list[Link]:
    """The links of the four kinds that workspaces own; a call for each kind."""
    found: list[Link] = []
    for kind in kinds:
        these = await with_retries(scheduling_link_list(kind, workspace_ids=workspace_ids, slugs=slugs), runtime)
        found.extend(these)
    return found


async def personal_links(runtime: Runtime, user_id: str) -> list[Link]:
    return await with_retries(scheduling_link_list_personal(user_id), runtime)


async def links_of_owner(runtime: Runtime, email: str) -> list[Link]:
    """The personal links of the user with exactly this e-mail."""
    return await personal_links(runtime, (await find_user(runtime, email)).id)


async def find_link(runtime: Runtime, booking_url: str) -> Link:
    """The link with this booking page, among all kinds, then among the personal links of whom the address names."""
    wanted = _place(booking_url)
    if not wanted:
        raise Invalid(f"booking_url is {booking_url!r}, expected the address of a booking page")
    for kind in KINDS:
        if fitting := _at(wanted, await links(runtime, kinds=(kind,))):
            return fitting
    try:
        owners = [user.id for user in await users(runtime) if user.slug and user.slug in wanted][:MOST_OWNERS]
    except NotAllowed:
        personal = "no personal ones, since the token may not list users (workspace.read)"
    else:
        for owner in owners:
            if fitting := _at(wanted, await personal_links(runtime, owner)):
                return fitting
        personal = f"the personal links of the {len(owners)} users whose slug the address has"
    raise Invalid(
        f"no link has the booking_url {wanted}: looked among the links of workspaces, and {personal}; copy it from"
        " Chili Piper's link list, or name a personal link by link_owner and link_slug"
    )


async def find_personal_link(runtime: Runtime, owner_and_slug: Sequence[str]) -> Link:
    """The link of that slug among the personal links of the user with that e-mail."""
    owner, slug = owner_and_slug
    listed = await links_of_owner(runtime, owner)
    fitting = [link for link in listed if link.slug == slug]
    if len(fitting) == 1:
        return fitting[0]
    slugs = ", ".join(sorted(link.slug for link in listed)) or "none"
    raise Invalid(f"{len(fitting) or 'no'} personal links of this owner have the slug {slug!r}: there are {slugs}")


def _at(wanted: str, found: Sequence[Link]) -> Link | None:
    return next((link for link in found if _place(link.booking_url) == wanted), None)


def _place(url: str) -> str:
    """Host and path: the scheme, a slash at the end, the query and the case of the host make no other page."""
    try:
        parts = urlsplit(url.strip() if "//" in url else f"//{url.strip()}")
        host = parts.hostname
    except ValueError:
        return ""
    return f"{host}{unquote(parts.path).rstrip('/')}" if host else ""
