"""The page in a process of its own, for whoever has other things to do: `python -m local.page.process FOLDER PORT`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from local import lifeline
from local.emulator import process_environment
from local.page.serve import address_of, listen, open_in_browser, serve
from local.positions import write_whole

READY: Final = "status/page.address"
READY_SECONDS: Final = 30.0
LOOK_S: Final = 0.05


class PageError(RuntimeError):
    """The page did not come up."""


@contextmanager
def page_over(folder: Path, port: int, browser: bool) -> Iterator[str]:
    """Serve the page over a stack's folder as long as the body runs; gives its address."""
    told = folder / READY
    told.unlink(missing_ok=True)
    child = lifeline.start(
        "page",
        lifeline.module_command("local.page.process", str(folder), str(port)),
        environment=process_environment("", folder / "tmp"),
        log=folder / "logs" / "page.log",
    )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not told.exists():
            if not child.alive or time.monotonic() > deadline:
                raise PageError(f"the page did not come up:\n{child.last_words()}")
            time.sleep(LOOK_S)
        address = told.read_text()
        if browser:
            open_in_browser(address)
        yield address
    finally:
        child.stop(grace_seconds=3)


def main() -> None:
    """Serve until told to end, or until whoever started this is gone."""
    lifeline.end_with_parent()
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    listening = listen(port)
    serve(folder, listening, lambda: write_whole(folder / READY, address_of(listening)))


if __name__ == "__main__":
    main()
