"""Which form keys a Concierge router reads, by trigger.

Source: schemas `ProcessedTriggers` and `ConciergeFormMappingProcessedV1`, published with 1.289 to 1.494.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_chilipiper.api.http.payload import Payload, rows

NAMES = {
    "ProcessedThirdPartyFormTrigger": "ThirdPartyForm",
    "ProcessedInAppButtonTrigger": "InAppButton",
    "ProcessedRouterLinkTrigger": "RouterLink",
}


class Trigger(Payload):
    """One way into a router, by the name that a request gives it; `email_key` is where it reads the guest's e-mail."""

    name: str
    keys: tuple[str, ...] = ()
    email_key: str | None = None
    required: tuple[str, ...] = ()


def triggers(mapping: Any) -> tuple[Trigger, ...]:
    """The triggers that can be asked for. Concierge maps nothing through a form that Chili Piper hosts: left out."""
    if not isinstance(mapping, Mapping):
        return ()
    if "fields" in mapping or "emailField" in mapping:
        return (_older(mapping),)
    found = [item for item in rows(mapping, "get", "formMapping") if isinstance(item, Mapping)]
    return tuple(_trigger(NAMES[item["type"]], item) for item in found if item.get("type") in NAMES)


def _older(mapping: Mapping[str, Any]) -> Trigger:
    """Version 1 knows one form, with the e-mail's entry apart from the others."""
    email = _key(mapping.get("emailField"))
    entries = [*rows(mapping, "fields", "formMapping"), mapping.get("emailField"), mapping.get("phoneField")]
    return _made("ThirdPartyForm", _keys(entries), email)


def _trigger(name: str, item: Mapping[str, Any]) -> Trigger:
    """`email` and `phone` are data fields: a third-party form reads them under the name mapped to that field."""
    entries = [entry for entry in rows(item, "mapping", "formMapping") if isinstance(entry, Mapping)]
    email, phone = _reference(item.get("email")), _reference(item.get("phone"))
    required = [_key(entry) for entry in entries if entry.get("required") and entry.get("hidden") is None]
    keys = _keys(entries)
    if name == "ThirdPartyForm":
        return _made(name, keys, _named(entries, email), required)
    return _made(name, [*keys, *filter(None, [email, phone])], email, required)


def _made(name: str, keys: list[str], email: str | None, required: list[str | None] | None = None) -> Trigger:
    needed = dict.fromkeys(key for key in [email, *(required or [])] if key)
    every_key = dict.fromkeys([*keys, *needed])
    return Trigger(name=name, keys=tuple(every_key), email_key=email, required=tuple(needed))


def _named(entries: list[Any], field: str | None) -> str | None:
    """The form's own name for a data field; if none is mapped to it, the reference may be the name itself."""
    return next((_key(entry) for entry in entries if _reference(entry.get("dataFieldRef")) == field), field)


def _keys(entries: list[Any]) -> list[str]:
    return [key for key in map(_key, entries) if key]


def _key(entry: Any) -> str | None:
    """A third-party form's entry has a `name`; the others are known by their `dataField`."""
    if not isinstance(entry, Mapping):
        return None
    name = entry.get("name")
    return name if isinstance(name, str) else _reference(entry.get("dataField"))


def _reference(field: Any) -> str | None:
    """A data field's reference is text; elsewhere in the schemas it is `{type, value}`."""
    value = field.get("value") if isinstance(field, Mapping) else field
    return value if isinstance(value, str) else None
