"""Cartage keeps a storefront and an ERP in step, and accounts for every record."""

__version__ = "0.1.0"
