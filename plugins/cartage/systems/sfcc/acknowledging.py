"""Telling the shop what became of its orders: by REST, or by a file that a job of the merchant's reads.

SFCC knows no acknowledgement file of its own, and importing order XML is no safe way to change orders
on production. So the file is order-shaped and small, for a job step of the merchant's to read:

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
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from cartage.errors import RetryableError
from cartage.records.order import ERP_ORDER_NO
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

SENDERS = 8
"""Requests under way at a time: each order takes up to four, and SCAPI answers in a few tenths of a second."""

PORTION = 64
"""Orders told together; when all of them fail, the shop is taken to be down."""


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
            RetryableError: when some could not be told for now; all others were, unless the shop is down.
            BatchError: at once, when the shop refuses the API client.
        """
        postponed: list[RetryableError] = []
        refused = told = 0
        rest = iter(_taken(verdicts).items())
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="acknowledge") as pool:
            while some := list(islice(rest, PORTION)):
                failures = [each for each in pool.map(self._try, some) if each is not None]
                for_now = [each for each in failures if isinstance(each, RetryableError)]
                refused += len(failures) - len(for_now)
                told += len(some) - len(failures)
                postponed += for_now
                if len(for_now) == len(some) and len(some) >= SENDERS:
                    log.warning("the shop does not answer; what is left is told by the next try")
                    break
        log.info("%d orders acknowledged, %d refused by the shop, %d not told for now", told, refused, len(postponed))
        if postponed:
            raise postponed[-1]

    def _try(self, taken: tuple[str, Verdict]) -> ShopRefused | RetryableError | None:
        """Tell the shop of one order and give why that failed; runs in a thread."""
        key, verdict = taken
        try:
            self._tell(key, verdict)
        except ShopRefused as error:
            log.warning("%s was not acknowledged: %s", key, error)
            return error
        except RetryableError as error:
            log.warning("%s was not acknowledged for now: %s", key, error)
            return error
        return None

    def _tell(self, key: str, verdict: Verdict) -> None:
        """Change what the shop does not know yet.

        Every change of an order is a modification, after which polling reads it again: an order that is told
        the same each time would never come to rest.
        """
        site, _, order_no = key.partition("/")
        new = verdict.outcome is Outcome.CREATED
        known = {} if new else self._hook.request("GET", self._hook.order_path(order_no), params={"siteId": site})
        number = _number(verdict)
        # The number goes first: an order that counts as exported can then always be found in the ERP.
        if number and known.get(f"c_{ERP_ORDER_NO}") != number:
            self._change(site, order_no, "PATCH", "", {f"c_{ERP_ORDER_NO}": number})
        status = known.get("externalOrderStatus") or Outcome.CREATED.value
        if verdict.outcome is not Outcome.UNCHANGED:
            status = verdict.outcome.value
        if known.get("externalOrderStatus") != status:
            self._change(site, order_no, "PUT", "/external-status", {"status": status})
        if known.get("exportStatus") != "exported":
            self._change(site, order_no, "PUT", "/export-status", {"status": "exported"})

    def _change(self, site: str, order_no: str, method: str, resource: str, body: dict[str, str]) -> None:
        self._hook.request(method, self._hook.order_path(order_no, resource), params={"siteId": site}, body=body)


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


def _number(verdict: Verdict) -> str | None:
    """Give the ERP's number of the order, as people know it; the internal id where there is none."""
    return verdict.target_number or verdict.target_id


def _document(orders: dict[str, Verdict]) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}orders", nsmap={None: NAMESPACE})
    for order_no, verdict in orders.items():
        order = etree.SubElement(root, f"{{{NAMESPACE}}}order", {"order-no": order_no})
        status = etree.SubElement(order, f"{{{NAMESPACE}}}status")
        etree.SubElement(status, f"{{{NAMESPACE}}}export-status").text = "EXPORTED"
        number = _number(verdict)
        if number:
            etree.SubElement(order, f"{{{NAMESPACE}}}external-order-no").text = number
        etree.SubElement(order, f"{{{NAMESPACE}}}external-order-status").text = verdict.outcome.value
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return content
