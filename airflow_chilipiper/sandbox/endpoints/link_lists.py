"""The five lists of scheduling links (published spec 1.287 and 1.494); they have no pages."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.catalogue import Link, LinkKind, Target
from airflow_chilipiper.sandbox.http.decoding import array, identifier, matching, record, uuid
from airflow_chilipiper.sandbox.state.tenant import Tenant

_FILTERS = {
    "filterWorkspaceIds": array(identifier, least=1),
    "filterLinkSlugs": array(matching("[-0-9a-z_]+"), least=1),
    "filterMeetingTypeId": array(uuid, least=1),
}
_COMMON = record({}, **_FILTERS)
_WITH_DISTRIBUTION = record({}, **_FILTERS, filterDistributionIds=array(identifier, least=1))
_SITE = "https://sandbox.chilipiper.example"


def round_robin(tenant: Tenant, call: Call) -> dict[str, Any]:
    links = _chosen(tenant, "RoundRobin", call.read(_WITH_DISTRIBUTION))
    return {"links": [{**_row(each), "assignments": [_assignment(tenant, each.target)]} for each in links]}


def ownership(tenant: Tenant, call: Call) -> dict[str, Any]:
    links = _chosen(tenant, "Ownership", call.read(_WITH_DISTRIBUTION))
    return {"links": [{**_row(each), **_ownership(tenant, each)} for each in links]}


def group(tenant: Tenant, call: Call) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(tenant, "Group", call.read(_COMMON))]}


def admin_one_on_one(tenant: Tenant, call: Call) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(tenant, "AdminOneOnOne", call.read(_COMMON))]}


def personal(tenant: Tenant, call: Call) -> dict[str, Any]:
    """One user's own links: slug, meeting type and address, but no linkId (published spec 1.494)."""
    user = call.ids["userId"]
    if user not in tenant.catalogue.users:
        raise tenant.refusal("not_found", f"No user {user}")
    links = [
        each for each in tenant.catalogue.links.values() if each.kind == "Personal" and each.target.users == (user,)
    ]
    return {"links": [_personal_row(tenant, each) for each in links]}


def _chosen(tenant: Tenant, kind: LinkKind, asked: dict[str, Any]) -> list[Link]:
    def fits(link: Link) -> bool:
        has = (
            ("filterWorkspaceIds", {link.workspace}),
            ("filterLinkSlugs", {link.slug}),
            ("filterMeetingTypeId", set(link.meeting_types)),
            ("filterDistributionIds", {link.target.distribution}),
        )
        return link.kind == kind and all(not asked.get(name) or set(asked[name]) & values for name, values in has)

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
