"""An imitation of the Chili Piper Edge API for development and tests.

It is not the real service: it rests on published schemas and help articles, and where those are silent, on guesses that
`Variants` lets you switch. It shares no code with the rest of the package, so that the two can disagree.
"""

from airflow_chilipiper.sandbox.faults import Faults
from airflow_chilipiper.sandbox.http.call import CallRecord
from airflow_chilipiper.sandbox.server import Sandbox, sandbox
from airflow_chilipiper.sandbox.state.tenant import Tenant
from airflow_chilipiper.sandbox.state.variants import Variants

__all__ = ["CallRecord", "Faults", "Sandbox", "Tenant", "Variants", "sandbox"]
