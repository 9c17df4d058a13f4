"""Prices of the ERP on their way into price books of the shop."""
