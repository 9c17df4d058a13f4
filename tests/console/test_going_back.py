"""Going back to the file: from then on the file counts, also as later deploys change it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from cartage.console.tokens import token_for
from cartage.integrations import include_folder
from cartage.operators import pins
from cartage.operators.runtime import Runtime
from tests.console.small_ledger import NAME, Small

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi.testclient import TestClient

TEXTS = [
    ({"kind": "mapping", "name": "sfcc/location"}, "mappings/sfcc/location.yaml"),
    ({"kind": "expectations", "name": "location"}, "expectations/location.yaml"),
]


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give files that a deploy may change."""
    shutil.copytree(include_folder(), tmp_path / "include")
    monkeypatch.setenv("CARTAGE_INCLUDE", str(tmp_path / "include"))
    monkeypatch.setenv("CARTAGE_STAGING", str(tmp_path / "staging"))
    return tmp_path / "include"


def post(browser: TestClient, path: str, **body: Any) -> Any:
    """Send a change as the console's script does."""
    return browser.post(f"/mappings/{path}", json=body, headers={"X-Cartage-Token": token_for("someone")})


def pinned(small: Small, include: Path, path: str) -> str:
    """Give what the next run reads."""
    runtime = Runtime(NAME, "locations", "location", "erp")
    runtime.ledger = small.ledger
    folder = include.parent / "pinned"
    pins.lay_out(str(include.parent / "staging"), runtime.pin(), folder)
    return (folder / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("what", "path"), TEXTS)
def test_later_deploys_count_again(
    operator: TestClient, small: Small, include: Path, what: dict[str, str], path: str
) -> None:
    text = (include / path).read_text(encoding="utf-8")
    first = post(operator, "save", **what, body=f"{text}# changed\n", parent=0, note="x").json()["revision"]
    assert pinned(small, include, path) == f"{text}# changed\n"
    left = post(operator, "roll-back", **what, revision=0, parent=first).json()["revision"]
    (include / path).write_text(f"{text}# deployed\n", encoding="utf-8")
    assert pinned(small, include, path) == f"{text}# deployed\n"
    page = html.fromstring(operator.get("/mappings/text", params=what).text)
    assert page.get_element_by_id("body").text.strip() == f"{text}# deployed"
    assert "the file itself, by revision" in page.text_content()
    assert next(each.strip("+- ") for each in page.xpath('//*[@class="taken"]/text()')) == "# changed"
    assert operator.get("/mappings/patch", params=what).text == ""
    assert post(operator, "save", **what, body="", parent=left, note="x").status_code == 422
    assert post(operator, "roll-back", **what, revision=first, parent=left).status_code == 200
    assert pinned(small, include, path) == f"{text}# changed\n"
