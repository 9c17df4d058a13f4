"""The varieties, by what they vary. Importing this package registers them all."""

from __future__ import annotations

from sandbox.shop.kinds import baskets, discounts, payments

ALL = (baskets, discounts, payments)
