"""Logs that are written by somebody else, and not as agreed: a feed's load must not break on them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from cartage.systems.sfcc.feeds.file_logs import read_report
from cartage.systems.sfcc.feeds.job_logs import below_sites, moment

SUMMARY = b'\n{"summary": {"status": "OK"}}'


@pytest.mark.parametrize(
    "line",
    [
        b'{"summary": "all went well"}',
        b'{"summary": ["OK"]}',
        b'{"severity": "DATAERROR", "ids": ["RefArch-inventory", "4711"]}',
        b'{"severity": "DATAERROR", "ids": "4711"}',
        b"[" * 100_000,
        b"nothing that is JSON",
    ],
)
def test_a_log_with_a_line_of_another_form_says_nothing(line: bytes) -> None:
    assert read_report(io.BytesIO(line + SUMMARY), "feed.xml", "feed.xml.log.jsonl") is None


def test_a_line_number_that_is_none_is_passed_over() -> None:
    line = json.dumps({"severity": "DATAERROR", "ids": {"product-id": "4711"}, "line": "of 4711"}).encode()
    report = read_report(io.BytesIO(line + SUMMARY), "feed.xml", "feed.xml.log.jsonl")
    assert report is not None
    assert [each.line for each in report.entries] == [None]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("/Sites/LOGS/jobs/Import/Import-1.log", "/LOGS/jobs/Import/Import-1.log"),
        ("Sites/LOGS/jobs/Import/Import-1.log", "/LOGS/jobs/Import/Import-1.log"),
        ("Import-1.log", "/Import-1.log"),
        ("/Sites/LOGS/../../../users.log", "/users.log"),
    ],
)
def test_a_log_is_looked_for_below_the_sites_whatever_its_path_looks_like(said: str, asked: str) -> None:
    assert below_sites(said) == asked


def test_an_end_that_is_written_in_another_way_is_none() -> None:
    assert (
        moment("2026-01-01T00:00:05.000Z") == moment("2026-01-01T00:00:05") == datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC)
    )
    assert moment("yesterday") is None
    assert moment(None) is None
