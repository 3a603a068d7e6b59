"""`surveillance demo`: what its exchange plays, and the refusal of sources it can't play."""

from pathlib import Path

import pytest
from surveillance.wire import encode, table_of
from typer.testing import CliRunner
from websockets.sync.client import connect

from cli.demo import CHANNEL, exchange
from cli.demo_session import Played, recorded
from cli.main import app

SECOND = 1_000_000_000
ROWS = [{"type": "trade", "symbol": "AAA", "ts": SECOND * place, "price": 1.0, "size": 1.0} for place in range(10)]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_bytes(encode(table_of(ROWS)))
    return path


def test_recorded_flow_is_cut_at_the_playing_time(events: Path) -> None:
    assert recorded(f"events:{events}", 2.0, None).events.num_rows == 10
    assert recorded(f"events:{events}", 2.0, 2.0).events.num_rows == 5


def test_instruments_of_recorded_flow_are_named(events: Path) -> None:
    named = recorded(f"events:{events}", 1.0, None).reference["instruments.csv"]
    assert named.splitlines() == [b'"symbol","timezone"', b'"AAA","UTC"']


def test_exchange_serves_every_event_in_order() -> None:
    with exchange(Played(table_of(ROWS), 1e6, {})) as venue:
        with connect(venue.url) as socket:
            socket.send(f'{{"action":"subscribe","channel":"{CHANNEL}"}}')
            lines: list[str] = []
            while len(lines) < len(ROWS):
                lines += str(socket.recv(timeout=5)).splitlines()
        assert [f'"seq":{place}' in line for place, line in enumerate(lines, start=1)] == [True] * len(ROWS)


@pytest.mark.parametrize("source", ["events", "csv:x", "events:/not/there.ndjson"])
def test_a_source_that_cannot_be_played_is_refused(source: str) -> None:
    result = CliRunner().invoke(app, ["demo", "--no-browser", "--source", source])
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
