"""What SFCC's APIs answer when something is wrong, and what follows from it.

Errors are problem documents (RFC 7807); OCAPI has a form of its own. A Retry-After is not promised
(https://developer.salesforce.com/docs/commerce/commerce-api/guide/error-response-codes.html).
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

SHED = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may go through."""


@dataclass(frozen=True)
class Problem:
    """An error answer: RFC 7807, OCAPI's fault, or what could be read of it."""

    status: int
    title: str
    type: str
    detail: str

    def __str__(self) -> str:
        """Give status and title, which name no person."""
        return f"{self.status} {self.title or self.kind or 'without a reason'}"

    @property
    def kind(self) -> str:
        """The last part of its type, by which problems are told apart: ``site-not-found``."""
        return self.type.rstrip("/").rsplit("/", 1)[-1]


def problem_of(answer: requests.Response) -> Problem:
    """Read an error answer, whatever it is written in."""
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    fault = said.get("fault")
    if isinstance(fault, dict):  # OCAPI's form
        kind = str(fault.get("type", ""))
        return Problem(answer.status_code, kind, kind, str(fault.get("message", "")))
    return Problem(
        answer.status_code,
        str(said.get("title", "")),
        str(said.get("type", "")),
        str(said.get("detail", "")),
    )


def pause_after(answer: requests.Response | requests.RequestException, attempt: int) -> float:
    """Give how long to wait: what the shop asks for, else a growing time with jitter."""
    asked = answer.headers.get("Retry-After") if isinstance(answer, requests.Response) else None
    if asked and asked.strip().isdigit():
        return float(asked)
    if asked:
        try:
            return max(parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
        except ValueError:
            pass
    return float(2**attempt) * (0.5 + random.random())  # noqa: S311 - spreads senders, hides nothing


def tested(answer: requests.Response | requests.RequestException, site: str | None) -> tuple[bool, str]:
    """Say what an answer to a request for one order of a site tells of a connection.

    Args:
        answer: of a request with a token that Account Manager just gave.
        site: the site; None: one was asked for that no shop has, which only a shop that knows the organization says.
    """
    if not isinstance(answer, requests.Response):
        return False, f"The Base URL does not answer ({type(answer).__name__}): correct it."
    if answer.ok and _is_list(answer):
        return True, f"Account Manager gave a token, and the shop answers for site {site}."
    if answer.ok:
        return False, "The Base URL answers, but not as SCAPI does: correct it."
    problem = problem_of(answer)
    if problem.kind == "site-not-found" and site is None:
        return (
            True,
            "Account Manager gave a token, and the shop knows the organization. Name a site to have it tested too.",
        )
    return False, f"The shop answered {problem}: {_remedy(problem, site)}."


def _remedy(problem: Problem, site: str | None) -> str:
    if problem.kind == "site-not-found":
        return f"it has no site {site}; correct it, or the organization"
    if problem.status in (401, 403):
        return "give the API client the scope sfcc.orders.rw, and correct tenant or organization"
    if problem.status in SHED:
        return "test again later"
    return f"correct Base URL or organization{'' if site else ', or name a site of the shop'}"


def _is_list(answer: requests.Response) -> bool:
    """Whether this is a list of orders, even an empty one."""
    try:
        body = answer.json()
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("data", []), list)
