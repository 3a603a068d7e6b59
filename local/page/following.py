"""What the page knows of the stack that runs in a state folder; it may come, go and come again."""

import logging
import threading
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from surveillance.adapters.announcement_text import venue_zone
from surveillance.adapters.reference_files import read_reference, table_of
from surveillance.errors import InputError
from surveillance.reference import Instrument, instruments_of, zone_of

from local.clients import client
from local.daemon import running
from local.outbox import JOURNAL
from local.page.alert_list import AlertList
from local.page.board import Board
from local.page.tails import AlertTail, Letters, follow_events

LOOK_S: Final = 0.5
AGAIN_S: Final = 1.0
NOTHING_UP: Final = (
    "No local stack is up: surveillance demo or surveillance local up starts one, and this page finds it."
)
logger = logging.getLogger(__name__)


class Following:
    """Enter to follow, leave to end. `state` is that of `local.daemon.running`, empty while nothing runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state: dict[str, Any] = {}
        self.lock = threading.Lock()
        self._ended = threading.Event()
        self._stack_ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="stack", daemon=True)
        self._forget()

    def _forget(self) -> None:
        self.board, self.alerts = Board(), AlertList()
        self.letters = Letters(self.folder / JOURNAL)
        self.instruments: dict[str, Instrument] = {}
        self.tail: AlertTail | None = None

    def __enter__(self) -> "Following":
        self.look()
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._stack_ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Look which stack runs, and follow it if it is another than before."""
        state = running(self.folder)
        same = (state.get("pid"), state.get("endpoint")) == (self.state.get("pid"), self.state.get("endpoint"))
        if not same:
            self._stack_ended.set()
            self._stack_ended = threading.Event()
            if state:
                self._follow(state)
        self.state = state

    def _follow(self, state: dict[str, Any]) -> None:
        self._forget()
        ended, board, alerts = self._stack_ended, self.board, self.alerts
        self.tail = tail = AlertTail(state, alerts, board, self.lock)
        self._again("events", ended, lambda: follow_events(state, board, self.lock, ended))
        self._again("alerts", ended, lambda: tail.run(ended))
        self._again("reference", ended, lambda: self._refer(state))

    def _again(self, name: str, ended: threading.Event, work: Callable[[], None]) -> None:
        """Do work in a thread, and do it again where it failed, until the stack has ended."""

        def keep() -> None:
            while not ended.is_set():
                try:
                    work()
                except Exception:  # the stack may be ending, or not quite up
                    if not ended.wait(AGAIN_S):
                        logger.exception("following the %s of the stack goes on after this", name)
                else:
                    return

        threading.Thread(target=keep, name=name, daemon=True).start()

    def _refer(self, state: dict[str, Any]) -> None:
        content = read_reference(client("s3", state["endpoint"]), state["names"]["LANE_BUCKET"], "instruments.csv")
        if content is None:
            return
        try:
            self.instruments = {one.symbol: one for one in instruments_of(table_of(content))}
        except InputError as error:
            logger.warning("instruments.csv is left out: %s", error)

    def instrument(self, symbol: str) -> Instrument | None:
        """Give what reference data says of a symbol."""
        return self.instruments.get(symbol)

    def zone(self, symbol: str, venue: str | None = None) -> tzinfo | None:
        """Give the time zone of a symbol's exchange, where reference data or its venue says."""
        return zone_of(self.instruments.get(symbol)) or venue_zone(venue)

    @property
    def is_up(self) -> bool:
        """Say whether a stack runs."""
        return bool(self.state)
