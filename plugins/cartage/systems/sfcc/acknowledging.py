"""Telling the shop what became of its orders: by REST, or by a file that a job of the merchant's reads.

SFCC knows no acknowledgement file of its own, and importing order XML is no safe way to change orders
on production. So the file is order-shaped and small, and the cartridge in ``deploy/sfcc`` reads it:

```xml
<orders xmlns="http://www.demandware.com/xml/impex/order/2006-10-31">
    <order order-no="00017">
        <status><export-status>EXPORTED</export-status></status>
        <external-order-no>4711</external-order-no>
        <external-order-status>created</external-order-status>
    </order>
</orders>
```

It is named ``{site}_acknowledgements_{hash}.xml``: the same outcomes make the same file again.
"""

from __future__ import annotations

import hashlib
import logging
import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from cartage.errors import RetryableError
from cartage.records.outcome import Outcome
from cartage.systems.sfcc.hook import ShopRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.records.outcome import Verdict
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.sftp_folder import SftpFolder

log = logging.getLogger(__name__)

NAMESPACE = "http://www.demandware.com/xml/impex/order/2006-10-31"
TAKEN = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
"""Outcomes that the shop is told of: the order is in the ERP."""


class Acknowledger(Protocol):
    """Tells the shop what became of its records."""

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell it; doing it twice is doing it once."""


class ScapiAcknowledger:
    """Sets export status, external status and the ERP's number on each order that is in the ERP.

    Args:
        hook: the shop's API.
    """

    def __init__(self, hook: SfccHook) -> None:
        self._hook = hook

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell the shop. An order that the shop refuses to change is logged, and stops no other.

        Raises:
            RetryableError: after all others were told, when some could not be for now.
            BatchError: at once, when the shop refuses the API client.
        """
        refused, postponed = [], None
        told = 0
        for key, verdict in _taken(verdicts).items():
            try:
                self._tell(key, verdict)
                told += 1
            except ShopRefused as error:
                refused.append(key)
                log.warning("%s was not acknowledged: %s", key, error)
            except RetryableError as error:
                postponed = error
                log.warning("%s was not acknowledged for now: %s", key, error)
        log.info("%d orders acknowledged, %d refused by the shop", told, len(refused))
        if postponed:
            raise postponed

    def _tell(self, key: str, verdict: Verdict) -> None:
        site, _, order_no = key.partition("/")
        params = {"siteId": site}
        number = verdict.target_number or verdict.target_id
        # The number goes first: an order that counts as exported can then always be found in the ERP.
        if number:
            body = {"c_erpOrderNo": number}
            self._hook.request("PATCH", self._hook.order_path(order_no), params=params, body=body)
        status = self._hook.order_path(order_no, "/external-status")
        self._hook.request("PUT", status, params=params, body={"status": verdict.outcome.value})
        export = self._hook.order_path(order_no, "/export-status")
        self._hook.request("PUT", export, params=params, body={"status": "exported"})


class FeedAcknowledger:
    """Leaves an acknowledgement file for each site on the shop's SFTP server; see the module.

    Args:
        server: the shop's SFTP server.
        folder: where its job looks.
    """

    def __init__(self, server: SftpFolder, folder: str) -> None:
        self._server = server
        self._folder = folder

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Tell the shop.

        Raises:
            BatchError: wrong credentials, unknown host key, no right to the folder.
            RetryableError: the server does not answer for now.
        """
        by_site: dict[str, dict[str, Verdict]] = defaultdict(dict)
        for key, verdict in _taken(verdicts).items():
            site, _, order_no = key.partition("/")
            by_site[site][order_no] = verdict
        for site, orders in sorted(by_site.items()):
            content = _document(orders)
            name = f"{site}_acknowledgements_{hashlib.sha256(content).hexdigest()[:16]}.xml"
            with self._server.connected():
                self._server.write(posixpath.join(self._folder, name), content)


def _taken(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """Give the last verdict of each order that is in the ERP, by key, in a stable order."""
    taken = {each.key: each for each in sorted(verdicts, key=lambda each: each.row) if each.outcome in TAKEN}
    return dict(sorted(taken.items()))


def _document(orders: dict[str, Verdict]) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}orders", nsmap={None: NAMESPACE})
    for order_no, verdict in orders.items():
        order = etree.SubElement(root, f"{{{NAMESPACE}}}order", {"order-no": order_no})
        status = etree.SubElement(order, f"{{{NAMESPACE}}}status")
        etree.SubElement(status, f"{{{NAMESPACE}}}export-status").text = "EXPORTED"
        number = verdict.target_number or verdict.target_id
        if number:
            etree.SubElement(order, f"{{{NAMESPACE}}}external-order-no").text = number
        etree.SubElement(order, f"{{{NAMESPACE}}}external-order-status").text = verdict.outcome.value
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content
