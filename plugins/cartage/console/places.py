"""Where the pages stand: in the console's own navigation, and in Airflow's.

Airflow imports this in every process that loads plugins, so nothing but data stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREFIX = "/cartage"
"""Where Airflow mounts the console."""


@dataclass(frozen=True)
class Place:
    """A page that people go to by name.

    Attributes:
        path: below the console's prefix, for example ``/records``.
        title: what navigation calls it.
        route: how Airflow's address names it: ``/plugin/<route>``.
    """

    path: str
    title: str
    route: str


OVERVIEW = Place("/", "Overview", "cartage")
FIND = Place("/records", "Find", "cartage-find")

ERRORS = Place("/errors", "Errors", "cartage-errors")
QUALITY = Place("/quality", "Quality", "cartage-quality")
MAPPINGS = Place("/mappings", "Mappings and settings", "cartage-mappings")

PLACES: tuple[Place, ...] = (OVERVIEW, FIND, ERRORS, QUALITY, MAPPINGS)
"""All of them, in the order of the navigation."""


def external_views(base: str = "") -> list[dict[str, Any]]:
    """Give the pages as Airflow's plugins declare them.

    The overview is a button of Airflow's own navigation; the others stand under *Plugins*, *Cartage*. Airflow
    shows each in an iframe.

    Args:
        base: path that Airflow itself is served under, without a slash at its end.
    """
    icons = {
        "icon": f"{base}{PREFIX}/static/icon.svg",
        "icon_dark_mode": f"{base}{PREFIX}/static/icon-dark.svg",
    }
    views = []
    for place in PLACES:
        view = {"href": f"{base}{PREFIX}{place.path}", "url_route": place.route, "destination": "nav", **icons}
        if place is OVERVIEW:
            views.append({**view, "name": "Cartage", "nav_top_level": True})
        else:
            views.append({**view, "name": place.title, "category": "Cartage"})
    return views
