"""What providers-mysql has for connections of type `mysql`, over a driver that needs no compiler."""

from __future__ import annotations

from typing import Any

import pymysql
import sqlalchemy as sa
from airflow.providers.common.sql.hooks.sql import DbApiHook


class MySqlHook(DbApiHook):
    """Extras go to the driver, as `init_command` does."""

    conn_name_attr = "mysql_conn_id"
    default_conn_name = "mysql_default"
    conn_type = "mysql"

    @property
    def sqlalchemy_url(self) -> sa.engine.URL:
        told = self.connection
        return sa.engine.URL.create(
            "mysql+pymysql", told.login, told.password, told.host, told.port, database=told.schema
        )

    def get_conn(self) -> Any:
        told = self.connection
        return pymysql.connect(
            host=told.host,
            port=told.port,
            user=told.login,
            password=told.password or "",
            database=told.schema,
            **told.extra_dejson,
        )
