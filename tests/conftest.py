"""Airflow in a home of its own, set before anybody imports Airflow; databases of their own on real servers."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import hypothesis.configuration
import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

ROOT = Path(__file__).parent.parent
ONE_BY_ONE = ("tests/system/test_", "tests/protocol/")
IS_FROZEN = pytest.StashKey[bool]()
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg2://postgres@127.0.0.1:5432/test")
WITHOUT_TLS = "ssl_disabled=true"  # for which the driver would read all authorities at each connection
MARIADB = os.environ.get("TEST_MARIADB_URL", f"mysql+pymysql://root@127.0.0.1:3306/test?{WITHOUT_TLS}")
DROP_FROM_POSTGRES = "DROP DATABASE {} WITH (FORCE)"
DROP_FROM_MARIADB = "SET STATEMENT lock_wait_timeout=5 FOR DROP DATABASE {}"


def own_airflow_home() -> Path:
    """Make a fresh Airflow home below the project and shut out every Airflow setting of the user's."""
    if "airflow" in sys.modules:
        raise pytest.UsageError("airflow was imported before tests/conftest.py could give it a home of its own")
    homes = ROOT / ".airflow" / "tests"
    homes.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix=f"{WORKER}-", dir=homes))
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        del os.environ[name]
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    (home / "dags").mkdir()
    return home


AIRFLOW_HOME = own_airflow_home()
hypothesis.configuration.set_hypothesis_home_dir(ROOT / ".cache" / "hypothesis")
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests share a process, and what its fixtures make; those that take seconds each go one by one."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return nodeid if file.startswith(ONE_BY_ONE) else file

    config.option.loadscopereorder = False
    return Scheduler(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Two processes begin at either end: each finds done what the other has rewritten and compiled."""
    report = yield
    if WORKER == "gw1" and isinstance(collector, pytest.Directory):
        report.result.reverse()
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no process has one of them left at the end; and all in the same order."""
    items.sort(key=lambda item: (not item.nodeid.startswith("tests/system/"), item.path))


def pytest_unconfigure() -> None:
    shutil.rmtree(AIRFLOW_HOME, ignore_errors=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    freeze(session.config)


def freeze(config: pytest.Config) -> None:
    """What is there by now stays, and whoever collects garbage need not look through it."""
    gc.collect()
    gc.freeze()
    config.stash[IS_FROZEN] = True


@pytest.fixture(scope="module", autouse=True)
def nothing_left_open(pytestconfig: pytest.Config) -> Iterator[None]:
    """What a file of tests leaves open fails there, and not where the collector happens to find it.

    What its last test still holds fails in the next file, or at the end.
    """
    if not pytestconfig.stash[IS_FROZEN]:
        freeze(pytestconfig)
    yield
    gc.collect()


@pytest.fixture
def thawed(pytestconfig: pytest.Config) -> None:
    """For tests that run booking tasks: each asks how many objects are frozen, and Python counts them one by one."""
    if pytestconfig.stash[IS_FROZEN]:
        gc.unfreeze()
        pytestconfig.stash[IS_FROZEN] = False


@pytest.fixture(scope="session")
def airflow_db() -> Path:
    """Airflow's metadata database, empty, as a SQLite file: migrated once per version, then copied."""
    name = f"metadata-{version('apache-airflow-core')}-{version('sqlalchemy')}.db"
    template, own = ROOT / ".airflow" / "tests" / name, AIRFLOW_HOME / "airflow.db"
    if template.exists():
        shutil.copyfile(template, own)
        return own
    from airflow.utils.db import initdb

    initdb()
    half = AIRFLOW_HOME / name
    with closing(sqlite3.connect(own)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
    half.replace(template)  # at once, so that another worker sees all of it or nothing
    return own


@pytest.fixture
def run_dag(airflow_db: Path, thawed: None) -> Callable[..., DagRun]:
    """Run a DAG for real: ``run_dag(dag, **arguments of DAG.test)`` answers the finished DAG run."""
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    from tests.dagbag import DagBag, sync_bag_to_db

    def run(dag: DAG, **arguments: Any) -> DagRun:
        with create_session() as session:
            session.merge(DagBundleModel(name="testing"))
        bag = DagBag(dag_folder=os.devnull)
        bag.bag_dag(dag)
        sync_bag_to_db(bag, "testing", None)  # DAG.test refuses a DAG that was never serialized
        return dag.test(**arguments)

    return run


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of an empty Postgres database of this test's own."""
    with own_database(POSTGRES, drop=DROP_FROM_POSTGRES) as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of a Postgres database that tests share, since to make one takes a third of a second."""
    with own_database(POSTGRES, drop=DROP_FROM_POSTGRES) as url:
        yield url


@pytest.fixture
def postgres_schema_url(shared_postgres_url: str) -> str:
    """SQLAlchemy URL of an empty schema of this test's own in that database."""
    server = sa.create_engine(shared_postgres_url, poolclass=sa.pool.NullPool)
    name = f"schema_{uuid4().hex[:12]}"
    with server.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    return server.url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    """SQLAlchemy URL of an empty MariaDB database of this test's own, with the server's default collation."""
    with own_database(MARIADB, drop=DROP_FROM_MARIADB) as url:
        yield url


@pytest.fixture(scope="session")
def shared_mariadb_url() -> Iterator[str]:
    """SQLAlchemy URL of a MariaDB database that tests share."""
    with own_database(MARIADB, drop=DROP_FROM_MARIADB) as url:
        yield url


@contextmanager
def own_database(url: str, *, drop: str) -> Iterator[str]:
    """Create a database on that server for as long as the block runs."""
    name = f"chilipiper_{WORKER}_{uuid4().hex[:12]}"
    server = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool, connect_args={"connect_timeout": 3}
    )
    if why := no_answer(server, f"CREATE DATABASE {name}"):
        absent(why)
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(drop.format(name))


def no_answer(server: sa.Engine, statement: str) -> str | None:
    """Run one statement; why nobody answered, if nobody did."""
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(statement)
    except sa.exc.OperationalError as error:
        return " ".join(f"{server.url.render_as_string()} does not answer: {error.orig}".split())
    return None


def absent(why: str) -> None:
    """Skip for want of a service, or fail where REQUIRE_SERVICES says that it has to be there."""
    if os.environ.get("REQUIRE_SERVICES", "0") not in ("", "0"):
        pytest.fail(f"{why} (REQUIRE_SERVICES is set)", pytrace=False)
    pytest.skip(why)
