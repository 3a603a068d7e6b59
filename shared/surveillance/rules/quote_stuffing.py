"""Quote stuffing: a flood of orders and cancels that slows everybody else down and hardly ever trades.

An owner (without accounts: everybody together) that sends more than a hundred messages a second beyond a short burst
is watched. The alert is complete at `min_messages` messages at `min_rate` a second or more, of which at least
`min_cancelled_share` of the entered orders are cancelled again (a mass cancel of older orders is none), with at most
`max_execution_share` executions of the owner a message (without accounts: trades of the market), and which lie
`min_sigmas` above what the market itself sends in such a time: of the mean and variance of its messages a minute as
large a share as the flood lasted. Of the variance no more than `max_dispersion` × the mean counts where the owner is
named: more is the drift of the day, which does nothing within a second.

Sources: Regulation (EU) 2016/522, Annex II, section 1, indicator 4(e)(ii); Egginton, Van Ness and Van Ness (2016).
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.batch import CANCEL, FILL, NEW, REPLACE
from surveillance.engine.gates import FAST
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.events import MINUTE, SECOND
from surveillance.parameters import Parameter
from surveillance.rules.finding import Finding, Story

ID, VERSION, TITLE = "quote_stuffing", 1, "Quote stuffing"
KIND, TIER, ANSWERS = "pattern", 1, ("quote_stuffing",)
NEEDS = ("order",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {FAST: itemgetter("watch_burst")}

PARAMETERS = (
    Parameter("min_messages", 100, "messages", 10, 1_000_000, "size of the flood"),
    Parameter("min_rate", 220, "messages/s", 10, 10_000_000, "its speed"),
    Parameter("min_cancelled_share", 0.9, "share of entered orders", 0, 1, "how many are taken back"),
    Parameter("max_execution_share", 0.01, "trades a message", 0, 1, "how few trade"),
    Parameter("min_sigmas", 5, "σ of messages in such a time", 0, 1000, "how far above the market's own"),
    Parameter("max_dispersion", 25, "variance ÷ mean", 1, 1_000_000, "of messages a minute, as far as it is noise"),
    Parameter("watch_burst", 20, "messages above 100/s", 1, 1000, "when watching begins"),
)

EVIDENCE = 200
ROW = [
    ("start_ts", "i8"),
    ("messages", "i8"),
    ("due", "f8"),  # messages that complete it
    ("entered", "i8"),
    ("cancelled", "i8"),
    ("executions", "i8"),
    ("prints", "i8"),  # of the market when it began; at the end those since
    ("account", "i8"),
    ("count", "i8"),
    ("keys", "i8", (EVIDENCE,)),
]
_PAUSE_NS = SECOND // 2


@kernel
def opens(event, context, p):
    """Say whether an owner's burst of messages is worth watching."""
    return context.burst >= p.watch_burst


@kernel
def _start(context, row):
    row.start_ts = context.ts
    row.messages = 0
    row.entered = 0
    row.cancelled = 0
    row.executions = 0
    row.prints = context.prints
    row.count = 0


@kernel
def _sigmas(context, messages, start_ts, p):
    """Tell how far messages lie above what the market sends in such a time; the variance grows with the time."""
    share_of_minute = max(context.ts - start_ts, 1) / MINUTE
    minute = context.message_sigma
    if context.owner:
        minute = min(minute, np.sqrt(p.max_dispersion * context.message_mean))
    sigma = max(minute * np.sqrt(share_of_minute), 1.0)
    return (messages - context.message_mean * share_of_minute) / sigma


@kernel
def step(event, context, row, p):
    """Count the flood; it ends with half a second of silence or when it slows down."""
    if row.start_ts == 0:
        _start(context, row)
        row.due = p.min_messages
        row.account = context.account
    elif row.messages < 0:
        _start(context, row)
        row.due *= 2
        row.account = context.account
    elif context.ts - row.start_ts > SECOND and row.messages * SECOND < p.min_rate * (context.ts - row.start_ts):
        _start(context, row)
        row.due = p.min_messages
    row.expires = context.ts + _PAUSE_NS
    if event.action == FILL:
        row.executions += 1
        return 0.0
    if context.restated:
        return 0.0
    row.messages += 1
    if event.action == NEW:
        row.entered += 1
        if row.count < EVIDENCE:
            row.keys[row.count] = context.order
            row.count += 1
    elif event.action == CANCEL:
        row.cancelled += 1
    elif event.action == REPLACE:
        row.entered += 1
        row.cancelled += 1
        if context.tracked and row.count < EVIDENCE and (row.count == 0 or row.keys[row.count - 1] != context.order):
            row.keys[row.count] = context.order
            row.count += 1
    if row.messages < row.due or row.messages * SECOND < p.min_rate * (context.ts - row.start_ts):
        return 0.0
    trades = row.executions if context.owner else context.prints - row.prints
    if row.cancelled < p.min_cancelled_share * row.entered or 2 * row.entered < row.cancelled:
        return 0.0
    if trades > p.max_execution_share * row.messages:
        return 0.0
    sigmas = _sigmas(context, row.messages, row.start_ts, p)
    if sigmas < p.min_sigmas:
        return 0.0
    rate = min(row.messages * SECOND / (max(context.ts - row.start_ts, 1) * p.min_rate) / 10, 1.0)
    score = 0.88 + 0.05 * min(sigmas / (8 * max(p.min_sigmas, 1.0)), 1.0) + 0.05 * rate
    row.executions = trades
    row.messages = -row.messages
    return score


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell how many messages came how fast, and how little came of them."""
    messages = -int(row["messages"])
    start, end = int(row["start_ts"]), int(context["ts"])
    seconds = max(end - start, 1) / 1e9
    share_of_minute = max(end - start, 1) / MINUTE
    minute = float(context["message_sigma"])
    if context["owner"]:
        minute = min(minute, (p["max_dispersion"] * float(context["message_mean"])) ** 0.5)
    sigma = max(minute * share_of_minute**0.5, 1.0)
    sigmas = (messages - float(context["message_mean"]) * share_of_minute) / sigma
    cancelled = int(row["cancelled"]) / max(int(row["entered"]), 1)
    known = bool(context["owner"])
    return Finding(
        start_ts=start,
        end_ts=end,
        sentences=[
            f"{story.who(int(row['account'])) if known else 'Participants the feed does not name'} sent {messages} "
            f"messages in "
            f"{story.symbol} from {story.at(start)} on, within {seconds * 1000:.0f} ms: {messages / seconds:,.0f} a "
            f"second "
            f"(thresholds {p['min_messages']:g} messages and {p['min_rate']:g} a second).",
            f"{min(cancelled, 1.0):.0%} of the orders entered were cancelled again (threshold "
            f"{p['min_cancelled_share']:.0%}), "
            f"and {'it had' if known else 'the market saw'} {row['executions']} {'executions' if known else 'trades'} "
            f"meanwhile.",
            f"That is {sigmas:.0f} standard deviations above what the market sends in such a time "
            f"(threshold {p['min_sigmas']:g}; it sends {float(context['message_mean']):,.0f} a minute).",
        ],
        orders=[int(key) for key in row["keys"][: int(row["count"])]],
        accounts=[int(row["account"])] if known else [],
        tier=3 if context["owner_known"] else 2 if known else 1,
        metrics={
            "messages": float(messages),
            "messages_per_second": messages / seconds,
            "cancelled_share": cancelled,
            "executions": float(row["executions"]),
            "sigmas": sigmas,
        },
        thresholds={
            name: p[name]
            for name in ("min_messages", "min_rate", "min_cancelled_share", "max_execution_share", "min_sigmas")
        },
        baselines={"messages_per_minute": float(context["message_mean"]), "messages_sigma": sigma},
    )
