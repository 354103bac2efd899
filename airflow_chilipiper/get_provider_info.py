"""What Airflow reads through the entry point, in every process at start: so it imports nothing."""

from __future__ import annotations

HOST = "https://fire.chilipiper.com"
TIMEOUT = 30
MEETING_LIST_LAG = 30
FIRST_REQUESTS_PER_SECOND = 5

# The one table of what stands in a connection's extra: name -> (JSON type, label, description).
EXTRAS: dict[str, tuple[str, str, str]] = {
    "ledger_conn_id": (
        "string",
        "Ledger connection",
        "Id of the SQL connection (Postgres, MySQL or SQLite) that remembers who was booked.",
    ),
    "timeout": ("number", "Time-out", f"Seconds that one call may take; {TIMEOUT} if empty."),
    "requests_per_second": (
        "number",
        "Most requests per second",
        f"Of one task; if empty, it starts at {FIRST_REQUESTS_PER_SECOND} and finds out how many Chili Piper allows.",
    ),
    "proxy_url": ("string", "Proxy", "Address of an HTTP proxy, as http://user:password@host:port; none if empty."),
    "verify": ("string", "Verify TLS", "true, false, or the path of a CA bundle on the workers; true if empty."),
    "meeting_list_lag": (
        "number",
        "Meeting list's lag",
        f"Seconds that a new meeting may be missing in Chili Piper's meeting list; {MEETING_LIST_LAG} if empty.",
    ),
    "allowed_guest_domains": (
        "string",
        "Allowed guest domains",
        "For test systems: e-mail domains that may be booked, separated by commas; all if empty.",
    ),
    "allow_http": ("boolean", "Allow HTTP", "Send the token to a host without TLS that is not this machine."),
}

HIDDEN = ("login", "schema", "port")
RELABELED = {"host": "API address", "password": "API token"}
PLACEHOLDERS = {"host": HOST, "password": "from Integrations > Credentials > API Access Tokens"}


def get_provider_info() -> dict[str, object]:
    return {
        "package-name": "airflow-provider-chilipiper",
        "name": "Chili Piper",
        "description": "`Chili Piper <https://www.chilipiper.com/>`__ meetings, booked at most once for each lead.",
        "integrations": [
            {
                "integration-name": "Chili Piper",
                "external-doc-url": "https://help.chilipiper.com/",
                "tags": ["service"],
            }
        ],
        "connection-types": [_connection_type()],
        "hooks": _modules("airflow_chilipiper.hooks"),
        "operators": _modules("airflow_chilipiper.operators"),
        "sensors": _modules("airflow_chilipiper.sensors"),
        "triggers": _modules("airflow_chilipiper.triggers"),
        "cli": ["airflow_chilipiper.cli.get_cli_commands"],
        "extra-links": ["airflow_chilipiper.links.ChiliPiperMeetingLink"],
    }


def _modules(*names: str) -> list[dict[str, object]]:
    return [{"integration-name": "Chili Piper", "python-modules": list(names)}]


def _connection_type() -> dict[str, object]:
    return {
        "connection-type": "chilipiper",
        "hook-class-name": "airflow_chilipiper.hooks.ChiliPiperHook",
        "hook-name": "Chili Piper",
        "ui-field-behaviour": {
            "hidden-fields": list(HIDDEN),
            "relabeling": dict(RELABELED),
            "placeholders": dict(PLACEHOLDERS),
        },
        "conn-fields": {
            name: {"label": label, "description": description, "schema": {"type": [kind, "null"]}}
            for name, (kind, label, description) in EXTRAS.items()
        },
    }
