"""What the models of answers have in common: they read tolerantly, and say which field is wrong without its value.

Source: the published schemas 1.230 to 1.494 never require an array, and optional scalars come back absent or null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from airflow_chilipiper.api.errors import Unreadable

P = TypeVar("P", bound="Payload")


class Payload(BaseModel):
    """A frozen part of an answer. Unknown fields are ignored; null means absent; ids are text of any form."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, coerce_numbers_to_str=True
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            return {name: value for name, value in data.items() if value is not None}
        return data


def read(model: type[P], body: Any, what: str) -> P:
    """*body* as *model*, or Unreadable naming the fields that are wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'the whole'}: {e['type']}" for e in error.errors())
        raise Unreadable(f"{what}: {wrong}") from None


def rows(body: Any, name: str, what: str) -> list[Any]:
    """The array of an answer, bare or under *name*; missing and null both mean empty."""
    found = body.get(name) if isinstance(body, Mapping) else body
    if found is None and isinstance(body, Mapping):
        return []
    if not isinstance(found, list):
        raise Unreadable(f"{what}: expected an array of {name}, got {type(found).__name__}")
    return found
