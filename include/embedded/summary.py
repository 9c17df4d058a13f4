"""What the demo prints of the ledger: a table of what happened, and the reasons of what did not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cartage.ledger import Ledger
from cartage.records.outcome import Outcome

OUTCOMES = ("created", "updated", "unchanged", "superseded", "skipped", "held", "quarantined", "rejected")
INTEGRATION = "sfcc_netsuite"


@dataclass
class Counts:
    """Records by run and outcome.

    Attributes:
        runs: a row a run: its flow, its id in Airflow, and its counts.
    """

    runs: list[tuple[str, str, dict[str, int]]] = field(default_factory=list)

    @property
    def flows(self) -> dict[str, dict[str, int]]:
        """Give the sums of each flow's runs, and how many there were under ``runs``."""
        sums: dict[str, dict[str, int]] = {}
        for flow, _, counts in self.runs:
            of_flow = sums.setdefault(flow, {})
            for name, number in {**counts, "runs": 1}.items():
                of_flow[name] = of_flow.get(name, 0) + number
        return sums

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
    for run in reversed(ledger.runs.recent(INTEGRATION, limit=200)):
        balances = ledger.outcomes.balance(run.id).values()
        row = {name: sum(each.count(Outcome(name)) for each in balances) for name in OUTCOMES}
        row["extracted"] = sum(each.extracted for each in balances)
        row["unaccounted"] = sum(each.unaccounted for each in balances)
        counts.runs.append((run.flow, run.dag_run_id, row))
    return counts


def print_table(counts: Counts) -> None:
    """Print a row a flow and a row of sums."""
    names = ("runs", "extracted", *OUTCOMES, "unaccounted")
    print("\n" + f"{'flow':<12}" + "".join(f"{name:>12}" for name in names))
    for flow, row in counts.flows.items():
        print(f"{flow:<12}" + "".join(f"{row.get(name, 0):>12}" for name in names))
    sums = {name: counts.total(name) for name in names} | {"runs": len(counts.runs)}
    print(f"{'sum':<12}" + "".join(f"{sums[name]:>12}" for name in names), flush=True)


def print_reasons() -> None:
    """Print why records are not in the ERP, most frequent first, with an example of each."""
    ledger = Ledger.from_connection("cartage_ledger")
    reasons: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for run in ledger.runs.recent(INTEGRATION, limit=200):
        for verdict in ledger.outcomes.verdicts(run.id):
            if verdict.outcome in {"quarantined", "rejected", "skipped", "held"} and verdict.complaints:
                reason = (verdict.outcome.value, verdict.complaints[0].code)
                reasons[reason] += 1
                example.setdefault(reason, verdict.complaints[0].message)
    print("\nWhy some are not where they should go")
    for (outcome, code), number in reasons.most_common():
        print(f"  {number:>4} {outcome:<12} {code:<28} {example[outcome, code][:110]}", flush=True)
