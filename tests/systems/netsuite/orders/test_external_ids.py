"""External ids: one thing, one id, in NetSuite's alphabet, whatever the shop calls things."""

from __future__ import annotations

import hashlib
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite import external_ids

ALLOWED = re.compile(r"[a-z0-9_-]{1,100}")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
CLOSE = st.text(st.sampled_from("aA_-5fg/ ß"), min_size=1, max_size=8)
NAMES = TEXT | CLOSE
KINDS = st.sampled_from(["so", "part", "dep", "part-dep", "cust", "guest", "once", "cont"])


def made(kind: str, integration: str, site: str, key: str, other: str) -> str:
    """One id of each kind that there is."""
    names = (integration, site, key)
    return {
        "so": lambda: external_ids.sales_order(*names),
        "part": lambda: external_ids.sales_order(*names, other),
        "dep": lambda: external_ids.deposit(*names, 0),
        "part-dep": lambda: external_ids.deposit(*names, 0, other),
        "cust": lambda: external_ids.customer(integration, site, external_ids.number_key(key)),
        "guest": lambda: external_ids.customer(integration, site, external_ids.guest_key(key)),
        "once": lambda: external_ids.customer(integration, site, external_ids.one_time_key(key)),
        "cont": lambda: external_ids.contact(integration, site, external_ids.number_key(key)),
    }[kind]()


def meant(kind: str, integration: str, site: str, key: str, other: str) -> tuple[str, ...]:
    """What an id stands for: two that mean the same may be equal, no others."""
    if kind == "guest":
        key = key.strip().casefold()
    return (kind, integration, site, key, other if kind.startswith("part") else "")


@settings(max_examples=300, deadline=None)
@given(st.tuples(KINDS, NAMES, NAMES, NAMES, NAMES))
def test_ids_are_in_netsuites_alphabet_and_short(parts: tuple[str, str, str, str, str]) -> None:
    assert ALLOWED.fullmatch(made(*parts))


@settings(max_examples=500, deadline=None)
@given(st.tuples(KINDS, CLOSE, CLOSE, CLOSE, CLOSE), st.tuples(KINDS, CLOSE, CLOSE, CLOSE, CLOSE))
@example(("so", "x", "a-so-b", "c", "x"), ("so", "x", "a", "b-so-c", "x"))
@example(("so", "x", "a", "1_sme", "x"), ("part", "x", "a", "1", "me"))
@example(("so", "x", "a", "_41", "x"), ("so", "x", "a", "A", "x"))
@example(("so", "x", "a", "Abc", "x"), ("so", "x", "a", "abc", "x"))
def test_different_things_have_different_ids(one: tuple[str, ...], two: tuple[str, ...]) -> None:
    same = made(*one).lower() == made(*two).lower()  # type: ignore[arg-type]
    assert same == (meant(*one) == meant(*two))  # type: ignore[arg-type]


@given(st.text("ab/", min_size=120, max_size=140), st.text("ab/", min_size=120, max_size=140))
def test_long_names_differ_too(one: str, two: str) -> None:
    ids = [external_ids.sales_order("shop", "site", each) for each in (one, two)]
    assert all(len(each) <= external_ids.LONGEST for each in ids)
    assert (ids[0] == ids[1]) == (one == two)


def test_the_scheme_never_changes() -> None:
    """Ids as version 1 writes them; they stand in accounts, so this test may only ever grow."""
    assert external_ids.SCHEME == 1
    assert external_ids.sales_order("sfcc_netsuite", "RefArch", "00017") == "sfcc_5fnetsuite-_52ef_41rch-so-00017"
    assert external_ids.sales_order("shop", "de", "A 1/ü") == "shop-de-so-_41_201_2f_c3_bc"
    assert external_ids.sales_order("shop", "de-at", "1-2", "me") == "shop-de_2dat-so-1-2_sme"
    assert external_ids.deposit("shop", "de", "17", 1, "me") == "shop-de-dep-17_p1_sme"
    assert external_ids.customer("shop", "de", external_ids.number_key("C-1")) == "shop-de-cust-_43-1"
    digest = hashlib.sha256(b"erika@example.com").hexdigest()
    guest = external_ids.customer("shop", "de", external_ids.guest_key(" Erika@Example.com "))
    assert guest == f"shop-de-cust-_g{digest[:40]}"
    assert external_ids.sales_order("shop", "de", "x" * 120) == (
        "shop-de-so-" + "x" * 45 + "_h" + hashlib.sha256(b"shop-de-so-" + b"x" * 120).hexdigest()[:40]
    )


def test_ids_hold_no_personal_data() -> None:
    assert "erika" not in external_ids.customer("shop", "de", external_ids.guest_key("erika@example.com"))
