"""Landed events, delivered at least once, are each kept once, by event date and type, and none is lost."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from surveillance.compaction import compact
from surveillance.events import DAY, SCHEMA

EVENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["trade", "quote", None]),
        "symbol": st.sampled_from(["A", "B", None]),
        "ts": st.one_of(st.none(), st.integers(19_000 * DAY, 19_002 * DAY)),
        "producer": st.sampled_from(["feed/a", "feed/b", None]),
        "number": st.one_of(st.none(), st.integers(2**60, 2**60 + 3)),
    }
)


def landed(events: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(events, schema=SCHEMA)


def trade(number: int | None, ts: int = 19_000 * DAY, **others: object) -> dict[str, object]:
    return {"type": "trade", "symbol": "A", "ts": ts, "producer": "feed/a", "number": number, **others}


def test_event_delivered_twice_is_kept_once_as_it_came_first() -> None:
    done = compact(landed([trade(1, price=10.0), trade(2), trade(1, price=11.0)]))
    assert done.duplicates == 1
    assert done.events["price"].to_pylist() == [10.0, None]


def test_same_number_of_another_producer_or_symbol_is_another_event() -> None:
    assert compact(landed([trade(1), trade(1, producer="feed/b"), trade(1, symbol="B")])).duplicates == 0


def test_numbers_above_2_to_the_53_stay_apart() -> None:
    assert compact(landed([trade(2**60), trade(2**60 + 1)])).events["number"].to_pylist() == [2**60, 2**60 + 1]


def test_events_without_a_number_are_all_kept() -> None:
    assert compact(landed([trade(None), trade(None)])).events.num_rows == 2


def test_date_is_that_of_the_event() -> None:
    done = compact(landed([trade(2, 19_001 * DAY), trade(1, 19_001 * DAY - 1)]))
    assert done.events["date"].cast(pa.int32()).to_pylist() == [19_000, 19_001]


@settings(max_examples=50, deadline=None)
@given(st.lists(EVENT, max_size=30), st.integers(0, 30))
def test_counts_add_up_and_a_second_run_changes_nothing(events: list[dict[str, object]], split: int) -> None:
    whole = compact(landed(events))
    assert len(events) == whole.events.num_rows + whole.quarantine.num_rows + whole.duplicates
    kept = compact(landed(events[:split])).events.select(SCHEMA.names)
    assert compact(pa.concat_tables([kept, landed(events[split:]), kept])).events.num_rows >= whole.events.num_rows
    again = compact(whole.events.select(SCHEMA.names))
    assert again.events.equals(whole.events)
    assert again.duplicates == 0
