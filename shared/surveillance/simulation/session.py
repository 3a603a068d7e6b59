"""A labelled market session: parameters in, events and the truth about them out."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from surveillance.errors import InputError
from surveillance.events import EVERYTHING, MINUTE, SCHEMA
from surveillance.simulation.accounts import Accounts, make_accounts
from surveillance.simulation.columns import event_table
from surveillance.simulation.conditions import conditions_within
from surveillance.simulation.earlier_bars import bars_that_follow, minutes_of_the_day_before
from surveillance.simulation.feed import fall_silent, lose, merge, session_status
from surveillance.simulation.history import bars_before
from surveillance.simulation.instruments import Instrument, instrument_table, make_instruments
from surveillance.simulation.kernels.state import FILL_ROW, T_ACCOUNT, T_ID, T_KIND, T_TAG, T_TIME, T_TRADE, Integers
from surveillance.simulation.labels import Label
from surveillance.simulation.market import PRE_OPEN_NS, tape_of
from surveillance.simulation.placement import Placed, place
from surveillance.simulation.scenarios import ALWAYS_QUIET
from surveillance.simulation.script import Board
from surveillance.simulation.stage import ALERT, NEAR_MISS_DIFFICULTY, Cast, Stage
from surveillance.simulation.venues import Tape, minute_bars
from surveillance.wire import table_of

DEFAULT_START_NS: Final = 1_772_461_800_000_000_000
"""2026-03-02 14:30 UTC, a Monday: the New York open."""
CLOSING_NS: Final = 1_000_000
"""Between the end of trading and the end of the session, orders are cancelled."""
MOST_ORDERS_PER_SECOND: Final = 2_000.0


class Session(msgspec.Struct, frozen=True):
    """What to simulate. `orders_per_second` is per instrument; `scenarios` None = three of each pattern that fits the
    length and one of each quiet control, an empty mapping = background only. `start_ns` is the open."""

    seed: int = 1
    minutes: float = 60.0
    symbols: int = 10
    orders_per_second: float = 25.0
    start_ns: int = DEFAULT_START_NS
    scenarios: Mapping[str, int] | None = None
    difficulty: float = 0.5


class Simulated(msgspec.Struct, frozen=True):
    """A session's events by time, as one venue feed sends them; its labels; and its reference data."""

    events: pa.Table
    labels: list[Label]
    accounts: pa.Table
    instruments: pa.Table


def simulate(session: Session) -> Simulated:
    """Run a session; the same parameters give the same bytes everywhere. Raises `InputError` for impossible ones."""
    _check(session)
    opens_at = session.start_ns
    closes_at = opens_at + round(session.minutes * MINUTE)
    accounts = make_accounts(_chance(session, "accounts"))
    instruments = make_instruments(
        _chance(session, "instruments"), session.symbols, opens_at, closes_at, session.orders_per_second
    )
    placed = place(
        session.scenarios, session.symbols, opens_at, closes_at, session.difficulty, _chance(session, "places")
    )
    boards = [Board() for _ in instruments]
    cast = Cast()
    stages = [
        _play(each, tag, session, instruments, accounts, boards, cast) for tag, each in enumerate(placed, start=1)
    ]
    tapes = [
        tape_of(each, accounts, boards[each.number].rows(), boards[each.number].handles, _bits(session, each.number))
        for each in instruments
    ]
    statuses = [
        session_status("pre_open", opens_at - PRE_OPEN_NS),
        session_status("open", opens_at),
        session_status("closing", closes_at),
        session_status("closed", closes_at + CLOSING_NS),
    ]
    merged = merge(tapes, statuses)
    silences = [silence for stage in stages for silence in stage.silences]
    said, silent_spans = fall_silent(merged, silences)
    whole = merged
    merged, gaps, lost_spans = lose(merged, [loss for stage in stages for loss in stage.losses])
    views = _tapes(stages, instruments, whole)
    others = _history(stages, session) + [event for stage in stages for event in stage.events]
    for stage in stages:
        told = [row for later in stage.later for row in later(views[stage.instrument.number])]
        stage.trade_ids = [row["trade_id"] for row in told if row["type"] == "trade"]
        others += told
    for number in sorted({stage.instrument.number for stage in stages if stage.minute_bars}):
        others += minutes_of_the_day_before(instruments[number], _chance(session, "minutes", number))
        others += minute_bars(views[number], closes_at)
    others += _companions(stages, instruments, session)
    closes = {stage.instrument.number: stage.previous_close for stage in stages if stage.previous_close is not None}
    others = [row for row in others if not any(begins < row["ts"] < ends for begins, ends in silent_spans)]
    spans = iter(silent_spans), iter(lost_spans)
    feed_spans = {
        tag: next(spans[0] if stage.silences else spans[1])
        for tag, stage in enumerate(stages, start=1)
        if stage.silences or stage.losses
    }
    table = _with_rows(event_table(merged, instruments, accounts), [*statuses, *said, *gaps, *others], len(statuses))
    labels = _labels(placed, stages, merged, feed_spans, instruments, accounts, session.difficulty)
    labels += conditions_within(labels, stages, whole, ALWAYS_QUIET)
    return Simulated(table, labels, accounts.table(), instrument_table(instruments, closes))


def _check(session: Session) -> None:
    if not 0 < session.orders_per_second <= MOST_ORDERS_PER_SECOND:
        raise InputError(f"orders per second must be above 0 and at most {MOST_ORDERS_PER_SECOND:g}")
    if not 0.0 <= session.difficulty <= 1.0:
        raise InputError("difficulty must lie between 0 and 1")
    if session.symbols < 1 or session.minutes <= 0 or session.seed < 0:
        raise InputError("a session needs a seed of 0 or more, a symbol and a length above 0")


_STREAMS: Final = ("accounts", "instruments", "places", "scenarios", "markets", "history", "minutes")


def _sequence(session: Session, stream: str, number: int = 0) -> np.random.SeedSequence:
    return np.random.SeedSequence([session.seed, _STREAMS.index(stream), number])


def _chance(session: Session, stream: str, number: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(_sequence(session, stream, number)))


def _bits(session: Session, number: int) -> int:
    return int(_sequence(session, "markets", number).generate_state(1, np.uint64)[0])


def _play(
    placed: Placed,
    tag: int,
    session: Session,
    instruments: list[Instrument],
    accounts: Accounts,
    boards: list[Board],
    cast: Cast,
) -> Stage:
    scenario = placed.scenario
    stage = Stage(
        instrument=instruments[placed.instrument],
        accounts=accounts,
        boards=boards,
        tag=tag,
        start=placed.start,
        longest_ns=placed.end - placed.start,
        difficulty=session.difficulty if scenario.expect == ALERT else NEAR_MISS_DIFFICULTY,
        chance=_chance(session, "scenarios", tag),
        instruments=instruments,
        cast=cast,
    )
    scenario.play(stage)
    return stage


def _history(stages: list[Stage], session: Session) -> list[dict[str, Any]]:
    """Give the bars of the earlier days that an instrument's scenarios need, once each."""
    days: dict[int, int] = {}
    listed = {stage.instrument.number: stage.instrument for stage in stages}
    for stage in stages:
        number = stage.instrument.number
        days[number] = max(days.get(number, 0), stage.earlier_days)
    return [
        bar
        for number, instrument in sorted(listed.items())
        for bar in bars_before(instrument, days[number], _chance(session, "history", number))
    ]


def _companions(stages: list[Stage], instruments: list[Instrument], session: Session) -> list[dict[str, Any]]:
    """Give earlier bars of instruments that move together, once each: what was said of one first holds."""
    follows: dict[int, tuple[int, float]] = {}
    said = [each for stage in stages for each in stage.companions]
    pairs_first = sorted(said, key=lambda each: each[0] == each[1])
    for base, other, correlation in pairs_first:
        follows.setdefault(base, (base, 1.0))
        follows.setdefault(other, (base, correlation))
    return [
        row
        for number, (base, correlation) in sorted(follows.items())
        for row in bars_that_follow(
            instruments[number], correlation, _chance(session, "history", base), _chance(session, "minutes", number)
        )
    ]


def _with_rows(events: pa.Table, rows: list[dict[str, Any]], leading: int) -> pa.Table:
    """Merge rows into events by time; at the same time the first `leading` ones come before, the others after."""
    extra = table_of(rows)
    fields = [field for field in SCHEMA if field.name in {*events.column_names, *extra.column_names}]
    schema = pa.schema(fields)
    both = pa.concat_tables([events, extra], promote_options="default").select(schema.names).cast(schema)
    turn = np.concatenate([np.ones(len(events), np.int8), np.where(np.arange(len(rows)) < leading, 0, 2)])
    order = np.lexsort((np.arange(both.num_rows), turn, both.column("ts").to_numpy()))
    return both.combine_chunks().take(pa.array(order))


def _tapes(stages: list[Stage], instruments: list[Instrument], merged: Integers) -> dict[int, Tape]:
    """Give the tape of each instrument about which a scenario has more to say."""
    numbers = sorted({stage.instrument.number for stage in stages if stage.later or stage.minute_bars})
    return {number: Tape(instruments[number], merged) for number in numbers}


def _labels(
    placed: list[Placed],
    stages: list[Stage],
    merged: Integers,
    feed_spans: dict[int, tuple[int, int]],
    instruments: list[Instrument],
    accounts: Accounts,
    difficulty: float,
) -> list[Label]:
    tagged = merged[merged[:, T_TAG] > 0]
    labels = []
    for tag, (each, stage) in enumerate(zip(placed, stages, strict=True), start=1):
        scenario = each.scenario
        rows = tagged[tagged[:, T_TAG] == tag] if scenario.names_orders else tagged[:0]
        orders = rows[rows[:, T_KIND] <= FILL_ROW]
        fills = rows[rows[:, T_KIND] == FILL_ROW]
        start, end = feed_spans.get(tag, (stage.start, stage.end))
        if len(rows):
            start, end = int(rows[0, T_TIME]), int(rows[-1, T_TIME])
        labels.append(
            Label(
                scenario_id=f"{scenario.name}-{tag:03d}",
                pattern=scenario.labelled,
                expect=scenario.expect,
                symbol=EVERYTHING if scenario.whole_feed else instruments[each.instrument].symbol,
                accounts=sorted({accounts.names[number] for number in orders[:, T_ACCOUNT]}),
                start_ts=start,
                end_ts=end,
                order_ids=[str(number) for number in dict.fromkeys(orders[:, T_ID].tolist())],
                trade_ids=[f"T{number}" for number in dict.fromkeys(fills[:, T_TRADE].tolist())] + stage.trade_ids,
                difficulty=difficulty if scenario.expect == ALERT else NEAR_MISS_DIFFICULTY,
            )
        )
    return labels
