"""Debian's Chromium, driven by Playwright, and what every page must be free of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REPOSITORY: Final = Path(__file__).parents[2]
SHOTS: Final = REPOSITORY / ".local" / "pages"
AXE: Final = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
QUIET: Final = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
DESK, PHONE = (1280, 800), (390, 844)
GRAVE: Final = ("serious", "critical")


def stretch() -> float:
    """Give by how much what takes time may take longer here: by the load of each processor, where that is above one."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open the browser; skips where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("these tests look at pages in Chromium, which is not here (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=list(QUIET), chromium_sandbox=os.geteuid() != 0
        )
        try:
            yield browser
        finally:
            browser.close()


class Look:
    """One page open in the browser, and what went wrong on it so far."""

    def __init__(self, browser: Browser, width: int = DESK[0], height: int = DESK[1], theme: str = "light") -> None:
        self._context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            timezone_id="Europe/Berlin",
            locale="en-GB",
        )
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("requestfailed", self._failed)

    def _failed(self, request: Any) -> None:
        if "/live/" not in request.url:  # a stream ends when its page goes
            self.complaints.append(f"{request.url}: {request.failure}")

    def __enter__(self) -> "Look":
        return self

    def __exit__(self, *error: object) -> None:
        self._context.close()

    def go(self, address: str) -> Page:
        """Open an address; returns when it is drawn and its stream, if it has one, is open."""
        self.page.goto(address, wait_until="load")
        if self.page.locator("[data-stream]").count():
            self.page.wait_for_selector('#link-state[data-state="live"]', timeout=20_000)
        return self.page

    def overflow(self) -> int:
        """Give by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def first_paint_ms(self) -> float:
        """Give when something was drawn first, from the beginning of the navigation."""
        script = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        return float(self.page.evaluate(script))

    def violations(self) -> list[str]:
        """Give what axe-core calls serious or critical: the rule, and the first element."""
        assert AXE.is_file(), "axe-core is not here: make node_modules/axe-core fetches it"
        self.page.evaluate(AXE.read_text())  # the page's policy would not take it as a script
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0].get('failureSummary', '')[:300]}"
            for each in found["violations"]
            if each["impact"] in GRAVE
        ]

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)
