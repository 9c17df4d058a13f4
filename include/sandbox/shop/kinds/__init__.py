"""The varieties, by what they vary. Importing this package registers them all."""

from __future__ import annotations

from sandbox.shop.kinds import baskets, customers, discounts, fulfilment, life, payments, taxes, words

ALL = (baskets, customers, discounts, fulfilment, life, payments, taxes, words)
