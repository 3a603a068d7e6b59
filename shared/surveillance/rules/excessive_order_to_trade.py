"""Excessive order-to-trade ratio: far more orders than executions, in number or in volume.

Per owner, instrument and session, as trading venues must calculate it: orders ÷ transactions − 1, in number and in
volume. An entry and a cancellation count as one order each, a modification as both, with the open quantity before and
after it; a transaction is an order's total or partial execution. The alert is complete when a ratio exceeds its
maximum; where nothing was executed, once the number of orders alone exceeds it. An owner is told once a session; the
alert begins with the activity, without a pause of half a minute, that led to it.
Market makers are exempt unless `maker_max_ratio` gives them a limit of their own. A venue's maxima belong into
`[venue.MIC.excessive_order_to_trade]`. Needs accounts.

Source: Delegated Regulation (EU) 2017/566 (RTS 9), Articles 1 and 3 and Annex.
"""

from operator import itemgetter

import numpy as np

from surveillance.engine.gates import MANY, MUCH
from surveillance.engine.kernel import kernel
from surveillance.engine.observe import ON_ORDERS
from surveillance.events import DAY
from surveillance.parameters import Parameter
from surveillance.reference import ENTITY_TYPES
from surveillance.rules.finding import Finding, Story, amount

ID, VERSION, TITLE = "excessive_order_to_trade", 1, "Excessive order-to-trade ratio"
KIND, TIER, ANSWERS = "pattern", 2, ("excessive_order_to_trade",)
NEEDS = ("account",)
WANTS, KEY, BY_VENUE = ON_ORDERS, "position", True
OPENED_BY = {
    MANY: lambda p: min(p["max_ratio"], p["maker_max_ratio"] or p["max_ratio"]),
    MUCH: itemgetter("max_volume_ratio"),
}

PARAMETERS = (
    Parameter("max_ratio", 400, "orders an execution", 1, 1_000_000, "the most, in number"),
    Parameter("max_volume_ratio", 2000, "volume ordered by volume executed", 1, 1_000_000_000, "the most, in volume"),
    Parameter("maker_max_ratio", 0, "orders an execution", 0, 1_000_000, "a market maker's most; 0 = exempt"),
)

_MAKER = ENTITY_TYPES.index("market_maker") + 1
ROW = [
    ("told", "i8"),
    ("account", "i8"),
    ("since", "i8"),
    ("messages", "i8"),
    ("volume", "f8"),
    ("executions", "i8"),
    ("executed", "f8"),
    ("number", "i1"),  # the ratio in number is exceeded, else that in volume
]


@kernel
def _exceeds(messages, executions, most):
    """Say whether so many orders are too many; without an execution they count against the maximum themselves."""
    return messages > most if executions == 0 else messages > (most + 1.0) * executions


@kernel
def opens(event, context, p):
    """Say whether an owner's ratio lies above its maximum."""
    least = min(p.max_ratio, p.maker_max_ratio) if p.maker_max_ratio > 0 else p.max_ratio
    if context.tracked == 0 or context.restated or context.owner == 0 or context.order_messages <= least:
        return False
    most = p.max_ratio
    if context.entity == _MAKER:
        most = p.maker_max_ratio
        if most == 0:
            return False
    if _exceeds(context.order_messages, context.executions, most):
        return True
    executed = context.executed_volume
    return executed > 0 and context.order_volume > (p.max_volume_ratio + 1.0) * executed


@kernel
def step(event, context, row, p):
    """Tell a breach once a session."""
    if row.told:
        return 0.0
    row.told = 1
    row.expires = context.ts + 366 * DAY
    row.account = context.account
    row.since = context.active_since
    row.messages = context.order_messages
    row.volume = context.order_volume
    row.executions = context.executions
    row.executed = context.executed_volume
    most = p.maker_max_ratio if context.entity == _MAKER else p.max_ratio
    row.number = _exceeds(row.messages, row.executions, most)
    return 0.95


def explain(row: np.void, context: np.void, p: dict[str, float], story: Story) -> Finding:
    """Tell what was counted and which ratio it gives."""
    messages, executions = int(row["messages"]), int(row["executions"])
    volume, executed = float(row["volume"]), float(row["executed"])
    most = p["maker_max_ratio"] if int(context["entity"]) == _MAKER else p["max_ratio"]
    ratio = messages / executions - 1 if executions else float(messages)
    told = (
        f"That is a ratio of {ratio:,.0f} in number (maximum {most:g}) and of {volume / executed - 1:,.0f} in volume "
        f"(maximum {p['max_volume_ratio']:g})."
        if executions
        else f"Nothing was executed, so that the orders alone exceed the maximum of {most:g}."
    )
    return Finding(
        start_ts=int(row["since"]),
        end_ts=int(context["ts"]),
        sentences=[
            f"{story.who(int(row['account']))} and the accounts of the same owner sent {messages:,} orders for "
            f"{amount(volume)} {story.symbol} in this session, cancellations counted as one and modifications as "
            f"two, and had {executions:,} executions of {amount(executed)}; its latest activity began at "
            f"{story.at(int(row['since']))}.",
            told,
        ],
        accounts=[int(row["account"])],
        tier=3 if context["owner_known"] else 2,
        metrics={
            "orders": float(messages),
            "executions": float(executions),
            "ratio": ratio,
            "volume_ratio": volume / executed - 1 if executed else volume,
        },
        thresholds={"max_ratio": most, "max_volume_ratio": p["max_volume_ratio"]},
    )
