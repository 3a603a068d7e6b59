"""`surveillance demo`: everything on this machine, from a WebSocket feed to explained alerts, accounted for."""

import asyncio
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from surveillance.errors import InputError

from cli.alerts import STATE_FOLDER, StateFolder

if TYPE_CHECKING:
    from cli.demo_session import Played
    from local.exchange import Exchange
    from local.stack import LocalStack

CHANNEL: Final = "orders"
PORT: Final = 9001
USUAL_SECONDS: Final = 120.0
LOOK_S: Final = 0.25
DRAIN_SECONDS: Final = 180.0
ANNOUNCED_SECONDS: Final = 90.0
_ID: Final = re.compile(r"[0-9a-f]{32}")


def demo(
    seconds: Annotated[float | None, typer.Option(min=5, help="How long the exchange plays.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    source: Annotated[str | None, typer.Option(metavar="FORMAT:FILE", help="Play recorded order flow instead.")] = None,
    allow: Annotated[Path | None, typer.Option(help="Allow-list, TOML: its alerts are stored as suppressed.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="How much faster recorded order flow is played.")] = 20.0,
    state: StateFolder = STATE_FOLDER,
) -> None:
    """Run the whole product on this machine; prints alerts as they come, then what became of every event.

    On a terminal, without --seconds, it and its page then stay until Ctrl-C.
    """
    from cli.demo_session import recorded, simulated
    from cli.tables import read_allow_list

    typer.echo("Preparing the order flow")
    played = simulated(seconds or USUAL_SECONDS) if source is None else recorded(source, speed, seconds)
    if allow is not None:
        read_allow_list(allow, ())
        played.reference["allow.toml"] = allow.read_bytes()
    if not run(played, state, browser, stay=browser and seconds is None and sys.stdin.isatty()):
        raise typer.Exit(1)


def run(played: "Played", state: Path, browser: bool = False, stay: bool = False) -> bool:
    """Play a session through the local stack; say whether every event and every alert is accounted for."""
    from local.daemon import forget, published, running
    from local.deployment import DeploymentError
    from local.emulator import EmulatorError
    from local.page.process import PageError, page_over
    from local.page.serve import free_port
    from local.stack import StackError
    from local.synthesis import SynthesisError

    if running(state):
        raise InputError(f"A local stack is up already in {state}; surveillance local down ends it.")
    port = free_port()
    try:
        with (
            exchange(played) as venue,
            _stack(played, venue.url, state, port) as stack,
            published(stack),
            page_over(stack.state_dir, port, browser) as address,
        ):
            typer.echo(f"Up at {stack.endpoint}: {stack.seconds_to_start}")
            typer.echo(f"The page is at {address}")
            teller = _Teller(stack)
            while venue.sent_events < played.events.num_rows:
                teller.look()
                time.sleep(LOOK_S)
            typer.echo("The exchange has sent everything; waiting until it is stored and landed")
            stack.drain(DRAIN_SECONDS)
            teller.look()
            holds = _balance(stack, played.events.num_rows)
            if stay:
                typer.echo(f"The page stays at {address} until Ctrl-C.")
                with suppress(KeyboardInterrupt):
                    threading.Event().wait()
            return holds
    except (StackError, EmulatorError, SynthesisError, DeploymentError, PageError) as error:
        raise InputError(str(error)) from error
    finally:
        forget(state)


@contextmanager
def exchange(played: "Played") -> "Iterator[Exchange]":
    """Serve the session on a WebSocket, from a thread of its own."""
    from local.exchange import Channel, Exchange, Venue

    channel = Channel.of_table(CHANNEL, played.events, frame_ms=100 * played.speed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="exchange", daemon=True)
    thread.start()

    async def open_(port: int) -> Exchange:
        return await Exchange([channel], Venue(speed=played.speed), port).__aenter__()

    try:
        try:
            venue = asyncio.run_coroutine_threadsafe(open_(PORT), loop).result()
        except OSError:
            venue = asyncio.run_coroutine_threadsafe(open_(0), loop).result()
        yield venue
        asyncio.run_coroutine_threadsafe(venue.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _stack(played: "Played", url: str, state: Path, port: int) -> "LocalStack":
    from local.page.serve import address_at
    from local.stack import LocalStack

    feed = {"name": "venue", "protocol": "events", "url": url, "channels": [CHANNEL], "clock": "recorded"}
    context = {
        "environment": "laptop",
        "delete_data": True,
        "feeds": [feed],
        "emails": ["analyst@example.com"],
        "phones": ["+15550100"],
        "alert_link": f"{address_at(port)}alerts/{{alert_id}}",
    }
    return LocalStack(state, context, reference=played.reference, announce=typer.echo)


class _Teller:
    """Prints each alert once, as it is first seen in the table."""

    def __init__(self, stack: "LocalStack") -> None:
        from surveillance.adapters.alert_review import AlertReview

        self._review = AlertReview(stack.client("dynamodb"), stack.names["ALERT_TABLE"])
        self._seen: set[str] = set()
        self._begun = time.monotonic()

    def look(self) -> None:
        from cli.times import utc

        for alert in sorted(self._review.every(), key=lambda alert: (alert.detected_ts, alert.alert_id)):
            if alert.alert_id in self._seen:
                continue
            if not self._seen:
                typer.echo(f"First alert {time.monotonic() - self._begun:.1f} s after the stack was up")
            self._seen.add(alert.alert_id)
            story = alert.explanation.splitlines()[0].removeprefix("1. ")
            typer.echo(f"{utc(alert.detected_ts)} {alert.severity:<8} {alert.rule} {alert.symbol}: {story}")


def _balance(stack: "LocalStack", sent: int) -> bool:
    """Print the reconciliation, and whether every stored alert was announced; say whether both hold."""
    from local.reconcile import reconcile

    result = reconcile(stack, sent)
    typer.echo("What became of every event:")
    for sentence in result.sentences():
        typer.echo(f"  {sentence}")
    stored, suppressed, announced = _announced(stack)
    same = stored == announced
    verdict = "holds" if same else "FAILS"
    apart = f" and {suppressed:,} suppressed" if suppressed else ""
    typer.echo(f"  Alerts: {len(stored) + suppressed:,} stored = {len(announced):,} announced{apart}  [{verdict}]")
    return result.holds and same


def _announced(stack: "LocalStack") -> tuple[set[str], int, set[str]]:
    """Give the ids of alerts stored to be told, the number suppressed, and the ids that an unfiltered receiver was told
    of, once these have settled."""
    from surveillance.adapters.alert_review import AlertReview
    from surveillance.alerts import SUPPRESSED

    every = list(AlertReview(stack.client("dynamodb"), stack.names["ALERT_TABLE"]).every())
    stored = {alert.alert_id for alert in every if alert.status != SUPPRESSED}
    deadline = time.monotonic() + ANNOUNCED_SECONDS
    stack.run_schedules_now()
    while True:
        told = {found for message in stack.outbox.read() for found in _ID.findall(message.body)}
        announced = told & stored
        if announced == stored or time.monotonic() > deadline:
            return stored, len(every) - len(stored), announced
        time.sleep(LOOK_S)
