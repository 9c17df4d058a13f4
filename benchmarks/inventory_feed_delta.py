"""inventory_feed_delta: the same with 1 % news; see `benchmarks.inventory_feed`."""

from benchmarks.inventory_feed import delta as run

__all__ = ["run"]
