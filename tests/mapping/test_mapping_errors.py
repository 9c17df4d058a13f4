"""A wrong mapping is refused before any record meets it, with file, line and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage.mapping import load_mapping, read_mapping
from cartage.yamlfile import parse

COLUMNS = {
    "order": {"order_no", "placed_at", "currency", "attributes", "lines"},
    "lines": {"product_id", "quantity", "kind"},
}
HEAD = "record: order\ntarget: salesOrder\nbody:\n  otherRefNum: order_no\n"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("x: order_nr", "there is no column `order_nr` in order; did you mean `order_no`?"),
        ("x: {from: [order_no, order_nr]}", "there is no column `order_nr`"),
        ("x: {join: [order_nr]}", "there is no column `order_nr`"),
        (
            "x: {from: order_no, when: {curency: EUR}}",
            "there is no column `curency` in order; did you mean `currency`?",
        ),
        ("x: {each: linez, body: {q: quantity}}", "no child rows `linez`; did you mean `lines`?"),
        ("x: {each: lines, body: {q: quantitty}}", "no column `quantitty` in lines; did you mean `quantity`?"),
        ("x: {each: lines, body: {q: currency}}", "the order's own column is written `order.currency`"),
        ("x: {each: lines, where: {kinds: product}, body: {q: quantity}}", "no column `kinds` in lines"),
        ("x: {each: lines, body: {q: {attribute: {name: a}}}}", "no column `attributes` in lines"),
        ("x: {from: order_no, lookup: itm}", "there is no lookup `itm`; did you mean `item`?"),
        ("x: {from: placed_at, as: date, zone: site}", "there is no lookup `zone`"),
        ("x: {from: order_no, lokup: item}", "`body.x.lokup`: unknown key; did you mean `lookup`?"),
        ("x: {from: order_no, transform: uper}", "`uper` is no named transform; did you mean `upper`?"),
        (
            "x: {from: order_no, as: dat}",
            "`dat` is not known; write `text`, `integer`, `decimal`, `boolean`, `date` or",
        ),
        ("x: {from: placed_at, as: date}", "needs `zone:`; write `zone: site`"),
        ("x: {from: placed_at, as: date, zone: Berlin}", "`Berlin` is no time zone"),
        ("x: {from: order_no, zone: site}", "only goes with `as: date`"),
        ("x: {from: order_no, places: 2}", "only goes with `as: decimal`"),
        ("x: {from: order_no, default: y}", "only goes with `values:` or `lookup:`"),
        ("x: {from: order_no, over: cut}", "only goes with `max:`"),
        ("x: {from: order_no, max: long}", "must be a whole number, not `long`"),
        ("x: {form: order_no, as: text}", "belongs to a rule, which needs one of `from:`"),
        ("x: {each: lines}", "the key `body:` is missing; add it"),
        ("x: 3", "must be a column's name or a rule such as `{from: column}`"),
        ("x: null", "must be a column's name or a rule"),
        ("x: [order_no]", "must be a column's name or a rule"),
        ("x: {attribute: gift}", "must be a mapping"),
        ("x: {attribute: {name: a, owner: line}}", "must be `order`, or left out for the row at hand"),
        ("otherRefNum: order_no", "the key `otherRefNum` stands twice, first in line 4"),
    ],
)
def test_a_wrong_rule_is_named_with_its_line(rule: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_mapping(parse(f"{HEAD}  {rule}\n", "order.yaml")).check(COLUMNS, lookups={"item"})
    assert said in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("order.yaml", 5)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEAD + "boddy: {}\n", 5, "`boddy`: unknown key; did you mean `body`?"),
        ("target: salesOrder\nbody: {x: y}\n", 1, "the key `record:` is missing"),
        ("record: order\ntarget: 3\nbody: {x: y}\n", 2, 'must be a text, not `3`; write it in quotes: "3"'),
        ("", 1, "the key `record:` is missing"),
        ("- a\n", 1, "must be a mapping"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_mapping(parse(text, "order.yaml"))
    assert said in str(caught.value)
    assert caught.value.line == line


def test_a_lookup_that_is_not_given_is_found_when_compiling() -> None:
    mapping = read_mapping(parse(f"{HEAD}  x: {{from: order_no, lookup: item}}\n", "order.yaml"))
    assert mapping.lookups() == {"item"}
    with pytest.raises(SettingsError, match=r"order\.yaml:5: `body\.x`: there is no lookup `item`"):
        mapping.compile({})


def test_a_revision_lies_over_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "netsuite"
    folder.mkdir(parents=True)
    (folder / "order.yaml").write_text(HEAD, encoding="utf-8")
    plain = load_mapping("netsuite", "order", tmp_path)
    assert plain.compile({})({"order_no": "1"}) == {"otherRefNum": "1"}
    revised = load_mapping("netsuite", "order", tmp_path, "body:\n  memo: order_no\n")
    assert revised.compile({})({"order_no": "1"}) == {"otherRefNum": "1", "memo": "1"}
    with pytest.raises(SettingsError, match=r"revision:2: `body\.memo\.frm`"):
        load_mapping("netsuite", "order", tmp_path, "body:\n  memo: {frm: order_no, from: order_no}\n")


def test_a_mapping_that_is_not_there_names_what_is(tmp_path: Path) -> None:
    folder = tmp_path / "mappings" / "netsuite"
    folder.mkdir(parents=True)
    (folder / "deposit.yaml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"no such file; did you mean `deposit\.yaml`"):
        load_mapping("netsuite", "deposits", tmp_path)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "include/mappings/netsuite").glob("*.yaml")), ids=str
)
def test_the_shipped_mappings_are_read(path: Path) -> None:
    mapping = load_mapping("netsuite", path.stem, path.parents[2])
    assert mapping.file.body.root
