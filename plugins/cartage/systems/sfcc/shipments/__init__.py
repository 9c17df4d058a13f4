"""Shipments into SFCC: states, tracking numbers and carriers of the shop's orders."""
