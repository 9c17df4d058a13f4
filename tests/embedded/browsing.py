"""A browser that looks at the running Airflow, and what tests do with it.

`SCREENSHOTS` names a folder for what the browser shows: the pictures of the documentation are made so.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

    from tests.embedded.running import Running

NAME = "sfcc_netsuite"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ZONE = "Europe/Berlin"
LAPTOP: Any = {"width": 1440, "height": 900}
PHONE: Any = {"width": 390, "height": 844}
ORDERS = f"{NAME}.orders"

MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: install Debian's package `chromium`"),
]


def console(page: Page) -> FrameLocator:
    """Give the console's frame within Airflow's page."""
    return page.frame_locator("iframe")


def go(page: Page, running: Running, path: str) -> FrameLocator:
    """Open a page of the console by its path, within the Airflow UI, and give its frame.

    Airflow's page stays when it is there: only what it shows is another, as by a link.
    """
    if len(page.frames) > 1:
        page.frames[1].goto(f"{running.client.base}/cartage{path}")
    else:
        page.goto(f"{running.client.base}/plugin/cartage/cartage{path}")
    console(page).locator("main h1").wait_for()
    return console(page)


def picture(page: Page, name: str) -> None:
    """Keep what the browser shows, when somebody wants pictures."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(400)
        page.screenshot(path=Path(folder) / f"{name}.png")


def theme(page: Page, name: str | None) -> None:
    """Choose a theme of the Airflow UI, as its own switch does; None for the default."""
    change = f"setItem('theme', '{name}')" if name else "removeItem('theme')"
    page.evaluate(f"localStorage.{change}")


def too_wide(page: Page) -> str | None:
    """Say how much wider the console's page is than its frame, None when it fits."""
    measured = "[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]"
    wide, room = page.frames[1].evaluate(measured)
    return f"{wide} px wide, and there are {room}" if wide > room else None


UNNAMED = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=img]")]
  .filter((each) => each.checkVisibility())
  .filter((each) => ![
    each.getAttribute("aria-label"), each.textContent, ...[...(each.labels ?? [])].map((label) => label.textContent),
    document.getElementById(each.getAttribute("aria-labelledby"))?.textContent,
  ].some((name) => name?.trim()))
  .map((each) => each.outerHTML)
"""


def unnamed(page: Page) -> list[str]:
    """Give what people can act on, or should be told, without a name that a screen reader could say."""
    frame = page.frames[1]
    assert frame.locator("h1").count() == frame.locator("main").count() == 1
    found: list[str] = frame.evaluate(UNNAMED)
    return found
