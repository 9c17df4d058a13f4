"""Feeds of stock and prices: written by columns, brought over by SFTP, and their import seen as far as SFCC shows it."""
