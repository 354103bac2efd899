"""The tenant that every sandbox starts with: two workspaces, hosts in six zones, routers and links of every kind."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from airflow_chilipiper.sandbox.state.catalogue import (
    Catalogue,
    FormField,
    FormKey,
    HandoffRouter,
    Link,
    LinkKind,
    MeetingType,
    Path,
    Router,
    Rule,
    Target,
    User,
    Workspace,
)

SALES, SUCCESS = "ws-sales", "ws-success"
FREE_MAIL = frozenset({"gmail.com", "yahoo.com", "outlook.com", "hotmail.com"})
SMALLEST_COMPANY = 20
_ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Europe/London",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Sydney",
)
_FIRST = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gil", "Hana", "Ivo", "Joy", "Kai", "Lea")
_LAST = ("Abel", "Brandt", "Costa", "Dubois", "Ekman", "Fabre", "Grant", "Haas", "Ito", "Jain", "Klein", "Lopez")


def fixed_uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"sandbox/{name}"))


DEMO, DEEP_DIVE, ONBOARDING = fixed_uuid("demo"), fixed_uuid("deep-dive"), fixed_uuid("onboarding")


def seeded(*, hosts: int = 12) -> Catalogue:
    """The catalogue with so many hosts in the inbound round robin."""
    catalogue = Catalogue()
    catalogue.workspaces = {
        each.id: each for each in (Workspace(SALES, "Sales"), Workspace(SUCCESS, "Customer Success"))
    }
    _add_people(catalogue, hosts)
    _add_meeting_types(catalogue)
    _add_routers(catalogue)
    _add_links(catalogue)
    _add_handoff(catalogue)
    return catalogue


def _add_people(catalogue: Catalogue, hosts: int) -> None:
    inbound = [_host(index) for index in range(hosts)]
    others = [
        User("u-full", "Fay Full", "fay.full@sandbox.example", "Europe/Paris", (SALES,), busy_percent=100),
        User("u-sdr-1", "Sam Setter", "sam.setter@sandbox.example", "Europe/Berlin", (SALES, SUCCESS), handoff=True),
        User("u-sdr-2", "Sue Setter", "sue.setter@sandbox.example", "America/Chicago", (SALES,), handoff=True),
        User("u-ae-1", "Amy Expert", "amy.expert@sandbox.example", "Europe/Paris", (SALES, SUCCESS)),
        User("u-ae-2", "Art Expert", "art.expert@sandbox.example", "America/New_York", (SALES, SUCCESS)),
        User("u-ae-3", "Ann Expert", "ann.expert@sandbox.example", "Europe/London", (SALES, SUCCESS)),
    ]
    catalogue.users = {user.id: user for user in [*inbound, *others]}
    _add_pool(catalogue, "dist-inbound", tuple(user.id for user in inbound))
    _add_pool(catalogue, "dist-full", ("u-full",))
    _add_pool(catalogue, "dist-experts", ("u-ae-1", "u-ae-2", "u-ae-3"))
    catalogue.owners = {"owned@customer.example": "u-ae-1", "kept@customer.example": "u-ae-2"}
    catalogue.crm = {
        "00Q000000000001": "lead.one@prospect.example",
        "00Q000000000002": "lead.two@prospect.example",
        "003000000000001": "contact.one@customer.example",
        "003000000000002": "owned@customer.example",
    }


def _host(index: int) -> User:
    lap = index // len(_FIRST)
    first, last = _FIRST[index % len(_FIRST)], _LAST[(index + lap) % len(_LAST)] + (f" {lap + 1}" if lap else "")
    address = f"{first}.{last}".lower().replace(" ", "")
    return User(
        f"u-host-{index + 1:02}", f"{first} {last}", f"{address}@sandbox.example", _ZONES[index % len(_ZONES)], (SALES,)
    )


def _add_pool(catalogue: Catalogue, key: str, users: tuple[str, ...]) -> None:
    catalogue.distributions[key] = Target(key, users, flexible=True, distribution=key)


def _add_meeting_types(catalogue: Catalogue) -> None:
    types = (
        MeetingType(DEMO, SALES, "Demo", 30),
        MeetingType(DEEP_DIVE, SALES, "Deep dive", 60),
        MeetingType(ONBOARDING, SUCCESS, "Onboarding", 30),
    )
    catalogue.meeting_types = {each.id: each for each in types}


def _number(text: str | None, *, otherwise: float) -> float:
    try:
        return float(text or otherwise)
    except ValueError:
        return otherwise


def _add_routers(catalogue: Catalogue) -> None:
    keys = (
        FormKey("email", "PersonEmail", required=True),
        FormKey("first_name", "PersonFirstName"),
        FormKey("last_name", "PersonLastName"),
        FormKey("company", "CompanyName"),
        FormKey("company_size", "CompanyEmployees"),
        FormKey("country", "PersonCountry"),
        FormKey("phone", "Phone"),
        FormKey("source", "UtmSource"),
    )
    rules = (
        Rule("rule-free-mail", lambda form: form["PersonEmail"].lower().rpartition("@")[2] in FREE_MAIL, None),
        Rule("rule-small", lambda form: _number(form.get("CompanyEmployees"), otherwise=1e9) < SMALLEST_COMPANY, None),
        Rule(
            "rule-iceland",
            lambda form: form.get("PersonCountry") in ("Iceland", "IS"),
            catalogue.distributions["dist-full"],
        ),
    )
    inbound, experts = catalogue.distributions["dist-inbound"], catalogue.distributions["dist-experts"]
    every = ("ThirdPartyForm", "InAppButton", "RouterLink")
    routers = (
        Router(fixed_uuid("inbound"), SALES, "Inbound demo", "inbound-demo", every, keys, rules, inbound, DEMO),
        Router(
            fixed_uuid("partner"),
            SUCCESS,
            "Partners",
            "partner-demo",
            ("RouterLink",),
            keys[:4],
            (),
            experts,
            ONBOARDING,
        ),
        Router(
            fixed_uuid("draft"), SALES, "Draft", "draft-demo", every, keys, rules, inbound, DEMO, accepts_routing=False
        ),
        Router(fixed_uuid("hosted"), SALES, "Hosted form", "hosted-demo", ("ChiliForm",), keys[:4], (), inbound, DEMO),
    )
    catalogue.routers = {each.slug: each for each in routers}


def _add_links(catalogue: Catalogue) -> None:
    mail = FormField("PersonEmail", "Required", "Email")
    form = (mail, FormField("CompanyName", "Required"), FormField("Phone", "Optional", "Phone"))
    hidden = FormField("UtmSource", "Hidden", value="sandbox")
    inbound, experts = catalogue.distributions["dist-inbound"], catalogue.distributions["dist-experts"]
    group = Target("group-pair", ("u-ae-1", "u-ae-3"), together=True)
    single = Target("one-expert", ("u-ae-1",))

    def add(
        key: str,
        kind: LinkKind,
        name: str,
        target: Target,
        *types: str,
        fields: tuple[FormField, ...] = (mail,),
        workspace: str = SALES,
    ) -> None:
        catalogue.links[key] = Link(key, kind, workspace, name, name.lower().replace(" ", "-"), types, target, fields)

    add("link-rr-demo", "RoundRobin", "Book a demo", inbound, DEMO)
    add("link-rr-qualified", "RoundRobin", "Qualified demo", inbound, DEMO, DEEP_DIVE, fields=(*form, hidden))
    add("link-rr-full", "RoundRobin", "Fully booked", catalogue.distributions["dist-full"], DEMO)
    add("link-owner", "Ownership", "Your account team", experts, ONBOARDING, workspace=SUCCESS)
    add("link-group", "Group", "Meet the pair", group, DEEP_DIVE)
    add("link-admin", "AdminOneOnOne", "Meet Amy", single, DEMO)
    for user in catalogue.users.values():
        alone = Target(f"personal-{user.id}", (user.id,))
        slug = f"{user.slug}-demo"
        link = Link(
            f"link-personal-{user.id}",
            "Personal",
            user.workspaces[0],
            f"Demo with {user.name}",
            slug,
            (DEMO,),
            alone,
            (mail,),
        )
        catalogue.links[link.id] = link


def _add_handoff(catalogue: Catalogue) -> None:
    experts, full = catalogue.distributions["dist-experts"], catalogue.distributions["dist-full"]
    routers = (
        HandoffRouter(
            "ho-expert",
            SALES,
            "To an expert",
            (Path("p-demo", "Later", experts, DEMO), Path("p-deep", "Later", experts, DEEP_DIVE)),
        ),
        HandoffRouter("ho-fork", SALES, "Call now or later", (Path("p-fork", "Fork", experts, DEMO),)),
        HandoffRouter("ho-full", SALES, "Fully booked", (Path("p-full", "Later", full, DEMO),)),
        HandoffRouter("ho-success", SUCCESS, "To success", (Path("p-onboarding", "Later", experts, ONBOARDING),)),
        HandoffRouter("ho-nobody", SUCCESS, "No rule applies", ()),
    )
    catalogue.handoff_routers = {each.id: each for each in routers}
