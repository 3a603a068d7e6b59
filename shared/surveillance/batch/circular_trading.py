"""Circular trading: shares go round a few owners and come home; there was volume, and nobody's position has changed.

Within `window_s`: (1) `min_owners` to `max_owners` owners sell to each other in a circle, A to B, B to C, ... and the
last to A, (2) at least `min_rounds` times, each round in time order and each hand-over of the same quantity (within
`size_tolerance`); (3) of what each of them bought and sold in these rounds at most `max_net_share` is left as a
position; (4) the rounds are at least `own_share` of all that each of them traded in that symbol from the first to the
last. Busy owners trade with each other in circles by chance; (4) is what they lack.

Circles are found in the graph of who sold to whom at least `min_rounds` times, from which every pair is dropped whose
trades are less than half of `own_share`, less the tolerance, of the trading of either in the window looked at.

Source: Regulation (EU) 2016/522, Annex II ("wash trades": beneficial interest that is transferred between parties who
act in concert).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from surveillance.batch.executions import Evidence, Execution
from surveillance.events import SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, amount, duration

ID, VERSION, TITLE = "circular_trading", 2, "Circular trading"
KIND, TIER, ANSWERS = "pattern", 3, ("circular_trading",)
NEEDS = ("trade",)
SCOPE = "symbol"

PARAMETERS = (
    Parameter("window_s", 3600, "s", 60, 86_400, "in which the rounds must lie"),
    Parameter("min_owners", 3, "owners", 3, 6, "in a circle"),
    Parameter("max_owners", 6, "owners", 3, 8, "in a circle"),
    Parameter("min_rounds", 3, "rounds", 2, 100, "of a circle"),
    Parameter("size_tolerance", 0.1, "share", 0, 1, "by how much the quantities of a round may differ"),
    Parameter("max_net_share", 0.05, "share", 0, 1, "position left over"),
    Parameter("own_share", 0.5, "share", 0, 1, "rounds in all that each owner traded meanwhile"),
)
SHORTEST_NS = 30 * SECOND
LEAST_SCORE, MOST_SCORE = 0.75, 0.95

Values = dict[str, float]
Round = tuple[Execution, ...]


def find(executions: Sequence[Execution], p: Values) -> Iterator[Evidence]:
    """Give the circles of one symbol, a circle's rounds once.

    Windows overlap by half and come in halving lengths: in a long one, what owners trade besides hides a short circle.
    """
    told: set[tuple[frozenset[str], int, int]] = set()
    window_ns = round(p["window_s"] * SECOND)
    while executions and window_ns >= SHORTEST_NS:
        yield from _within(executions, window_ns, told, p)
        window_ns //= 2


def _within(
    executions: Sequence[Execution], window_ns: int, told: set[tuple[frozenset[str], int, int]], p: Values
) -> Iterator[Evidence]:
    start, end, first, last = executions[0].ts, executions[-1].ts, 0, 0
    while start <= end:
        while executions[first].ts < start:
            first += 1
        while last < len(executions) and executions[last].ts < start + window_ns:
            last += 1
        for circle in _circles(executions[first:last], p):
            evidence = _evidence(executions[first:last], circle, p)
            if evidence is not None:
                owners, begins, ends = frozenset(circle), evidence.finding.start_ts, evidence.finding.end_ts
                if not any(owners == each[0] and begins <= each[2] and ends >= each[1] for each in told):
                    yield evidence
                told.add((owners, begins, ends))
        start += window_ns // 2


def _circles(executions: Sequence[Execution], p: Values) -> Iterator[tuple[str, ...]]:
    """Give every circle of owners once, beginning with the first of them by name."""
    volume: dict[str, float] = defaultdict(float)
    sold: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in executions:
        volume[each.buyer] += each.quantity
        volume[each.seller] += each.quantity
        if each.buyer != each.seller:
            sold[each.seller, each.buyer].append(each.quantity)
    least = p["own_share"] * (1 - p["size_tolerance"]) / 2
    onward: dict[str, list[str]] = defaultdict(list)
    for (seller, buyer), quantities in sorted(sold.items()):
        is_weighty = sum(quantities) >= least * max(volume[seller], volume[buyer])
        if len(quantities) >= p["min_rounds"] and is_weighty:
            onward[seller].append(buyer)
    for owner in sorted(onward):
        yield from _paths(onward, (owner,), p)


def _paths(onward: dict[str, list[str]], path: tuple[str, ...], p: Values) -> Iterator[tuple[str, ...]]:
    for buyer in onward.get(path[-1], ()):
        if buyer == path[0] and len(path) >= p["min_owners"]:
            yield path
        elif buyer > path[0] and buyer not in path and len(path) < p["max_owners"]:
            yield from _paths(onward, (*path, buyer), p)


def _rounds(executions: Sequence[Execution], circle: tuple[str, ...], p: Values) -> list[Round]:
    """Put a circle's trades together to rounds: each the earliest that goes on from the one before.

    A round may begin with any of the owners, and go either way: who bought sells on, or who sold buys back.
    """
    onward = dict(pairwise((*circle, circle[0])))
    handed = [each for each in executions if onward.get(each.seller) == each.buyer]
    used: set[int] = set()
    rounds: list[Round] = []
    for place in range(len(handed)):
        if place not in used:
            ways = [_round(handed, place, len(circle), used, is_back, p) for is_back in (False, True)]
            taken = min((way for way in ways if way), key=lambda way: way[-1], default=[])
            used.update(taken)
            if taken:
                rounds.append(tuple(handed[number] for number in taken))
    return rounds


def _round(handed: Sequence[Execution], place: int, length: int, used: set[int], is_back: bool, p: Values) -> list[int]:
    """Follow a round that begins with one trade; nothing where it does not close."""
    begins, taken = handed[place], [place]
    for number in range(place + 1, len(handed)):
        each, before = handed[number], handed[taken[-1]]
        goes_on = each.buyer == before.seller if is_back else each.seller == before.buyer
        if (
            number not in used
            and goes_on
            and abs(each.quantity - begins.quantity) <= p["size_tolerance"] * begins.quantity
        ):
            taken.append(number)
            if len(taken) == length:
                return taken
    return []


def _evidence(executions: Sequence[Execution], circle: tuple[str, ...], p: Values) -> Evidence | None:
    rounds = _rounds(executions, circle, p)
    if len(rounds) < p["min_rounds"]:
        return None
    told = sorted((each for turn in rounds for each in turn), key=lambda each: each.ts)
    start, end = told[0].ts, told[-1].ts
    meanwhile = [each for each in executions if start <= each.ts <= end]
    net_share, own_share = 0.0, 1.0
    for owner in circle:
        bought = sum(each.quantity for each in told if each.buyer == owner)
        sold = sum(each.quantity for each in told if each.seller == owner)
        net_share = max(net_share, abs(bought - sold) / (bought + sold))
        traded = sum(each.quantity * ((each.buyer == owner) + (each.seller == owner)) for each in meanwhile)
        own_share = min(own_share, (bought + sold) / traded)
    if net_share > p["max_net_share"] or own_share < p["own_share"]:
        return None
    volume = sum(each.quantity for each in told)
    way = " to ".join((*circle, circle[0]))
    sentences = [
        f"Shares went round {len(circle)} owners, {way}, {len(rounds)} times within {duration(end - start)} "
        f"(threshold {p['min_rounds']:g} in {p['window_s']:g} s): {amount(volume)} traded in {len(told)} trades.",
        f"Each hand-over of a round was for the same quantity (within {p['size_tolerance']:.0%}); at most "
        f"{net_share:.1%} of what an owner traded there is left as a position (threshold {p['max_net_share']:.0%}).",
        f"The rounds are {own_share:.0%} or more of what each of them traded meanwhile "
        f"(threshold {p['own_share']:.0%}).",
    ]
    accounts = dict.fromkeys(account for each in told for account in (each.sell_account, each.buy_account))
    orders = dict.fromkeys(order for each in told for order in each.order_ids)
    finding = Finding(
        start_ts=start,
        end_ts=end,
        sentences=sentences,
        tier=TIER,
        metrics={
            "rounds": len(rounds),
            "owners": len(circle),
            "volume": volume,
            "net_share": net_share,
            "own_share": own_share,
        },
        thresholds={
            name: p[name] for name in ("min_rounds", "window_s", "size_tolerance", "max_net_share", "own_share")
        },
    )
    return Evidence(
        ts=end,
        score=min(LEAST_SCORE + 0.05 * (len(rounds) - p["min_rounds"]), MOST_SCORE),
        finding=finding,
        venue=told[0].venue,
        party=circle,
        accounts=tuple(accounts),
        order_ids=tuple(orders),
        trade_ids=tuple(each.trade_id for each in told if each.trade_id),
    )
