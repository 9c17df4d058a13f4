"""What the Airflow UI asks of a person who connects a system: the form's fields, and the Test button."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.embedded.running import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FIELDS = {
    "netsuite": {
        "account",
        "auth",
        "client_id",
        "certificate_id",
        "private_key",
        "consumer_key",
        "token_id",
        "timeout",
    },
    "sfcc": {"tenant", "organization", "token_url", "instance", "order_page"},
}
SAID = {"netsuite": "Signed in to", "sfcc": "Account Manager gave a token"}
WRONG = {
    "netsuite": ({"client_id": "another"}, "invalid_client"),
    "sfcc": ({"tenant": "zzzz_001"}, "tenant"),
}


@pytest.mark.parametrize("system", FIELDS)
def test_a_person_connects_a_system_in_the_ui(running: Running, system: str) -> None:
    forms = {each["connection_type"]: each for each in running.open("/ui/connections/hook_meta").json()}
    assert set(forms[system]["extra_fields"]) >= FIELDS[system]
    assert forms[system]["hook_name"] in {"NetSuite", "Salesforce B2C Commerce"}

    variable = {"netsuite": "AIRFLOW_CONN_NETSUITE", "sfcc": "AIRFLOW_CONN_SFCC_API"}[system]
    filled = json.loads(running.surroundings[variable])
    changes, wrong = WRONG[system]
    for extra, good, said in (({}, True, SAID[system]), (changes, False, wrong)):
        answered, words = pressed(running, filled | {"extra": filled["extra"] | extra})
        assert answered is good, words
        assert said in words


def pressed(running: Running, filled: dict[str, Any]) -> tuple[bool, str]:
    """Press Test on a form, and give what the UI shows."""
    body = filled | {"connection_id": "as_typed", "extra": json.dumps(filled["extra"])}
    answer = running.client.call("POST", "/connections/test", json=body)
    return answer["status"], answer["message"]
