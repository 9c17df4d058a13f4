"""Stores and inventory lists of SFCC, made of the ERP's locations."""
