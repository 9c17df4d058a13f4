"""Who may do what: every route, for nobody, for somebody without rights, for a reader and for an operator."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fastapi import Depends, FastAPI
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cartage.console.app import application
from cartage.console.ledgers import open_ledger
from cartage.console.tokens import HOUR, HOURS, same_origin, token_for
from tests.console.small_ledger import NAME, ORDERS, PHONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.small_ledger import Small

SEE, RUN, EDIT, ADMIN, ANYONE = "see", "run", "edit", "admin", "anyone"
BODIES = {
    "/errors/1/check": {"text": ""},
    "/errors/1/edit": {"text": "", "seen": ""},
    "/errors/dismiss": {"ids": [1], "reason": "not wanted"},
    "/errors/assign": {"ids": [1], "assignee": ""},
    "/errors/tag": {"ids": [1], "tag": "tagged", "do": "take"},
    "/mappings/check": {"kind": "settings", "name": NAME, "body": ""},
    "/mappings/try": {"kind": "settings", "name": NAME, "body": "settings: []"},
    "/mappings/save": {"kind": "settings", "name": NAME, "body": "settings: []", "parent": 0, "note": "x"},
    "/mappings/roll-back": {"kind": "settings", "name": NAME, "revision": 99, "parent": 0},
}
"""What is sent where it must be JSON; it leaves the small ledger as others expect it."""

ROUTES = [
    # method, path with an example, the route's own path, who may
    ("GET", "/", "/", ANYONE),
    ("GET", "/static/console.css", "/static/{name}", ANYONE),
    ("GET", f"/flows/{ORDERS}/runs", "/flows/{dag_id}/runs", SEE),
    ("GET", f"/reports/{ORDERS}/1", "/reports/{dag_id}/{run}", SEE),
    ("GET", "/records", "/records", ANYONE),
    ("POST", "/records", "/records", ANYONE),
    ("GET", f"/records/{NAME}/RefArch/00017", "/records/{integration}/{key:path}", SEE),
    ("GET", "/errors", "/errors", ANYONE),
    ("GET", "/errors/chosen", "/errors/chosen", ANYONE),
    ("GET", "/errors/list.csv", "/errors/list.csv", ANYONE),
    ("GET", "/errors/1", "/errors/{entry}", SEE),
    ("POST", "/errors/1/reveal", "/errors/{entry}/reveal", ADMIN),
    ("POST", "/errors/1/check", "/errors/{entry}/check", RUN),
    ("POST", "/errors/1/edit", "/errors/{entry}/edit", RUN),
    ("POST", "/errors/dismiss", "/errors/dismiss", RUN),
    ("POST", "/errors/assign", "/errors/assign", RUN),
    ("POST", "/errors/tag", "/errors/tag", RUN),
    ("GET", "/mappings", "/mappings", ANYONE),
    ("GET", f"/mappings/text?kind=settings&name={NAME}", "/mappings/text", SEE),
    ("GET", f"/mappings/patch?kind=settings&name={NAME}", "/mappings/patch", SEE),
    ("GET", f"/mappings/deploy?name={NAME}", "/mappings/deploy", SEE),
    ("GET", f"/mappings/deploy.patch?name={NAME}", "/mappings/deploy.patch", SEE),
    ("POST", "/mappings/check", "/mappings/check", EDIT),
    ("POST", "/mappings/try", "/mappings/try", EDIT),
    ("POST", "/mappings/save", "/mappings/save", EDIT),
    ("POST", "/mappings/roll-back", "/mappings/roll-back", EDIT),
    ("GET", "/quality", "/quality", ANYONE),
]
"""Every route; ANYONE who is signed in gets those that show nothing which the reader may not see."""

PHONE_DIGITS = "".join(each for each in PHONE if each.isdigit())
PARAMETER = re.compile(r"\{(\w+(?::path)?)\}")
ODD_BODIES: tuple[Any, ...] = (
    None, [], "x", {}, {"ids": [2**70], "reason": "x", "assignee": "x", "tag": "x"}, {"ids": [-1], "reason": "x"},
    {"kind": "mapping", "name": "netsuite/order", "body": "a: &a [*a]", "parent": 2**70, "revision": 2**70, "note": "x"},
    {"kind": "mapping", "name": "netsuite/order", "body": "[" * 5_000, "parent": 0, "note": "x"},
    {"kind": "mapping", "name": "netsuite/order", "body": "\x00\ud800", "parent": 0, "note": "x", "number": "\ud800"},
    {"kind": "settings", "name": NAME, "body": "- 1", "parent": 0, "note": "x"},
    {"kind": "mapping", "name": "netsuite/order", "body": "text", "parent": 0, "note": "x"},
    {"text": "[" * 100_000, "seen": "\ud800", "note": "\x00"},
)  # fmt: skip

MAY = {
    None: {ANYONE},
    "viewer": {ANYONE, SEE},
    "user": {ANYONE, SEE, RUN, EDIT},
    "admin": {ANYONE, SEE, RUN, EDIT, ADMIN},
}


def harmless(address: str) -> Any:
    """Give a body that ends nothing, for those who may."""
    return None if address == "/errors/dismiss" else BODIES.get(address)


def test_every_route_is_in_the_table() -> None:
    strange = [route for route in application().routes if not isinstance(route, APIRoute)]
    assert not strange, "a mount or a socket would have no user, no rights and no line in the table"
    known = {(method, path) for method, _, path, _ in ROUTES}
    served = {
        (method, route.path)
        for route in application().routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert served == known


@pytest.mark.parametrize(("method", "address", "_path", "_right"), ROUTES)
def test_nobody_gets_in_unseen(console: TestClient, method: str, address: str, _path: str, _right: str) -> None:
    answer = console.request(method, address)
    assert answer.status_code == 401
    assert "RefArch" not in answer.text


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(("method", "address", "_path", "right"), ROUTES)
def test_each_gets_what_airflow_lets_them(
    sign_in: Callable[[str | None], TestClient], role: str | None, method: str, address: str, _path: str, right: str
) -> None:
    body = harmless(address) if right in MAY[role] else BODIES.get(address)
    answer = sign_in(role).request(method, address, json=body, headers={"X-Cartage-Token": token_for("someone")})
    if right in MAY[role]:
        assert answer.status_code != 403
    else:
        assert answer.status_code == 403
        assert "rights" in answer.text or "may not" in answer.text


OPEN_POSTS = {"/records"}
"""POST routes that change nothing: a form's text that is to stand in no address."""


def test_every_change_needs_a_token_of_our_own_page(sign_in: Callable[[str | None], TestClient]) -> None:
    browser, token = sign_in("admin"), token_for("someone")
    for method, address, path, _ in ROUTES:
        if method == "GET":
            continue
        for headers in ({}, {"Authorization": "Bearer "}, {"X-Cartage-Token": token, "Origin": "https://evil.example"}):
            refused = browser.request(method, address, json=BODIES.get(address), headers=headers)
            assert (refused.status_code == 403) is (path not in OPEN_POSTS), (address, headers)


@pytest.mark.parametrize("role", [None, "admin", "nobody"])
def test_every_answer_says_what_browsers_may_do_with_it(
    console: TestClient, sign_in: Callable[[str | None], TestClient], role: str | None
) -> None:
    browser = console if role == "nobody" else sign_in(role)
    for method, address, path, _ in [*ROUTES, ("GET", "/nowhere", "/nowhere", ANYONE)]:
        answer = browser.request(method, address)
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff", address
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "frame-ancestors 'self'" in policy, address
        kept = path == "/static/{name}" and answer.status_code == 200
        assert headers["Cache-Control"] == ("private, max-age=31536000, immutable" if kept else "no-store"), address
        assert headers["Referrer-Policy"] == "same-origin", address


def test_who_may_see_no_flow_is_told_nothing(sign_in: Callable[[str | None], TestClient]) -> None:
    browser = sign_in(None)
    for method, address, _, right in ROUTES:
        if right == ANYONE and method == "GET":
            assert "0001" not in browser.get(address).text, address
    typed = [browser.post("/records", data={"q": each}).headers["Location"] for each in (PHONE_DIGITS, "490000000")]
    assert [each.partition("?")[2][:2] for each in typed] == ["q=", "q="], "a known number is told from no other"
    seen = sign_in("viewer").post("/records", data={"q": PHONE_DIGITS}).headers["Location"]
    assert "?by=" in seen


ODD = ("-1", str(2**70), "\x00", "\ud800", "../..", "a" * 5_000, "9" * 5_000, "x~1")


@pytest.mark.parametrize(("method", "address", "path", "_right"), ROUTES)
def test_nothing_odd_breaks_a_route(
    sign_in: Callable[[str | None], TestClient], method: str, address: str, path: str, _right: str
) -> None:
    browser = sign_in("admin")
    headers = {"X-Cartage-Token": token_for("someone")}
    route = next(
        each
        for each in application().routes
        if isinstance(each, APIRoute) and each.path == path and method in each.methods
    )
    for odd in ODD:
        text = quote(odd.encode("utf-8", "surrogatepass"))
        bare, begun = PARAMETER.sub(text, path), "&" if "?" in address else "?"
        for each in (
            bare,
            *(f"{address}{begun}{one.alias}={text}" for one in get_flat_dependant(route.dependant).query_params),
        ):
            answer = browser.request(method, each, json=harmless(address), headers=headers)
            assert answer.status_code < 500, (each, answer.text)
    for body in ODD_BODIES if method == "POST" else ():
        answer = browser.request(
            method, address, content=json.dumps(body), headers={**headers, "Content-Type": "application/json"}
        )
        assert answer.status_code < 500, (body, answer.text)


def test_what_nobody_foresaw_is_told_without_its_details(console: TestClient, reader: TestClient) -> None:  # noqa: ARG001
    def broken() -> None:
        raise RuntimeError("secret of the database")

    application().dependency_overrides[open_ledger] = broken
    answer = TestClient(application(), raise_server_exceptions=False).get("/errors", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "API server&#39;s log" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_without_rights_lists_are_empty(sign_in: Callable[[str | None], TestClient]) -> None:
    browser = sign_in(None)
    assert "No flow is yours to see" in browser.get("/").text
    assert "Nothing found" in browser.get("/records?q=00017").text


def test_pages_let_no_foreign_script_run(reader: TestClient) -> None:
    page = reader.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy


@pytest.fixture
def changing(reader: TestClient) -> TestClient:  # noqa: ARG001 (signs somebody in)
    """Give an app with a route that changes something."""
    app = FastAPI()

    @app.post("/change", dependencies=[Depends(same_origin)])
    def change() -> str:
        return "changed"

    app.dependency_overrides = application().dependency_overrides
    return TestClient(app, base_url="http://airflow.example")


def test_a_change_needs_the_token_of_ones_own_page(changing: TestClient) -> None:
    token = token_for("someone")
    assert changing.post("/change").status_code == 403
    assert changing.post("/change", headers={"X-Cartage-Token": token_for("somebody else")}).status_code == 403
    assert changing.post("/change", headers={"X-Cartage-Token": token}).json() == "changed"
    assert changing.post("/change", data={"token": token}).json() == "changed"


def test_a_change_comes_from_our_own_origin(changing: TestClient) -> None:
    token = {"X-Cartage-Token": token_for("someone")}
    assert changing.post("/change", headers={**token, "Origin": "http://evil.example"}).status_code == 403
    assert changing.post("/change", headers={**token, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert changing.post("/change", headers={**token, "Origin": "http://airflow.example"}).status_code == 200


@pytest.mark.parametrize("age", [-HOUR, (HOURS + 1) * HOUR])
def test_a_token_does_not_hold_for_ever(changing: TestClient, age: int) -> None:
    old = token_for("someone", at=time.time() - age)
    assert changing.post("/change", headers={"X-Cartage-Token": old}).status_code == 403


def test_trouble_is_told_in_the_form_that_was_asked_for(reader: TestClient, small: Small) -> None:  # noqa: ARG001
    missing = f"/records/{NAME}/RefArch/nothing"
    page = reader.get(missing)
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.text
    assert reader.get(missing, headers={"Accept": "application/json"}).json() == {
        "detail": f"The ledger of {NAME} knows no record RefArch/nothing."
    }
