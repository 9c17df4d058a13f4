"""What the demo prints of the ledger: a table of what happened, and the reasons of what did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cartage.ledger import Ledger

OUTCOMES = ("created", "updated", "unchanged", "superseded", "skipped", "held", "quarantined", "rejected")
INTEGRATION = "sfcc_netsuite"


@dataclass
class Counts:
    """Records by run and outcome.

    Attributes:
        runs: a row a run: its flow, its id in Airflow, and its counts.
    """

    runs: list[tuple[str, str, dict[str, int]]] = field(default_factory=list)

    def total(self, name: str) -> int:
        """Give the sum over all runs of one count."""
        return sum(counts.get(name, 0) for _, _, counts in self.runs)

    @property
    def unaccounted(self) -> int:
        """Records without an outcome."""
        return self.total("unaccounted")

    def line(self) -> str:
        """Give the sums as ``name=number`` words."""
        return " ".join(f"{name}={self.total(name)}" for name in ("extracted", *OUTCOMES, "unaccounted"))


def read_counts() -> Counts:
    """Read every run's accounting identity from the ledger."""
    ledger = Ledger.from_connection("cartage_ledger")
    counts = Counts()
    for run in reversed(ledger.runs.recent(INTEGRATION, limit=50)):
        balances = ledger.outcomes.balance(run.id).values()
        row = {name: sum(each.count(name) for each in balances) for name in OUTCOMES}  # type: ignore[arg-type]
        row["extracted"] = sum(each.extracted for each in balances)
        row["unaccounted"] = sum(each.unaccounted for each in balances)
        counts.runs.append((run.flow, run.dag_run_id, row))
    return counts


def print_table(counts: Counts) -> None:
    """Print a row a run and a row of sums."""
    names = ("extracted", *OUTCOMES, "unaccounted")
    print("\n" + f"{'run':<46}" + "".join(f"{name:>12}" for name in names))
    for flow, run, row in counts.runs:
        print(f"{flow + ' ' + run[:36]:<46}" + "".join(f"{row.get(name, 0):>12}" for name in names))
    print(f"{'sum':<46}" + "".join(f"{counts.total(name):>12}" for name in names), flush=True)


def print_reasons() -> None:
    """Print why records are not in the ERP, most frequent first, with an example of each."""
    ledger = Ledger.from_connection("cartage_ledger")
    reasons: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for run in ledger.runs.recent(INTEGRATION, limit=50):
        for verdict in ledger.outcomes.verdicts(run.id):
            if verdict.outcome in {"quarantined", "rejected", "skipped", "held"} and verdict.complaints:
                reason = (verdict.outcome.value, verdict.complaints[0].code)
                reasons[reason] += 1
                example.setdefault(reason, verdict.complaints[0].message)
    print("\nWhy some are not in the ERP")
    for (outcome, code), number in reasons.most_common():
        print(f"  {number:>4} {outcome:<12} {code:<28} {example[outcome, code][:110]}", flush=True)
