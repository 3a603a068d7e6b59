"""Pictures of every page for the docs, from a demo that runs for it: `python -m tests.page.make_pictures FOLDER`."""

import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.page.browsing import REPOSITORY, Look, chromium
from tests.page.standing import ask

SECONDS: Final = 240
STATE: Final = REPOSITORY / ".local" / "pictures"
TOLD: Final = "The page is at "
SHOWN: Final = ("spoofing", "quote_stuffing")
"""Rules whose alerts make a good picture, the best first."""


@contextmanager
def demo() -> Iterator[str]:
    """Run a demo, and give its page's address."""
    words = ["demo", "--seconds", str(SECONDS), "--no-browser", "--state", str(STATE)]
    process = subprocess.Popen([sys.executable, "-m", "cli", *words], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith(TOLD):
                yield line.removeprefix(TOLD).strip()
                return
        raise SystemExit("the demo ended before its page was up")
    finally:
        process.terminate()
        process.wait(60)


def alert_to_show(address: str) -> str:
    """Wait for an alert worth a picture, or for the end of the demo; gives the best one's id."""
    deadline = time.monotonic() + SECONDS
    while True:
        alerts = list(csv.DictReader(io.StringIO(ask(address, "/alerts.csv").text)))
        best = next((each for rule in SHOWN for each in alerts if each["rule"] == rule), None)
        if (best and best["rule"] == SHOWN[0]) or time.monotonic() > deadline:
            return (best or alerts[0])["alert_id"]
        time.sleep(1)


def main(folder: Path) -> None:
    """Take the pictures; the board and the lists late, when they are full."""
    folder.mkdir(parents=True, exist_ok=True)
    with demo() as address, chromium() as browser:
        shown = alert_to_show(address)
        pages = {"board": "", "alerts": "alerts", "alert": f"alerts/{shown}", "outbox": "outbox", "stack": "stack"}
        for name, path in pages.items():
            with Look(browser) as look:
                look.go(address + path)
                if name == "alert":
                    look.page.wait_for_selector("#replay[data-ready]", timeout=60_000)
                    look.page.evaluate("document.getElementById('replay-at').focus()")
                look.page.wait_for_timeout(5_000 if name == "stack" else 1_500)
                look.page.screenshot(path=str(folder / f"{name}.png"), full_page=name != "outbox")
                print(folder / f"{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
