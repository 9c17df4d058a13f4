"""Prices: NetSuite's price levels, quantity breaks and customers' prices become price books of the shop."""
