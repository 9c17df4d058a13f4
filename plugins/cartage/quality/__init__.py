"""Validation: expectations into suites, checks of batches, and the report of a run.

What a record must be like stands in ``include/expectations/<record>.yaml``; Great Expectations decides it;
records that fail a critical expectation are quarantined, each with its reasons. Great Expectations takes
seconds to import, so nothing here imports it before a suite is loaded.
"""
