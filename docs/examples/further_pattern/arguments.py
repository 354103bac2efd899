"""The entry in `arguments/patterns.py`."""

from airflow_chilipiper.arguments.patterns import PatternArguments
from airflow_chilipiper.arguments.readers import as_name

WALK_IN = PatternArguments(
    name="walk_in",
    type="airflow_chilipiper.api.patterns.walk_in:WalkIn",
    readers={"desk": as_name},
    request=lambda values: {"desk": values.get("desk"), "guest": values.email or ""},
    required=("desk",),
    target=("desk",),
    needs_email=lambda arguments: True,
)
