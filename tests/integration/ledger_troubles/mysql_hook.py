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
        known = self.connection
        return sa.engine.URL.create(
            "mysql+pymysql", known.login, known.password, known.host, known.port, database=known.schema
        )

    def get_conn(self) -> Any:
        known = self.connection
        return pymysql.connect(
            host=known.host,
            port=known.port,
            user=known.login,
            password=known.password or "",
            database=known.schema,
            **{"ssl_disabled": True, **known.extra_dejson},
        )
