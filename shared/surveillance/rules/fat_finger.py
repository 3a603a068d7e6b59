"""Fat finger: a trade far from where the market stood a second before, or far larger than what it is used to.

A print is away where it differs from the reference, the mid one second ago, by at least a band that narrows with the
price, twice as wide outside trading hours. It is large where the prints that its order has made at that moment come to
`size_multiple` × the 99th percentile of such sweeps and have walked through `min_levels` prices of the book or more;
`deep_multiple` is enough from `deep_levels` on. Late, out-of-sequence, average-price and auction prints are left out. A
sweep is told once. For `returns_s` after an error, a print within a band of its reference only comes back; for a
second, which the reference lags behind, one between reference and error, or within a band of either, only follows.

Size at one price is no sign of error: blocks are agreed and printed so, by the dozen a day. From `block_multiple` × the
99th percentile on it is told at low severity, for whoever wants to know.

Source: the numerical guidelines of the clearly-erroneous rules of US exchanges (FINRA 11892, Nasdaq 11890).
"""

import numpy as np

from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_TRADES
from surveillance.events import CONDITIONS, SECOND
from surveillance.features.bars import sets_price
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story, amount, side_word

ID, VERSION, TITLE = "fat_finger", 1, "Fat finger"
KIND, TIER, ANSWERS = "pattern", 0, ("fat_finger",)
NEEDS = ("trade",)
WANTS, KEY, BY_VENUE = ON_TRADES, "market", False
WHILE_CLOSED = True

PARAMETERS = (
    Parameter("band_low", 0.08, "share of the reference", 0.0001, 1, "at prices up to price_low"),
    Parameter("band_middle", 0.04, "share of the reference", 0.0001, 1, "at prices up to price_high"),
    Parameter("band_high", 0.024, "share of the reference", 0.0001, 1, "at prices above"),
    Parameter("price_low", 25, "currency units", 0, 1e9, "where the middle band begins"),
    Parameter("price_high", 50, "currency units", 0, 1e9, "where the upper band begins"),
    Parameter("outside_hours", 2, "× band", 1, 100, "how much wider the band is outside trading hours"),
    Parameter("size_multiple", 8.4, "× 99th percentile", 1, 10_000, "how large a sweep is"),
    Parameter("min_levels", 3, "prices", 1, 1000, "that it walks through"),
    Parameter("deep_multiple", 6.5, "× 99th percentile", 1, 10_000, "how large a sweep is that goes deep"),
    Parameter("deep_levels", 5, "prices", 1, 1000, "that it walks through then"),
    Parameter(
        "block_multiple", 10, "× 99th percentile", 1, 10_000, "how large it is at fewer prices, for low severity"
    ),
    Parameter("returns_s", 10, "s", 0, 600, "how long the price may take to come back"),
    Parameter("warm_up_s", 600, "s", 0, 86_400, "of a session, before its sizes mean something"),
    Parameter("warm_up_sweeps", 100, "sweeps", 0, 100_000, "sweeps of the market before their sizes mean something"),
)

ROW = [
    ("told_ts", "i8"),
    ("told_side", "i8"),
    ("told", "i8"),  # BLOCK or ERROR, of that sweep
    ("away_ts", "i8"),  # of the last error
    ("away_from", "f8"),
    ("away_at", "f8"),
    ("price", "f8"),
    ("reference", "f8"),
    ("band", "f8"),
    ("away", "f8"),  # in bands
    ("quantity", "f8"),
    ("prints", "i8"),
    ("usual", "f8"),
    ("large", "f8"),  # in size_multiples
    ("levels", "i8"),
]
BLOCK, ERROR = 1, 2
BLOCK_SCORE = 0.3
_TOLD = ("size_multiple", "min_levels", "deep_multiple", "deep_levels", "block_multiple")
_EXTENDED = 1 << (CONDITIONS["extended_hours"] - 1)
_AUCTION = (1 << (CONDITIONS["auction_open"] - 1)) | (1 << (CONDITIONS["auction_close"] - 1))


@kernel
def _band(event, context, p):
    """Give how far from the reference a print may lie, as a share of it."""
    reference = abs(context.mid_second_ago)
    band = p.band_low if reference <= p.price_low else p.band_middle if reference <= p.price_high else p.band_high
    return band if context.open and not event.conditions & _EXTENDED else band * p.outside_hours


@kernel
def _away(event, context, p):
    """Give a print's distance from the reference, in bands; 0 where there is none."""
    reference = abs(context.mid_second_ago)
    if not reference > 0:
        return 0.0
    return abs(event.price - context.mid_second_ago) / (_band(event, context, p) * reference)


@kernel
def _large(context, p):
    """Give the sweep's size so far, in 99th percentiles; 0 while too few are known."""
    if not context.open or context.sweeps < p.warm_up_sweeps or not context.large_sweep > 0:
        return 0.0
    if context.ts - context.session < p.warm_up_ns:
        return 0.0
    return context.sweep_quantity / context.large_sweep


@kernel
def _kind(away, context, p):
    """Tell an error, by its price or by its size, from a block and from what is neither."""
    large = _large(context, p)
    walks = context.sweep_levels >= p.min_levels and large >= p.size_multiple
    deep = context.sweep_levels >= p.deep_levels and large >= p.deep_multiple
    if away >= 1.0 or walks or deep:
        return ERROR
    return BLOCK if large >= p.block_multiple else 0


@kernel
def opens(event, context, p):
    """Say whether a print is away or its sweep large."""
    if not sets_price(event) or event.conditions & _AUCTION:
        return False
    return _kind(_away(event, context, p), context, p) > 0


@kernel
def _follows(event, context, row, p):
    """Say whether a print that is away from the mid is within a band of an earlier error, or of the mid before that."""
    if row.away_ts == 0:
        return False
    since = context.ts - row.away_ts
    band = _band(event, context, p) * abs(context.mid_second_ago)
    if since <= SECOND:
        low, high = min(row.away_from, row.away_at), max(row.away_from, row.away_at)
        return low - band < event.price < high + band
    return since <= p.returns_ns and abs(event.price - row.away_from) < band


@kernel
def step(event, context, row, p):
    """Tell a sweep at its first print that is away or makes it large; one told as a block may yet prove an error."""
    if not opens(event, context, p):
        return 0.0
    away = _away(event, context, p)
    if away >= 1.0 and _follows(event, context, row, p):
        away = 0.0
    kind = _kind(away, context, p)
    if kind == 0:
        return 0.0
    if row.told_ts == context.ts and row.told_side == context.side and row.told >= kind:
        if row.away_ts == context.ts:
            row.away_at = event.price
        return 0.0
    row.told_ts = context.ts
    row.told_side = context.side
    row.told = kind
    row.expires = context.ts + max(SECOND, p.returns_ns)
    if kind == ERROR and not np.isnan(context.mid_second_ago):
        row.away_ts = context.ts
        row.away_from = context.mid_second_ago
        row.away_at = event.price
    row.price = event.price
    row.reference = context.mid_second_ago
    row.band = _band(event, context, p)
    row.away = away
    row.quantity = context.sweep_quantity
    row.prints = context.sweep_prints
    row.usual = context.large_sweep
    row.large = _large(context, p)
    row.levels = context.sweep_levels
    if kind == BLOCK:
        return BLOCK_SCORE
    row.large /= p.deep_multiple if row.levels >= p.deep_levels else p.size_multiple
    excess = min(max(row.away, row.large) - 1.0, 1.0)
    return 0.8 + 0.1 * excess + (0.05 if row.away >= 1.0 and row.large >= 1.0 else 0.0)


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what was traded, and how far off or how large it was."""
    ts, side, account = int(row["told_ts"]), int(row["told_side"]), int(context["account"])
    price, reference, band = float(row["price"]), float(row["reference"]), float(row["band"])
    quantity, usual = float(row["quantity"]), float(row["usual"])
    known = bool(context["owner"])
    who = f"{story.who(account)} traded" if known else "A participant whom the feed does not name traded"
    how = f" ({side_word(side)})" if side else ""
    sentences = [f"{who} {story.symbol} at {amount(price)} at {story.at(ts)}{how}."]
    metrics = {"price": price, "quantity": quantity}
    if row["away"] >= 1:
        sentences.append(
            f"That is {abs(price / reference - 1):.1%} from the mid a second before, {amount(reference)} "
            f"(threshold {band:.1%} at this price{'' if context['open'] else ', outside trading hours'})."
        )
        metrics["away"] = abs(price / reference - 1)
    block = int(row["told"]) == BLOCK
    if row["large"] >= 1:
        deep = int(row["levels"]) >= p["deep_levels"]
        multiple = p["block_multiple" if block else "deep_multiple" if deep else "size_multiple"]
        sentences.append(
            f"In {int(row['prints'])} prints at {int(row['levels'])} prices at that moment the order had traded "
            f"{amount(quantity)}: {quantity / usual:.1f} times the 99th percentile of {amount(round(usual, 1))} "
            f"(threshold {multiple:g} times)."
        )
        metrics["size_multiple"] = quantity / usual
    if block:
        sentences.append(
            f"It did not walk through the book ({p['min_levels']:g} prices would say so), as a block agreed elsewhere "
            f"does not: size alone is of low severity."
        )
    return Finding(
        start_ts=ts,
        end_ts=ts,
        sentences=sentences,
        trades=[int(context["trade"])],
        accounts=[account] if known else [],
        tier=3 if context["owner_known"] else 2 if known else 0,
        metrics=metrics,
        thresholds={"band": band} | {name: p[name] for name in _TOLD},
        baselines={"reference": reference, "large_sweep": usual},
    )
