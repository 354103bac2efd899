"""What a provider for DuckDB has, as far as we use it."""

from __future__ import annotations

from typing import Any

import duckdb
from airflow.providers.common.sql.hooks.sql import DbApiHook


class DuckDbHook(DbApiHook):
    conn_name_attr = "duckdb_conn_id"
    default_conn_name = "duckdb_default"
    conn_type = "duckdb"
    _placeholder = "?"

    @property
    def placeholder(self) -> str:
        return self._placeholder

    def get_conn(self) -> Any:
        return duckdb.connect(self.connection.host)
