"""A collector gets every page once, survives what a vendor's server can do wrong, and never shows the key."""

import gzip
import json
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from surveillance.adapters.vendor_http import VendorHttp
from surveillance.collection.verdict import KeyRefusedError

from tests.collection.collecting import START, Collecting, days
from tests.collection.vendor_server import KEY, Reply, grouped, paged, reply

FRIDAY = "/v2/aggs/grouped/locale/us/market/stocks/2024-02-23"
DAY_MS = int(datetime(2024, 2, 23, 21, tzinfo=UTC).timestamp()) * 1000
SPLITS = "/v3/reference/splits"


def split(symbol: str) -> dict[str, object]:
    return {"execution_date": "2024-02-05", "split_from": 1, "split_to": 2, "ticker": symbol}


def test_a_day_s_bars_become_rows_at_the_session_s_close(collecting: Collecting) -> None:
    collecting.vendor.give(FRIDAY, grouped(DAY_MS, "AAPL", "IBM"), packed=True)
    report = collecting.run("polygon", "grouped_daily", days("2024-02-23"))
    assert (report.complete, report.requests, report.rows) == (True, 1, {"raw_bars": 2})
    apple, _ = collecting.rows("raw_bars")
    assert (apple["symbol"], apple["date"], apple["ts"]) == ("AAPL", date(2024, 2, 23), datetime(2024, 2, 23, 21))
    assert (apple["open"], apple["close"], apple["volume"], apple["trade_count"]) == (10, 11, 1000, 5)
    assert (apple["source"], apple["loaded_at"]) == ("polygon", START)
    assert collecting.vendor.asked[0].query == {"adjusted": "false", "include_otc": "false"}


def test_days_without_a_session_are_not_asked_for(collecting: Collecting) -> None:
    collecting.vendor.give(FRIDAY, grouped(DAY_MS, "AAPL"))
    report = collecting.run("polygon", "grouped_daily", days("2024-02-23", "2024-02-25"))
    assert (report.portions, collecting.vendor.paths()) == (1, [FRIDAY])


def test_every_page_is_got_from_the_endpoint_and_kept_as_it_came(collecting: Collecting) -> None:
    pages = [[split("A"), split("B")], [split("C")], [split("D")]]
    paged(collecting.vendor, SPLITS, pages, host="https://elsewhere.invalid")
    report = collecting.run("polygon", "splits", days("2024-02-01", "2024-02-29"))
    assert [row["symbol"] for row in collecting.rows("raw_splits")] == ["A", "B", "C", "D"]
    assert (report.units, report.requests) == (1, 3)
    assert [each.query.get("cursor") for each in collecting.vendor.asked] == [None, "1", "2"]
    kept = collecting.files()["answers/polygon/splits/2024-02-01_2024-02-29/00001.json.gz"]
    assert json.loads(gzip.decompress(kept))["results"] == pages[1]


def test_pages_that_name_themselves_end_with_a_sentence(collecting: Collecting) -> None:
    link = f"https://x.invalid{SPLITS}?cursor=1"
    collecting.vendor.routes[SPLITS] = lambda asked: reply({"results": [split("A")], "next_url": link})
    report = collecting.run("polygon", "splits", days("2024-02-01"))
    assert not report.complete
    assert report.failed == [f"The pages of {SPLITS} do not end: one names itself or an earlier one."]


def test_a_second_run_asks_nothing_and_changes_nothing(collecting: Collecting) -> None:
    paged(collecting.vendor, SPLITS, [[split("A")], [split("B")]])
    job = days("2024-02-01", "2024-02-02")
    collecting.run("polygon", "splits", job)
    before = collecting.files()
    collecting.clock.sleep(3600)
    again = collecting.run("polygon", "splits", job)
    assert (again.requests, again.skipped, again.rows) == (0, 1, {"raw_splits": 2})
    assert collecting.files() == before


def test_a_lost_table_is_made_again_from_the_kept_answers(collecting: Collecting) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    job = days("2024-02-01")
    collecting.run("polygon", "splits", job)
    for name in ("raw_splits/polygon-splits-2024-02-01_2024-02-01.parquet",
                 "answers/polygon/splits/done/2024-02-01_2024-02-01.json"):  # fmt: skip
        (collecting.folder / name).unlink()
    report = collecting.run("polygon", "splits", job)
    assert (report.requests, len(collecting.rows("raw_splits"))) == (0, 1)


@pytest.mark.parametrize("damage", [lambda page: page[:-9], lambda page: gzip.compress(b'{"results": []}')])
def test_a_damaged_answer_is_asked_for_again(collecting: Collecting, damage: Callable[[bytes], bytes]) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    job = days("2024-02-01")
    collecting.run("polygon", "splits", job)
    place = collecting.folder / "answers/polygon/splits"
    (place / "done/2024-02-01_2024-02-01.json").unlink()
    page = place / "2024-02-01_2024-02-01/00000.json.gz"
    page.write_bytes(damage(page.read_bytes()))
    assert collecting.run("polygon", "splits", job).requests == 1
    assert len(collecting.rows("raw_splits")) == 1


def test_a_day_not_over_is_asked_for_again_until_it_is(collecting: Collecting) -> None:
    path = "/v2/aggs/grouped/locale/us/market/stocks/2024-03-01"
    collecting.vendor.give(path, {"resultsCount": 0, "status": "OK"})
    job = days("2024-03-01")
    assert collecting.run("polygon", "grouped_daily", job).requests == 1
    collecting.vendor.give(path, grouped(DAY_MS + 7 * 86_400_000, "AAPL"))
    collecting.clock.sleep(17.9 * 3600)
    assert collecting.run("polygon", "grouped_daily", job).rows == {"raw_bars": 1}
    collecting.clock.sleep(0.1 * 3600)
    assert collecting.run("polygon", "grouped_daily", job).requests == 1
    assert collecting.run("polygon", "grouped_daily", job).requests == 0


def test_asked_too_often_everyone_waits_as_long_as_the_vendor_says(collecting: Collecting) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    later = format_datetime(datetime(2024, 3, 1, 12, 0, 30, tzinfo=UTC), usegmt=True)
    collecting.vendor.before[SPLITS] = [
        reply({}, status=429, headers={"Retry-After": "17"}),
        reply({}, status=429, headers={"Retry-After": later}),
    ]
    report = collecting.run("polygon", "splits", days("2024-02-01"))
    assert (report.complete, report.requests) == (True, 3)
    assert sum(collecting.clock.slept) == pytest.approx(17 + 30, abs=0.01)


def test_asked_too_often_without_a_time_the_waits_grow_with_jitter(collecting: Collecting) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    collecting.vendor.before[SPLITS] = [reply({}, status=429)] * 4
    assert collecting.run("polygon", "splits", days("2024-02-01")).complete
    waits = [wait for wait in collecting.clock.slept if wait > 0.01]
    assert len(waits) == 4
    for wait, longest in zip(waits, (1, 2, 4, 8), strict=True):
        assert longest / 2 <= wait <= longest + 0.01


def test_a_wait_longer_than_there_is_time_is_left_for_the_next_run(collecting: Collecting) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    collecting.vendor.before[SPLITS] = [reply({}, status=429, headers={"Retry-After": "86400"})]
    first = collecting.run("polygon", "splits", days("2024-02-01"))
    assert (first.complete, first.failed, collecting.clock.slept) == (False, [], [])
    assert collecting.run("polygon", "splits", days("2024-02-01")).complete


@pytest.mark.parametrize("fault", [
    reply({}, status=500),
    reply({}, status=503, headers={"Retry-After": "3"}),
    Reply(b'{"results": [{"tick'),
    Reply(b""),
    Reply(b"\xff\xfe{}"),
    Reply(b"<html>busy</html>"),
    Reply(b'{"results": []}' * 100, cut=40),
    Reply(b'{"results": []}' * 100, cut=40, packed=True),
], ids=["500", "503", "broken", "empty", "not_utf8", "html", "cut", "cut_packed"])  # fmt: skip
def test_a_passing_fault_is_asked_over(collecting: Collecting, fault: Reply) -> None:
    collecting.vendor.give(SPLITS, {"results": [split("A")]})
    collecting.vendor.before[SPLITS] = [fault, fault]
    report = collecting.run("polygon", "splits", days("2024-02-01"))
    assert (report.complete, report.requests) == (True, 3)
    assert len(collecting.rows("raw_splits")) == 1


def test_a_lasting_fault_leaves_the_rest_and_one_sentence(collecting: Collecting) -> None:
    collecting.attempts = 3
    collecting.vendor.routes["/v3/reference/tickers/BAD"] = lambda asked: Reply(status=502)
    collecting.vendor.give("/v3/reference/tickers/GOOD", {"results": {"ticker": "GOOD", "sic_code": "3571"}})
    job = days("2024-02-01", symbols=["BAD", "GOOD"])
    report = collecting.run("polygon", "ticker_details", job)
    assert report.failed == [
        "Polygon.io (Massive) gave no answer to /v3/reference/tickers/BAD in 3 attempts; the last: HTTP 502."
    ]
    assert [(row["symbol"], row["sector"]) for row in collecting.rows("raw_instruments")] == [("GOOD", "Manufacturing")]
    collecting.vendor.give("/v3/reference/tickers/BAD", {"results": {"ticker": "BAD"}})
    again = collecting.run("polygon", "ticker_details", job)
    assert (again.complete, again.requests) == (True, 1)
    assert {row["symbol"] for row in collecting.rows("raw_instruments")} == {"BAD", "GOOD"}


def test_an_answer_that_never_comes_is_given_up_in_time(collecting: Collecting) -> None:
    collecting.http = VendorHttp(lambda: 0.0, read_s=0.05)
    collecting.attempts = 2
    collecting.vendor.routes[SPLITS] = lambda asked: Reply(stall=True)
    report = collecting.run("polygon", "splits", days("2024-02-01"))
    assert report.failed == [
        f"Polygon.io (Massive) gave no answer to {SPLITS} in 2 attempts; the last: no answer in time."
    ]


def test_an_answer_that_trickles_is_given_up_in_time(collecting: Collecting) -> None:
    seconds = iter(range(0, 1000, 50))
    collecting.http = VendorHttp(lambda: float(next(seconds)), whole_s=40)
    collecting.attempts = 1
    collecting.vendor.give(SPLITS, {"results": []})
    (sentence,) = collecting.run("polygon", "splits", days("2024-02-01")).failed
    assert "the answer took longer than 40 s" in sentence


def test_without_a_server_the_sentence_says_so(collecting: Collecting) -> None:
    collecting.vendor.url = "http://127.0.0.1:9"
    collecting.attempts = 2
    (sentence,) = collecting.run("polygon", "splits", days("2024-02-01")).failed
    assert sentence.endswith("the last: no connection.")


def test_a_redirect_is_not_followed(collecting: Collecting) -> None:
    there = {"Location": f"{collecting.vendor.url}/stolen"}
    collecting.vendor.routes[SPLITS] = lambda asked: Reply(status=302, headers=there)
    (sentence,) = collecting.run("polygon", "splits", days("2024-02-01")).failed
    assert "HTTP 302" in sentence
    assert collecting.vendor.paths() == [SPLITS]


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the key"), (403, "does not let the key read")])
def test_a_refused_key_ends_it_with_one_sentence(collecting: Collecting, status: int, words: str) -> None:
    collecting.vendor.give(SPLITS, {"error": f"Unknown API Key {KEY}"}, status=status)
    with pytest.raises(KeyRefusedError) as refused:
        collecting.run("polygon", "splits", days("2023-01-01", "2024-02-01"), parallel=2)
    assert words in str(refused.value)
    assert KEY not in str(refused.value)
    assert len(collecting.vendor.asked) <= 4


@pytest.mark.parametrize(("source", "name", "path", "job"), [
    ("polygon", "splits", SPLITS, days("2024-02-01")),
    ("finnhub", "earnings_calendar", "/calendar/earnings", days("2024-02-01")),
    ("fmp", "grades", "/grades", days("2024-02-01", symbols=["A"])),
    ("alphavantage", "fx_daily", "/query", days("2024-02-01", symbols=["EUR/USD"])),
])  # fmt: skip
def test_no_key_is_logged_or_kept(
    collecting: Collecting, caplog: pytest.LogCaptureFixture, source: str, name: str, path: str, job: object
) -> None:
    collecting.attempts = 3
    answers = {
        "/query": {
            "Time Series FX (Daily)": {"2024-02-01": dict.fromkeys(("1. open", "2. high", "3. low", "4. close"), "1")}
        },
    }
    collecting.vendor.give(path, answers.get(path, []))
    collecting.vendor.before[path] = [reply({"error": KEY}, status=500), Reply(f'{{"x": "{KEY}"'.encode())]
    with caplog.at_level(logging.DEBUG):
        report = collecting.run(source, name, job)  # type: ignore[arg-type]
    assert (report.complete, report.requests) == (True, 3)
    assert path in caplog.text
    assert KEY not in caplog.text
    assert not [name for name, content in collecting.files().items() if KEY.encode() in content]
    assert not [
        name
        for name, content in collecting.files().items()
        if name.endswith("gz") and KEY.encode() in gzip.decompress(content)
    ]


def test_an_answer_with_the_key_in_it_is_not_kept(collecting: Collecting) -> None:
    collecting.vendor.give(SPLITS, {"results": [], "you_are": KEY})
    (sentence,) = collecting.run("polygon", "splits", days("2024-02-01")).failed
    assert sentence == f"Polygon.io (Massive) answered {SPLITS} with the key in it; the answer is not kept."
    assert not [name for name in collecting.files() if name.endswith("gz")]


def test_a_key_in_a_next_page_s_link_is_left_out(collecting: Collecting) -> None:
    link = f"https://x.invalid{SPLITS}?cursor=1&apiKey=abc"
    collecting.vendor.routes[SPLITS] = lambda asked: reply(
        {"results": [split("B")]} if "cursor" in asked.query else {"results": [split("A")], "next_url": link}
    )
    assert collecting.run("polygon", "splits", days("2024-02-01")).complete
    assert collecting.vendor.asked[1].query == {"cursor": "1"}


def test_alpha_vantage_s_refusals_with_status_200_are_understood(collecting: Collecting) -> None:
    job = days("2024-02-01", symbols=["EUR/USD"])
    collecting.vendor.give("/query", {"Error Message": f"Invalid API call with {KEY}."})
    collecting.vendor.before["/query"] = [
        reply({"Note": "five a minute"}),
        reply({"Information": f"key {KEY}: 25 a day"}),
    ]
    report = collecting.run("alphavantage", "fx_daily", job)
    assert report.requests == 3
    assert report.failed == ["Alpha Vantage refused /query: Invalid API call with ***."]


def test_what_the_vendor_does_not_know_is_counted_and_not_asked_again(collecting: Collecting) -> None:
    job = days("2024-02-01", symbols=["GONE"])
    report = collecting.run("polygon", "ticker_details", job)
    assert (report.complete, report.missing) == (True, 1)
    assert collecting.run("polygon", "ticker_details", job).requests == 0


def test_rows_that_can_t_be_read_are_counted_by_reason(collecting: Collecting) -> None:
    broken = [{**split("A"), "split_to": "2"}, {**split("B"), "split_from": 0}, split(""), "x", split("C")]
    collecting.vendor.give(SPLITS, {"results": broken})
    report = collecting.run("polygon", "splits", days("2024-02-01"))
    assert [row["symbol"] for row in collecting.rows("raw_splits")] == ["C"]
    assert report.rejected == {
        "wrong_type:split_to": 1,
        "split_not_positive": 1,
        "missing:ticker": 1,
        "not_an_object": 1,
    }


def test_parallel_collectors_give_the_same_rows(collecting: Collecting) -> None:
    for number in range(1, 30):
        day = date(2024, 2, number)
        time = int(datetime(2024, 2, number, 21, tzinfo=UTC).timestamp()) * 1000
        collecting.vendor.give(f"/v2/aggs/grouped/locale/us/market/stocks/{day}", grouped(time, "AAPL", "IBM"))
    report = collecting.run("polygon", "grouped_daily", days("2024-02-01", "2024-02-29"), parallel=8)
    assert (report.portions, report.rows) == (20, {"raw_bars": 40})
    assert len({(row["symbol"], row["date"]) for row in collecting.rows("raw_bars")}) == 40


def test_a_key_too_short_to_be_secret_may_stand_in_an_answer(collecting: Collecting) -> None:
    collecting.key = collecting.vendor.key = "demo"
    collecting.vendor.give(SPLITS, {"results": [split("A")], "request_id": "democracy"})
    assert collecting.run("polygon", "splits", days("2024-02-01")).complete
