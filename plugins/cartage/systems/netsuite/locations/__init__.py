"""Locations out of NetSuite: where stock lies, and which lists and stores of the shop those places are."""
