"""Executions with both parties, out of decoded events; what batch rules are shown and what they hand back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

import surveillance.engine  # noqa: F401 - the rules can't be imported before it
from surveillance.rules.finding import Finding

COLUMNS: Final = (
    *("type", "symbol", "ts", "venue", "trade_id", "price", "size", "correction"),
    *("buy_account", "sell_account", "buy_order_id", "sell_order_id"),
)


class Execution(msgspec.Struct, frozen=True):
    """A trade whose two accounts the venue names. Owners are beneficial owners where known, else the accounts."""

    ts: int
    venue: str | None
    trade_id: str | None
    price: float
    quantity: float
    buy_account: str
    sell_account: str
    buyer: str
    seller: str
    order_ids: tuple[str, ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with its names; `ts` is when it was complete."""

    ts: int
    score: float
    finding: Finding
    venue: str | None
    party: tuple[str, ...]
    accounts: tuple[str, ...]
    order_ids: tuple[str, ...]
    trade_ids: tuple[str, ...]


def executions(tables: Iterable[pa.Table], owners: Mapping[str, str]) -> dict[str, Sequence[Execution]]:
    """Give each symbol's executions in time order; those cancelled later are left out, corrected ones as they were.

    `owners` maps accounts to beneficial owners. A trade that does not name both accounts tells nothing here.
    """
    found: dict[str, list[Execution]] = {}
    cancelled: set[tuple[str, str | None, str]] = set()
    for table in tables:
        if not {"type", "symbol", "buy_account", "sell_account"} <= set(table.column_names):
            continue
        table = table.select([name for name in COLUMNS if name in table.column_names])
        for row in table.filter(pc.equal(pc.cast(table["type"], pa.string()), "trade")).to_pylist():
            if row.get("correction") == "cancel" and row.get("trade_id"):
                cancelled.add((row["symbol"], row.get("venue"), row["trade_id"]))
            if row.get("correction") or not (row.get("buy_account") and row.get("sell_account")):
                continue
            if row.get("ts") is None or not (row.get("size") or 0) > 0 or row.get("price") is None:
                continue
            buyer, seller = row["buy_account"], row["sell_account"]
            orders = (row.get("buy_order_id"), row.get("sell_order_id"))
            found.setdefault(row["symbol"], []).append(
                Execution(
                    ts=row["ts"],
                    venue=row.get("venue"),
                    trade_id=row.get("trade_id"),
                    price=row["price"],
                    quantity=row["size"],
                    buy_account=buyer,
                    sell_account=seller,
                    buyer=owners.get(buyer, buyer),
                    seller=owners.get(seller, seller),
                    order_ids=tuple(order for order in orders if order),
                )
            )
    return {
        symbol: sorted(
            (each for each in listed if (symbol, each.venue, each.trade_id) not in cancelled), key=lambda each: each.ts
        )
        for symbol, listed in sorted(found.items())
    }
