"""inventory_feed_full: a million rows of stock to the finished feed that tells them all; see `benchmarks.inventory_feed`."""

from benchmarks.inventory_feed import full as run

__all__ = ["run"]
