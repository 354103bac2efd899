"""The five lists of scheduling links (published spec 1.287 and 1.494); they have no pages."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Identifier, Shape, Uuid
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.catalogue import Link, LinkKind, Target
from airflow_chilipiper.sandbox.state.tenant import Tenant

_LISTS = "/v1/org/schedulingLinks"
_READ = "scheduling-links.read"
_SITE = "https://sandbox.chilipiper.example"
_Slug = Annotated[str, Meta(pattern=r"^[-0-9a-z_]+\Z")]


class Filters(Shape):
    filter_workspace_ids: Annotated[list[Identifier], Meta(min_length=1)] | None = None
    filter_link_slugs: Annotated[list[_Slug], Meta(min_length=1)] | None = None
    filter_meeting_type_id: Annotated[list[Uuid], Meta(min_length=1)] | None = None


class DistributionFilters(Filters):
    filter_distribution_ids: Annotated[list[Identifier], Meta(min_length=1)] | None = None


@endpoint("POST", f"{_LISTS}/list-round-robin", operation="scheduling-link-list-round-robin", permission=_READ)
def round_robin(tenant: Tenant, call: Call, body: DistributionFilters) -> dict[str, Any]:
    links = _chosen(tenant, "RoundRobin", body)
    return {"links": [{**_row(each), "assignments": [_assignment(tenant, each.target)]} for each in links]}


@endpoint("POST", f"{_LISTS}/list-ownership", operation="scheduling-link-list-ownership", permission=_READ)
def ownership(tenant: Tenant, call: Call, body: DistributionFilters) -> dict[str, Any]:
    return {"links": [{**_row(each), **_ownership(tenant, each)} for each in _chosen(tenant, "Ownership", body)]}


@endpoint("POST", f"{_LISTS}/list-group", operation="scheduling-link-list-group", permission=_READ)
def group(tenant: Tenant, call: Call, body: Filters) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(tenant, "Group", body)]}


@endpoint(
    "POST",
    f"{_LISTS}/list-admin-one-on-one",
    operation="scheduling-link-list-admin-one-on-one",
    permission=_READ,
)
def admin_one_on_one(tenant: Tenant, call: Call, body: Filters) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(tenant, "AdminOneOnOne", body)]}


@endpoint(
    "GET",
    f"{_LISTS}/list-personal-v2/{{userId}}",
    operation="scheduling-link-list-personal-v2",
    permission="user.read",
)
def personal(tenant: Tenant, call: Call) -> dict[str, Any]:
    """One user's own links: slug, meeting type and address, but no linkId (published spec 1.494)."""
    user = call.ids["userId"]
    if user not in tenant.catalogue.users:
        raise tenant.refusal("not_found", f"No user {user}")
    links = [
        each for each in tenant.catalogue.links.values() if each.kind == "Personal" and each.target.users == (user,)
    ]
    return {"links": [_personal_row(tenant, each) for each in links]}


def _chosen(tenant: Tenant, kind: LinkKind, body: Filters) -> list[Link]:
    distributions = body.filter_distribution_ids if isinstance(body, DistributionFilters) else None

    def fits(link: Link) -> bool:
        filters = (
            (body.filter_workspace_ids, {link.workspace}),
            (body.filter_link_slugs, {link.slug}),
            (body.filter_meeting_type_id, set(link.meeting_types)),
            (distributions, {link.target.distribution}),
        )
        return link.kind == kind and all(not wanted or set(wanted) & values for wanted, values in filters)

    return [link for link in tenant.catalogue.links.values() if fits(link)]


def _row(link: Link) -> dict[str, Any]:
    return {
        "workspaceId": link.workspace,
        "linkId": link.id,
        "name": link.name,
        "slug": link.slug,
        "meetingTypeIds": list(link.meeting_types),
        "bookingUrl": f"{_SITE}/link/{link.slug}",
    }


def _personal_row(tenant: Tenant, link: Link) -> dict[str, Any]:
    name = tenant.catalogue.meeting_types[link.meeting_types[0]].name
    url = f"{_SITE}/me/{link.slug}"
    return {"slug": link.slug, "meetingTypeId": link.meeting_types[0], "meetingTypeName": name, "bookingUrl": url}


def _assignment(tenant: Tenant, target: Target) -> dict[str, Any]:
    users = (tenant.catalogue.users[each] for each in target.users)
    members = [{"id": user.id, "email": user.email, "name": user.name, "slug": user.slug} for user in users]
    return {"distributionId": target.distribution, "required": True, "members": members}


def _ownership(tenant: Tenant, link: Link) -> dict[str, Any]:
    rule = {"type": "SalesforceSimpleRule", "ownershipObject": ["Lead", "Contact"], "teamId": "team-owners"}
    settings = {"type": "WithSimpleRule", "rule": rule, "scheduleWithTeamMember": "OwnerOnly", "required": True}
    nobody = {"type": "DoNotInvite"}
    host = {"type": "AssigneeFromDistribution", "distributionId": link.target.distribution}
    return {
        "ownership": {
            "ownershipSettings": settings,
            "host": {"type": "AssigneeFromSimpleRule"},
            "bookerInvitation": nobody,
        },
        "distribution": {"assignments": [_assignment(tenant, link.target)], "host": host, "bookerInvitation": nobody},
        "pageConfig": {"title": link.name},
        "sharedWith": {"type": "Workspace"},
    }
