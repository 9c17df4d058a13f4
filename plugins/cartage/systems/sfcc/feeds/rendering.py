"""Feed rows as lines of XML, a whole batch at a time.

One record is one line, so that a person can search a feed and compare two of them::

    <record product-id="4711"><allocation>12</allocation><perpetual>false</perpetual></record>
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.mapping.frames import by_parent, joined
from cartage.mapping.model import Body, Each
from cartage.systems.sfcc.feeds.children import below, whole
from cartage.systems.sfcc.feeds.forms import CUSTOM, GROUP, ID, Kind
from cartage.systems.sfcc.feeds.rules import VALUE, reads, work_out
from cartage.systems.sfcc.feeds.texts import FORBIDDEN, escape, escaped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cartage.mapping import TargetMapping
    from cartage.mapping.frames import Text
    from cartage.mapping.model import Rule
    from cartage.records.batch import Batch
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.feeds.rules import Worked


@dataclass(frozen=True)
class Refused:
    """A row that cannot stand in a feed."""

    record: int
    key: str
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True)
class Lines:
    """A batch as lines.

    Attributes:
        rows: the rows, by group and sku.
        texts: each row's line.
        refused: rows that cannot stand in a feed; they are in neither.
    """

    rows: pa.Table
    texts: pa.Array
    refused: list[Refused]


@dataclass(frozen=True)
class Renderer:
    """Writes batches of one kind of feed.

    Attributes:
        form: how the feed is built.
        mapping: which column goes where; from `rules.load`.
        deletion: mode of a record whose row says that it goes.
    """

    form: Form
    mapping: TargetMapping
    deletion: str = "delete-all"

    def lines(self, batch: Batch) -> Lines:
        """Write a batch's rows."""
        rows = batch.root.sort_by([("group", "ascending"), ("sku", "ascending")]).combine_chunks()
        if not len(rows):
            return Lines(rows, pa.array([], pa.string()), [])
        faults = _Faults(len(rows))
        for name, kind in (("group", GROUP), ("sku", ID)):
            faults.check(whole(rows, name), kind, name, name)
            faults.missing(whole(rows, name), name)
        texts = self._items(rows, batch, faults)
        if not faults.found:
            return Lines(rows, texts, [])
        sound = pa.array(faults.sound)
        return Lines(rows.filter(sound), texts.filter(sound), faults.refused(rows))

    def _items(self, rows: pa.Table, batch: Batch, faults: _Faults) -> pa.Array:
        going = self._says(rows, "delete")
        inner = _Faults(len(rows))
        head: list[Text] = [f"<{self.form.item}"]
        body: list[Text] = [">"]
        for name, kind in self.form.elements.items():
            rule = self.mapping.file.body.root.get(name)
            if rule is None:
                continue
            if name.startswith("@"):
                head += self._attribute(name, rule, kind, rows, inner)
            elif name in self.form.lists:
                body.append(self._several(name, rule, rows, batch, inner))
            elif name == CUSTOM:
                body.append(self._custom(rule, rows, inner))
            else:
                body += self._element(name, rule, kind, rows, inner)
        faults.add(inner, ~going)
        item = joined([*head, *body, f"</{self.form.item}>\n"], len(rows), lenient=True)
        if going.any():
            item = pc.if_else(pa.array(going), self._gone(rows, self.deletion), item)
        replacing = self._says(rows, "replace")
        if replacing.any():
            both = joined([self._gone(rows, "delete-all"), item], len(rows), lenient=True)
            item = pc.if_else(pa.array(replacing), both, item)
        return item

    def _says(self, rows: pa.Table, action: str) -> NDArray[np.bool_]:
        """Give the rows that say what is to be done; rows of stock never do."""
        if not self.form.actions:
            return np.zeros(len(rows), bool)
        says = pc.fill_null(pc.equal(whole(rows, "action"), action), fill_value=False)
        mask: NDArray[np.bool_] = says.to_numpy(zero_copy_only=False)
        return mask

    def _gone(self, rows: pa.Table, mode: str) -> pa.Array:
        sku = escaped(whole(rows, "sku"), attribute=True)
        return joined([f'<{self.form.item} product-id="', sku, f'" mode="{mode}"/>\n'], len(rows), lenient=True)

    def _attribute(self, name: str, rule: Rule, kind: Kind, rows: pa.Table, faults: _Faults) -> list[Text]:
        # The id was looked at already, also of rows that go.
        text = whole(rows, "sku") if name == "@product-id" else self._checked(name, rule, kind, rows, faults)
        return _wrapped(f' {name[1:]}="', text, '"', len(rows), attribute=True)

    def _element(self, name: str, rule: Rule, kind: Kind, rows: pa.Table, faults: _Faults) -> list[Text]:
        text = self._checked(name, rule, kind, rows, faults)
        return _wrapped(f"<{name}>", text, f"</{name}>", len(rows))

    def _checked(self, name: str, rule: Rule, kind: Kind, rows: pa.Table, faults: _Faults) -> Text | None:
        worked = work_out(rule, rows, self.form.rows, name)
        faults.worked(worked)
        faults.check(worked.text, kind, name, _column_of(rule))
        return worked.text

    def _custom(self, rule: Rule, rows: pa.Table, faults: _Faults) -> Text:
        assert isinstance(rule, Body)
        pieces: list[Text] = []
        for name, each in rule.root.items():
            text = self._checked(f"{CUSTOM}.{name}", each, Kind(None, "a text"), rows, faults)
            opening = f'<custom-attribute attribute-id="{escape(name, attribute=True)}">'
            pieces += _wrapped(opening, text, "</custom-attribute>", len(rows))
        together = joined(pieces, len(rows), lenient=True)
        some = pc.if_else(pc.equal(together, ""), pa.scalar(None, pa.string()), together)
        return joined([f"<{CUSTOM}>", some, f"</{CUSTOM}>"], len(rows), lenient=False)

    def _several(self, name: str, rule: Rule, rows: pa.Table, batch: Batch, faults: _Faults) -> Text:
        """Write an element for each child row: the tiers of a price, by quantity."""
        assert isinstance(rule, Each)
        kind = self.form.elements[name]
        children, parents = below(rows, batch.tables[rule.each])
        none = np.ones(len(rows), bool)
        none[parents] = False
        faults.say(none, Complaint("no_price", "there is no price to write; correct the ERP's price table", rule.each))
        own = _Faults(len(children))
        pieces: list[Text] = [f"<{name}"]
        quantity = rule.body.root.get("@quantity")
        if quantity is not None:
            text = self._checked(f"{name}/@quantity", quantity, kind, children, own)
            pieces += _wrapped(' quantity="', text, '"', len(children), attribute=True)
        text = self._checked(name, rule.body.root[VALUE], kind, children, own)
        own.missing(text, f"{rule.each}.{_column_of(rule.body.root[VALUE])}")
        pieces += [">", *_wrapped("", text, "", len(children)), f"</{name}>"]
        faults.spread(own, parents)
        if not len(children):
            return pa.nulls(len(rows), pa.string())
        offsets = np.searchsorted(parents, np.arange(len(rows) + 1))
        return by_parent(joined(pieces, len(children), lenient=True), offsets, "")


class _Faults:
    """What is wrong with some of a batch's rows; none of most batches'."""

    def __init__(self, rows: int) -> None:
        self.sound = np.ones(rows, bool)
        self.found: dict[int, list[Complaint]] = {}

    def say(self, rows: NDArray[np.bool_], complaint: Complaint) -> None:
        """Say the same of several rows, given by mask."""
        if rows.any():
            self.sound[rows] = False
            for row in np.flatnonzero(rows).tolist():
                self.found.setdefault(row, []).append(complaint)

    def worked(self, worked: Worked) -> None:
        """Say what a rule could not be worked out for."""
        for row, fault in worked.faults.items():
            self.sound[row] = False
            self.found.setdefault(row, []).append(fault.complaint)

    def missing(self, text: Text | None, column: str) -> None:
        """Say which rows lack a text that must be there."""
        complaint = Complaint("value_missing", f"{column} is empty; a feed cannot go without it", column)
        if text is None:
            self.say(np.ones(len(self.sound), bool), complaint)
        elif isinstance(text, pa.Array) and text.null_count:
            self.say(pc.is_null(text).to_numpy(zero_copy_only=False), complaint)

    def check(self, text: Text | None, kind: Kind, name: str, column: str | None) -> None:
        """Say which texts are not as the schema wants them; a null is not looked at."""
        if text is None:
            return
        texts = text if isinstance(text, pa.Array) else pa.array([text])
        whole = f"^(?s:{kind.pattern})$" if kind.pattern else ""
        wrong = pc.match_substring_regex(texts, FORBIDDEN)
        if whole:
            wrong = pc.or_(wrong, pc.invert(pc.match_substring_regex(texts, whole)))
        if kind.longest is not None:
            wrong = pc.or_(wrong, pc.greater(pc.utf8_length(texts), kind.longest))
        mask = pc.fill_null(wrong, fill_value=False).to_numpy(zero_copy_only=False)
        if mask.any():
            longest = f" of at most {kind.longest} characters" if kind.longest is not None else ""
            says = f"{name} must be {kind.says}{longest}, and hold no character that XML cannot"
            mask = mask if isinstance(text, pa.Array) else np.ones(len(self.sound), bool)
            self.say(mask, Complaint("not_allowed_by_the_schema", f"{says}; correct it in the ERP", column))

    def add(self, other: _Faults, only: NDArray[np.bool_]) -> None:
        """Take over what is wrong with some of the same rows."""
        for row, complaints in other.found.items():
            if only[row]:
                self.sound[row] = False
                known = self.found.setdefault(row, [])
                known += [each for each in complaints if each.field not in {said.field for said in known}]

    def spread(self, other: _Faults, parents: NDArray[np.int64]) -> None:
        """Take over what is wrong with child rows."""
        for child, complaints in other.found.items():
            row = int(parents[child])
            self.sound[row] = False
            self.found.setdefault(row, []).extend(complaints)

    def refused(self, rows: pa.Table) -> list[Refused]:
        """Give the rows at fault."""
        places = sorted(self.found)
        named = rows.select(["record", "key"]).take(places).to_pylist()
        return [
            Refused(each["record"], each["key"], tuple(dict.fromkeys(self.found[place])))
            for place, each in zip(places, named, strict=True)
        ]


def _wrapped(before: str, text: Text | None, after: str, rows: int, *, attribute: bool = False) -> list[Text]:
    """Escape a text and put what belongs to it around it; where it is null, nothing of it remains."""
    if text is None:
        return []
    if isinstance(text, str):
        return [before + escape(text, attribute=attribute) + after]
    safe = escaped(text, attribute=attribute)
    if not safe.null_count:
        return [before, safe, after]
    return [] if safe.null_count == rows else [joined([before, safe, after], rows, lenient=False)]


def _column_of(rule: Rule) -> str | None:
    return next(iter(reads(rule)), None)
