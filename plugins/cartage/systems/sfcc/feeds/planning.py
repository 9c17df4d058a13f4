"""What a dry run says of feed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from cartage.mapping import canonical
from cartage.seams import Compared, DocumentKey, Planned
from cartage.systems.sfcc.feeds.drift import complaint
from cartage.systems.sfcc.feeds.rules import VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.records.batch import Batch
    from cartage.systems.sfcc.feeds.rendering import Renderer


def planned(renderer: Renderer, batch: Batch) -> Iterator[Planned]:
    """Say what each row would tell the shop, beside what it was last told."""
    lines = renderer.lines(batch)
    refused = {each.record: each.complaints for each in lines.refused}
    texts = dict(zip(lines.rows["record"].to_pylist(), lines.texts.to_pylist(), strict=True))
    for row in batch.root.to_pylist():
        document = DocumentKey(
            type=renderer.form.item,
            external_id=f"{row['group']}/{row['sku']}",
            kind=renderer.form.record,
            key=row["key"],
            version=row["version"] or "",
            hash=row["hash"] or "",
        )
        if row["record"] in refused:
            yield Planned(row["record"], document, "quarantine", "", complaints=refused[row["record"]])
            continue
        compared = () if row["before"] is None else (Compared("value", row["before"], row["value"]),)
        action = "create" if row["before"] is None and row["drift"] is None else "update"
        *_, told = etree.fromstring(f"<told>{texts[row['record']]}</told>")  # of a replacement what comes in its place
        body = canonical.dumps(_as_json(told))
        noted = () if row["drift"] is None else (complaint(row["drift"]),)
        yield Planned(row["record"], document, action, body, compared=compared, complaints=noted)  # type: ignore[arg-type]


def _as_json(element: Any) -> Any:
    """Give an element as the mapping's own shape: attributes with an ``@``, elements that repeat as a list."""
    if not len(element) and not element.attrib:
        return element.text or ""
    found: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        value = _as_json(child)
        if child.tag in found:
            known = found[child.tag]
            found[child.tag] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[child.tag] = value
    if not len(element) and element.text:
        found[VALUE] = element.text
    return found
