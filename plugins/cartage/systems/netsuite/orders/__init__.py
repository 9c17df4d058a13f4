"""How an order of the shop becomes documents of NetSuite, a module for each part of it."""
