"""The minutes of the one pass by polars expressions: as-of joins, groups by minute. For the benchmark only."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from surveillance.events import MINUTE, SECOND
from surveillance.microstructure import HORIZONS_NS, Minutes

if TYPE_CHECKING:
    from surveillance.microstructure import Quotes, Trades

_STANDING: Final = ("quoted_spread", "quoted_spread_bp", "bid_depth", "ask_depth", "imbalance")


def tables(trades: "Trades", quotes: "Quotes") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the inputs as frames."""
    return (
        pl.DataFrame({name: getattr(trades, name) for name in ("ts", "price", "size")}).with_columns(
            pl.col("ts").set_sorted()
        ),
        pl.DataFrame(quotes._asdict()).with_columns(pl.col("ts").set_sorted()),
    )


def minutes(trades: pl.DataFrame, quotes: pl.DataFrame) -> pl.DataFrame:
    """Give the figures of `Minutes`, a row a minute, a column a horizon where there are several."""
    ends = [frame["ts"][place] for frame in (trades, quotes) for place in (0, -1)]
    first, until = min(ends) // MINUTE * MINUTE, max(ends)
    rows = pl.LazyFrame({"ts": np.arange(first, max(until, first + 1), MINUTE)})
    told = _quoted(quotes)
    by_minute = rows.join(_of_trades(trades.lazy(), told, until), on="ts", how="left", maintain_order="left")
    by_minute = by_minute.join(_of_quotes(told), on="ts", how="left", maintain_order="left")
    by_minute = by_minute.join(_of_time(told, until), on="ts", how="left", maintain_order="left")
    closing = told.filter(pl.col("mid").is_not_null()).select("ts", "mid")
    return (
        by_minute.with_columns(end=pl.col("ts") + MINUTE - 1)
        .join_asof(closing, left_on="end", right_on="ts", check_sortedness=False)
        .collect()
    )


def _minute() -> pl.Expr:
    return pl.col("ts") - pl.col("ts") % MINUTE


def _quoted(quotes: pl.DataFrame) -> pl.LazyFrame:
    """Add to each quote its mid, spread and imbalance, null where it is not valid."""
    bid, ask, bid_size, ask_size = (pl.col(name) for name in ("bid", "ask", "bid_size", "ask_size"))
    shown = bid.is_not_nan() & (bid_size != 0.0) & ask.is_not_nan() & (ask_size != 0.0)
    valid = shown & (bid <= ask)
    told = quotes.lazy().with_columns(shown=shown, mid=pl.when(valid).then(0.5 * (bid + ask)))
    return told.with_columns(
        quoted_spread=pl.when(pl.col("mid").is_not_null()).then(ask - bid),
        quoted_spread_bp=1e4 * (ask - bid) / pl.col("mid"),
        imbalance=pl.when(pl.col("mid").is_not_null()).then((bid_size - ask_size) / (bid_size + ask_size)),
    )


def _of_trades(trades: pl.LazyFrame, quotes: pl.LazyFrame, until: int) -> pl.LazyFrame:
    """Join each trade to its quote and to later mids, judge it, and sum up."""
    price, size, mid = pl.col("price"), pl.col("size"), pl.col("mid")
    tick = (price - price.shift(1)).sign()
    joined = (
        trades.with_columns(tick=pl.when(tick != 0.0).then(tick).forward_fill().fill_null(0.0))
        .join_asof(quotes.select("ts", "mid"), on="ts", allow_exact_matches=False)
        .with_columns(by_quote=(price - mid).sign())
        .with_columns(direction=pl.when(pl.col("by_quote") != 0.0).then(pl.col("by_quote")).otherwise(pl.col("tick")))
    )
    direction = pl.col("direction")
    judged = (direction != 0.0) & mid.is_not_null()
    known = quotes.filter(mid.is_not_null()).select("ts", later="mid")
    weight = pl.when(judged).then(size)
    effective = 2.0 * direction * (price - mid)
    sums = [
        pl.len().alias("trades"), size.sum().alias("volume"), (price * size).sum().alias("notional"),
        price.first().alias("open"), price.max().alias("high"), price.min().alias("low"), price.last().alias("close"),
        size.filter(direction > 0.0).sum().alias("buy_volume"),
        size.filter(direction < 0.0).sum().alias("sell_volume"),
        (direction == 0.0).sum().alias("unsigned"), mid.is_null().sum().alias("unquoted"),
        judged.sum().alias("spread_trades"), weight.sum().alias("weight"),
        (weight * effective).sum().alias("effective_spread"),
        (weight * 1e4 * effective / mid).sum().alias("effective_spread_bp"),
    ]  # fmt: skip
    averages = ["effective_spread", "effective_spread_bp"]
    for horizon in HORIZONS_NS:
        name = f"_{horizon / SECOND:g}s"
        joined = joined.with_columns(at=pl.col("ts") + horizon).join_asof(
            known, left_on="at", right_on="ts", suffix="_quote", check_sortedness=False
        )
        joined = joined.drop("at", "ts_quote", strict=False)
        later = pl.when(pl.col("ts") + horizon <= until).then(pl.col("later"))
        joined = joined.with_columns(later.alias(f"later{name}")).drop("later")
        then = pl.col(f"later{name}")
        realised, impact = 2.0 * direction * (price - then), 2.0 * direction * (then - mid)
        sums += [
            (judged & then.is_not_null()).sum().alias(f"matched{name}"),
            (weight * realised).sum().alias(f"realised_spread{name}"),
            (weight * 1e4 * realised / mid).sum().alias(f"realised_spread_bp{name}"),
            (weight * impact).sum().alias(f"price_impact{name}"),
            (weight * 1e4 * impact / mid).sum().alias(f"price_impact_bp{name}"),
        ]
    whole = [
        pl.when(pl.col(f"matched_{horizon / SECOND:g}s") == pl.col("spread_trades"))
        .then(pl.col(f"{figure}_{horizon / SECOND:g}s") / pl.col("weight"))
        .alias(f"{figure}_{horizon / SECOND:g}s")
        for horizon in HORIZONS_NS
        for figure in ("realised_spread", "realised_spread_bp", "price_impact", "price_impact_bp")
    ]
    return (
        joined.group_by(_minute().alias("ts"), maintain_order=True)
        .agg(sums)
        .with_columns(
            (pl.col("notional") / pl.col("volume")).alias("vwap"),
            *(pl.col(name) / pl.col("weight") for name in averages),
            *whole,
        )
    )


def _of_quotes(quotes: pl.LazyFrame) -> pl.LazyFrame:
    """Sum order flow and count the states of quotes."""

    def flow(price: pl.Expr, size: pl.Expr, sign: float) -> pl.Expr:
        better, worse = sign * price >= sign * price.shift(1), sign * price <= sign * price.shift(1)
        return pl.when(better).then(size).otherwise(0.0) - pl.when(worse).then(size.shift(1)).otherwise(0.0)

    bid, ask, shown = pl.col("bid"), pl.col("ask"), pl.col("shown")
    sizes = [pl.when(pl.col(side).is_nan()).then(0.0).otherwise(pl.col(f"{side}_size")) for side in ("bid", "ask")]
    reach = [
        pl.when((size == 0.0) | price.is_nan()).then(worst).otherwise(price)
        for price, size, worst in ((bid, sizes[0], -np.inf), (ask, sizes[1], np.inf))
    ]
    added = flow(reach[0], sizes[0], 1.0) - flow(reach[1], sizes[1], -1.0)
    first = pl.int_range(pl.len()) == 0
    return (
        quotes.with_columns(added=pl.when(first).then(0.0).otherwise(added))
        .group_by(_minute().alias("ts"), maintain_order=True)
        .agg(
            pl.len().alias("quotes"),
            (shown & (bid == ask)).sum().alias("locked"),
            (shown & (bid > ask)).sum().alias("crossed"),
            (~shown).sum().alias("one_sided"),
            pl.col("added").sum().alias("order_flow"),
        )
    )


def _of_time(quotes: pl.LazyFrame, until: int) -> pl.LazyFrame:
    """Average over time what stands from one quote to the next, cut at minutes."""
    standing = (
        quotes.select(
            "ts", "quoted_spread", "quoted_spread_bp", pl.col("bid_size").alias("bid_depth"),
            pl.col("ask_size").alias("ask_depth"), "imbalance", end=pl.col("ts").shift(-1).fill_null(until),
        )
        .filter(pl.col("quoted_spread").is_not_null() & (pl.col("end") > pl.col("ts")))
        .with_columns(row=_minute(), last=(pl.col("end") - 1) - (pl.col("end") - 1) % MINUTE)
    )  # fmt: skip
    within = standing.filter(pl.col("row") == pl.col("last")).with_columns(span=pl.col("end") - pl.col("ts"))
    across = (
        standing.filter(pl.col("row") < pl.col("last"))
        .with_columns(row=pl.int_ranges("row", pl.col("last") + 1, MINUTE))
        .explode("row")
        .with_columns(
            span=pl.min_horizontal("end", pl.col("row") + MINUTE) - pl.max_horizontal("ts", "row"),
        )
    )
    span = pl.col("span")
    return (
        pl.concat([within, across])
        .group_by(pl.col("row").alias("ts"))
        .agg(span.sum().alias("quoted_ns"), *((pl.col(name) * span).sum().alias(name) for name in _STANDING))
        .with_columns(pl.col(name) / pl.col("quoted_ns") for name in _STANDING)
    )


def differences(found: pl.DataFrame, wanted: Minutes, rounding: float) -> list[str]:
    """Name the columns that differ by more than rounding."""
    told = pl.from_arrow(wanted.table())
    assert isinstance(told, pl.DataFrame)  # noqa: S101 - for the type checker
    wrong = []
    for name in told.columns:
        ours = told[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        theirs = found[name].cast(pl.Float64).fill_null(0.0 if told[name].null_count() == 0 else np.nan).to_numpy()
        scale = float(np.nanmax(np.abs(ours), initial=0.0))
        if not np.allclose(ours, theirs, rtol=rounding, atol=rounding * scale, equal_nan=True):
            wrong.append(name)
    return wrong
