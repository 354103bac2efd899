"""The five lists of scheduling links (published spec 1.287 and 1.494); they have no pages."""

from typing import Any

from airflow_chilipiper.sandbox.calls import Call
from airflow_chilipiper.sandbox.catalogue import Link, LinkKind, Target
from airflow_chilipiper.sandbox.decoding import array, identifier, matching, record, uuid
from airflow_chilipiper.sandbox.world import World

_FILTERS = {
    "filterWorkspaceIds": array(identifier, least=1),
    "filterLinkSlugs": array(matching("[-0-9a-z_]+"), least=1),
    "filterMeetingTypeId": array(uuid, least=1),
}
_COMMON = record({}, **_FILTERS)
_WITH_DISTRIBUTION = record({}, **_FILTERS, filterDistributionIds=array(identifier, least=1))
_SITE = "https://sandbox.chilipiper.example"


def round_robin(world: World, call: Call) -> dict[str, Any]:
    links = _chosen(world, "RoundRobin", call.read(_WITH_DISTRIBUTION))
    return {"links": [{**_row(each), "assignments": [_assignment(world, each.target)]} for each in links]}


def ownership(world: World, call: Call) -> dict[str, Any]:
    links = _chosen(world, "Ownership", call.read(_WITH_DISTRIBUTION))
    return {"links": [{**_row(each), **_ownership(world, each)} for each in links]}


def group(world: World, call: Call) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(world, "Group", call.read(_COMMON))]}


def admin_one_on_one(world: World, call: Call) -> dict[str, Any]:
    return {"links": [_row(each) for each in _chosen(world, "AdminOneOnOne", call.read(_COMMON))]}


def personal(world: World, call: Call) -> dict[str, Any]:
    """One user's own links: slug, meeting type and address, but no linkId (published spec 1.494)."""
    user = call.ids["userId"]
    if user not in world.catalogue.users:
        raise world.refusal("not_found", f"No user {user}")
    links = [
        each for each in world.catalogue.links.values() if each.kind == "Personal" and each.target.users == (user,)
    ]
    return {"links": [_personal_row(world, each) for each in links]}


def _chosen(world: World, kind: LinkKind, asked: dict[str, Any]) -> list[Link]:
    def fits(link: Link) -> bool:
        has = (
            ("filterWorkspaceIds", {link.workspace}),
            ("filterLinkSlugs", {link.slug}),
            ("filterMeetingTypeId", set(link.meeting_types)),
            ("filterDistributionIds", {link.target.distribution}),
        )
        return link.kind == kind and all(not asked.get(name) or set(asked[name]) & values for name, values in has)

    return [link for link in world.catalogue.links.values() if fits(link)]


def _row(link: Link) -> dict[str, Any]:
    return {
        "workspaceId": link.workspace,
        "linkId": link.id,
        "name": link.name,
        "slug": link.slug,
        "meetingTypeIds": list(link.meeting_types),
        "bookingUrl": f"{_SITE}/link/{link.slug}",
    }


def _personal_row(world: World, link: Link) -> dict[str, Any]:
    name = world.catalogue.meeting_types[link.meeting_types[0]].name
    url = f"{_SITE}/me/{link.slug}"
    return {"slug": link.slug, "meetingTypeId": link.meeting_types[0], "meetingTypeName": name, "bookingUrl": url}


def _assignment(world: World, target: Target) -> dict[str, Any]:
    users = (world.catalogue.users[each] for each in target.users)
    members = [{"id": user.id, "email": user.email, "name": user.name, "slug": user.slug} for user in users]
    return {"distributionId": target.distribution, "required": True, "members": members}


def _ownership(world: World, link: Link) -> dict[str, Any]:
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
        "distribution": {"assignments": [_assignment(world, link.target)], "host": host, "bookerInvitation": nobody},
        "pageConfig": {"title": link.name},
        "sharedWith": {"type": "Workspace"},
    }
