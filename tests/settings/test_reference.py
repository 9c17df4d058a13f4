"""The references are up to date, complete, and the published schemas accept what is shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cartage import reference, yamlfile
from cartage.mapping.transforms import TRANSFORMS

ROOT = Path(__file__).parents[2]
SHIPPED = {
    "integration": "integrations/*.yaml",
    "mapping": "mappings/*/*.yaml",
    "source-mapping": "mappings/*/*.yaml",
    "expectations": "expectations/*.yaml",
}


def _shipped() -> list[tuple[str, Path]]:
    """Give each shipped file with the schema it follows: a mapping that names a target is one to a target."""
    found = [(schema, path) for schema, pattern in SHIPPED.items() for path in sorted((ROOT / "include").glob(pattern))]
    to_target = {path for _, path in found if "\ntarget:" in path.read_text(encoding="utf-8")}
    unfit = {"mapping": lambda path: path not in to_target, "source-mapping": lambda path: path in to_target}
    return [(schema, path) for schema, path in found if schema not in unfit or not unfit[schema](path)]


def _plain(value: Any) -> Any:
    """Give what an editor sees: JSON's own numbers."""
    return json.loads(json.dumps(value, default=float))


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return reference.pages()


def test_the_references_under_docs_are_up_to_date(made: dict[str, str]) -> None:
    stale = [name for name, text in made.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"


def test_every_key_of_the_shipped_settings_is_explained(made: dict[str, str]) -> None:
    shipped = yamlfile.read(ROOT / "include/integrations/sfcc_netsuite.yaml")
    by_name = {
        "flows", "sites", "currencies", "stores", "tax_codes", "tax_types", "shipping_methods", "payments",
        "lists", "books", "headers",
    }  # fmt: skip
    keys = {
        str(path[-1])
        for path in shipped.places
        if path and isinstance(path[-1], str) and not (len(path) > 1 and path[-2] in by_name)
    }
    assert [key for key in sorted(keys - {"settings"}) if f"| `{key}` |" not in made["settings.md"]] == []


def test_no_key_is_without_a_meaning(made: dict[str, str]) -> None:
    ours = made["settings.md"] + made["expectations.md"] + made["mappings.md"].split("## From a source")[0]
    assert [line for line in ours.splitlines() if line.startswith("| `") and line.endswith("|  |")] == []


def test_every_transform_is_in_the_reference(made: dict[str, str]) -> None:
    assert [name for name in TRANSFORMS if f"| `{name}` |" not in made["mappings.md"]] == []


@pytest.mark.parametrize(
    ("schema", "path"),
    _shipped(),
    ids=str,
)
def test_a_schema_accepts_what_is_shipped(made: dict[str, str], schema: str, path: Path) -> None:
    document = _plain(yamlfile.read(path).data)
    jsonschema.Draft202012Validator(json.loads(made[f"schemas/{schema}.json"])).validate(document)


@pytest.mark.parametrize(
    ("schema", "path", "change"),
    [
        ("integration", "integrations/sfcc_netsuite.yaml", {"nmae": "x"}),
        ("integration", "integrations/sfcc_netsuite.yaml", {"settings": {"batch_records": "many"}}),
        ("mapping", "mappings/netsuite/order.yaml", {"body": {"x": 3}}),
        ("expectations", "expectations/order.yaml", {"expectations": [{"name": "x"}]}),
    ],
)
def test_a_schema_refuses_what_the_readers_refuse(made: dict[str, str], schema: str, path: str, change: Any) -> None:
    document = _plain(yamlfile.read(ROOT / "include" / path).data) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json.loads(made[f"schemas/{schema}.json"])).validate(document)


def test_check_says_what_is_out_of_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main([str(tmp_path)]) == 0
    assert reference.main([str(tmp_path), "--check"]) == 0
    (tmp_path / "settings.md").write_text("old\n", encoding="utf-8")
    assert reference.main([str(tmp_path), "--check"]) == 1
    assert "settings.md is out of date" in capsys.readouterr().err
    assert (tmp_path / "settings.md").read_text(encoding="utf-8") == "old\n"
