"""A ledger in which a few things have happened, by the ledger's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from cartage.errors import Complaint
from cartage.ledger import Entry
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Attempt, DocumentKey, DocumentResult, Drop
from cartage.windows import Selection, Window
from tests.ledger.ledger_examples import rows

if TYPE_CHECKING:
    from cartage.ledger import Ledger

KEY = Fernet.generate_key().decode()
NAME = "sfcc_netsuite"
ORDERS = f"{NAME}.orders"
EMAIL, PHONE = "Ada@Example.com", "+49 30 1234567"
SCRIPT = "<script>alert(1)</script>"
"""What a customer calls themselves who wants to try."""

REQUEST = '{"entity": {"id": "12"}, "otherRefNum": "00017", "memo": "' + SCRIPT + '"}'
UNKNOWN = Complaint("unknown_item", f"RefArch/00018: NetSuite knows no item of sku {SCRIPT}", "lines.product_id")


@dataclass
class Small:
    """The ledger, and the ids of its runs.

    Attributes:
        first: created 00017 and quarantined 00018.
        again: read 00017 once more.
        shipped: told the shop of 00017's shipment.
        open: a run that is under way.
        failed: a run that failed before it read anything.
    """

    ledger: Ledger
    first: int = 0
    again: int = 0
    shipped: int = 0
    open: int = 0
    failed: int = 0

    @classmethod
    def fill(cls, ledger: Ledger) -> Small:
        """Let things happen."""
        small = cls(ledger)
        small.first = small.start("orders", "scheduled__1")
        small.create_and_quarantine()
        small.again = small.start("orders", "scheduled__2")
        ledger.outcomes.extracted(small.again, "order", rows("RefArch/00017"), 0)
        ledger.outcomes.settle(small.again, "order", [Verdict(0, "RefArch/00017", Outcome.UNCHANGED, (), "77")])
        ledger.runs.close(small.again, "settled")
        small.shipped = small.start("shipments", "scheduled__1")
        ledger.outcomes.extracted(small.shipped, "shipment", rows("RefArch/00017"), 0)
        ledger.outcomes.settle(small.shipped, "shipment", [Verdict(0, "RefArch/00017", Outcome.UPDATED)])
        ledger.terms.note(NAME, "shipment", [("tracking", "RefArch/00017", "1Z999AA10123456784")])
        ledger.runs.close(small.shipped, "settled")
        small.failed = small.start("prices", "manual__1", run_type="manual", started_by="ada")
        ledger.runs.close(small.failed, "failed", note=f"extract failed {SCRIPT}")
        small.open = small.start("orders", "scheduled__3")
        ledger.outcomes.extracted(small.open, "order", rows("RefArch/00019"), 0)
        return small

    def start(self, flow: str, name: str, *, run_type: str = "scheduled", started_by: str | None = None,
              selection: Selection | None = None) -> int:  # fmt: skip
        """Open a run."""
        now = datetime.now(UTC)
        return self.ledger.runs.open(
            integration=NAME, flow=flow, dag_id=f"{NAME}.{flow}", dag_run_id=name, run_type=run_type,
            started_by=started_by, window=Window(now - timedelta(minutes=15), now),
            selection=selection or Selection(), settings_digest="0" * 64,
        )  # fmt: skip

    def create_and_quarantine(self) -> None:
        """Create 00017 as SO1042, and hold 00018 back."""
        ledger, run, now = self.ledger, self.first, datetime.now(UTC)
        ledger.drops(NAME, "orders", run).put(
            Drop("RefArch_orders.xml", "/outbound/RefArch_orders.xml", "a" * 64, 10, "RefArch", None, now, "file:/x")
        )
        ledger.outcomes.extracted(run, "order", rows("RefArch/00017", "RefArch/00018"), 0)
        ledger.terms.note(
            NAME,
            "order",
            [
                ("email", "RefArch/00017", EMAIL),
                ("phone", "RefArch/00017", PHONE),
                ("customer", "RefArch/00017", "C-5"),
            ],
        )
        journal = ledger.journal(run, NAME, "netsuite")
        document = DocumentKey("salesOrder", f"{NAME}-RefArch-so-00017", "order", "RefArch/00017", "1", "a" * 64)
        (claim,) = journal.claim([document])
        attempt = Attempt(datetime.now(UTC), "POST", "/record/v1/salesOrder", 204, REQUEST, None, 210)
        journal.results([DocumentResult(claim.document, "created", "77", "SO1042", (), (attempt,))])
        ledger.quarantine.put(
            run,
            "orders",
            "order",
            [Entry(1, "RefArch/00018", "1", "validate", (UNKNOWN,), b"{}", emails=("eve@x.org",))],
        )
        ledger.outcomes.settle(
            run,
            "order",
            [
                Verdict(0, "RefArch/00017", Outcome.CREATED, (), "77"),
                Verdict(1, "RefArch/00018", Outcome.QUARANTINED, (UNKNOWN,)),
            ],
        )
        ledger.runs.close(run, "settled")
