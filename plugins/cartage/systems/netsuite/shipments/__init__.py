"""Shipments out of NetSuite: what of an order of the shop was fulfilled, and how it travels."""
