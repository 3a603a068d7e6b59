"""What the pages say is what the store, the stream, the lake and the outbox hold; what is decided there is stored."""

import csv
import io
import re
from typing import Any

import msgspec
import pytest
from surveillance.adapters.alert_review import AlertReview
from surveillance.events import SECOND

from local.clients import client
from local.outbox import Message
from local.page.process import page_over
from tests.page.standing import EPISODE, NAMES, NASTY, OPEN, Standing, Stream, alert, ask, at, eventually, newest

TOKEN = re.compile(r'name="token" value="([^"]+)"')


@pytest.fixture(scope="module", autouse=True)
def filled(stack: Standing, page: str) -> None:
    """Alerts 1 to 3, the episode of each, landed, and two messages."""
    stack.land(EPISODE)
    stack.land(EPISODE[:3])  # once more, as Firehose may
    stack.store(alert(1), alert(2, severity="low", symbol="BBB", detected_ts=OPEN), alert(3, symbol=NASTY))
    told = f"More: http://127.0.0.1:8642/alerts/{alert(1).alert_id}\n{NASTY}"
    stack.post(
        Message("email", "analyst@example.com", "HIGH spoofing in AAA", told, "m1", {}, "2026-03-02T14:30:05.000Z"),
        Message("sms", "+15550100", "", "HIGH spoofing in AAA", "m2", {}),
    )
    eventually(lambda: len(rows_of(ask(page, "/alerts.csv").text)) >= 3)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_alerts_are_listed_as_stored(page: str) -> None:
    rows = {row["alert_id"]: row for row in rows_of(ask(page, "/alerts.csv").text)}
    assert rows[alert(1).alert_id]["detected_ts"] == str(alert(1).detected_ts)
    assert rows[alert(2).alert_id]["severity"] == "low"
    assert alert(2).alert_id not in ask(page, "/alerts?severity=medium").text
    assert "worst is no severity" in ask(page, "/alerts?severity=worst").text
    assert ask(page, "/alerts.csv?severity=worst").status == 400


def test_an_alert_is_sent_as_it_is_stored(stack: Standing, page: str) -> None:
    stream = Stream(page, "/live/alerts")
    stream.next("now")
    stack.store(alert(50))
    (row,) = stream.next("alerts")["rows"]
    assert row["k"] == alert(50).alert_id
    stack.store(alert(50, revision=2, severity="critical"))
    (row,) = stream.next("alerts")["rows"]
    assert row["c"][1] == {"t": "critical", "b": "severity critical"}
    stream.close()


def test_a_stream_sends_only_what_its_list_is_narrowed_to(page: str) -> None:
    rows = newest(page, "/live/alerts?severity=medium&symbol=AA&since=0", "alerts")["rows"]
    assert rows
    assert {row["c"][2]["t"] for row in rows} == {"AAA"}


def test_an_alerts_page_tells_its_story_and_figures_beside_thresholds(page: str) -> None:
    text = ask(page, f"/alerts/{alert(1).alert_id}").text
    assert "<li>A1 entered a buy order of 1000.</li><li>It was withdrawn after 4 s.</li>" in text
    row = re.search(r'<th scope="row">size ratio</th>(.*?)</tr>', text)
    assert row is not None
    assert re.findall(r">([^<>]+)<", row[1]) == ["6.5", "≥", "3"]


@pytest.mark.parametrize(("zone", "said"), [("exchange", "09:30:04.123 EST"), ("UTC", "14:30:04.123 UTC")])
def test_times_are_in_the_chosen_zone(page: str, zone: str, said: str) -> None:
    text = ask(page, f"/alerts/{alert(1).alert_id}", headers={"Cookie": f"zone={zone}"}).text
    assert said in text
    assert "09:30:04.123 EST" in ask(page, f"/alerts/{alert(1).alert_id}", headers={"Cookie": "zone=No/Where"}).text


def test_an_unknown_alert_is_not_found(page: str) -> None:
    answer = ask(page, f"/alerts/{NASTY[:3]}")
    assert answer.status == 404
    assert "<b>" not in answer.text


@pytest.mark.parametrize("path", ["/alerts", "/", "/outbox", "/outbox/1", f"/alerts/{alert(3).alert_id}"])
def test_text_from_outside_is_never_markup(page: str, path: str) -> None:
    text = ask(page, path).text
    assert "<script>document" not in text
    assert "{{7*7}}" in text or path == "/"


def decided(page: str, number: int, form: dict[str, str], **headers: str) -> Any:
    address = f"/alerts/{alert(number).alert_id}"
    token = TOKEN.search(ask(page, address).text)
    assert token is not None
    return ask(page, f"{address}/status", {"token": token[1], **form}, headers)


def test_a_decision_is_stored_with_who_and_why(stack: Standing, page: str) -> None:
    form = {"status": "closed_false", "reason": "agreed cross", "by": "Ana Lyst"}
    answer = decided(page, 2, form, Origin=page.rstrip("/"))
    assert (answer.status, answer.headers["location"]) == (303, f"/alerts/{alert(2).alert_id}")
    review = AlertReview(client("dynamodb", stack.endpoint), NAMES["ALERT_TABLE"])
    reviewed = review.one(alert(2).alert_id)
    assert (reviewed.alert.status, reviewed.alert.status_reason) == ("closed_false", "agreed cross")
    assert [(change.status, change.by) for change in reviewed.changes] == [("closed_false", "Ana Lyst")]
    assert "agreed cross" in ask(page, f"/alerts/{alert(2).alert_id}").text
    listed = eventually(lambda: "status=closed_false" and "Closed: false alarm" in ask(page, "/alerts").text)
    assert listed


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"status": "open", "by": "A", "reason": " "}, "A reason is missing."),
        ({"status": "fine", "by": "A", "reason": "r"}, "fine is no status"),
        ({"token": "guessed", "status": "open", "by": "A", "reason": "r"}, "earlier run of the page"),
    ],
)
def test_a_decision_that_lacks_something_is_not_stored(page: str, form: dict[str, str], said: str) -> None:
    answer = decided(page, 1, form)
    assert answer.status == 400
    assert said in answer.text
    assert "Decisions so far" not in ask(page, f"/alerts/{alert(1).alert_id}").text


def test_a_form_of_another_kind_or_without_end_is_refused(page: str) -> None:
    path = f"/alerts/{alert(1).alert_id}/status"
    assert ask(page, path, {"a": "b"}, {"Content-Type": "text/plain"}).status == 415
    assert ask(page, path, {"reason": "x" * 100_000}).status == 413


def test_a_replay_leads_from_book_to_book(page: str) -> None:
    told = ask(page, f"/alerts/{alert(1).alert_id}/replay.json").json
    assert told["landed"]
    assert dict(map(tuple, told["opening"])) == {9.98: 500.0, 10.02: -100.0}
    book = dict(told["opening"])
    for _, _, _, _, changes, _, _ in told["steps"]:
        for level, before, after in changes:
            assert book.get(level, 0.0) == before
            book[level] = after
    assert {level: quantity for level, quantity in book.items() if quantity} == {9.98: 500.0, 10.02: -60.0}
    words = [(step[2], step[3]) for step in told["steps"]]
    assert words == [
        ("new buy 1,000 @ 9.99 A1", True),
        ("quote X bid 1,000 @ 9.99 ask –", False),
        ("fill 40 @ 10.02", True),
        ("trade buy 40 @ 10.02", True),
        ("cancel all", True),
    ]
    assert [step[5] for step in told["steps"]] == [9.98, 9.99, 9.99, 9.99, 9.99]
    start = told["alert"][0]
    assert told["clock"] == pytest.approx(9.5 * 3600 - start / SECOND)


def test_a_replay_waits_for_what_has_not_landed(stack: Standing, page: str) -> None:
    late = alert(60, symbol="CCC", evidence_uri=None)
    stack.store(late)
    told = ask(page, f"/alerts/{late.alert_id}/replay.json").json
    assert (told["landed"], told["steps"]) == (False, [])


def test_an_episodes_events_are_exported(page: str) -> None:
    rows = rows_of(ask(page, f"/alerts/{alert(1).alert_id}/events.csv").text)
    assert rows[0]["event"] == "new buy 1,000 @ 9.99 A1"
    assert rows[0]["changes"] == "9.99: 0 > 1000"


def test_the_outbox_shows_what_was_sent(page: str) -> None:
    assert [row["subject"] for row in rows_of(ask(page, "/outbox.csv").text)] == ["", "HIGH spoofing in AAA"]
    letter = ask(page, "/outbox/1").text
    assert f'href="/alerts/{alert(1).alert_id}"' in letter
    assert "2026-03-02 14:30:05" in letter
    assert ask(page, "/outbox/99").status == 404


def test_a_cell_that_looks_like_a_formula_is_text(stack: Standing, page: str) -> None:
    stack.store(alert(70, symbol='=HYPERLINK("http://evil.example")'))
    text = eventually(lambda: "HYPERLINK" in (said := ask(page, "/alerts.csv").text) and said)
    assert any(row["symbol"].startswith("'=HYPERLINK") for row in rows_of(text))


def test_the_board_follows_the_stream(stack: Standing, page: str) -> None:
    stack.send(
        [
            at(5, "quote", venue="X", bid_price=10.1, bid_size=1.0, ask_price=10.3, ask_size=1.0, number=20),
            at(6, "trade", price=10.2, size=7.0, number=21),
        ]
    )
    rows = eventually(lambda: rows_of(ask(page, "/board.csv").text))
    (row,) = [row for row in rows if row["symbol"] == "AAA"]
    assert (row["last"], row["bid"], row["ask"], row["volume"]) == ("10.2", "10.1", "10.3", "7.0")
    assert float(row["change"]) == pytest.approx(0.02)
    assert float(row["spread_bp"]) == pytest.approx(196.078, abs=0.01)
    now = newest(page, "/live/board", "now")
    shown = {cells["k"]: [cell["t"] for cell in cells["c"]] for cells in now["tables"]["instruments"]}
    assert shown["AAA"][3:8] == ["10.20", "+2.00%", "10.10", "10.30", "196.1"]


def test_the_stacks_state_counts_by_the_law(stack: Standing, page: str) -> None:
    counts = msgspec.json.decode(b'{"events":{"N":"8"},"lines":{"N":"8"}}')
    client("dynamodb", stack.endpoint).put_item(
        TableName=NAMES["CHECKPOINT_TABLE"], Item={"lane": {"N": "0"}, "counts": {"M": counts}}
    )

    def verdicts() -> Any:
        now = newest(page, "/live/stack", "now")
        return {row["k"]: row["c"][3]["t"] for row in now["tables"]["equations"]}

    assert eventually(verdicts) == {"Read from Kinesis": "holds", "Landed in the lake": "holds"}


def test_a_page_in_its_own_process_lives_as_long_as_the_body(stack: Standing) -> None:
    with page_over(stack.folder, 0, browser=False) as address:
        assert ask(address, "/alerts").status == 200
    with pytest.raises(OSError, match="refused"):
        ask(address, "/")
