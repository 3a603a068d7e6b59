"""Insider trading: before news that moves the price somebody builds an unusual position that gains by it.

A story moves the price when the mid, `reaction_s` after it, is at least `min_sigmas` σ of usual moves of that length
away, and `min_move_bp` or more. Then, of one owner, in the `look_back_s` before the story: (1) bought more than sold
where the price rose, or the other way round where it fell, with `min_one_sided` or more of the trading on that side;
(2) the position is at least `min_z` standard deviations above what that owner's positions of the same length were in
the windows before it (as far back as `history_days`, at least `min_windows` in which the instrument traded); an owner
that hardly traded is measured by half of what is usual among owners; (3) at the price after the story the position
has gained `min_profit` or more.

Without accounts the alert is a candidate: in `candidate_s` before the story, volume was at least `min_z` standard
deviations above that of the windows before, or the price had already moved as it later did by `min_sigmas` σ.

Source: Regulation (EU) No 596/2014, Article 8 (insider dealing).
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from surveillance.batch.executions import Evidence, Execution
from surveillance.batch.records import News, Prices, Records
from surveillance.events import DAY, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, amount, duration

ID, VERSION, TITLE = "insider_trading", 1, "Insider trading"
KIND, TIER, ANSWERS = "pattern", 3, ("insider_trading",)
NEEDS = ("trade", "news")
SCOPE = "market"

PARAMETERS = (
    Parameter("look_back_s", 86_400, "s", 60, 2_592_000, "before the story, in which the position is built"),
    Parameter("history_days", 90, "days", 1, 400, "of the owner's own past"),
    Parameter("min_windows", 15, "windows", 2, 1000, "of the past in which the instrument traded"),
    Parameter("min_z", 2, "σ", 0, 100, "of the position against the owner's own past"),
    Parameter("min_one_sided", 0.8, "share", 0.5, 1, "of the owner's trading on the profitable side"),
    Parameter("min_profit", 500, "currency", 0, 1e12, "of the position at the price after the story"),
    Parameter("reaction_s", 600, "s", 1, 86_400, "after the story, in which the price moves"),
    Parameter("min_sigmas", 2.5, "σ", 0, 100, "of the move after the story"),
    Parameter("min_move_bp", 50, "bp", 0, 10_000, "of the move after the story"),
    Parameter("candidate_s", 3600, "s", 60, 86_400, "before the story, without accounts"),
)
RETURN_S = 300
CLUSTER_NS = 3600 * SECOND
"""Stories of one symbol within this are one."""
NOT_YET_SHARE = 0.1
"""Of what was bought: so much may have been bought long before, and is no evidence."""
LEAST_SCORE, CANDIDATE_SCORE = 0.8, 0.5

Values = dict[str, float]


class Moved(msgspec.Struct, frozen=True):
    """A story and what the price did."""

    news: News
    before: float
    after: float
    sigma: float

    @property
    def side(self) -> int:
        """1 where the price rose, -1 where it fell."""
        return 1 if self.after > self.before else -1

    @property
    def move(self) -> float:
        """Logarithm of the price after over that before."""
        return float(np.log(self.after / self.before))


def find(records: Records, values: Callable[[str], Values]) -> Iterator[tuple[str, Evidence]]:
    """Give (symbol, evidence)."""
    if not records.news:
        return
    returns = records.returns(RETURN_S)
    last: dict[str, int] = {}
    for news in records.news:
        p = values(news.symbol)
        follows = news.ts - last.get(news.symbol, news.ts - CLUSTER_NS - 1) <= CLUSTER_NS
        last[news.symbol] = news.ts
        prices = records.price_of(news.symbol, None)
        if follows or not p["enabled"] or prices is None:
            continue
        moved = _moved(news, prices, returns.get(news.symbol, {}), p)
        if moved is None:
            continue
        executions = records.executions.get(news.symbol, ())
        if executions:
            yield from ((news.symbol, each) for each in _positions(records, executions, moved, p))
        else:
            yield from ((news.symbol, each) for each in _rumours(records, moved, prices, p))


def _moved(news: News, prices: Prices, returns: dict[int, float], p: Values) -> Moved | None:
    before, after = prices.mid(news.ts), prices.mid(news.ts + round(p["reaction_s"] * SECOND))
    past = [value for end, value in returns.items() if end * RETURN_S * SECOND <= news.ts]
    if before is None or after is None or after == before or len(past) < p["min_windows"]:
        return None
    sigma = float(np.std(past)) * (p["reaction_s"] / RETURN_S) ** 0.5
    moved = Moved(news, before, after, max(sigma, 1e-12))
    is_large = abs(moved.move) >= max(p["min_sigmas"] * sigma, p["min_move_bp"] * 1e-4)
    return moved if is_large else None


def _windows(ts: NDArray[np.int64], until: int, length: int, p: Values) -> tuple[NDArray[np.int64], int]:
    """Number the window before a moment each time lies in: 0 the last, then 1, 2, ...; -1 outside; and how many."""
    count = int(p["history_days"] * DAY // length) + 1
    number = (until - 1 - ts) // length
    return np.where((ts < until) & (number < count), number, -1), count


def _positions(records: Records, executions: Sequence[Execution], moved: Moved, p: Values) -> Iterator[Evidence]:
    length = round(p["look_back_s"] * SECOND)
    numbers, count = _windows(np.array([each.ts for each in executions], np.int64), moved.news.ts, length, p)
    traded = sorted(set(numbers[numbers > 0].tolist()))
    if len(traded) < p["min_windows"]:
        return
    net: dict[str, NDArray[np.float64]] = {}
    mine: dict[str, list[Execution]] = {}
    for number, each in zip(numbers.tolist(), executions, strict=True):
        if number < 0 or each.buyer == each.seller:
            continue
        for owner, side in ((each.buyer, 1), (each.seller, -1)):
            net.setdefault(owner, np.zeros(count))[number] += side * each.quantity
            if number == 0:
                mine.setdefault(owner, []).append(each)
    past = {owner: np.abs(held[traded]) for owner, held in net.items()}
    usual = float(np.median([held.std() for held in past.values()]))
    for owner, trades in sorted(mine.items()):
        spread = max(float(past[owner].std()), usual / 2, 1e-12)
        position = float(net[owner][0])
        z = (abs(position) - float(past[owner].mean())) / spread
        if position * moved.side <= 0 or z < p["min_z"]:
            continue
        evidence = _evidence(owner, trades, position, z, len(traded), moved, p, float(past[owner].mean()))
        if evidence is not None:
            yield evidence


def _evidence(
    owner: str,
    trades: Sequence[Execution],
    position: float,
    z: float,
    windows: int,
    moved: Moved,
    p: Values,
    usual: float,
) -> Evidence | None:
    side = moved.side
    building: Sequence[Execution] = [each for each in trades if (each.buyer if side > 0 else each.seller) == owner]
    quantity = sum(each.quantity for each in building)
    building = _but_the_first(building, quantity * NOT_YET_SHARE)
    one_sided = quantity / sum(each.quantity for each in trades)
    price = sum(each.quantity * each.price for each in building) / sum(each.quantity for each in building)
    profit = position * (moved.after - price)
    if one_sided < p["min_one_sided"] or profit < p["min_profit"]:
        return None
    did = "bought" if side > 0 else "sold"
    sentences = [
        _story(moved, p),
        f"In the {duration(moved.news.ts - building[0].ts)} before it owner {owner} {did} {amount(quantity)} at "
        f"{price:.4f} on average in {len(building)} trades, {one_sided:.0%} of its trading on that side (threshold "
        f"{p['min_one_sided']:.0%}).",
        f"The position of {amount(abs(position))} is {z:.1f} σ above the owner's own {windows} windows before, whose "
        f"mean is {amount(round(usual, 2))} (threshold {p['min_z']:g} σ).",
        f"At the price after the story it has gained {profit:,.2f} (threshold {p['min_profit']:g}).",
    ]
    accounts = dict.fromkeys(each.buy_account if side > 0 else each.sell_account for each in building)
    finding = Finding(
        start_ts=building[0].ts,
        end_ts=moved.news.ts,
        sentences=sentences,
        tier=TIER,
        metrics={
            "z": z,
            "position": position,
            "profit": profit,
            "one_sided": one_sided,
            "move_bp": moved.move * 1e4,
            "move_sigmas": abs(moved.move) / moved.sigma,
        },
        thresholds={name: p[name] for name in ("min_z", "min_profit", "min_one_sided", "min_sigmas", "min_move_bp")},
        baselines={"usual_position": usual, "sigma_bp": moved.sigma * 1e4},
    )
    orders = dict.fromkeys(
        each.order_ids[0 if side > 0 else 1] for each in building if len(each.order_ids) == len(("buy", "sell"))
    )
    return Evidence(
        ts=moved.news.ts + round(p["reaction_s"] * SECOND),
        score=min(LEAST_SCORE + 0.03 * (z - p["min_z"]), 0.95),
        finding=finding,
        venue=building[0].venue,
        party=(owner,),
        accounts=tuple(accounts),
        order_ids=tuple(orders),
        trade_ids=tuple(each.trade_id for each in building if each.trade_id),
    )


def _but_the_first(trades: Sequence[Execution], quantity: float) -> Sequence[Execution]:
    """Leave out the first trades, up to a quantity: the position was not being built yet."""
    for place, each in enumerate(trades):
        quantity -= each.quantity
        if quantity < 0:
            return trades[place:]
    return trades


def _rumours(records: Records, moved: Moved, prices: Prices, p: Values) -> Iterator[Evidence]:
    """Say where the market seems to have known, if nobody who trades is named."""
    length = round(p["candidate_s"] * SECOND)
    ts, sizes = records.volumes(moved.news.symbol)
    numbers, count = _windows(ts, moved.news.ts, length, p)
    volumes = np.bincount(numbers[numbers >= 0], sizes[numbers >= 0], count)
    past = volumes[1:][volumes[1:] > 0]
    begins = moved.news.ts - length
    earlier = prices.mid(begins)
    sigmas = 0.0
    if earlier is not None:
        usual = moved.sigma * (p["candidate_s"] / p["reaction_s"]) ** 0.5
        sigmas = moved.side * float(np.log(moved.before / earlier)) / usual
    z = 0.0
    if len(past) >= p["min_windows"] and past.std() > 0:
        z = float((volumes[0] - past.mean()) / past.std())
    if z < p["min_z"] and sigmas < p["min_sigmas"]:
        return
    sentences = [
        _story(moved, p),
        f"In the {duration(length)} before it volume was {z:.1f} σ above the windows before (threshold "
        f"{p['min_z']:g}), and the price had moved {sigmas:+.1f} σ the same way (threshold {p['min_sigmas']:g}; one of "
        "the two is enough).",
        "The feed does not name accounts: who traded is not known, and this is a candidate only.",
    ]
    finding = Finding(
        start_ts=begins,
        end_ts=moved.news.ts,
        sentences=sentences,
        tier=0,
        candidate=True,
        first_evidence=f"{moved.news.news_id}@{moved.news.ts}",
        metrics={"z": z, "early_sigmas": sigmas, "move_bp": moved.move * 1e4},
        thresholds={name: p[name] for name in ("min_z", "min_sigmas", "min_move_bp")},
    )
    yield Evidence(
        ts=moved.news.ts + round(p["reaction_s"] * SECOND),
        score=CANDIDATE_SCORE,
        finding=finding,
        venue=None,
        party=("-",),
        accounts=(),
        order_ids=(),
        trade_ids=(),
    )


def _story(moved: Moved, p: Values) -> str:
    headline = f' "{moved.news.headline}"' if moved.news.headline else ""
    return (
        f"The story {moved.news.news_id}{headline} was followed by a move of {moved.move * 1e4:+.0f} bp within "
        f"{duration(round(p['reaction_s'] * SECOND))}, {abs(moved.move) / moved.sigma:.1f} σ of usual ones (thresholds "
        f"{p['min_move_bp']:g} bp, {p['min_sigmas']:g} σ)."
    )
