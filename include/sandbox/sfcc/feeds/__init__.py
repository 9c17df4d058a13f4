"""Feeds that the shop imports: stock, prices, stores and shipments, read and judged as SFCC does it."""
