"""The connection types as Airflow sees them."""

from __future__ import annotations

import inspect
import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime

from cartage.provider import provider_info
from cartage.systems.netsuite import account as account_module
from cartage.systems.netsuite.account import OAUTH2_FIELDS, TBA_FIELDS

SCHEMAS = Path(airflow.__path__[0])
TYPES = {each["connection-type"]: each for each in provider_info()["connection-types"]}


def test_airflow_accepts_the_description() -> None:
    strict = json.loads((SCHEMAS / "provider.yaml.schema.json").read_text())["properties"]["connection-types"]
    jsonschema.validate(provider_info()["connection-types"], strict)
    jsonschema.validate(provider_info(), json.loads((SCHEMAS / "provider_info.schema.json").read_text()))


@pytest.fixture(scope="module")
def manager() -> ProvidersManager:
    if not any(each.value.startswith("cartage.") for each in entry_points(group="apache_airflow_provider")):
        pytest.skip("cartage is not installed in this environment: make setup")
    return ProvidersManager()


@pytest.mark.usefixtures("manager")
def test_airflow_finds_the_hook() -> None:
    hook = ProvidersManagerTaskRuntime().hooks["netsuite"]
    assert hook is not None
    assert (hook.hook_name, hook.connection_testable) == ("NetSuite", True)


@pytest.mark.usefixtures("manager")
def test_airflow_finds_the_shops_hook() -> None:
    hook = ProvidersManagerTaskRuntime().hooks["sfcc"]
    assert hook is not None
    assert hook.connection_testable


def test_the_form_has_every_field_that_is_read(manager: ProvidersManager) -> None:
    widgets: dict[str, Any] = {
        each.field_name: each
        for name, each in manager.connection_form_widgets.items()
        if name.startswith("extra__netsuite__")
    }
    read = {*OAUTH2_FIELDS, *TBA_FIELDS, "account", "auth", "algorithm", "private_key", "private_key_path", "timeout"}
    assert set(widgets) == read
    source = inspect.getsource(account_module)
    assert all(f'"{name}"' in source for name in widgets), "the form asks for nothing in vain"
    secret = {name for name, each in widgets.items() if each.is_sensitive}
    assert secret == {"private_key", "consumer_secret", "token_secret"}


def test_the_form_hides_the_standard_fields_that_mean_nothing(manager: ProvidersManager) -> None:
    behaviour = manager.field_behaviours["netsuite"]
    assert behaviour["hidden_fields"] == ["login", "password", "schema", "port"]
    assert behaviour["relabeling"] == {"host": "Base URL"}


def test_describing_the_provider_imports_nothing_heavy() -> None:
    assert "import" not in inspect.getsource(provider_info)
    assert TYPES.keys() == {"netsuite", "sfcc"}
