"""What Airflow reads of us before it imports us, and the same said again for Airflow 3.1."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version as installed
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.sdk import BaseOperatorLink
from jsonschema import Draft7Validator

from airflow_chilipiper import __version__, links
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.connection.settings import settings_of
from airflow_chilipiper.get_provider_info import EXTRAS, HIDDEN, HOST, PLACEHOLDERS, RELABELED, get_provider_info
from airflow_chilipiper.hooks import ChiliPiperHook
from airflow_chilipiper.version_compat import airflow_version

ROOT = Path(__file__).parents[2]
READS_METADATA = tuple(map(int, airflow_version().split(".")[:2])) >= (3, 2)
INFO: dict[str, Any] = get_provider_info()
CONNECTION_TYPE = INFO["connection-types"][0]
CLASSES = [CONNECTION_TYPE["hook-class-name"], *INFO["extra-links"]]
MODULES = [
    name
    for kind in ("hooks", "operators", "sensors", "triggers")
    for part in INFO[kind]
    for name in part["python-modules"]
]


def schema(name: str) -> Any:
    return json.loads((files("airflow") / name).read_text())


def test_it_fits_what_airflow_reads_at_run_time() -> None:
    """Airflow drops a provider whose info breaks this schema."""
    assert list(Draft7Validator(schema("provider_info.schema.json")).iter_errors(INFO)) == []


@pytest.mark.skipif(not READS_METADATA, reason="this Airflow does not know conn-fields")
def test_the_connection_form_fits_the_strict_schema() -> None:
    """The schema of run time lets any mistake in conn-fields pass; that of Airflow's own providers does not."""
    strict = schema("provider.yaml.schema.json")["properties"]["connection-types"]
    assert list(Draft7Validator(strict).iter_errors(INFO["connection-types"])) == []


@pytest.mark.parametrize("path", CLASSES)
def test_every_class_that_is_named_exists(path: str) -> None:
    module, _, name = path.rpartition(".")
    assert isinstance(getattr(import_module(module), name), type)


def test_every_extra_link_is_named() -> None:
    """Airflow shows none that is not."""
    ours = {
        f"{links.__name__}.{name}"
        for name, found in vars(links).items()
        if isinstance(found, type) and issubclass(found, BaseOperatorLink) and found.__module__ == links.__name__
    }
    assert ours == set(INFO["extra-links"])


@pytest.mark.parametrize("name", MODULES)
def test_every_module_that_is_named_exists(name: str) -> None:
    import_module(name)


def test_airflow_finds_it() -> None:
    """The entry point of the installed distribution leads here, and Airflow takes name and version from it."""
    from airflow.providers_manager import ProvidersManager

    found = ProvidersManager().providers["airflow-provider-chilipiper"]
    assert found.data["package-name"] == "airflow-provider-chilipiper"
    assert found.version == installed("airflow-provider-chilipiper") == __version__


def test_the_entry_point_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["name"] == INFO["package-name"]
    assert project["entry-points"]["apache_airflow_provider"] == {
        "provider_info": f"{get_provider_info.__module__}:{get_provider_info.__name__}"
    }


def test_the_form_that_the_page_asks_for() -> None:
    """What Airflow's connection page shows: name, labels and all our fields."""
    form = next(form for form in forms() if form["connection_type"] == "chilipiper")
    assert form["hook_name"] == "Chili Piper"
    standard = form["standard_fields"]
    assert standard["password"]["title"] == "API token"
    assert standard["host"] == {"hidden": False, "title": "API address", "placeholder": HOST}
    assert [name for name in ("login", "url_schema", "port") if not standard[name]["hidden"]] == []
    assert {name: field["schema"]["title"] for name, field in form["extra_fields"].items()} == {
        name: label for name, (_, label, _) in EXTRAS.items()
    }
    assert form["extra_fields"]["allow_http"]["schema"]["type"] == ["boolean", "null"]


def forms() -> list[dict[str, Any]]:
    """Airflow 3.1 puts stand-ins into sys.modules to read the methods, so it is asked in a process of its own."""
    ask = (
        "import json\n"
        "from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService\n"
        "found = HookMetaService.hook_meta_data()\n"
        "print(json.dumps([form.model_dump() for form in found if form.connection_type == 'chilipiper'], default=str))"
    )
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answer: list[dict[str, Any]] = json.loads(run.stdout.splitlines()[-1])
    return answer


def test_the_methods_say_what_the_metadata_says() -> None:
    """Airflow 3.1 reads the methods, later ones the metadata: nobody may see another form."""
    assert ChiliPiperHook.get_ui_field_behaviour() == {
        name.replace("-", "_"): value for name, value in CONNECTION_TYPE["ui-field-behaviour"].items()
    }
    for name in ("conn_type", "hook_name"):
        key = {"conn_type": "connection-type"}.get(name, "hook-name")
        assert getattr(ChiliPiperHook, name) == CONNECTION_TYPE[key]


def test_the_widgets_say_what_the_metadata_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as Airflow 3.1 reads them, with its own stand-ins for the form libraries. Its forms know no fractions."""
    monkeypatch.setitem(sys.modules, "wtforms", ModuleType("wtforms"))
    monkeypatch.setattr(sys.modules["wtforms"], "BooleanField", HookMetaService.MockBooleanField, raising=False)
    monkeypatch.setattr(sys.modules["wtforms"], "StringField", HookMetaService.MockStringField, raising=False)
    monkeypatch.setitem(sys.modules, "flask_appbuilder", ModuleType("flask_appbuilder"))
    monkeypatch.setitem(sys.modules, "flask_appbuilder.fieldwidgets", ModuleType("fieldwidgets"))
    fieldwidgets = sys.modules["flask_appbuilder.fieldwidgets"]
    monkeypatch.setattr(fieldwidgets, "BS3TextFieldWidget", HookMetaService.MockAnyWidget, raising=False)

    params = {name: field.param for name, field in ChiliPiperHook.get_connection_form_widgets().items()}
    said = {name: (param.schema["title"], param.description, param.schema["type"]) for name, param in params.items()}
    assert said == {
        name: (field["label"], field["description"], [field["schema"]["type"][0].replace("number", "string"), "null"])
        for name, field in CONNECTION_TYPE["conn-fields"].items()
    }


def test_the_real_form_libraries_take_them() -> None:
    pytest.importorskip("flask_appbuilder")
    assert list(ChiliPiperHook.get_connection_form_widgets()) == list(EXTRAS)


def test_without_the_form_libraries_there_are_no_widgets() -> None:
    """They come with the FAB provider, which few installations have: their absence must not break the hook."""
    ask = (
        "import sys; sys.modules['wtforms'] = sys.modules['flask_appbuilder'] = None\n"
        "from airflow_chilipiper.hooks import ChiliPiperHook\n"
        "assert ChiliPiperHook.get_connection_form_widgets() == {}"
    )
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_form_speaks_of_fields_that_exist() -> None:
    standard = {"description", "host", "port", "login", "password", "schema", "extra"}
    assert {*HIDDEN, *RELABELED, *PLACEHOLDERS} <= standard
    assert all("__" not in name for name in EXTRAS)


def test_defaults_are_as_the_form_says() -> None:
    from airflow.sdk import Connection

    client = settings_of(Connection(conn_id="any", password="made-up")).client
    assert client.base_url.startswith(HOST)
    assert f"; {client.timeout:g} if empty" in EXTRAS["timeout"][2]
    assert f"if empty, it starts at {Rate(client.requests_per_second).now:g} " in EXTRAS["requests_per_second"][2]


def test_nothing_is_imported() -> None:
    """Every Airflow process reads this at its start."""
    ask = (
        "import sys; before = set(sys.modules)\n"
        "import airflow_chilipiper.get_provider_info\n"
        "print(sorted(set(sys.modules) - before - {'__future__'}))"
    )
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['airflow_chilipiper', 'airflow_chilipiper.get_provider_info']"
