"""What a benchmark gives, and how it is printed and kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True)
class Figure:
    """One figure and its baseline, measured in the same run.

    Attributes:
        name: what was measured.
        value: how fast, in `unit`.
        unit: for example ``MB/s``.
        baseline: the same unit, of what it is compared with.
        peak_mb: growth of resident memory over the process after its imports, in MB.
    """

    name: str
    value: float
    unit: str
    baseline: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Value over baseline: what may be compared between machines."""
        return self.value / self.baseline

    def line(self) -> str:
        """Give the line that `make bench` prints."""
        return (
            f"{self.name}: {self.value:.1f} {self.unit}, baseline {self.baseline:.1f}, "
            f"ratio {self.ratio:.2f}, peak {self.peak_mb:.0f} MB"
        )


def measure(name: str) -> list[Figure]:
    """Run the benchmark that is a module of this package, and give its figure or figures."""
    found: Figure | list[Figure] = import_module(f"benchmarks.{name}").run()
    return [found] if isinstance(found, Figure) else found


def keep(figures: list[Figure], path: Path = LATEST) -> None:
    """Write figures to `latest.json`; those of other benchmarks stay."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for figure in figures:
        values = {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(figure).items()}
        values.pop("name")
        kept[figure.name] = values | {"ratio": round(figure.ratio, 3)}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
