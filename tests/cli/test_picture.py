"""The picture of an episode shows what its events say: orders from entry to end, trades, depth, best prices, bars."""

from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import msgspec
import pytest
from surveillance.alerts import Alert, encode
from surveillance.episode import Episode, arrival_days, read_episode, window
from surveillance.events import SECOND
from surveillance.wire import Decoded, table_of
from surveillance.wire import encode as encode_events
from typer.testing import CliRunner

from cli.main import app
from cli.picture import BUY, SELL, svg
from tests.cli.test_explain_command import ALERT, OPEN

NAMES = {"s": "http://www.w3.org/2000/svg"}


def at(seconds: float, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "symbol": "AAA", "ts": OPEN + int(seconds * SECOND), **fields}


def order(seconds: float, action: str, name: str, **fields: Any) -> dict[str, Any]:
    return at(seconds, "order", action=action, order_id=name, **fields)


EVENTS = [
    order(-90, "new", "old", side="buy", price=9.98, size=500.0),
    at(-80, "quote", venue="X", bid_price=9.98, bid_size=500.0, ask_price=10.02, ask_size=100.0),
    order(-70, "new", "other", side="sell", price=10.02, size=100.0),
    order(0, "new", "mine", side="buy", price=9.99, size=1000.0),
    at(0, "quote", venue="X", bid_price=9.99, bid_size=1000.0),
    order(2, "replace", "mine", price=9.97),
    order(3, "fill", "other", size=40.0, trade_id="t1"),
    at(3, "trade", price=10.02, size=40.0, trade_id="t1", aggressor="buy"),
    at(3.5, "trade", price=10.02, size=40.0, trade_id="t2", aggressor="sell"),
    at(3.6, "news", news_id="n", headline="Profit <warning>"),
    order(4, "cancel", "mine"),
    at(90, "trade", price=12.0, size=1.0, trade_id="t3"),
    {**at(3, "trade", price=99.0, size=1.0), "symbol": "BBB"},
]
SPOOF = msgspec.structs.replace(ALERT, end_ts=OPEN + 4 * SECOND, detected_ts=OPEN + 4 * SECOND, trade_ids=["t1"])


def episode(alert: Alert = SPOOF, events: list[dict[str, Any]] = EVENTS) -> Episode:
    return read_episode(alert, [Decoded(table_of(events))])


def shapes(picture: str, tag: str) -> list[dict[str, str]]:
    return [each.attrib for each in ElementTree.fromstring(picture).iter(f"{{{NAMES['s']}}}{tag}")]  # noqa: S314


def test_an_order_lives_at_each_of_its_prices_until_it_is_cancelled() -> None:
    lives = [(one.price, one.size, one.start - OPEN, (one.end or 0) - OPEN, one.ended) for one in episode().lives]
    assert lives == [(9.99, 1000.0, 0, 2 * SECOND, "replaced"), (9.97, 1000.0, 2 * SECOND, 4 * SECOND, "cancelled")]


def test_an_order_that_stays_open_goes_on_to_the_end() -> None:
    (life,) = episode(events=EVENTS[:4]).lives
    assert (life.end, life.ended) == (None, "")


def test_depth_follows_orders_entered_before_the_picture_begins() -> None:
    found = episode()
    assert found.depth[0] == {9.98: 500.0, 10.02: -100.0}
    during = found.depth[next(k for k, ts in enumerate(found.moments) if ts > OPEN + 3 * SECOND)]
    assert during == {9.98: 500.0, 9.97: 1000.0, 10.02: -60.0}
    assert found.depth[-1] == {9.98: 500.0, 10.02: -60.0}
    assert len(found.depth) == len(found.moments)


def test_best_prices_begin_with_those_before_the_picture() -> None:
    found = episode()
    assert found.touch == [(found.start, 9.98, 10.02), (OPEN, 9.99, 10.02), (found.end, 9.99, 10.02)]


def test_trades_of_other_symbols_and_times_are_left_out() -> None:
    assert [(one.price, one.side, one.named) for one in episode().trades] == [(10.02, 1, True), (10.02, -1, False)]


def test_an_alert_without_orders_is_shown_after_what_it_is_compared_with() -> None:
    bare = msgspec.structs.replace(ALERT, order_ids=[], start_ts=OPEN, end_ts=OPEN + 60 * SECOND)
    assert window(bare) == (OPEN - 1200 * SECOND, OPEN + 180 * SECOND)


def test_bars_are_drawn_where_nothing_else_is() -> None:
    bars = [
        at(60 * place, "bar", interval="1m", open=10.0, high=11.0, low=9.0, close=10.5, volume=5.0)
        for place in range(3)
    ]
    bare = msgspec.structs.replace(ALERT, order_ids=[], end_ts=OPEN + 60 * SECOND)
    found = episode(bare, bars)
    assert [bar.ts for bar in found.bars] == [OPEN, OPEN + 60 * SECOND, OPEN + 120 * SECOND]
    assert sum(each.get("stroke-width") == "1.6" for each in shapes(svg(found), "path")) == 3


def test_orders_are_bars_coloured_by_side_with_a_cross_at_the_cancel() -> None:
    picture = svg(episode(), None, "USD")
    bars = [each for each in shapes(picture, "rect") if each.get("rx")]
    assert [each["fill"] for each in bars] == [BUY, BUY]
    assert float(bars[0]["x"]) + float(bars[0]["width"]) == pytest.approx(float(bars[1]["x"]), abs=0.2)
    assert sum(each["d"].endswith("-8l-8 8") for each in shapes(picture, "path")) == 1
    assert {each["fill"] for each in shapes(picture, "circle")} >= {BUY, SELL}
    assert all(
        words in picture
        for words in ("price (USD)", "buy 1,000 @ 9.99", "Profit &lt;warning&gt;", "trade of the alert")
    )


def test_times_of_the_venue_stand_below_utc() -> None:
    assert "09:30:00" in svg(episode(), ZoneInfo("America/New_York"))
    assert "EST" not in svg(episode(), ZoneInfo("UTC"))


def explain(tmp_path: Path, *more: str) -> Any:
    alerts, events = tmp_path / "alerts.ndjson", tmp_path / "events.ndjson"
    alerts.write_bytes(encode(SPOOF) + b"\n")
    events.write_bytes(encode_events(table_of(EVENTS)))
    return CliRunner().invoke(app, ["explain", "ab", "--alerts", str(alerts), *more])


def test_the_command_draws_from_files_and_from_a_lake(tmp_path: Path) -> None:
    result = explain(tmp_path, "--events", str(tmp_path / "events.ndjson"), "--picture", str(tmp_path / "one.svg"))
    assert result.exit_code == 0, result.output
    lake = tmp_path / "lake"
    lake.mkdir()
    (lake / "events.ndjson").write_bytes(encode_events(table_of(EVENTS)))
    assert explain(tmp_path, "--lake", str(lake), "--picture", str(tmp_path / "two.svg")).exit_code == 0
    assert (tmp_path / "one.svg").read_text() == (tmp_path / "two.svg").read_text()


@pytest.mark.parametrize("name", ["one.pdf", "gone/one.svg"])
def test_a_picture_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    result = explain(tmp_path, "--events", str(tmp_path / "events.ndjson"), "--picture", str(tmp_path / name))
    assert result.exit_code == 2
    assert name in result.stderr


def test_a_lake_is_read_for_the_day_the_events_arrived() -> None:
    log = "s3://lanes/log/chapters/lane=003/date=2026-11-21/"
    assert arrival_days(msgspec.structs.replace(SPOOF, evidence_uri=log)) == (date(2026, 11, 20), date(2026, 11, 21))
    assert arrival_days(SPOOF) == (date(2026, 3, 2), date(2026, 3, 3))


def test_events_of_another_time_give_no_picture(tmp_path: Path) -> None:
    (tmp_path / "other.ndjson").write_bytes(encode_events(table_of([{**EVENTS[-1], "ts": 1}])))
    result = explain(tmp_path, "--events", str(tmp_path / "other.ndjson"), "--picture", str(tmp_path / "one.svg"))
    assert result.exit_code == 2
    assert "no picture" in result.stderr


def test_best_prices_that_do_not_move_are_drawn_all_the_same() -> None:
    found = episode(events=[*EVENTS[:3], order(0, "new", "mine", side="buy", price=9.98, size=1.0)])
    assert found.touch == [(found.start, 9.98, 10.02), (found.end, 9.98, 10.02)]
