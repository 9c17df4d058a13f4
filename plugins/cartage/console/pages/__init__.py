"""The pages, a module each; docs/decisions/0007-console.md says how to add one.

A module has a `router`; the app includes those that are listed here.
"""

from __future__ import annotations

from cartage.console.pages import error, errors, files, mappings, overview, quality, record, runs

PAGES = (overview, runs, record, errors, error, mappings, quality, files)
"""Modules whose routes the console serves."""
